//! The loop of a listener: passes entries from the subscription to handlers and callbacks.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{ListenError, Listener, Policy, StopReason};
use crate::broadcast::handler::HandlerError;
use crate::broadcast::message::{Message, NotHandled};
use crate::broadcast::missed::{ListenStart, Missed};
use crate::broadcast::position::Position;
use crate::ledger::expectation::Expected;
use crate::ledger::interval::{Entry, Interval, Link, LinkState};
use crate::ledger::known::{KnownCounter, ServerId};
use crate::ledger::sequence::{Channel, Reading, Sequence};
use crate::redis::ConnectError;
use crate::redis::queue::queue;
use crate::redis::subscription::{Subscription, SubscriptionSettings, now_micros};
use crate::wire::escape::escape;
use crate::wire::verdict::Verdict;

/// The maximum size of the queue for the handlers, in bytes.
const MAX_QUEUE: usize = 64 << 20;
/// The maximum number of messages stored to detect duplicates.
const MAX_SIGNED_MESSAGES: usize = 100_000;
/// The time limit and idle timeout if none is set: about 100 years.
const MAX_WAIT: Duration = Duration::from_hours(24 * 365 * 100);

/// The state of one call of [`Listener::listen`].
#[derive(Default)]
struct ListenState {
    connected: bool,
    /// Whether the start callbacks were called.
    is_started: bool,
    /// The messages missed before the start.
    before: Option<Missed>,
    /// The server that the counter was last read from; none if it is unknown.
    server: Option<Arc<ServerId>>,
}

impl ListenState {
    fn position(&self, sequence: u64) -> Position {
        Position { sequence, server: self.server.clone() }
    }
}

fn known(channel: Channel, last: Position) -> KnownCounter {
    KnownCounter { channel, counter: last.sequence, server: last.server, at: now_micros(), lost: None }
}

