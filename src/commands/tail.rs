//! `tail`: prints messages and findings as they come.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::cli::TailArgs;
use super::live::{self, Keeper};
use super::printer::Printer;
use super::{Failure, Status, runtime, signals, to_stderr};
use crate::config::Profile;
use crate::filter::{Candidate, Filter};
use crate::ledger::interval::{Entry, Interval, LinkState};
use crate::redis::hand_over::{Receiver, hand_over};
use crate::redis::subscription::now_micros;
use crate::wire::escape::escape;

/// What may wait to be printed, in bytes: some seconds of a flood, should the reader of the output be slow.
const BACKLOG: usize = 256 << 20;
/// A limit that is never reached.
const NEVER: Duration = Duration::from_hours(24 * 365 * 100);

/// Prints until a limit is reached or a signal comes.
///
/// # Errors
/// Where no channel is named, the server cannot be reached at first, or the output cannot be written.
pub fn run(args: &TailArgs, profile: &Profile) -> Result<Status, Failure> {
    let names = live::names(&args.channels, profile);
    if names.is_empty() {
        return Err(Failure::usage(
            "no channel to listen to: name one, e.g. `aircheck tail ops`, or list them in the profile",
        ));
    }
    let filters = args.filter.iter().map(|text| filter(text)).collect::<Result<Vec<_>, _>>()?;
    runtime()?.block_on(tail(args, profile, names, filters))
}

fn filter(text: &str) -> Result<Filter, Failure> {
    Filter::parse(text).map_err(|error| Failure::usage(format!("--filter: {error}")))
}

async fn tail(
    args: &TailArgs,
    profile: &Profile,
    names: Vec<Vec<u8>>,
    filters: Vec<Filter>,
) -> Result<Status, Failure> {
    let (keeper, known) = Keeper::open(profile).unwrap_or_else(|why| {
        to_stderr(&format!("Warning: counters are not kept: {why}"));
        Default::default()
    });
    let (sender, receiver) = hand_over(BACKLOG);
    let subscription = live::subscribe(profile, names, &known, sender)?;
    let mut tail = Tail {
        printer: Printer::new(args.format),
        filters,
        left: args.count,
        keeper,
        connected: false,
        findings: 0,
        heard: Instant::now(),
        dropped: 0,
    };
    let ended = tail.follow(&receiver, args).await;
    drop(subscription);
    tail.keeper.close(now_micros());
    ended.map(|()| if args.strict && tail.findings > 0 { Status::Found } else { Status::Success })
}

struct Tail {
    printer: Printer,
    filters: Vec<Filter>,
    /// How many messages are still to be printed.
    left: Option<u64>,
    keeper: Keeper,
    connected: bool,
    findings: u64,
    /// When the last message was printed, or the connection made.
    heard: Instant,
    dropped: u64,
}

impl Tail {
    async fn follow(&mut self, receiver: &Receiver, args: &TailArgs) -> Result<(), Failure> {
        let started = Instant::now();
        let end = started + args.duration.unwrap_or(NEVER);
        let mut signal = pin!(signals::end());
        let mut intervals: Vec<Arc<Interval>> = Vec::new();
        loop {
            let idle = if self.connected { self.heard + args.idle.unwrap_or(NEVER) } else { started + NEVER };
            tokio::select! {
                open = receiver.drain(&mut intervals) => {
                    if !open {
                        return Err(live::ended());
                    }
                    for interval in intervals.drain(..) {
                        if self.interval(&interval)? {
                            return Ok(());
                        }
                    }
                    self.dropped(receiver.dropped())?;
                }
                () = sleep_until(end.min(idle)) => return Ok(()),
                () = &mut signal => return Ok(()),
            }
        }
    }

    /// Prints an interval; true where the last message wanted was among it.
    fn interval(&mut self, interval: &Interval) -> Result<bool, Failure> {
        let now = now_micros();
        let mut printed = 0;
        for entry in interval.entries() {
            printed += 1;
            match entry {
                Entry::Message(message) => {
                    let candidate = Candidate::new(interval, message, now);
                    if !self.filters.iter().all(|filter| filter.matches(&candidate)) {
                        continue;
                    }
                    self.heard = Instant::now();
                    self.left = self.left.map(|left| left - 1);
                }
                Entry::Finding(finding) => {
                    if !self.filters.iter().all(|filter| filter.matches_finding(finding, now)) {
                        continue;
                    }
                    self.findings += 1;
                }
                Entry::Link(link) => {
                    if link.state == LinkState::Connected {
                        self.connected = true;
                        self.heard = Instant::now();
                    } else if link.state == LinkState::Disconnected && !self.connected {
                        return Err(Failure::unreachable(escape(
                            link.reason.as_deref().unwrap_or_default().as_bytes(),
                        )));
                    }
                }
                Entry::Counter { .. } | Entry::Barrier { .. } => {}
            }
            self.printer.entry(interval, entry);
            if self.left == Some(0) {
                break;
            }
        }
        self.printer.flush()?;
        self.keeper.note(interval, printed, now);
        Ok(self.left == Some(0))
    }

    /// Says how many messages were not printed because the output was read too slowly.
    fn dropped(&mut self, dropped: u64) -> Result<(), Failure> {
        if dropped > self.dropped {
            self.printer.dropped(dropped - self.dropped, now_micros());
            self.dropped = dropped;
            self.printer.flush()?;
        }
        Ok(())
    }
}
