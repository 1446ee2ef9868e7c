//! Serves `/metrics` for Prometheus, and `/healthz` for health checks.
//!
//! | module | content |
//! |---|---|
//! | here | the HTTP server, and the values |
//! | [`traffic`] | counts messages, findings and changes of the link |
//! | [`exposition`] | the text format |

mod exposition;
pub(crate) mod traffic;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use self::exposition::{CONTENT_TYPE as TEXT, Exposition};
use self::traffic::{ChannelTraffic, ROUND_TRIP_BOUNDS, Traffic, TrafficCounter};
use crate::failure::{Failure, escape_error};
use crate::ledger::finding::FindingKind;
use crate::recording::codes::VERDICTS;
use crate::recording::status::Status;
use crate::redis::queue::QueueMeter;
use crate::redis::subscription::now_micros;
use crate::store::status::ShipStatus;
use crate::wire::escape::escape;

/// How long a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the header of a request may take.
const HEADER_TIMEOUT: Duration = Duration::from_secs(2);
/// The most connections at once.
const MAX_CONNECTIONS: usize = 64;
/// How long the writer may be silent before it counts as hung.
const WRITER_TIMEOUT: Duration = Duration::from_secs(30);

/// Binds the address. Clients wait until [`MetricsListener::serve`].
///
/// # Errors
/// Fails if the address cannot be used.
pub(crate) async fn bind(address: SocketAddr) -> Result<MetricsListener, Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(format!("--metrics {address}: {}; choose another address or port", escape_error(&error)))
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(MetricsListener { listener, address })
}

/// A bound address.
pub(crate) struct MetricsListener {
    listener: TcpListener,
    /// The actual address. Its port is not the requested one if that was 0.
    pub(crate) address: SocketAddr,
}

impl MetricsListener {
    /// Answers requests until the runtime ends.
    pub(crate) fn serve(self, source: MetricsSource) {
        tokio::spawn(accept(self.listener, source));
    }
}

/// The source of the values.
#[derive(Debug, Clone)]
pub(crate) struct MetricsSource {
    pub(crate) traffic: Arc<TrafficCounter>,
    /// The status of the recording; none if nothing is recorded.
    pub(crate) status: Option<watch::Receiver<Status>>,
    /// The status of the shipper; none if nothing is shipped.
    pub(crate) shipping: Option<watch::Receiver<ShipStatus>>,
    /// The queue between the subscription and the consumer.
    pub(crate) queue: QueueMeter,
}

impl MetricsSource {
    fn status(&self) -> Option<Status> {
        self.status.as_ref().map(|status| status.borrow().clone())
    }

    fn shipping(&self) -> Option<ShipStatus> {
        self.shipping.as_ref().map(|shipping| shipping.borrow().clone())
    }
}

async fn accept(listener: TcpListener, source: MetricsSource) {
    let mut connections: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.retain(|connection| !connection.is_finished());
                // A new client never waits for slow ones: the oldest connection is closed.
                if connections.len() == MAX_CONNECTIONS
                    && let Some(oldest) = connections.pop_front()
                {
                    oldest.abort();
                }
                let answered = tokio::spawn(timeout(REQUEST_TIMEOUT, connection(stream, source.clone())));
                connections.push_back(answered.abort_handle());
            }
            // For example too many open files, which is temporary.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn connection(stream: TcpStream, source: MetricsSource) {
    let service = service_fn(move |request| {
        let response = respond(&request, &source);
        async move { Ok::<_, Infallible>(response) }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .keep_alive(false)
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn respond(request: &Request<Incoming>, source: &MetricsSource) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return answer(
            StatusCode::METHOD_NOT_ALLOWED,
            "text/plain; charset=utf-8",
            "only GET is supported\n".to_owned(),
        );
    }
    match request.uri().path() {
        "/metrics" => {
            let queue = source.queue.bytes() as u64;
            let (status, shipping) = (source.status(), source.shipping());
            let text = metrics(&source.traffic.now(), status.as_ref(), shipping.as_ref(), queue, now_micros());
            answer(StatusCode::OK, TEXT, text)
        }
        "/healthz" => {
            let (code, mut text) = health(&source.traffic.now(), source.status().as_ref());
            text.extend(source.shipping().map(|shipping| store_line(&shipping, now_micros())));
            answer(code, "text/plain; charset=utf-8", text)
        }
        _ => answer(
            StatusCode::NOT_FOUND,
            "text/plain; charset=utf-8",
            "not found; try /metrics or /healthz\n".to_owned(),
        ),
    }
}

