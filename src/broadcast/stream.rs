//! The stream of a listener's events.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use futures_core::stream::FusedStream;
use tokio::time::{Instant, sleep_until};

use super::Broadcast;
use super::error::ListenError;
use super::event::{Dropped, Event, Link, Missed, Started};
use super::message::Message;
use super::position::Position;
use super::stop::StopHandle;
use crate::ledger::expectation::Expected;
use crate::ledger::interval::{self, Entry, Interval, LinkState};
use crate::ledger::known::{KnownCounter, ServerId};
use crate::ledger::sequence::Reading;
use crate::redis::ConnectError;
use crate::redis::queue::{Receiver, queue};
use crate::redis::subscription::{Subscription, SubscriptionSettings, now_micros};
use crate::wire::escape::escape;
use crate::wire::verdict::Verdict;

/// The maximum size of the queue if none is set, in bytes.
const DEFAULT_QUEUE_LIMIT: usize = 64 << 20;
/// The maximum number of messages stored to detect duplicates.
const MAX_SIGNED_MESSAGES: usize = 100_000;

/// What a stream needs to start.
#[derive(Debug, Clone)]
pub(super) struct StreamSettings {
    pub(super) broadcast: Broadcast,
    pub(super) resume_after: Option<Position>,
    pub(super) time_limit: Option<Duration>,
    pub(super) idle_timeout: Option<Duration>,
    pub(super) queue_limit: usize,
    pub(super) stop: StopHandle,
}

/// Why a stream or a listener ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// [`StopHandle::stop`] or [`Message::stop`] was called.
    Requested,
    /// The [time limit](super::Listener::time_limit) was reached.
    TimeLimit,
    /// No message was received for the [idle timeout](super::Listener::idle_timeout).
    IdleTimeout,
}

/// The events of a listener. [`Listener::into_stream`](super::Listener::into_stream) creates it.
///
/// The stream connects when it is first polled. It ends after an error, after a [`StopHandle`] stops it, or when its time limit or
/// idle timeout is reached. [`stop_reason`](Self::stop_reason) tells these apart. A lost connection does not end it: it
/// reconnects, and then reports what was missed.
///
/// The subscription has its own thread, which receives and verifies messages while the stream is not polled. They wait in a queue.
/// If the queue is full, the oldest messages are dropped, and the stream returns [`Event::Dropped`] in their place. A slow reader
/// of the stream therefore never slows the server's connection.
///
/// # Cancellation
/// The stream loses no event if a future that waits for it is dropped, e.g. by `tokio::select!`. Dropping the stream itself ends
/// the subscription, and does not wait for its thread. It is safe in asynchronous code.
pub struct EventStream {
    settings: StreamSettings,
    state: State,
    /// Events to return, each with the position after it.
    ready: VecDeque<(Event, Option<Position>)>,
    /// The entries to process: a received interval, and the index of its next entry.
    intervals: VecDeque<(Arc<Interval>, usize)>,
    /// The messages missed before the start.
    early: Vec<Missed>,
    is_connected: bool,
    is_started: bool,
    /// The position before the last returned event.
    position: Option<Position>,
    /// The position after the last returned event, if the event changes it.
    next_position: Option<Position>,
    /// The server that the counter was last read from; `None` if it is unknown.
    server: Option<Arc<ServerId>>,
}

enum State {
    New,
    Running(Running),
    Ended(Option<StopReason>),
}

/// A started subscription.
struct Running {
    subscription: Option<Subscription>,
    receiver: Arc<Receiver>,
    /// The time limit.
    end: Option<Instant>,
    /// The time from which the idle timeout counts: when the stream started to wait after it returned its last message, or
    /// when the stream started.
    last_message: Instant,
    /// Whether a message was returned since the last wait.
    saw_message: bool,
    wait: Option<Pin<Box<dyn Future<Output = Wake> + Send>>>,
}

/// Why a wait ended.
enum Wake {
    Received(Vec<Arc<Interval>>),
    Closed,
    Stopped(StopReason),
}

impl StreamSettings {
    pub(super) fn new(broadcast: Broadcast) -> Self {
        Self {
            broadcast,
            resume_after: None,
            time_limit: None,
            idle_timeout: None,
            queue_limit: DEFAULT_QUEUE_LIMIT,
            stop: StopHandle::default(),
        }
    }
}

impl EventStream {
    pub(super) fn new(settings: StreamSettings) -> Self {
        let position = settings.resume_after.clone();
        let server = position.as_ref().and_then(|position| position.server.clone());
        Self {
            settings,
            state: State::New,
            ready: VecDeque::new(),
            intervals: VecDeque::new(),
            early: Vec::new(),
            is_connected: false,
            is_started: false,
            position,
            next_position: None,
            server,
        }
    }

