//! The life of one connection: reading, writing, and what is due when.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc::UnboundedReceiver;

use super::barrier::{self, Expected};
use super::reader::Reader;
use super::table::{Access, NameState, Source};
use super::{Control, link, now_micros};
use crate::ledger::interval::{Entry, Link, LinkState, Server};
use crate::ledger::sequence::Reading;
use crate::redis::connection::Connection;
use crate::redis::resp::{self, Elements, Frame};

/// A barrier follows a message after at most this long.
const BARRIER: Duration = Duration::from_millis(20);
/// Idle channels are asked in turn, and the link is checked, this often.
const IDLE: Duration = Duration::from_secs(1);
/// How many idle channels are asked at once.
const IDLE_CHANNELS: usize = 1000;
/// Messages do not wait longer than this for a barrier that was sent.
const LATE: Duration = Duration::from_millis(500);
/// Nothing came for this long, though something is due: the link is stale.
const STALE: Duration = Duration::from_secs(2);
/// Nothing came for this long, though something is due: the link is given up.
const DEAD: Duration = Duration::from_secs(8);
/// A name that was refused is asked again this often.
const DENIED: Duration = Duration::from_secs(5);

/// How a session ended.
pub(super) enum Ended {
    /// Nobody wants it any more.
    Dropped,
    /// The connection is lost, with the reason.
    Lost(Arc<str>),
}

/// What a connection needs to remember of itself.
struct Session<'a> {
    reader: &'a mut Reader,
    server: Option<Arc<Server>>,
    out: Vec<u8>,
    expected: VecDeque<Expected>,
    /// How many of the expected replies belong to the barrier under way.
    outstanding: usize,
    /// The channels that the barrier under way has closed so far.
    closed: Vec<usize>,
    sent: Instant,
    heard: Instant,
    idle_at: Instant,
    denied_at: Instant,
    /// The next idle channel to be asked; none: all of them, for the connection is new.
    turn: Option<usize>,
    stale: bool,
}

/// Runs until the connection is lost or nobody wants it any more.
pub(super) async fn run(connection: Connection, reader: &mut Reader, orders: &mut UnboundedReceiver<Control>) -> Ended {
    let Connection { mut input, mut output, mut buffer, server, run_id } = connection;
    reader.connecting(run_id.as_deref());
    let mut session = Session::new(reader, server);
    session.subscribe_all();
    loop {
        // What is left of the greeting may hold frames already.
        let at = now_micros();
        loop {
            match buffer.frame() {
                Ok(Some((frame, length))) => {
                    session.frame(frame, at);
                    buffer.consume(length);
                }
                Ok(None) => break,
                Err(error) => return Ended::Lost(error.to_string().into()),
            }
        }
        let now = Instant::now();
        if let Some(lost) = session.tick(now, at) {
            return lost;
        }
        session.reader.hand_over();
        let due = tokio::time::Instant::from_std(session.due());
        let writing = !session.out.is_empty();
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                None => return session.drop_connection(),
                Some(Control::Subscribe(names)) => session.subscribe_more(names),
                Some(Control::Judge(keyring)) => session.reader.keyring = keyring,
            },
            written = output.write(&session.out), if writing => match written {
                Ok(length) => {
                    session.out.drain(..length);
                }
                Err(error) => return Ended::Lost(error.to_string().into()),
            },
            read = input.read(buffer.room()) => match read {
                Ok(0) => return Ended::Lost("the server closed the connection".into()),
                Ok(length) => {
                    buffer.filled(length);
                    session.heard = Instant::now();
                }
                Err(error) => return Ended::Lost(error.to_string().into()),
            },
            () = tokio::time::sleep_until(due) => {}
        }
    }
}

impl<'a> Session<'a> {
    fn new(reader: &'a mut Reader, server: Arc<Server>) -> Self {
        let now = Instant::now();
        Self {
            reader,
            server: Some(server),
            out: Vec::new(),
            expected: VecDeque::new(),
            outstanding: 0,
            closed: Vec::new(),
            sent: now,
            heard: now,
            idle_at: now,
            denied_at: now + DENIED,
            turn: None,
            stale: false,
        }
    }

