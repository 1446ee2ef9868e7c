//! `tail`: prints messages and findings as they come.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep_until};

use super::cli::TailArgs;
use super::ending::{Ending, GRACE};
use super::live::{self, Keeper};
use super::printer::Printer;
use super::signals::Signals;
use super::writer::Writer;
use super::{Failure, Status, runtime, to_stderr};
use crate::config::Profile;
use crate::filter::{Candidate, Filter};
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval};
use crate::redis::hand_over::{Receiver, hand_over};
use crate::redis::subscription::now_micros;
use crate::wire::escape::escape;

/// What may wait to be printed, in bytes: a second or more of a flood, should the reader of the output be slow.
const BACKLOG: usize = 128 << 20;

/// Lines are written when there are so many bytes of them, so that they do not leave the processor's cache before.
const LARGE: usize = 512 << 10;

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

/// A mistake is shown with a caret under the place where it is.
fn filter(text: &str) -> Result<Filter, Failure> {
    Filter::parse(text).map_err(|error| {
        Failure::usage(format!("--filter: {error}\n  {}\n  {}", escape(text.as_bytes()), error.pointer()))
    })
}

async fn tail(
    args: &TailArgs,
    profile: &Profile,
    names: Vec<Vec<u8>>,
    filters: Vec<Filter>,
) -> Result<Status, Failure> {
    let signals = Signals::catch();
    let writer = Writer::start().map_err(|error| Failure::refused(format!("cannot start: {error}")))?;
    let (keeper, known) = Keeper::open(profile, live::warn).unwrap_or_else(|why| {
        to_stderr(&format!("Warning: counters are not kept: {why}"));
        Default::default()
    });
    let (sender, receiver) = hand_over(BACKLOG);
    let ending = Ending::new(args.count, args.duration, args.idle, names.clone());
    let subscription = live::subscribe(profile, names, &known, vec![sender])?;
    let printer = Printer::new(args.format);
    let mut tail = Tail { signals, receiver, printer, writer, filters, keeper, ending };
    let ended = tail.follow().await;
    drop(subscription);
    tail.keeper.close(now_micros());
    ended.map(|()| if args.strict && tail.ending.findings > 0 { Status::Found } else { Status::Success })
}

struct Tail {
    signals: Signals,
    receiver: Receiver,
    printer: Printer,
    writer: Writer,
    filters: Vec<Filter>,
    keeper: Keeper,
    ending: Ending,
}

impl Tail {
    async fn follow(&mut self) -> Result<(), Failure> {
        let mut intervals: Vec<Arc<Interval>> = Vec::new();
        while self.ending.give_up.is_none() {
            tokio::select! {
                biased;
                () = self.signals.next() => self.ending.give_up = Some(Instant::now() + GRACE),
                () = sleep_until(self.ending.end) => self.ending.time_is_up()?,
                () = self.writer.closed() => return Err(io::Error::from(io::ErrorKind::BrokenPipe).into()),
                open = self.receiver.drain(&mut intervals) => if !open {
                    return Err(live::ended());
                },
                () = sleep_until(self.ending.idle_end()) => return Ok(()),
            }
            if self.ending.give_up.is_some() {
                // What came until now is printed still.
                let _ = self.receiver.drain(&mut intervals).now_or_never();
            }
            for (index, interval) in intervals.iter().enumerate() {
                if !self.interval(interval).await? {
                    let left: usize = intervals[index..].iter().map(|interval| interval.messages()).sum();
                    to_stderr(&format!("Warning: standard output is not read; up to {left} messages were not printed"));
                    return Ok(());
                }
                if self.ending.is_complete() {
                    return Ok(());
                }
            }
            intervals.clear();
        }
        Ok(())
    }

    /// Prints an interval; false where the output does not take it, and the program is to end.
    async fn interval(&mut self, interval: &Interval) -> Result<bool, Failure> {
        let (now, instant) = (now_micros(), Instant::now());
        let mut done = 0;
        let mut failed = None;
        for entry in interval.entries() {
            if self.ending.is_complete() && begins_anew(entry) {
                break;
            }
            match self.is_wanted(interval, entry, now, instant) {
                Ok(true) => {
                    self.printer.entry(interval, entry);
                    if self.printer.length() >= LARGE && !self.write().await? {
                        return Ok(false);
                    }
                }
                Ok(false) => {}
                Err(failure) => {
                    failed = Some(failure);
                    break;
                }
            }
            done += 1;
        }
        if !self.write().await? {
            return Ok(false);
        }
        self.keeper.note(interval, done, now);
        failed.map_or(Ok(true), Err)
    }

    fn is_wanted(&mut self, interval: &Interval, entry: &Entry, now: i64, instant: Instant) -> Result<bool, Failure> {
        match entry {
            Entry::Message(message) => {
                let matches = |filter: &Filter| filter.matches(&Candidate::new(interval, message, now));
                let wanted = self.filters.iter().all(matches);
                if wanted {
                    self.ending.message(instant);
                }
                Ok(wanted)
            }
            Entry::Finding(finding) => {
                let wanted = self.filters.iter().all(|filter| filter.matches_finding(finding, now));
                self.ending.findings += u64::from(wanted);
                Ok(wanted)
            }
            Entry::Dropped(_) => Ok(true),
            Entry::Link(link) => self.ending.link(link).map(|()| true),
            Entry::Counter { .. } | Entry::Barrier { .. } => Ok(false),
        }
    }

    /// Writes what the printer holds. Where the program is to end meanwhile, the output has a little more time, or until
    /// the next signal: false where it did not take all.
    async fn write(&mut self) -> io::Result<bool> {
        let bytes = self.printer.take();
        if bytes.is_empty() {
            return Ok(true);
        }
        let mut written = pin!(self.writer.write(bytes));
        if self.ending.give_up.is_none() {
            tokio::select! {
                biased;
                outcome = &mut written => return outcome.map(|buffer| self.printer.reuse(buffer)).map(|()| true),
                () = self.signals.next() => {}
                () = sleep_until(self.ending.end) => {}
            }
        }
        let give_up = *self.ending.give_up.get_or_insert_with(|| Instant::now() + GRACE);
        tokio::select! {
            biased;
            outcome = &mut written => outcome.map(|_| true),
            () = self.signals.next() => Ok(false),
            () = sleep_until(give_up) => Ok(false),
        }
    }
}

/// Whether an entry belongs to what comes after the last message, rather than to that message.
fn begins_anew(entry: &Entry) -> bool {
    match entry {
        Entry::Message(_) | Entry::Dropped(_) | Entry::Link(_) => true,
        Entry::Finding(finding) => {
            matches!(finding.kind, FindingKind::MissedDisconnected | FindingKind::MissedNotRunning)
        }
        Entry::Counter { .. } | Entry::Barrier { .. } => false,
    }
}
