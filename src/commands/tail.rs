//! `tail`: prints messages and findings as they come.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep_until};

use super::cli::TailArgs;
use super::filters::{Evaluator, Filters};
use super::{Failure, Status, runtime, to_stderr};
use crate::config::Profile;
use crate::filter::jq_worker::Answer;
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval};
use crate::live::signals::Signals;
use crate::live::stop_conditions::{GRACE, StopConditions};
use crate::live::{self, CounterFile};
use crate::redis::queue::{Receiver, queue};
use crate::redis::subscription::now_micros;
use crate::stdout::Printer;
use crate::stdout::Writer;

/// What may wait to be printed, in bytes: a second or more of a flood, should the reader of the output be slow.
const BACKLOG: usize = 128 << 20;

/// What may wait while a jq predicate is evaluated, in bytes. This and the worker together stay below 256 MiB.
const FILTER_BACKLOG: usize = 24 << 20;

/// The most entries that are evaluated at once by filters with a jq predicate.
const MAX_EVALUATED: usize = 1024;

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
    let filters = Filters::parse(&args.filter)?;
    runtime()?.block_on(tail(args, profile, names, filters))
}

async fn tail(args: &TailArgs, profile: &Profile, names: Vec<Vec<u8>>, filters: Filters) -> Result<Status, Failure> {
    let signals = Signals::catch();
    let writer = Writer::start().map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    let (counters, known) = CounterFile::open(profile, live::warn).unwrap_or_else(|why| {
        to_stderr(&format!("Warning: counters are not kept: {why}"));
        Default::default()
    });
    let evaluator = Evaluator::start(&filters)?;
    let (sender, receiver) = queue(if evaluator.is_some() { FILTER_BACKLOG } else { BACKLOG });
    let stop = StopConditions::new(args.count, args.duration, args.idle, names.clone());
    let subscription = live::subscribe(profile, names, &known, vec![sender])?;
    let printer = Printer::new(args.format);
    let mut tail = Tail { signals, receiver, printer, writer, filters, evaluator, counters, stop };
    let ended = tail.follow().await;
    drop(subscription);
    tail.counters.close(now_micros());
    ended.map(|()| if args.strict && tail.stop.findings > 0 { Status::Found } else { Status::Success })
}

struct Tail {
    signals: Signals,
    receiver: Receiver,
    printer: Printer,
    writer: Writer,
    filters: Filters,
    /// Evaluates jq predicates, if there are any.
    evaluator: Option<Evaluator>,
    counters: CounterFile,
    stop: StopConditions,
}

impl Tail {
    async fn follow(&mut self) -> Result<(), Failure> {
        let mut intervals: Vec<Arc<Interval>> = Vec::new();
        while self.stop.give_up.is_none() {
            tokio::select! {
                biased;
                () = self.signals.next() => self.stop.give_up = Some(Instant::now() + GRACE),
                () = sleep_until(self.stop.end) => self.stop.time_is_up()?,
                () = self.writer.closed() => return Err(io::Error::from(io::ErrorKind::BrokenPipe).into()),
                open = self.receiver.drain(&mut intervals) => if !open {
                    return Err(live::ended());
                },
                () = sleep_until(self.stop.idle_end()) => return Ok(()),
            }
            if self.stop.give_up.is_some() {
                // What came until now is printed still.
                let _ = self.receiver.drain(&mut intervals).now_or_never();
            }
            for (index, interval) in intervals.iter().enumerate() {
                if !self.interval(interval).await? {
                    let left: usize = intervals[index..].iter().map(|interval| interval.messages()).sum();
                    to_stderr(&format!(
                        "Warning: stopped too early to print everything; up to {left} messages were not printed"
                    ));
                    return Ok(());
                }
                if self.stop.is_complete() {
                    return Ok(());
                }
            }
            intervals.clear();
        }
        Ok(())
    }

    /// Prints an interval; false if the program is to end before all of it is printed.
    async fn interval(&mut self, interval: &Arc<Interval>) -> Result<bool, Failure> {
        let (now, instant) = (now_micros(), Instant::now());
        let mut done = 0;
        let mut failed = None;
        let mut answers = Answers::default();
        for entry in interval.entries() {
            if self.stop.is_complete() && begins_anew(entry) {
                break;
            }
            if self.evaluator.is_some() && !answers.has(done) {
                let Some(new) = self.evaluate(interval, done, now).await? else {
                    self.write().await?;
                    return Ok(false);
                };
                answers = new;
            }
            let answer = match self.answer(interval, entry, answers.take(done), now, instant) {
                Ok(answer) => answer,
                Err(failure) => {
                    failed = Some(failure);
                    break;
                }
            };
            if answer != Answer::No {
                self.print(interval, entry, &answer);
                if self.printer.length() >= LARGE && !self.write().await? {
                    return Ok(false);
                }
            }
            done += 1;
        }
        if !self.write().await? {
            return Ok(false);
        }
        self.counters.note(interval, done, now);
        failed.map_or(Ok(true), Err)
    }

