//! One connection: reading, writing and timers.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc::UnboundedReceiver;

use super::barrier::ExpectedReply;
use super::pending::PendingRequests;
use super::reader::Reader;
use super::table::{CountedSource, NameState};
use super::{Control, link_change, now_micros};
use crate::ledger::interval::{Link, LinkState, ServerInfo};
use crate::redis::connection::Connection;
use crate::redis::resp;
use crate::redis::socket::{self, Output};
use crate::wire::escape::escape;

/// The minimum time between two barriers while messages arrive. Barriers for idle channels do not wait for it.
const BARRIER_INTERVAL: Duration = Duration::from_millis(20);
/// A barrier that reads at most this many counters is sent one [`BARRIER_INTERVAL`] after the previous barrier. With twice
/// as many counters, it is sent two intervals after it, and so on, up to [`MAX_INTERVALS`].
const COUNTERS_PER_INTERVAL: usize = 1000;
/// The longest delay of a barrier because of its number of counters, in units of [`BARRIER_INTERVAL`].
const MAX_INTERVALS: u32 = 3;
/// How often the counters of idle channels are read. This also checks the link.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);
/// The maximum number of idle channels whose counters one barrier reads.
const MAX_IDLE_CHANNELS: usize = 1000;
/// A barrier without a reply is late when this much time has passed since it was sent, and also since the last byte was
/// received. Messages then no longer wait for it. A reply that arrives after a backlog of other data is not late.
const LATE_TIMEOUT: Duration = Duration::from_millis(500);
/// Messages wait at most this long for a barrier, even if the server keeps sending other bytes.
const MAX_BARRIER_WAIT: Duration = Duration::from_secs(30);
/// If this process runs later than planned by more than this, it was stopped or the machine is overloaded. The
/// deadlines for replies, barriers and idle counter reads are then extended by the delay, because the server did not
/// cause it.
const MAX_PROCESS_DELAY: Duration = Duration::from_secs(1);
/// Bytes that arrive without a pause are a burst if there are at least this many. Their count starts again after
/// [`READ_PAUSE`] without bytes, and each time a burst has been read completely.
const MIN_BURST: usize = 4 << 10;
/// After a burst has been read completely, the next read is delayed by this time, because one large read costs less than
/// many small ones. The system's and the server's buffers hold the bytes that arrive in this time.
const READ_PAUSE: Duration = Duration::from_millis(2);
/// If the burst has at least this many bytes, the next read is not delayed, because reading must catch up.
const MAX_PAUSED_BURST: usize = 512 << 10;
/// How long to wait for the last barrier.
const FINISH_TIMEOUT: Duration = Duration::from_secs(1);
/// How often a denied subscription is tried again.
const DENIED_RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// The server usually gives no reason when it closes a connection, so this lists the most common ones.
const CLOSED_BY_SERVER: &str = "the server closed the connection: it stopped, the client was killed (CLIENT KILL, ACL), or a \
     message or backlog exceeded client-output-buffer-limit pubsub";

/// How a session ended.
pub(super) enum ConnectionEnd {
    /// The subscription was dropped.
    Dropped,
    /// The connection was lost, for this reason.
    Lost(Arc<str>),
}

/// The state of one connection.
pub(super) struct Session<'a> {
    pub(super) reader: &'a mut Reader,
    /// The server's `HELLO` reply, until "connected" is reported.
    server: Option<Arc<ServerInfo>>,
    /// The server that Sentinel named.
    node: Option<Arc<str>>,
    pub(super) out: Vec<u8>,
    /// Whether TLS may still buffer written bytes.
    unflushed: bool,
    /// Whether writing failed.
    write_failed: bool,
    pub(super) pending: PendingRequests,
    /// How many pending requests subscribe to a name.
    pub(super) pending_subscribes: usize,
    /// How many pending requests belong to the current barrier.
    pub(super) pending_readings: usize,
    /// How many requests the current barrier had.
    barrier_size: usize,
    /// When the last barrier was sent.
    pub(super) barrier_sent: Instant,
    /// When to end even if messages still wait for a barrier. `None` until the subscription is told to end.
    finish_by: Option<Instant>,
    /// Whether a barrier was sent after the subscription was told to end.
    pub(super) is_finishing: bool,
    /// The send time of the last barrier that was logged as late.
    late_logged: Option<Instant>,
    /// When the counters of idle channels are read next.
    idle_at: Instant,
    /// When denied names are subscribed again.
    denied_at: Instant,
    /// The index of the next idle channel whose counter is read.
    next_idle: usize,
}