fn answer(code: StatusCode, content: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = code;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(content));
    response
}

/// Healthy means that the server replies, permits at least one channel, and the recording, if there is one, can be written.
fn health(traffic: &Traffic, status: Option<&Status>) -> (StatusCode, String) {
    let verb = if status.is_some() { "recording" } else { "watching" };
    let unavailable = |reason: &str| (StatusCode::SERVICE_UNAVAILABLE, format!("not {verb}: {reason}\n"));
    if let Some((_, reason)) = status.and_then(Status::failure) {
        return unavailable(reason);
    }
    if status.is_some_and(|status| status.alive.elapsed() > WRITER_TIMEOUT) {
        return unavailable("the writer does not respond");
    }
    if !traffic.is_live() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("link: {}\n", traffic.link_name()));
    }
    if traffic.is_all_denied() {
        return unavailable("access to all channels is denied");
    }
    (StatusCode::OK, format!("{verb}\n"))
}

/// The state of the store. It does not make the recorder unhealthy: the file keeps what the store lacks, and a restart would not
/// help.
fn store_line(shipping: &ShipStatus, at: i64) -> String {
    let lag = seconds(shipping.lag(at));
    match &shipping.failure {
        Some((_, reason)) => format!("not shipping: {reason}; {} rows and {lag:.0} s behind\n", shipping.pending),
        None if !shipping.is_connected => "connecting to the store\n".to_owned(),
        None => format!("shipping; {} rows and {lag:.1} s behind\n", shipping.pending),
    }
}

/// What `/metrics` prints before the first message. The documentation lists these metrics.
pub(crate) fn sample() -> String {
    metrics(&Traffic::default(), Some(&Status::new()), Some(&ShipStatus::default()), 0, 0)
}

/// The values at one point in time.
fn metrics(traffic: &Traffic, status: Option<&Status>, shipping: Option<&ShipStatus>, queue: u64, at: i64) -> String {
    let mut out = Exposition::default();
    for_channels(&mut out, traffic);
    out.begin("finding_broadcasts_total", "counter", "Broadcasts that findings are about, if the number is known");
    for (kind, count) in FindingKind::ALL.iter().zip(traffic.finding_broadcasts) {
        out.value("finding_broadcasts_total", &[("kind", kind.name())], count);
    }
    out.single("payload_bytes_total", "counter", "Bytes of payloads received", traffic.payload_bytes);
    out.single(
        "dropped_messages_total",
        "counter",
        "Messages that were dropped, because aircheck was too slow",
        traffic.dropped,
    );
    out.single("queue_bytes", "gauge", "Size of what was received and is not processed yet", queue);
    out.single("link_live", "gauge", "1 if the server replies", u8::from(traffic.is_live()));
    round_trips(&mut out, traffic);
    if let Some(status) = status {
        recorder(&mut out, status, at);
    }
    if let Some(shipping) = shipping {
        shipper(&mut out, shipping, at);
    }
    out.into_text()
}