    /// Evaluates the next entries of an interval; none if the program is to end before the answers are there.
    async fn evaluate(&mut self, interval: &Arc<Interval>, from: usize, now: i64) -> Result<Option<Answers>, Failure> {
        let Some(evaluator) = &self.evaluator else { return Ok(Some(Answers::default())) };
        let entries = from..interval.entries().len().min(from + MAX_EVALUATED);
        let mut evaluation = evaluator.begin(interval, entries, now);
        let answers = pin!(evaluation.answers());
        let answers = until_end(&mut self.stop, &mut self.signals, answers).await.transpose()?;
        Ok(answers.map(|answers| Answers { from, answers }))
    }

    /// Whether an entry is printed; `evaluated` is the answer of the filters with a jq predicate.
    fn answer(
        &mut self,
        interval: &Interval,
        entry: &Entry,
        evaluated: Option<Answer>,
        now: i64,
        instant: Instant,
    ) -> Result<Answer, Failure> {
        let is_wanted = match entry {
            Entry::Message(message) => {
                let by_terms = || Answer::from(self.filters.terms_match(interval, message, now));
                let answer = evaluated.unwrap_or_else(by_terms);
                if answer != Answer::No {
                    self.stop.message(instant);
                }
                return Ok(answer);
            }
            Entry::Finding(finding) => {
                let is_wanted = self.filters.match_finding(finding, now);
                self.stop.findings += u64::from(is_wanted);
                is_wanted
            }
            Entry::Dropped(_) => true,
            Entry::Link(link) => self.stop.link(link).map(|()| true)?,
            Entry::Counter { .. } | Entry::Barrier { .. } => false,
        };
        Ok(is_wanted.into())
    }

    fn print(&mut self, interval: &Interval, entry: &Entry, answer: &Answer) {
        match (entry, answer) {
            (Entry::Message(message), Answer::Failed(why)) => {
                self.filters.report(why);
                self.printer.message(interval, message, Some(why));
            }
            _ => self.printer.entry(interval, entry),
        }
    }

    /// Writes what the printer holds. Where the program is to end meanwhile, the output has a little more time, or until
    /// the next signal: false where it did not take all.
    async fn write(&mut self) -> io::Result<bool> {
        let bytes = self.printer.take();
        if bytes.is_empty() {
            return Ok(true);
        }
        let written = pin!(self.writer.write(bytes));
        match until_end(&mut self.stop, &mut self.signals, written).await {
            Some(outcome) => outcome.map(|buffer| self.printer.reuse(buffer)).map(|()| true),
            None => Ok(false),
        }
    }
}

/// Waits for something. If the program is to end meanwhile, it has a little more time, or until the next signal: none if that
/// was not enough.
async fn until_end<T>(
    stop: &mut StopConditions,
    signals: &mut Signals,
    mut future: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    if stop.give_up.is_none() {
        tokio::select! {
            biased;
            outcome = &mut future => return Some(outcome),
            () = signals.next() => {}
            () = sleep_until(stop.end) => {}
        }
    }
    let give_up = *stop.give_up.get_or_insert_with(|| Instant::now() + GRACE);
    tokio::select! {
        biased;
        outcome = &mut future => Some(outcome),
        () = signals.next() => None,
        () = sleep_until(give_up) => None,
    }
}

/// What the filters with a jq predicate answered for entries of an interval.
#[derive(Default)]
struct Answers {
    /// The index of the first of these entries.
    from: usize,
    answers: Vec<Answer>,
}

impl Answers {
    /// Whether there is an answer for the entry with that index.
    fn has(&self, index: usize) -> bool {
        index.checked_sub(self.from).is_some_and(|index| index < self.answers.len())
    }

    /// Takes the answer for the entry with that index.
    fn take(&mut self, index: usize) -> Option<Answer> {
        let answer = self.answers.get_mut(index.checked_sub(self.from)?)?;
        Some(std::mem::replace(answer, Answer::No))
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
