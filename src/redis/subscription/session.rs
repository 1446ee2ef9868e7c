//! One connection: reading, writing, and what is due when.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc::UnboundedReceiver;

use super::barrier::Expected;
use super::pending::Pending;
use super::reader::Reader;
use super::table::{NameState, Source};
use super::{Control, link, now_micros};
use crate::ledger::interval::{Link, LinkState, Server};
use crate::redis::connection::Connection;
use crate::redis::resp;
use crate::redis::socket::{self, Output};

/// A barrier follows a message after at most this long.
const BARRIER: Duration = Duration::from_millis(20);
/// So many counters a barrier asks for at that pace; for more it takes its time.
const COUNTERS: usize = 1000;
/// But not longer than this many times.
const MAX_BARRIERS: u32 = 3;
/// Idle channels are asked in turn, and the link is checked, this often.
const IDLE: Duration = Duration::from_secs(1);
/// How many idle channels are asked at once.
const IDLE_CHANNELS: usize = 1000;
/// A barrier is late if its reply has not arrived this long after the last byte received: messages do not wait for it any
/// longer. A reply behind a backlog is not late.
const LATE_TIMEOUT: Duration = Duration::from_millis(500);
/// A server that sends bytes but never the reply cannot withhold messages for longer.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// If this process runs so much later than it should, it was stopped, or the machine is too busy.
const MAX_DELAY: Duration = Duration::from_secs(1);
/// Once so many bytes have come without a pause, there is more to come: the next read waits for it.
const FLOOD: usize = 4 << 10;
/// How long it waits. What comes meanwhile lies in the system's buffers, and beyond them in the server's, which hold much
/// more than comes in so short a time; and one read of much costs less than many of little.
const GATHER: Duration = Duration::from_millis(2);
/// Where more than this has come since the last pause, in bytes, it took too long: another one would let the server wait.
const BEHIND: usize = 512 << 10;
/// A name that was rejected is asked again this often.
const DENIED: Duration = Duration::from_secs(5);

/// All that is known when the server hangs up: it gives no reason.
const CLOSED: &str = "the server closed the connection: it was stopped, it was told to (CLIENT KILL, ACL), or a message or a \
     backlog was more than its client-output-buffer-limit for pubsub";

/// How a session ended.
pub(super) enum Ended {
    /// Nobody wants it any more.
    Dropped,
    /// The connection is lost, with the reason.
    Lost(Arc<str>),
}

/// What a connection needs to remember of itself.
pub(super) struct Session<'a> {
    pub(super) reader: &'a mut Reader,
    /// What the server said of itself, until the link is said to be up.
    server: Option<Arc<Server>>,
    /// Which of several servers it is.
    node: Option<Arc<str>>,
    pub(super) out: Vec<u8>,
    /// Something was written that may still stand in the buffers of TLS.
    unflushed: bool,
    /// Nothing can be written any more.
    broken: bool,
    pub(super) pending: Pending,
    /// How many of the pending requests subscribe to a name.
    pub(super) asked: usize,
    /// How many of the pending requests belong to the current barrier.
    pub(super) outstanding: usize,
    /// How many those were when it was sent.
    asked_for: usize,
    /// When the last barrier was sent.
    pub(super) sent: Instant,
    /// When idle channels are asked next.
    idle_at: Instant,
    /// When denied names are asked next.
    denied_at: Instant,
    /// The next idle channel to be asked.
    turn: usize,
}