    /// Waits for the next event. Returns `None` after the end of the stream. The same as `StreamExt::next` of the crate
    /// `futures`, without that crate.
    ///
    /// # Cancellation
    /// This method is cancel-safe: if the future is dropped, no event is lost.
    ///
    /// # Errors
    /// If the first connection fails, or the server denies access to the channel. The stream then ends.
    pub async fn next(&mut self) -> Option<Result<Event, ListenError>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Returns a handle that stops the stream from another task or thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.settings.stop.clone()
    }

    /// Why the stream ended. `None` if it has not ended, or if it ended with an error.
    #[must_use]
    pub fn stop_reason(&self) -> Option<StopReason> {
        match self.state {
            State::Ended(reason) => reason,
            State::New | State::Running(_) => None,
        }
    }

    /// The position after the last returned event. Store it after the event is processed, and pass it to
    /// [`Listener::resume_after`](super::Listener::resume_after) to continue from here. `None` if it is unknown.
    #[must_use]
    pub fn last_position(&self) -> Option<&Position> {
        self.next_position.as_ref().or(self.position.as_ref())
    }

    /// The position before the last returned event.
    pub(super) fn position_before_event(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    fn end(&mut self, reason: Option<StopReason>) {
        if let State::Running(running) = std::mem::replace(&mut self.state, State::Ended(reason)) {
            running.stop();
        }
    }

    fn start(&self) -> Result<Running, ListenError> {
        let StreamSettings { broadcast, time_limit, queue_limit, .. } = &self.settings;
        let known = self.position.clone().map(|last| KnownCounter {
            channel: broadcast.channel.clone(),
            counter: last.sequence,
            server: last.server,
            at: now_micros(),
            lost: None,
        });
        let (sender, receiver) = queue(*queue_limit);
        let settings = SubscriptionSettings {
            target: broadcast.target.clone(),
            sequence_prefix: broadcast.sequence_prefix.clone().into_bytes(),
            channels: vec![broadcast.channel.as_bytes().to_vec()],
            keyring: broadcast.keyring(),
            known: known.into_iter().collect(),
            duplicates: MAX_SIGNED_MESSAGES,
            expected: Expected::default(),
        };
        let now = Instant::now();
        Ok(Running {
            subscription: Some(Subscription::start(settings, vec![sender])?),
            receiver: Arc::new(receiver),
            // A limit that is too large for the clock is never reached.
            end: time_limit.and_then(|limit| now.checked_add(limit)),
            last_message: now,
            saw_message: false,
            wait: None,
        })
    }

    /// Processes received entries until an event is ready.
    fn process(&mut self) -> Result<(), ListenError> {
        while self.ready.is_empty() {
            let Some((interval, index)) = self.intervals.front_mut() else { return Ok(()) };
            if *index == interval.entries().len() {
                self.intervals.pop_front();
                continue;
            }
            let (interval, current) = (Arc::clone(interval), *index);
            *index += 1;
            self.entry(&interval, current)?;
        }
        Ok(())
    }

    fn entry(&mut self, interval: &Arc<Interval>, index: usize) -> Result<(), ListenError> {
        match &interval.entries()[index] {
            Entry::Message(entry) => {
                let number = entry.sequence.number();
                self.begin(number.map(|number| number.saturating_sub(1)));
                let position = number.map(|number| self.at(number));
                if let Some(message) = Message::of(interval, index, self.server.as_ref(), &self.settings.stop) {
                    let event = match message.verdict() {
                        Verdict::Rejected(rejection) => Event::Rejected { message, rejection },
                        Verdict::Verified | Verdict::Unsigned => Event::Message(message),
                    };
                    self.ready.push_back((event, position));
                }
            }
            Entry::Finding(finding) => match Missed::of(finding) {
                Some(missed) if self.is_started => self.ready.push_back((Event::Missed(missed), None)),
                Some(missed) => self.early.push(missed),
                None => tracing::warn!("{}: {}", escape(finding.channel.as_bytes()), finding.line()),
            },
            Entry::Dropped(dropped) => {
                let dropped = Dropped::from(&**dropped);
                self.begin(dropped.sequence_from.map(|from| from.saturating_sub(1)));
                let position = dropped.sequence_to.map(|to| self.at(to));
                self.ready.push_back((Event::Dropped(dropped), position));
            }
            Entry::Counter { reading, server, .. } => {
                self.server.clone_from(server);
                let counter = match reading {
                    Reading::Value(counter) => Some(*counter),
                    Reading::Missing => Some(0),
                    Reading::Unreadable(why) => {
                        tracing::warn!("cannot read the counter: {}", escape(why.as_bytes()));
                        None
                    }
                };
                self.begin(counter);
                let position = counter.map(|counter| self.at(counter));
                match self.ready.back_mut() {
                    Some((_, last)) => *last = position.or(last.take()),
                    None => self.position = position.or(self.position.take()),
                }
            }
            Entry::Link(link) => self.link(link)?,
            Entry::Expectation(_) | Entry::Barrier { .. } => {}
        }
        Ok(())
    }

    fn at(&self, sequence: u64) -> Position {
        Position { sequence, server: self.server.clone() }
    }

    /// Adds the event for the start, unless it was added already.
    fn begin(&mut self, sequence: Option<u64>) {
        if std::mem::replace(&mut self.is_started, true) {
            return;
        }
        self.ready.push_back((Event::Started(Started { sequence }), None));
        self.ready.extend(self.early.drain(..).map(|missed| (Event::Missed(missed), None)));
    }

    /// Adds the event for a change of the link. Returns an error if the first connection failed.
    fn link(&mut self, link: &interval::Link) -> Result<(), ListenError> {
        let event = Link::from(link);
        match link.state {
            LinkState::Connected => self.is_connected = true,
            LinkState::Disconnected if !self.is_connected => {
                let State::Running(Running { subscription: Some(subscription), .. }) = &self.state else {
                    return Ok(());
                };
                let lost =
                    || ConnectError::unreachable(&self.settings.broadcast.target, event.reason.unwrap_or_default());
                return Err(subscription.take_connect_error().unwrap_or_else(lost).into());
            }
            LinkState::Denied if !self.is_connected => {
                let channel = escape(self.settings.broadcast.channel());
                return Err(ListenError::ChannelDenied { channel, reason: event.reason.unwrap_or_default() });
            }
            _ => {}
        }
        self.ready.push_back((Event::Link(event), None));
        Ok(())
    }

    /// Whether the stream must end before its next event.
    fn must_stop(&self) -> Option<StopReason> {
        if self.settings.stop.take() {
            return Some(StopReason::Requested);
        }
        let State::Running(running) = &self.state else { return None };
        running.end.is_some_and(|end| Instant::now() >= end).then_some(StopReason::TimeLimit)
    }
}