    /// Channels first: where a pattern matches a channel that was named, the name's own subscription counts.
    fn subscribe_all(&mut self) {
        for pattern in [false, true] {
            for name in 0..self.reader.table.names.len() {
                if self.reader.table.names[name].is_pattern == pattern {
                    self.reader.table.names[name].state = NameState::Pending;
                    self.subscribe(name);
                }
            }
        }
    }

    fn subscribe_more(&mut self, names: Vec<Vec<u8>>) {
        for name in self.reader.table.add_names(names) {
            self.subscribe(name);
        }
    }

    /// One command a name: SUBSCRIBE of several is refused as a whole where one of them is.
    fn subscribe(&mut self, index: usize) {
        let name = &self.reader.table.names[index];
        let command: &[u8] = if name.is_pattern { b"PSUBSCRIBE" } else { b"SUBSCRIBE" };
        resp::write_command(&mut self.out, &[command, &name.name]);
        self.expected.push_back(Expected::Subscribe(index));
    }

    fn frame(&mut self, frame: Frame<'_>, at: i64) {
        match frame {
            Frame::Push(elements) => self.push(elements, at),
            reply => self.reply(&reply, at),
        }
    }

    fn push(&mut self, mut elements: Elements<'_>, at: i64) {
        let Some(Frame::Blob(kind)) = elements.next() else { return };
        match kind {
            b"message" => {
                if let (Some(Frame::Blob(channel)), Some(Frame::Blob(payload))) = (elements.next(), elements.next()) {
                    self.reader.message(channel, None, payload, at);
                }
            }
            b"pmessage" => {
                if let (Some(Frame::Blob(pattern)), Some(Frame::Blob(channel)), Some(Frame::Blob(payload))) =
                    (elements.next(), elements.next(), elements.next())
                {
                    let names = &self.reader.table.names;
                    let pattern = names.iter().position(|name| name.is_pattern && name.name == pattern);
                    if pattern.is_some() {
                        self.reader.message(channel, pattern, payload, at);
                    }
                }
            }
            b"subscribe" | b"psubscribe" => {
                if let Some(Expected::Subscribe(name)) = self.expected.pop_front() {
                    self.subscribed(name, at);
                }
            }
            _ => {}
        }
        if self.reader.assembly.is_full() {
            self.reader.give_up();
            self.reader.hand_over();
        }
    }

    fn subscribed(&mut self, name: usize, at: i64) {
        let before = std::mem::replace(&mut self.reader.table.names[name].state, NameState::Subscribed);
        self.reader.subscribed(name, at);
        if before == NameState::Denied {
            let bytes = self.reader.table.names[name].name.clone();
            self.reader.channel_link(LinkState::Granted, &bytes, None, at);
        }
    }

    fn denied(&mut self, name: usize, words: &[u8], at: i64) {
        let before = std::mem::replace(&mut self.reader.table.names[name].state, NameState::Denied);
        if before != NameState::Denied {
            let bytes = self.reader.table.names[name].name.clone();
            let reason = String::from_utf8_lossy(words).into();
            self.reader.channel_link(LinkState::Denied, &bytes, Some(reason), at);
        }
    }