/// Runs until the connection is lost or nobody wants it any more.
pub(super) async fn run(connection: Connection, reader: &mut Reader, orders: &mut UnboundedReceiver<Control>) -> Ended {
    let Connection { mut input, mut output, mut buffer, server, id, node } = connection;
    let node = node.map(|node| Arc::from(node.to_string()));
    reader.connecting(id);
    let mut session = Session::new(reader, server, node);
    session.subscribe_all();
    // In a flood: how much has come since the last pause, and when this one ends.
    let mut brought = 0;
    let mut gathered: Option<tokio::time::Instant> = None;
    let mut woken = Instant::now();
    loop {
        // What is left of the greeting may hold frames already.
        let at = now_micros();
        loop {
            let (messages, length) = buffer.messages();
            if length > 0 {
                session.reader.messages(&messages, at);
                buffer.consume(length);
                continue;
            }
            match buffer.frame() {
                Ok(Some((frame, length))) => {
                    if let Err(reason) = session.frame(frame, at) {
                        return Ended::Lost(reason);
                    }
                    buffer.consume(length);
                }
                Ok(None) => break,
                Err(error) => return Ended::Lost(error.to_string().into()),
            }
        }
        let now = session.clock(woken);
        session.tick(now, at);
        if !session.is_between_answers(now) {
            session.reader.enqueue();
        }
        let due = tokio::time::Instant::from_std(session.due());
        let wake = gathered.map_or(due, |gathered| gathered.min(due));
        let latest = wake.into_std().max(now);
        let (mut received, mut is_due) = (0, false);
        let writing = (session.unflushed || !session.out.is_empty()) && !session.broken;
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                None => return Ended::Dropped,
                Some(Control::Subscribe(names)) => session.subscribe_more(names),
                Some(Control::Judge(keyring)) => session.reader.keyring = keyring,
                Some(Control::Unsubscribe(names)) => session.unsubscribe(&names),
                Some(Control::HandOverTo(consumer)) => session.reader.shared.add(consumer),
                Some(Control::Cede(topology, to)) => session.cede(&topology, to),
                Some(Control::Serve(assignment)) => session.serve(assignment),
            },
            written = write(&mut output, &session.out), if writing => match written {
                Ok(length) => {
                    session.out.drain(..length);
                    session.unflushed = length > 0;
                }
                // What the server sent before it hung up is still read; reading then says that it did.
                Err(_) => session.broken = true,
            },
            read = input.read(buffer.room()), if gathered.is_none() => match read {
                Ok(0) => return Ended::Lost(CLOSED.into()),
                Ok(length) => received = length,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ended::Lost(CLOSED.into()),
                Err(error) => return Ended::Lost(socket::words(&error).into()),
            },
            // All that has come so far is read.
            () = std::future::ready(()), if brought >= FLOOD => {
                gathered = (brought < BEHIND).then(|| tokio::time::Instant::now() + GATHER);
                brought = 0;
            }
            // After reading: what has arrived while this process was stopped is no silence of the server.
            () = tokio::time::sleep_until(wake) => is_due = gathered.take().is_none(),
        }
        woken = session.clock(latest);
        if received > 0 {
            buffer.filled(received);
            let is_pause = woken.duration_since(session.pending.received()) >= GATHER;
            brought = if is_pause { received } else { brought + received };
            session.receive(woken);
        } else if is_due && let Some(lost) = session.silence(woken) {
            return lost;
        }
    }
}

/// Writes what there is, and says how much of it; where there is nothing, what TLS still holds.
async fn write(output: &mut Output, bytes: &[u8]) -> io::Result<usize> {
    if bytes.is_empty() { output.flush().await.map(|()| 0) } else { output.write(bytes).await }
}

impl<'a> Session<'a> {
    fn new(reader: &'a mut Reader, server: Arc<Server>, node: Option<Arc<str>>) -> Self {
        let now = Instant::now();
        Self {
            reader,
            server: Some(server),
            node,
            out: Vec::new(),
            unflushed: false,
            broken: false,
            pending: Pending::new(now),
            asked: 0,
            outstanding: 0,
            asked_for: 0,
            sent: now,
            idle_at: now,
            denied_at: now + DENIED,
            turn: 0,
        }
    }

    /// Channels first: where a pattern matches a channel that was named, the name's own subscription counts. A name that was
    /// denied on the last connection stays so until it is granted.
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

    /// One command a name: SUBSCRIBE of several is rejected as a whole where one of them is.
    fn subscribe(&mut self, index: usize) {
        let name = &self.reader.table.names[index];
        let command: &[u8] = if name.is_pattern { b"PSUBSCRIBE" } else { b"SUBSCRIBE" };
        resp::write_command(&mut self.out, &[command, &name.bytes]);
        self.pending.push(Expected::Subscribe(index), Instant::now());
        self.asked += 1;
    }

    pub(super) fn unsubscribe(&mut self, names: &[Vec<u8>]) {
        for index in self.reader.table.drop_names(names) {
            let name = &self.reader.table.names[index];
            let command: &[u8] = if name.is_pattern { b"PUNSUBSCRIBE" } else { b"UNSUBSCRIBE" };
            resp::write_command(&mut self.out, &[command, &name.bytes]);
            self.pending.push(Expected::Unsubscribe(index), Instant::now());
        }
    }

    /// Does what is due.
    fn tick(&mut self, now: Instant, at: i64) {
        // A link that was never connected becomes connected, not live.
        if self.pending.becomes_live(now) && self.server.is_none() {
            self.report(LinkState::Live, None, at);
        }
        self.announce(at);
        if self.waits_for_barrier() && now >= self.late_at() {
            self.reader.give_up();
        }
        if now >= self.denied_at {
            self.denied_at = now + DENIED;
            for name in 0..self.reader.table.names.len() {
                if self.reader.table.names[name].state == NameState::Denied {
                    self.subscribe(name);
                }
            }
        }
        if self.server.is_none() && self.outstanding == 0 {
            let idle = now >= self.idle_at;
            if idle || (!self.reader.dirty.is_empty() && now >= self.barrier_at()) {
                self.send_barrier(idle, now, at);
            }
        }
    }