/// The metrics of each channel.
fn for_channels(out: &mut Exposition, traffic: &Traffic) {
    let names: Vec<String> = traffic.channels.iter().map(name).collect();
    let channels = || names.iter().map(String::as_str).zip(&traffic.channels);
    out.begin("messages_total", "counter", "Messages received");
    for (channel, counts) in channels() {
        let mut by_verdict = [("verified", 0), ("unsigned", 0), ("rejected", 0)];
        for (verdict, count) in VERDICTS.iter().zip(counts.verdicts) {
            if let Some(known) = by_verdict.iter_mut().find(|(name, _)| *name == verdict.name()) {
                known.1 += count;
            }
        }
        for (verdict, count) in by_verdict {
            out.value("messages_total", &[("channel", channel), ("verdict", verdict)], count);
        }
    }
    out.begin("rejections_total", "counter", "Messages rejected");
    for (channel, counts) in channels() {
        for (verdict, count) in VERDICTS.iter().zip(counts.verdicts) {
            if let Some(rejection) = verdict.rejection() {
                out.value("rejections_total", &[("channel", channel), ("rejection", rejection.name())], count);
            }
        }
    }
    out.begin("findings_total", "counter", "Findings reported");
    for (channel, counts) in channels() {
        for (kind, count) in FindingKind::ALL.iter().zip(counts.findings) {
            out.value("findings_total", &[("channel", channel), ("kind", kind.name())], count);
        }
    }
    out.begin("last_message_timestamp_seconds", "gauge", "When the last message was received; 0 if there was none");
    for (channel, counts) in channels() {
        out.value(
            "last_message_timestamp_seconds",
            &[("channel", channel)],
            unix_seconds(counts.last_message.unwrap_or(0)),
        );
    }
    out.begin("sequence", "gauge", "The counter of the channel; NaN if it is unknown");
    for (channel, counts) in channels() {
        let value = counts.sequence.map_or_else(|| "NaN".to_owned(), |number| number.to_string());
        out.value("sequence", &[("channel", channel)], value);
    }
    out.begin("expectation_met", "gauge", "1 if the expectation is met, 0 if not; NaN if that is unknown");
    for (channel, counts) in channels() {
        for (title, is_met) in counts.expectations() {
            let value = is_met.map_or("NaN", |is_met| if is_met { "1" } else { "0" });
            let title = escape(title.as_bytes());
            out.value("expectation_met", &[("channel", channel), ("expectation", &title)], value);
        }
    }
}

/// The name of a channel, or `other` for all that are not declared. Control characters and bytes that are not UTF-8 are escaped.
fn name(counts: &ChannelTraffic) -> String {
    counts.channel.as_ref().map_or_else(|| "other".to_owned(), |channel| escape(channel.as_bytes()))
}

fn round_trips(out: &mut Exposition, traffic: &Traffic) {
    let name = "barrier_round_trip_seconds";
    out.begin(name, "histogram", "Round trips of the counter reads that also check the link");
    let mut sum = 0;
    for (bound, count) in ROUND_TRIP_BOUNDS.iter().zip(traffic.round_trips) {
        sum += count;
        out.value(&format!("{name}_bucket"), &[("le", &seconds(*bound).to_string())], sum);
    }
    let all: u64 = traffic.round_trips.iter().sum();
    out.value(&format!("{name}_bucket"), &[("le", "+Inf")], all);
    out.value(&format!("{name}_sum"), &[], seconds(traffic.round_trip_sum));
    out.value(&format!("{name}_count"), &[], all);
}

fn recorder(out: &mut Exposition, status: &Status, at: i64) {
    for (name, help, value) in [
        ("recorded_messages_total", "Messages committed to the recording", status.committed),
        ("not_recorded_messages_total", "Messages received but not recorded", status.not_recorded),
        ("deleted_messages_total", "Messages deleted because of retention limits", status.deleted),
    ] {
        out.single(name, "counter", help, value);
    }
    out.single("recording", "gauge", "1 if the recording can be written", u8::from(status.failure().is_none()));
    let lag = seconds(status.lag(at));
    out.single("recorder_lag_seconds", "gauge", "Age of the oldest message that is not yet written", lag);
    out.single("recording_file_bytes", "gauge", "Size of the recording with its write-ahead log", status.file_bytes);
    out.single("recorder_pending_messages", "gauge", "Messages that are not yet written", status.pending);
}

fn shipper(out: &mut Exposition, shipping: &ShipStatus, at: i64) {
    out.single("store_rows_total", "counter", "Rows committed to the store", shipping.rows);
    out.single("store_connected", "gauge", "1 if the store accepts rows", u8::from(shipping.is_connected));
    out.single("store_pending_rows", "gauge", "Rows that the store lacks", shipping.pending);
    let lag = seconds(shipping.lag(at));
    out.single("store_lag_seconds", "gauge", "Age of the oldest message that the store lacks", lag);
    out.begin(
        "store_error",
        "gauge",
        "With the label error: 1 while shipping fails, 0 afterwards; absent before the first error",
    );
    if let Some(error) = &shipping.last_error {
        out.value("store_error", &[("error", error)], u8::from(shipping.failure.is_some()));
    }
}

/// Converts microseconds to seconds.
fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

/// Unix seconds with six decimals. A float has too few digits for them.
fn unix_seconds(micros: i64) -> String {
    format!("{}.{:06}", micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000))
}