    fn reply(&mut self, frame: &Frame<'_>, at: i64) {
        let Some(expected) = self.expected.pop_front() else { return };
        match expected {
            Expected::Subscribe(name) => {
                if let Frame::Error(words) = frame {
                    self.denied(name, words, at);
                }
                return;
            }
            Expected::Together(channels) => match frame {
                Frame::Array(readings) => {
                    for (channel, reading) in channels.iter().zip(readings.clone()) {
                        self.close(*channel, barrier::reading(&reading), at);
                    }
                }
                // One key that may not be read makes the server refuse them all: ask for each alone.
                _ => {
                    for channel in channels {
                        let tracked = &mut self.reader.table.channels[channel];
                        tracked.access = Access::Probe;
                        if !std::mem::replace(&mut tracked.dirty, true) {
                            self.reader.dirty.push(channel);
                        }
                    }
                }
            },
            Expected::Alone(channel) => {
                let reading = barrier::reading(frame);
                let refused = matches!(frame, Frame::Error(words) if words.starts_with(b"NOPERM"));
                self.reader.table.channels[channel].access = if refused { Access::Denied } else { Access::Together };
                self.close(channel, reading, at);
                // Each of these is a barrier of its own, at its own place in the stream.
                self.reader.settle(&std::mem::take(&mut self.closed));
            }
            Expected::Ping => {}
        }
        self.outstanding -= 1;
        if self.outstanding == 0 {
            self.reader.settle(&std::mem::take(&mut self.closed));
            let round_trip = u64::try_from(self.sent.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.reader.assembly.push(Entry::Barrier { round_trip, at });
        }
    }

    fn close(&mut self, channel: usize, reading: Reading, at: i64) {
        self.reader.barrier(channel, reading, at);
        self.closed.push(channel);
    }

    /// Does what is due; gives the reason where the connection is to be given up.
    fn tick(&mut self, now: Instant, at: i64) -> Option<Ended> {
        self.announce(at);
        if let Some(lost) = self.liveness(now, at) {
            return Some(lost);
        }
        if self.outstanding > 0 && now >= self.sent + LATE && self.reader.assembly.is_waiting() {
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
            if idle || (!self.reader.dirty.is_empty() && now >= self.sent + BARRIER) {
                self.send_barrier(idle, now, at);
            }
        }
        None
    }

    /// Says that the link is up, once every name was answered.
    fn announce(&mut self, at: i64) {
        let answered = !self.expected.iter().any(|expected| matches!(expected, Expected::Subscribe(_)));
        if answered && let Some(server) = self.server.take() {
            self.reader.link(Link { server: Some(server), ..link(LinkState::Connected, None, at) });
        }
    }

    fn liveness(&mut self, now: Instant, at: i64) -> Option<Ended> {
        let silent = if self.expected.is_empty() {
            Duration::ZERO
        } else {
            now.saturating_duration_since(self.heard.max(self.sent))
        };
        if silent >= DEAD {
            return Some(Ended::Lost(format!("no answer for {} s", DEAD.as_secs()).into()));
        }
        let silent = silent >= STALE;
        if silent && !self.stale {
            let reason = format!("no answer for {} s", STALE.as_secs());
            self.reader.link(link(LinkState::Stale, Some(reason.into()), at));
        } else if self.stale && !silent {
            self.reader.link(link(LinkState::Live, None, at));
        }
        self.stale = silent;
        None
    }

    fn send_barrier(&mut self, idle: bool, now: Instant, at: i64) {
        let turn = if idle {
            self.idle_at = now + IDLE;
            self.reader.due(at);
            self.idle_channels()
        } else {
            Vec::new()
        };
        let reader = &mut *self.reader;
        let barrier = barrier::write(&mut reader.table, &mut reader.dirty, &turn, &mut self.out);
        self.outstanding = barrier.len();
        self.expected.extend(barrier);
        self.sent = now;
    }

    /// The next channels whose counters are to be read though nothing came.
    fn idle_channels(&mut self) -> Vec<usize> {
        let channels = &self.reader.table.channels;
        let count = channels.len();
        let (first, taken) = self.turn.map_or((0, count), |turn| (turn, count.min(IDLE_CHANNELS)));
        self.turn = Some((first + taken).checked_rem(count).unwrap_or(0));
        (first..first + taken)
            .map(|step| step % count)
            .filter(|&channel| channels[channel].source != Source::None)
            .collect()
    }

    /// When `tick` has something to do next, should nothing come before.
    fn due(&self) -> Instant {
        if self.outstanding > 0 || self.server.is_some() {
            let quiet = self.heard.max(self.sent);
            let silence = if self.stale { quiet + DEAD } else { quiet + STALE };
            let late = self.sent + LATE;
            return if self.reader.assembly.is_waiting() { silence.min(late) } else { silence };
        }
        let dirty = if self.reader.dirty.is_empty() { self.idle_at } else { self.sent + BARRIER };
        dirty.min(self.idle_at)
    }

    /// Nobody wants the connection any more: what was read still goes out.
    fn drop_connection(&mut self) -> Ended {
        self.reader.give_up();
        self.reader.hand_over();
        Ended::Dropped
    }
}