    /// Whether a barrier is answered in part: what comes with the rest is then handed over together with what came, rather than
    /// copied from interval to interval with every answer.
    fn is_between_answers(&self, now: Instant) -> bool {
        let answered = self.outstanding > 0 && self.outstanding < self.asked_for;
        answered && self.reader.builder.is_waiting() && now < self.late_at()
    }

    /// Says that the link is up, once every name was answered.
    fn announce(&mut self, at: i64) {
        if self.asked == 0
            && let Some(server) = self.server.take()
        {
            let reason = self.node.as_ref().map(|node| format!("the primary is {node}").into());
            self.reader.link(Link { server: Some(server), ..link(LinkState::Connected, reason, at) });
        }
    }

    /// The time. If it is much later than `latest`, by when this process should have run, then the time since does not count:
    /// the server is not to blame for it.
    fn clock(&mut self, latest: Instant) -> Instant {
        let now = Instant::now();
        let delay = now.saturating_duration_since(latest);
        if delay > MAX_DELAY {
            self.pending.excuse(delay);
            self.sent += delay;
            self.idle_at += delay;
        }
        now
    }

    /// Bytes were received. A silence that they end is reported too.
    fn receive(&mut self, now: Instant) {
        self.check_stale(now);
        self.pending.receive(now);
    }

    /// Nothing was received though a reply may be due; returns the reason if the connection is to be given up.
    fn silence(&mut self, now: Instant) -> Option<Ended> {
        self.check_stale(now);
        self.pending.is_dead(now).map(|reason| Ended::Lost(reason.into()))
    }

    fn check_stale(&mut self, now: Instant) {
        if let Some(reason) = self.pending.becomes_stale(now) {
            self.report(LinkState::Stale, Some(reason.into()), now_micros());
        }
    }

    /// Reports a state of the link at once, even while messages wait for their barrier.
    fn report(&mut self, state: LinkState, reason: Option<Arc<str>>, at: i64) {
        self.reader.link(link(state, reason, at));
        self.reader.hand_over_settled();
    }

    fn send_barrier(&mut self, idle: bool, now: Instant, at: i64) {
        let mut since = now;
        let turn = if idle {
            // Counted from when it was due: a delay here must not hide a silence of the server.
            since = self.idle_at.max(self.pending.received()).min(now);
            self.idle_at = now + IDLE;
            self.reader.due(at);
            self.reader.look_around();
            self.idle_channels()
        } else {
            Vec::new()
        };
        let barrier = self.reader.write_barrier(&turn, &mut self.out);
        self.outstanding = barrier.len();
        self.asked_for = barrier.len();
        for request in barrier {
            self.pending.push(request, since);
        }
        self.sent = now;
    }

    /// The next channels whose counters are to be read though nothing came.
    fn idle_channels(&mut self) -> Vec<usize> {
        let channels = &self.reader.table.channels;
        let (first, count) = (self.turn, channels.len());
        let taken = count.min(IDLE_CHANNELS);
        self.turn = (first + taken).checked_rem(count).unwrap_or(0);
        (first..first + taken)
            .map(|step| step % count)
            .filter(|&channel| channels[channel].source != Source::None)
            .collect()
    }

    /// When there is something to do next, should nothing come before.
    fn due(&self) -> Instant {
        let silence = self.pending.due();
        let work = if self.outstanding > 0 || self.server.is_some() {
            self.waits_for_barrier().then(|| self.late_at())
        } else if self.reader.dirty.is_empty() {
            Some(self.idle_at)
        } else {
            Some(self.barrier_at().min(self.idle_at))
        };
        // Without any of these no name is subscribed, and the link is announced at once.
        silence.into_iter().chain(work).min().unwrap_or(self.idle_at)
    }

    /// Whether messages wait for a barrier that was sent, or that cannot be sent before all names are subscribed.
    fn waits_for_barrier(&self) -> bool {
        (self.outstanding > 0 || self.server.is_some()) && self.reader.builder.is_waiting()
    }

    /// When the current barrier is late.
    fn late_at(&self) -> Instant {
        let late = self.sent.max(self.pending.received()) + LATE_TIMEOUT;
        late.min(self.sent + MAX_WAIT)
    }

    /// When the next barrier is due, should messages have come. Where it asks for many counters it is further away: the server
    /// and this thread are then not busier with counters than with messages.
    fn barrier_at(&self) -> Instant {
        let most = u32::try_from(self.reader.dirty.len() / COUNTERS).unwrap_or(u32::MAX);
        self.sent + BARRIER * most.clamp(1, MAX_BARRIERS)
    }
}