/// Runs until the connection is lost or the subscription is dropped.
pub(super) async fn run(
    connection: Connection,
    reader: &mut Reader,
    controls: &mut UnboundedReceiver<Control>,
) -> ConnectionEnd {
    let Connection { mut input, mut output, mut buffer, server, id, node } = connection;
    let node = node.map(|node| Arc::from(node.to_string()));
    reader.connecting(id);
    let mut session = Session::new(reader, server, node);
    session.subscribe_all();
    // The bytes since the last pause, and when the current pause ends.
    let mut burst = 0;
    let mut pause_ends: Option<tokio::time::Instant> = None;
    let mut woken = Instant::now();
    loop {
        // The buffer may already hold frames that arrived with the handshake.
        let at = now_micros();
        loop {
            while let Some((channel, payload, length)) = buffer.message() {
                session.reader.message(channel, payload, at);
                buffer.consume(length);
            }
            match buffer.frame() {
                Ok(Some((frame, length))) => {
                    if let Err(reason) = session.frame(frame, at) {
                        return ConnectionEnd::Lost(reason);
                    }
                    // Messages after the last barrier are not read. Otherwise the subscription could not end while messages
                    // keep arriving.
                    if session.is_finished() {
                        return ConnectionEnd::Dropped;
                    }
                    buffer.consume(length);
                }
                Ok(None) => break,
                Err(error) => return ConnectionEnd::Lost(error.to_string().into()),
            }
        }
        let now = session.current_time(woken);
        session.tick(now, at);
        if session.is_finished() || session.finish_by.is_some_and(|finish_by| now >= finish_by) {
            return ConnectionEnd::Dropped;
        }
        if !session.is_barrier_incomplete(now) {
            session.reader.enqueue();
        }
        let due = tokio::time::Instant::from_std(session.next_deadline());
        let wake = pause_ends.map_or(due, |pause_ends| pause_ends.min(due));
        let latest = wake.into_std().max(now);
        let (mut received, mut is_due) = (0, false);
        let writing = (session.unflushed || !session.out.is_empty()) && !session.write_failed;
        tokio::select! {
            biased;
            control = controls.recv(), if session.finish_by.is_none() => match control {
                None => return ConnectionEnd::Dropped,
                Some(Control::Finish) => session.finish_by = Some(Instant::now() + FINISH_TIMEOUT),
                Some(Control::Subscribe(names)) => session.subscribe_more(names),
                Some(Control::SetKeyring(keyring)) => session.reader.keyring = keyring,
                Some(Control::Unsubscribe(names)) => session.unsubscribe(&names),
                Some(Control::AddConsumer(consumer)) => session.reader.shared.add(consumer),
                Some(Control::Release(topology, to)) => session.release(&topology, to),
                Some(Control::Assign(assignment)) => session.assign(assignment),
            },
            written = write(&mut output, &session.out), if writing => match written {
                Ok(length) => {
                    session.out.drain(..length);
                    session.unflushed = length > 0;
                }
                // The bytes that the server sent before it closed the connection are still read. Reading then reports
                // the end.
                Err(_) => session.write_failed = true,
            },
            read = input.read(buffer.free_space()), if pause_ends.is_none() => match read {
                Ok(0) => return ConnectionEnd::Lost(CLOSED_BY_SERVER.into()),
                Ok(length) => received = length,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return ConnectionEnd::Lost(CLOSED_BY_SERVER.into()),
                Err(error) => return ConnectionEnd::Lost(socket::error_text(&error).into()),
            },
            // Everything received so far has been read.
            () = std::future::ready(()), if burst >= MIN_BURST => {
                pause_ends = (burst < MAX_PAUSED_BURST).then(|| tokio::time::Instant::now() + READ_PAUSE);
                burst = 0;
            }
            // The timer comes after the read: if bytes arrived while this process was stopped, the server was not silent.
            () = tokio::time::sleep_until(wake) => is_due = pause_ends.take().is_none(),
        }
        woken = session.current_time(latest);
        if received > 0 {
            buffer.advance(received);
            let is_pause = woken.duration_since(session.pending.received()) >= READ_PAUSE;
            burst = if is_pause { received } else { burst + received };
            session.receive(woken);
        } else if is_due && let Some(lost) = session.check_silence(woken) {
            return lost;
        }
    }
}

/// Writes as many bytes as possible and returns their number. If `bytes` is empty, flushes the output and returns 0.
async fn write(output: &mut Output, bytes: &[u8]) -> io::Result<usize> {
    if bytes.is_empty() { output.flush().await.map(|()| 0) } else { output.write(bytes).await }
}

