//! The live connection that `watch`, `tail`, `listen` and `record` share.
//!
//! | module | content |
//! |---|---|
//! | here | the channels to watch, the subscription, and the [`Feed`] of `tail` and `listen` |
//! | [`counter_file`] | the last counter of each channel, saved for the next run |
//! | [`stop`] | what ends a command: signals, limits, a failed first connection |

pub(crate) mod counter_file;
pub(crate) mod stop;

use std::ffi::OsString;
use std::future::ready;
use std::os::unix::ffi::OsStrExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep_until};

use self::counter_file::{Known, print_warning};
use self::stop::{Limits, Signals, StopConditions};
use crate::alerts::Alerter;
use crate::config::Profile;
use crate::failure::Failure;
use crate::ledger::expectation::Expected;
use crate::ledger::interval::Interval;
use crate::redis::queue::{QueueMeter, Receiver, Sender, queue};
use crate::redis::subscription::{Subscription, SubscriptionSettings, now_micros};
use crate::wire::glob;

/// How many signed messages are remembered to detect duplicates. Each takes 24 bytes when it is received.
pub(crate) const MAX_SIGNED_MESSAGES: usize = 1_000_000;
/// How long a command may take to print the received messages when it stops.
const GRACE_PERIOD: Duration = Duration::from_secs(2);

/// The channels and patterns to watch: those of the command line, or else those of the profile and of its expectations.
#[must_use]
pub(crate) fn channels(arguments: &[OsString], profile: &Profile) -> Vec<Vec<u8>> {
    if arguments.is_empty() {
        let mut names: Vec<_> = profile.channels.iter().map(|name| name.clone().into_bytes()).collect();
        for channel in profile.expectations.iter().flat_map(|expectation| &expectation.channels) {
            if !names.iter().any(|name| glob::matches(name, channel)) {
                names.push(channel.clone());
            }
        }
        names
    } else {
        arguments.iter().map(|name| name.as_bytes().to_vec()).collect()
    }
}

/// As [`channels`], for a command that needs at least one. `example` is a command line that names a channel.
///
/// # Errors
/// Fails if neither the command line nor the profile names a channel.
pub(crate) fn required_channels(
    arguments: &[OsString],
    profile: &Profile,
    example: &str,
) -> Result<Vec<Vec<u8>>, Failure> {
    let channels = channels(arguments, profile);
    if channels.is_empty() {
        return Err(Failure::usage(format!("no channel: name one, e.g. `{example}`, or list channels in the profile")));
    }
    Ok(channels)
}

/// Starts a subscription, which checks the expectations of the profile. It connects once it is known what earlier runs left.
///
/// # Errors
/// Fails if the system cannot create a thread.
pub(crate) fn subscribe(
    profile: &Profile,
    channels: Vec<Vec<u8>>,
    known: impl Future<Output = Known> + Send + 'static,
    consumers: Vec<Sender>,
) -> Result<Subscription, Failure> {
    let settings = SubscriptionSettings {
        target: profile.target.clone(),
        sequence_prefix: profile.sequence_prefix.clone().into_bytes(),
        channels,
        keyring: Arc::clone(&profile.keyring),
        known: Vec::new(),
        duplicates: MAX_SIGNED_MESSAGES,
        expected: Expected { expectations: profile.expectations.clone(), statuses: Vec::new() },
    };
    let settings = async move {
        let Known { counters: known, statuses } = known.await;
        SubscriptionSettings { known, expected: Expected { statuses, ..settings.expected }, ..settings }
    };
    Subscription::start_later(settings, consumers).map_err(|error| Failure::cannot_start("the subscription", &error))
}

/// A subscription runs until it is dropped. If it ends earlier, its thread panicked.
#[must_use]
pub(crate) fn subscription_ended() -> Failure {
    Failure::failed("the subscription ended unexpectedly; this is a defect of aircheck, please report it")
}

/// The messages and findings of one subscription, until a signal or a limit ends the command.
#[derive(Debug)]
pub(crate) struct Feed {
    /// None once the feed is closed.
    subscription: Option<Subscription>,
    receiver: Receiver,
    /// Runs the alert command, if the profile has one.
    alerter: Option<Alerter>,
    signals: Signals,
    pub(crate) stop: StopConditions,
    /// The command stops, and may process the received messages until then.
    give_up: Option<Instant>,
}

