//! Serves `/metrics` for Prometheus, and `/healthz` for health checks.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::traffic::{Traffic, TrafficCounter};
use crate::failure::{Failure, escape_error};
use crate::ledger::finding::FindingKind;
use crate::recording::codes::VERDICTS;
use crate::recording::status::Status;
use crate::redis::subscription::now_micros;

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
pub(super) async fn bind(address: SocketAddr) -> Result<MetricsListener, Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(format!("--metrics {address}: {}; choose another address or port", escape_error(&error)))
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(MetricsListener { listener, address })
}

/// A bound address.
pub(super) struct MetricsListener {
    listener: TcpListener,
    /// The actual address. Its port is not the requested one if that was 0.
    pub(super) address: SocketAddr,
}

impl MetricsListener {
    /// Answers requests until the runtime ends.
    pub(super) fn serve(self, traffic: Arc<TrafficCounter>, status: watch::Receiver<Status>) {
        tokio::spawn(accept(self.listener, MetricsSource { traffic, status }));
    }
}

/// The source of the values.
#[derive(Debug, Clone)]
struct MetricsSource {
    traffic: Arc<TrafficCounter>,
    status: watch::Receiver<Status>,
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
        "/metrics" => match metrics(source) {
            Ok(text) => answer(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", text),
            Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", String::new()),
        },
        "/healthz" => {
            let (code, text) = health(&source.traffic.now(), &source.status.borrow());
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

/// Healthy means that the server replies, permits at least one channel, and the recording can be written.
fn health(traffic: &Traffic, status: &Status) -> (StatusCode, String) {
    if let Some((_, reason)) = status.failure() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("not recording: {reason}\n"));
    }
    if status.alive.elapsed() > WRITER_TIMEOUT {
        return (StatusCode::SERVICE_UNAVAILABLE, "not recording: the writer does not respond\n".to_owned());
    }
    if !traffic.is_live() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("link: {}\n", traffic.link_name()));
    }
    if traffic.is_all_denied() {
        return (StatusCode::SERVICE_UNAVAILABLE, "not recording: access to all channels is denied\n".to_owned());
    }
    (StatusCode::OK, "recording\n".to_owned())
}

fn metrics(source: &MetricsSource) -> Result<String, fmt::Error> {
    encoded(MetricsSnapshot { traffic: source.traffic.now(), status: source.status.borrow().clone(), at: now_micros() })
}

fn encoded(snapshot: MetricsSnapshot) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("aircheck");
    registry.register_collector(Box::new(snapshot));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}

/// What `/metrics` prints before the first message. The documentation lists these metrics.
///
/// # Errors
/// Never, because a string can always be extended.
pub(crate) fn sample() -> Result<String, fmt::Error> {
    encoded(MetricsSnapshot { traffic: Traffic::default(), status: Status::new(), at: 0 })
}

/// The values at one point in time.
#[derive(Debug)]
struct MetricsSnapshot {
    traffic: Traffic,
    status: Status,
    at: i64,
}

impl Collector for MetricsSnapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (traffic, status) = (&self.traffic, &self.status);
        let mut by_verdict = [("verified", 0), ("unsigned", 0), ("rejected", 0)];
        let mut rejections = Vec::new();
        for (verdict, count) in VERDICTS.iter().zip(traffic.verdicts) {
            if let Some(known) = by_verdict.iter_mut().find(|(name, _)| *name == verdict.name()) {
                known.1 += count;
            }
            if let Some(rejection) = verdict.rejection() {
                rejections.push((rejection.name(), count));
            }
        }
        let of_kinds = |counts: [u64; FindingKind::ALL.len()]| {
            FindingKind::ALL.iter().map(|kind| kind.name()).zip(counts).collect::<Vec<_>>()
        };
        counters(&mut encoder, "messages", "Messages received", "verdict", &by_verdict)?;
        counters(&mut encoder, "rejections", "Messages rejected", "rejection", &rejections)?;
        counters(&mut encoder, "findings", "Findings reported", "kind", &of_kinds(traffic.findings))?;
        let about = "Broadcasts that findings are about, if the number is known";
        counters(&mut encoder, "finding_broadcasts", about, "kind", &of_kinds(traffic.finding_broadcasts))?;
        for (name, help, value) in [
            ("payload_bytes", "Bytes of payloads received", traffic.payload_bytes),
            ("recorded_messages", "Messages committed to the recording", status.committed),
            ("not_recorded_messages", "Messages received but not recorded", status.not_recorded),
            ("deleted_messages", "Messages deleted because of retention limits", status.deleted),
        ] {
            let descriptor = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(value).encode(descriptor)?;
        }
        for (name, help, value) in [
            ("recording", "1 if the recording can be written", f64::from(u8::from(status.failure().is_none()))),
            ("link_live", "1 if the server replies", f64::from(u8::from(traffic.is_live()))),
            ("link_round_trip_seconds", "Round trip of the last barrier", traffic.round_trip.map_or(f64::NAN, seconds)),
            ("recorder_lag_seconds", "Age of the oldest message that is not yet written", seconds(status.lag(self.at))),
            ("recording_file_bytes", "Size of the recording with its write-ahead log", float(status.file_bytes)),
            ("recorder_pending_messages", "Messages that are not yet written", float(status.pending)),
        ] {
            let descriptor = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(descriptor)?;
        }
        Ok(())
    }
}

fn counters(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    label: &str,
    counts: &[(&str, u64)],
) -> fmt::Result {
    let mut descriptor = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (value, count) in counts {
        ConstCounter::new(*count).encode(descriptor.encode_family(&[(label, *value)])?)?;
    }
    Ok(())
}

/// Converts microseconds to seconds.
fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; beyond 2^53 the last digits do not matter")]
fn float(number: u64) -> f64 {
    number as f64
}