impl Stream for EventStream {
    type Item = Result<Event, ListenError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(position) = this.next_position.take() {
            this.position = Some(position);
        }
        loop {
            if matches!(this.state, State::Ended(_)) {
                return Poll::Ready(None);
            }
            if let Some(reason) = this.must_stop() {
                this.end(Some(reason));
                return Poll::Ready(None);
            }
            if matches!(this.state, State::New) {
                match this.start() {
                    Ok(running) => this.state = State::Running(running),
                    Err(error) => {
                        this.end(None);
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
            if let Err(error) = this.process() {
                this.end(None);
                return Poll::Ready(Some(Err(error)));
            }
            let State::Running(running) = &mut this.state else { continue };
            if let Some((event, position)) = this.ready.pop_front() {
                running.saw_message |= matches!(event, Event::Message(_) | Event::Rejected { .. });
                this.next_position = position;
                return Poll::Ready(Some(Ok(event)));
            }
            match ready!(running.poll_wait(&this.settings, cx)) {
                Wake::Received(intervals) => {
                    this.intervals.extend(intervals.into_iter().map(|interval| (interval, 0)));
                }
                Wake::Stopped(reason) => this.end(Some(reason)),
                Wake::Closed => {
                    this.end(None);
                    return Poll::Ready(Some(Err(ListenError::Defect)));
                }
            }
        }
    }
}

impl FusedStream for EventStream {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Ended(_))
    }
}

impl Running {
    /// Waits for intervals, a stop request, the time limit or the idle timeout.
    fn poll_wait(&mut self, settings: &StreamSettings, cx: &mut Context<'_>) -> Poll<Wake> {
        if std::mem::take(&mut self.saw_message) {
            self.last_message = Instant::now();
        }
        let wait = match &mut self.wait {
            Some(wait) => wait,
            wait @ None => {
                let idle_at = settings.idle_timeout.and_then(|idle| self.last_message.checked_add(idle));
                wait.insert(Box::pin(wait_for(Arc::clone(&self.receiver), settings.stop.clone(), self.end, idle_at)))
            }
        };
        let woken = ready!(wait.as_mut().poll(cx));
        self.wait = None;
        Poll::Ready(woken)
    }

    /// Stops the subscription without waiting for its thread.
    fn stop(mut self) {
        if let Some(subscription) = self.subscription.take() {
            subscription.stop_in_background();
        }
    }
}

async fn wait_for(receiver: Arc<Receiver>, stop: StopHandle, end: Option<Instant>, idle_at: Option<Instant>) -> Wake {
    let mut intervals = Vec::new();
    tokio::select! {
        biased;
        () = stop.stopped() => Wake::Stopped(StopReason::Requested),
        () = reached(end) => Wake::Stopped(StopReason::TimeLimit),
        is_open = receiver.drain(&mut intervals) => if is_open { Wake::Received(intervals) } else { Wake::Closed },
        () = reached(idle_at) => Wake::Stopped(StopReason::IdleTimeout),
    }
}

/// Waits until this time, or forever if there is none.
async fn reached(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.end(None);
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("broadcast", &self.settings.broadcast)
            .field("last_position", &self.last_position())
            .field("stop_reason", &self.stop_reason())
            .finish_non_exhaustive()
    }
}