/// Why [`Feed::next`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FeedEvent {
    /// Intervals were received.
    Received,
    /// The time of `--for` or `--idle` is over. The feed is closed.
    LimitReached,
    /// A signal was received.
    Signal,
}

impl Feed {
    /// Starts the subscription. The queue keeps about `queue_bytes` of intervals.
    ///
    /// # Errors
    /// Fails if the system cannot create a thread.
    pub(crate) fn start(
        profile: &Profile,
        signals: Signals,
        channels: Vec<Vec<u8>>,
        known: Known,
        limits: Limits,
        queue_bytes: usize,
    ) -> Result<Self, Failure> {
        let (sender, receiver) = queue(queue_bytes);
        let stop = StopConditions::new(limits, &channels);
        let subscription = subscribe(profile, channels, ready(known), vec![sender])?;
        let warn = |reason: &str| print_warning(&format!("the alert's command failed: {reason}"));
        let alerter = Alerter::start(&profile.alerts, warn);
        Ok(Self { subscription: Some(subscription), receiver, alerter, signals, stop, give_up: None })
    }

    /// Waits for intervals, a limit or a signal. Without `receive`, or after [`close`](Self::close), it receives no intervals.
    /// A closed feed also ignores the limits. Safe to cancel.
    ///
    /// # Errors
    /// Fails if `--for` ends before the first connection, or if the subscription panicked.
    pub(crate) async fn next(
        &mut self,
        intervals: &mut Vec<Arc<Interval>>,
        receive: bool,
    ) -> Result<FeedEvent, Failure> {
        let is_open = self.is_open();
        let before = intervals.len();
        tokio::select! {
            biased;
            _ = self.signals.next() => return Ok(FeedEvent::Signal),
            () = sleep_until(self.stop.end()), if is_open => self.stop.require_connection()?,
            open = self.receiver.drain(intervals), if is_open && receive => {
                self.alert(&intervals[before..]);
                return if open { Ok(FeedEvent::Received) } else { Err(subscription_ended()) };
            }
            () = sleep_until(self.stop.idle_end()), if is_open => {}
        }
        self.close(intervals);
        Ok(FeedEvent::LimitReached)
    }

    /// Ends the subscription after a last reading of the counters, and adds the intervals until then. If the server does not
    /// reply within a second, they end without the reading.
    pub(crate) fn close(&mut self, intervals: &mut Vec<Arc<Interval>>) {
        if let Some(subscription) = self.subscription.take() {
            subscription.finish();
        }
        self.begin_stop();
        let before = intervals.len();
        let _ = self.receiver.drain(intervals).now_or_never();
        self.alert(&intervals[before..]);
    }

    /// Raises the alerts of new intervals.
    fn alert(&mut self, new: &[Arc<Interval>]) {
        if let Some(alerter) = &mut self.alerter {
            let now = now_micros();
            for interval in new {
                alerter.take(interval, now);
            }
        }
    }

    /// Reports the size of the queue.
    #[must_use]
    pub(crate) fn meter(&self) -> QueueMeter {
        self.receiver.meter()
    }

    /// Whether more intervals can be received.
    #[must_use]
    pub(crate) fn is_open(&self) -> bool {
        self.give_up.is_none()
    }

    /// Waits for `future`. If a signal is received or `--for` ends meanwhile, the feed is closed, and `future` has until the
    /// next signal or the end of a grace period to finish. Returns none if it does not.
    pub(crate) async fn finish<T>(&mut self, mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        if self.is_open() {
            tokio::select! {
                biased;
                output = &mut future => return Some(output),
                _ = self.signals.next() => {}
                () = sleep_until(self.stop.end()) => {}
            }
        }
        let give_up = self.begin_stop();
        tokio::select! {
            biased;
            output = &mut future => Some(output),
            _ = self.signals.next() => None,
            () = sleep_until(give_up) => None,
        }
    }

    fn begin_stop(&mut self) -> Instant {
        *self.give_up.get_or_insert_with(|| Instant::now() + GRACE_PERIOD)
    }
}