impl<'a> Session<'a> {
    fn new(reader: &'a mut Reader, server: Arc<ServerInfo>, node: Option<Arc<str>>) -> Self {
        let now = Instant::now();
        Self {
            reader,
            server: Some(server),
            node,
            out: Vec::new(),
            unflushed: false,
            write_failed: false,
            pending: PendingRequests::new(now),
            pending_subscribes: 0,
            pending_readings: 0,
            barrier_size: 0,
            barrier_sent: now,
            finish_by: None,
            is_finishing: false,
            late_logged: None,
            idle_at: now,
            denied_at: now + DENIED_RETRY_INTERVAL,
            next_idle: 0,
        }
    }

    /// Subscribes to channels first, because a channel's own subscription takes precedence over patterns. Names that were
    /// denied on the last connection are tried too. They stay `Denied` until the server accepts them.
    fn subscribe_all(&mut self) {
        for pattern in [false, true] {
            for name in 0..self.reader.table.names.len() {
                let known = &self.reader.table.names[name];
                if known.is_pattern == pattern && known.state != NameState::Dropped {
                    self.subscribe(name);
                }
            }
        }
    }

    pub(super) fn subscribe_more(&mut self, names: Vec<Vec<u8>>) {
        for name in self.reader.table.add_names(names) {
            self.subscribe(name);
        }
    }

    /// Sends one command per name. `SUBSCRIBE` fails as a whole if one of its names is denied.
    fn subscribe(&mut self, index: usize) {
        let name = &self.reader.table.names[index];
        let command: &[u8] = if name.is_pattern { b"PSUBSCRIBE" } else { b"SUBSCRIBE" };
        resp::write_command(&mut self.out, &[command, &name.bytes]);
        self.pending.push(ExpectedReply::Subscribe(index), Instant::now());
        self.pending_subscribes += 1;
    }

    pub(super) fn unsubscribe(&mut self, names: &[Vec<u8>]) {
        for index in self.reader.table.drop_names(names) {
            let name = &self.reader.table.names[index];
            let command: &[u8] = if name.is_pattern { b"PUNSUBSCRIBE" } else { b"UNSUBSCRIBE" };
            resp::write_command(&mut self.out, &[command, &name.bytes]);
            self.pending.push(ExpectedReply::Unsubscribe(index), Instant::now());
        }
    }

    /// Performs everything that is due at `now`: reports, retries of denied names, and the next barrier.
    fn tick(&mut self, now: Instant, at: i64) {
        // Until "connected" is reported, the link cannot become live.
        if self.pending.becomes_live(now) && self.server.is_none() {
            self.report(LinkState::Live, None, at);
        }
        self.report_connected(at);
        if self.waits_for_barrier() && now >= self.late_at() {
            if self.late_logged.replace(self.barrier_sent) != Some(self.barrier_sent) {
                let waited = now.duration_since(self.barrier_sent);
                tracing::warn!(server = %self.reader.server, ?waited, "barrier is late");
            }
            self.reader.number_without_barrier();
        }
        if now >= self.denied_at {
            self.denied_at = now + DENIED_RETRY_INTERVAL;
            for name in 0..self.reader.table.names.len() {
                if self.reader.table.names[name].state == NameState::Denied {
                    self.subscribe(name);
                }
            }
        }
        if self.server.is_none() && self.pending_readings == 0 {
            self.is_finishing = self.finish_by.is_some();
            let idle = now >= self.idle_at || self.is_finishing;
            if idle || (!self.reader.dirty.is_empty() && now >= self.barrier_at()) {
                self.send_barrier(idle, now, at);
            }
        }
    }

    /// Whether the subscription was told to end and can end now: no message waits for a barrier, and the replies to the
    /// final barrier have arrived. If the server has not replied to every subscription yet, no final barrier is sent, and
    /// the subscription can end without one.
    fn is_finished(&mut self) -> bool {
        let is_read = self.is_finishing && self.pending_readings == 0;
        if !is_read && (self.finish_by.is_none() || self.server.is_none()) {
            return false;
        }
        self.reader.settle();
        !self.reader.builder.has_waiting()
    }

    /// Whether only some replies of a barrier have arrived. Messages are then held until the other replies arrive. This
    /// avoids copying them between intervals.
    fn is_barrier_incomplete(&self, now: Instant) -> bool {
        let answered = self.pending_readings > 0 && self.pending_readings < self.barrier_size;
        answered && self.reader.builder.has_waiting() && now < self.late_at()
    }

    /// Reports "connected" once the server has replied to every subscription.
    fn report_connected(&mut self, at: i64) {
        if self.pending_subscribes == 0
            && let Some(server) = self.server.take()
        {
            let ServerInfo { version, role, .. } = &*server;
            tracing::info!(
                server = %self.reader.server,
                version = %escape(version.as_bytes()),
                role = %escape(role.as_bytes()),
                primary = self.node.as_ref().map(display),
                "connected, all subscriptions confirmed"
            );
            let reason = self.node.as_ref().map(|node| format!("the primary is {node}").into());
            self.reader.link(Link { server: Some(server), ..link_change(LinkState::Connected, reason, at) });
        }
    }