impl Listener {
    pub(super) async fn follow(&mut self) -> Result<StopReason, ListenError> {
        let (sender, receiver) = queue(MAX_QUEUE);
        let channel = self.broadcast.channel.clone();
        let settings = SubscriptionSettings {
            target: self.broadcast.target.clone(),
            sequence_prefix: self.broadcast.sequence_prefix.clone().into_bytes(),
            channels: vec![channel.as_bytes().to_vec()],
            keyring: self.broadcast.keyring(),
            known: self.last.clone().map(|last| known(channel, last)).into_iter().collect(),
            duplicates: MAX_SIGNED_MESSAGES,
            expected: Expected::default(),
        };
        let subscription = Subscription::start(settings, vec![sender])?;
        let end = Instant::now() + self.time_limit.unwrap_or(MAX_WAIT).min(MAX_WAIT);
        let idle = self.idle_timeout.unwrap_or(MAX_WAIT).min(MAX_WAIT);
        let mut last_message = Instant::now();
        let mut progress =
            ListenState { server: self.last.as_ref().and_then(|last| last.server.clone()), ..ListenState::default() };
        let mut intervals = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = self.stop.stopped() => return Ok(StopReason::Requested),
                () = sleep_until(end) => return Ok(StopReason::TimeLimit),
                open = receiver.drain(&mut intervals) => if !open {
                    return Err(ListenError::Defect);
                },
                () = sleep_until(last_message + idle) => return Ok(StopReason::IdleTimeout),
            }
            for interval in intervals.drain(..) {
                for index in 0..interval.entries().len() {
                    self.entry(&interval, index, &subscription, &mut progress).await?;
                    if self.stop.take() {
                        return Ok(StopReason::Requested);
                    }
                    if Instant::now() >= end {
                        return Ok(StopReason::TimeLimit);
                    }
                }
                if interval.messages() > 0 {
                    last_message = Instant::now();
                }
            }
        }
    }

    async fn entry(
        &mut self,
        interval: &Arc<Interval>,
        index: usize,
        subscription: &Subscription,
        progress: &mut ListenState,
    ) -> Result<(), ListenError> {
        match &interval.entries()[index] {
            Entry::Message(message) => {
                let sequence = number(message.sequence);
                self.call_start_callbacks(sequence.map(|number| number.saturating_sub(1)), progress);
                if let Some(message) = Message::of(interval, index, progress.server.as_ref(), &self.stop) {
                    self.message(message).await?;
                }
                if let Some(sequence) = sequence {
                    self.last = Some(progress.position(sequence));
                }
            }
            Entry::Finding(finding) => match Missed::of(finding) {
                Some(missed) if progress.is_started => self.call_missed_callbacks(&missed),
                Some(missed) => progress.before = Some(missed),
                None => tracing::warn!("{}: {}", escape(finding.channel.as_bytes()), finding.line()),
            },
            Entry::Dropped(dropped) => {
                self.call_start_callbacks(dropped.range.map(|(from, _)| from.saturating_sub(1)), progress);
                self.call_missed_callbacks(&Missed::of_dropped(dropped));
                if let Some((_, to)) = dropped.range {
                    self.last = Some(progress.position(to));
                }
            }
            Entry::Counter { reading, server, .. } => {
                progress.server.clone_from(server);
                let counter = match reading {
                    Reading::Value(counter) => Some(*counter),
                    Reading::Missing => Some(0),
                    Reading::Unreadable(why) => {
                        tracing::warn!("cannot read the counter: {}", escape(why.as_bytes()));
                        None
                    }
                };
                self.call_start_callbacks(counter, progress);
                if let Some(counter) = counter {
                    self.last = Some(progress.position(counter));
                }
            }
            Entry::Link(link) => self.link_changed(link, subscription, progress)?,
            Entry::Expectation(_) | Entry::Barrier { .. } => {}
        }
        Ok(())
    }

    /// Calls the start callbacks, unless they were called already.
    fn call_start_callbacks(&mut self, sequence: Option<u64>, progress: &mut ListenState) {
        if std::mem::replace(&mut progress.is_started, true) {
            return;
        }
        let start = ListenStart { sequence, missed: progress.before.take() };
        for callback in &mut self.listening {
            callback(&start);
        }
        if let Some(missed) = &start.missed {
            self.call_missed_callbacks(missed);
        }
    }

    async fn message(&mut self, message: Message) -> Result<(), ListenError> {
        if let Verdict::Rejected(rejection) = message.verdict() {
            return self.reject(&message, NotHandled::Rejected(rejection));
        }
        let Some(handler) = self.handlers.of(message.name_bytes()) else {
            let name = message.escaped_name();
            match self.unhandled_policy {
                Policy::Report => tracing::warn!("no handler for message \"{name}\""),
                Policy::Ignore => {}
                Policy::Fail => return Err(ListenError::Unhandled { name }),
            }
            return Ok(());
        };
        match handler.call(message.clone()).await {
            Ok(()) => Ok(()),
            Err(HandlerError::Data(error)) => self.reject(&message, NotHandled::Data(error)),
            Err(HandlerError::Handler(source)) => Err(ListenError::Handler { name: message.escaped_name(), source }),
        }
    }

    fn reject(&mut self, message: &Message, rejection: NotHandled) -> Result<(), ListenError> {
        for callback in &mut self.rejections {
            callback(message, &rejection);
        }
        let name = message.escaped_name();
        match self.rejected_policy {
            Policy::Report => tracing::warn!("message \"{name}\": {rejection}"),
            Policy::Ignore => {}
            Policy::Fail => return Err(ListenError::Rejected { name, source: rejection }),
        }
        Ok(())
    }

    fn call_missed_callbacks(&mut self, missed: &Missed) {
        for callback in &mut self.missed {
            callback(missed);
        }
    }

    /// Returns an error if the first connection fails. Later changes are only logged, because the subscription reconnects.
    fn link_changed(
        &self,
        link: &Link,
        subscription: &Subscription,
        progress: &mut ListenState,
    ) -> Result<(), ListenError> {
        let reason = escape(link.reason.as_deref().unwrap_or_default().as_bytes());
        match link.state {
            LinkState::Connected => progress.connected = true,
            LinkState::Disconnected if !progress.connected => {
                let error = subscription.take_connect_error();
                let lost = || ConnectError::unreachable(&self.broadcast.target, reason);
                return Err(error.unwrap_or_else(lost).into());
            }
            LinkState::Denied if !progress.connected => {
                return Err(ListenError::ChannelDenied { channel: escape(self.broadcast.channel()), reason });
            }
            LinkState::Disconnected
            | LinkState::Denied
            | LinkState::Stale
            | LinkState::UnsubscribeFailed
            | LinkState::TooManyChannels
            | LinkState::ClockSet
            | LinkState::DuplicateCheckIncomplete => {
                tracing::warn!("{}: {reason}", link.state.name());
            }
            LinkState::Granted | LinkState::Live => tracing::info!("{}", link.state.name()),
        }
        Ok(())
    }
}

/// The sequence number, if it is exact or inferred.
fn number(sequence: Sequence) -> Option<u64> {
    match sequence {
        Sequence::Exact(number) | Sequence::Inferred(number) => Some(number),
        Sequence::Range { .. } | Sequence::Unknown(_) => None,
    }
}
