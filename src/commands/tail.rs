//! `tail`: prints messages and findings as they come.

use std::io::{self, Write as _};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::cli::TailArgs;
use super::failure::{Failure, Status};
use super::live::{self, Keeper};
use super::printer::Printer;
use super::signals;
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
pub fn run(profile: &Profile, args: &TailArgs) -> Result<Status, Failure> {
    if args.channels.is_empty() && profile.channels.is_empty() {
        return Err(Failure::usage("no channel is named: say which, e.g. `aircheck tail ops`, or list them in the profile"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::system)?;
    runtime.block_on(tail(profile, args))
}

async fn tail(profile: &Profile, args: &TailArgs) -> Result<Status, Failure> {
    let (keeper, known) = Keeper::open(profile).unwrap_or_else(|error| {
        eprintln!("aircheck: counters are not kept: {}", escape(error.to_string().as_bytes()));
        (Keeper::default(), Vec::new())
    });
    let (sender, receiver) = hand_over(BACKLOG);
    let subscription = live::subscribe(profile, &args.channels, &known, sender).map_err(Failure::system)?;
    let mut tail = Tail {
        printer: Printer::new(args.format),
        filter: args.filter(),
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
    match ended {
        // Whoever read the output has enough.
        Err(failure) if failure.is_broken_pipe() => Ok(Status::Done),
        Err(failure) => Err(failure),
        Ok(()) if args.strict && tail.findings > 0 => Ok(Status::Findings),
        Ok(()) => Ok(Status::Done),
    }
}

struct Tail {
    printer: Printer,
    filter: Filter,
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
        let end = started + args.r#for.unwrap_or(NEVER);
        let mut signal = pin!(signals::end());
        let mut intervals: Vec<Arc<Interval>> = Vec::new();
        if self.left == Some(0) {
            return Ok(());
        }
        loop {
            let idle = if self.connected { self.heard + args.idle.unwrap_or(NEVER) } else { started + NEVER };
            tokio::select! {
                open = receiver.drain(&mut intervals) => {
                    if !open {
                        return Err(Failure::defect("the subscription ended by itself"));
                    }
                    for interval in intervals.drain(..) {
                        if self.interval(&interval)? {
                            return Ok(());
                        }
                    }
                    self.dropped(receiver.dropped())?;
                }
                () = sleep_until(end.min(idle)) => return Ok(()),
                signal = &mut signal => return signal.map_err(Failure::system),
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
                    if !self.filter.matches(&Candidate::new(interval, message, now)) {
                        continue;
                    }
                    self.heard = Instant::now();
                    self.left = self.left.map(|left| left - 1);
                }
                Entry::Finding(finding) => {
                    if !self.filter.matches_finding(finding, now) {
                        continue;
                    }
                    self.findings += 1;
                }
                Entry::Link(link) => {
                    if link.state == LinkState::Connected {
                        self.connected = true;
                        self.heard = Instant::now();
                    } else if link.state == LinkState::Disconnected && !self.connected {
                        return Err(Failure::unreachable(link.reason.as_deref().unwrap_or_default()));
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