    /// Returns the current time. `latest` is the time by which this process should have run. If the current time is much
    /// later, the deadlines for replies, barriers and idle counter reads are extended by the delay.
    fn current_time(&mut self, latest: Instant) -> Instant {
        let now = Instant::now();
        let delay = now.saturating_duration_since(latest);
        if delay > MAX_PROCESS_DELAY {
            self.pending.extend_deadlines(delay);
            self.barrier_sent += delay;
            self.idle_at += delay;
        }
        now
    }

    /// Records that bytes were received. If the oldest request had already waited too long for its reply, the link is first
    /// reported as stale, although bytes have now arrived.
    fn receive(&mut self, now: Instant) {
        self.check_stale(now);
        self.pending.receive(now);
    }

    /// Handles a timeout. Returns the reason if the connection must be closed.
    fn check_silence(&mut self, now: Instant) -> Option<ConnectionEnd> {
        self.check_stale(now);
        self.pending.is_dead(now).map(|reason| ConnectionEnd::Lost(reason.into()))
    }

    fn check_stale(&mut self, now: Instant) {
        if let Some(reason) = self.pending.becomes_stale(now) {
            self.reader.expected_link_is_stale(now_micros());
            self.report(LinkState::Stale, Some(reason.into()), now_micros());
        }
    }

    /// Reports a state of the link at once, even while messages wait for their barrier.
    fn report(&mut self, state: LinkState, reason: Option<Arc<str>>, at: i64) {
        self.reader.link(link_change(state, reason, at));
        self.reader.enqueue_settled();
    }

    fn send_barrier(&mut self, idle: bool, now: Instant, at: i64) {
        let mut since = now;
        let idle_channels = if idle {
            // The wait for the reply starts when the barrier was due, even if it is sent later. Otherwise a delay of
            // this process would hide that the server is silent.
            since = self.idle_at.max(self.pending.received()).min(now);
            self.idle_at = now + IDLE_INTERVAL;
            self.reader.due(at);
            self.reader.check_warnings();
            self.idle_channels()
        } else {
            Vec::new()
        };
        let barrier = self.reader.write_barrier(&idle_channels, &mut self.out);
        self.pending_readings = barrier.len();
        self.barrier_size = barrier.len();
        for request in barrier {
            self.pending.push(request, since);
        }
        self.barrier_sent = now;
    }

    /// The next channels whose counters are read although they had no messages.
    fn idle_channels(&mut self) -> Vec<usize> {
        let channels = &self.reader.table.channels;
        let (first, count) = (self.next_idle, channels.len());
        let taken = count.min(MAX_IDLE_CHANNELS);
        self.next_idle = (first + taken).checked_rem(count).unwrap_or(0);
        (first..first + taken)
            .map(|step| step % count)
            .filter(|&channel| channels[channel].source != CountedSource::None)
            .collect()
    }

    /// When the next action is due if nothing is received until then.
    fn next_deadline(&self) -> Instant {
        let silence = self.pending.due();
        let work = if self.pending_readings > 0 || self.server.is_some() {
            self.waits_for_barrier().then(|| self.late_at())
        } else if self.reader.dirty.is_empty() {
            Some(self.idle_at)
        } else {
            Some(self.barrier_at().min(self.idle_at))
        };
        // Without a deadline, no request is pending and "connected" was not reported yet. The next `tick` reports it, so it
        // is due at once.
        silence.into_iter().chain(work).chain(self.finish_by).min().unwrap_or(self.idle_at)
    }

    /// Whether messages wait for a barrier that was sent, or that cannot be sent yet because the server has not replied to
    /// every subscription.
    fn waits_for_barrier(&self) -> bool {
        (self.pending_readings > 0 || self.server.is_some()) && self.reader.builder.has_waiting()
    }

    /// When the current barrier is late.
    fn late_at(&self) -> Instant {
        let late = self.barrier_sent.max(self.pending.received()) + LATE_TIMEOUT;
        late.min(self.barrier_sent + MAX_BARRIER_WAIT)
    }

    /// When the next barrier is due. A large barrier is delayed, so that the server and this thread spend most of their
    /// time on messages.
    fn barrier_at(&self) -> Instant {
        let most = u32::try_from(self.reader.dirty.len() / COUNTERS_PER_INTERVAL).unwrap_or(u32::MAX);
        self.barrier_sent + BARRIER_INTERVAL * most.clamp(1, MAX_INTERVALS)
    }
}
