//! The loop of a listener: passes entries from the subscription to handlers and callbacks.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::{Ended, ListenError, Listener, Policy};
use crate::broadcast::handler::HandlerError;
use crate::broadcast::message::{Message, NotHandled};
use crate::broadcast::missed::{Missed, Start};
use crate::broadcast::position::Position;
use crate::ledger::interval::{Entry, Interval, Link, LinkState};
use crate::ledger::known::{KnownCounter, ServerId};
use crate::ledger::sequence::{Channel, Reading};
use crate::redis::queue::queue;
use crate::redis::subscription::{Subscription, SubscriptionSettings, now_micros};
use crate::wire::escape::escape;
use crate::wire::verdict::Verdict;

/// The maximum size of the queue for the handlers, in bytes.
const MAX_QUEUE: usize = 64 << 20;
/// The maximum number of messages stored to detect duplicates.
const MAX_SIGNED_MESSAGES: usize = 100_000;
/// Used if no limit is set.
const NEVER: Duration = Duration::from_hours(24 * 365 * 100);

/// The state of one call of [`Listener::listen`].
#[derive(Default)]
struct StreamProgress {
    connected: bool,
    /// Whether the callbacks for the start were called.
    is_start_reported: bool,
    /// The messages missed before the start.
    before: Option<Missed>,
    /// The server that the counter was last read from; none if it is unknown.
    server: Option<Arc<ServerId>>,
}

impl StreamProgress {
    fn position(&self, sequence: u64) -> Position {
        Position { sequence, server: self.server.clone() }
    }
}

fn known(channel: Channel, last: Position) -> KnownCounter {
    KnownCounter { channel, counter: last.sequence, server: last.server, at: now_micros() }
}

impl Listener {
    pub(super) async fn follow(&mut self) -> Result<Ended, ListenError> {
        let (sender, receiver) = queue(MAX_QUEUE);
        let channel = self.broadcast.channel.clone();
        let settings = SubscriptionSettings {
            target: self.broadcast.target.clone(),
            sequence_prefix: self.broadcast.sequence_prefix.clone().into_bytes(),
            channels: vec![channel.as_bytes().to_vec()],
            keyring: self.broadcast.keyring(),
            known: self.last.clone().map(|last| known(channel, last)).into_iter().collect(),
            duplicates: MAX_SIGNED_MESSAGES,
        };
        let _subscription = Subscription::start(settings, vec![sender])?;
        let end = Instant::now() + self.time_limit.unwrap_or(NEVER).min(NEVER);
        let idle = self.idle_timeout.unwrap_or(NEVER).min(NEVER);
        let mut last_message = Instant::now();
        let mut progress = StreamProgress {
            server: self.last.as_ref().and_then(|last| last.server.clone()),
            ..StreamProgress::default()
        };
        let mut intervals = Vec::new();
        loop {
            tokio::select! {
                biased;
                () = self.stopper.stopped() => return Ok(Ended::Stopped),
                () = sleep_until(end) => return Ok(Ended::TimeLimit),
                open = receiver.drain(&mut intervals) => if !open {
                    return Err(ListenError::Defect);
                },
                () = sleep_until(last_message + idle) => return Ok(Ended::Idle),
            }
            for interval in intervals.drain(..) {
                for index in 0..interval.entries().len() {
                    self.entry(&interval, index, &mut progress).await?;
                    if self.stopper.take() {
                        return Ok(Ended::Stopped);
                    }
                    if Instant::now() >= end {
                        return Ok(Ended::TimeLimit);
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
        progress: &mut StreamProgress,
    ) -> Result<(), ListenError> {
        match &interval.entries()[index] {
            Entry::Message(message) => {
                let sequence = message.sequence.number();
                self.report_start(sequence.map(|number| number.saturating_sub(1)), progress);
                if let Some(message) = Message::of(interval, index, progress.server.as_ref(), &self.stopper) {
                    self.message(message).await?;
                }
                if let Some(sequence) = sequence {
                    self.last = Some(progress.position(sequence));
                }
            }
            Entry::Finding(finding) => match Missed::of(finding) {
                Some(missed) if progress.is_start_reported => self.call_missed(&missed),
                Some(missed) => progress.before = Some(missed),
                None => log::warn!("{}: {}", escape(finding.channel.as_bytes()), finding.line()),
            },
            Entry::Dropped(dropped) => {
                self.report_start(dropped.range.map(|(from, _)| from.saturating_sub(1)), progress);
                self.call_missed(&Missed::of_dropped(dropped));
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
                        log::warn!("the counter cannot be read: {}", escape(why.as_bytes()));
                        None
                    }
                };
                self.report_start(counter, progress);
                if let Some(counter) = counter {
                    self.last = Some(progress.position(counter));
                }
            }
            Entry::Link(link) => link_changed(link, progress)?,
            Entry::Barrier { .. } => {}
        }
        Ok(())
    }

    /// Calls the callbacks for the start, once, before anything else.
    fn report_start(&mut self, sequence: Option<u64>, progress: &mut StreamProgress) {
        if std::mem::replace(&mut progress.is_start_reported, true) {
            return;
        }
        let start = Start { sequence, missed: progress.before.take() };
        for callback in &mut self.listening {
            callback(&start);
        }
        if let Some(missed) = &start.missed {
            self.call_missed(missed);
        }
    }

    async fn message(&mut self, message: Message) -> Result<(), ListenError> {
        if let Verdict::Rejected(rejection) = message.verdict() {
            return self.reject(&message, NotHandled::Rejected(rejection));
        }
        let Some(handler) = self.handlers.of(message.name_bytes()) else {
            let name = message.escaped_name();
            match self.unhandled {
                Policy::Report => log::warn!("there is no handler for {name}"),
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
        match self.rejected {
            Policy::Report => log::warn!("{name}: {rejection}"),
            Policy::Ignore => {}
            Policy::Fail => return Err(ListenError::Rejected { name, rejection }),
        }
        Ok(())
    }

    fn call_missed(&mut self, missed: &Missed) {
        for callback in &mut self.missed {
            callback(missed);
        }
    }
}

/// Returns an error if the first connection fails. Later changes are only logged, because the subscription reconnects.
fn link_changed(link: &Link, progress: &mut StreamProgress) -> Result<(), ListenError> {
    let reason = escape(link.reason.as_deref().unwrap_or_default().as_bytes());
    match link.state {
        LinkState::Connected => progress.connected = true,
        LinkState::Disconnected if !progress.connected => return Err(ListenError::Unreachable(reason)),
        LinkState::Denied if !progress.connected => return Err(ListenError::Denied(reason)),
        LinkState::Disconnected
        | LinkState::Denied
        | LinkState::Stale
        | LinkState::ClockSet
        | LinkState::DuplicateCheckIncomplete => {
            log::warn!("{}: {reason}", link.state.name());
        }
        LinkState::Granted | LinkState::Live => log::info!("{}", link.state.name()),
    }
    Ok(())
}
