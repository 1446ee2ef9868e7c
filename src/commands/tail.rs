//! `tail`: prints messages and findings as they are received.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use tokio::time::Instant;

use super::cli::TailArgs;
use super::filters::{Evaluator, Filters};
use super::{ExitStatus, Failure};
use crate::config::Profile;
use crate::failure::{runtime, to_stderr};
use crate::filter::jq_worker::Answer;
use crate::ledger::format::counted;
use crate::ledger::interval::{Entry, Interval};
use crate::live::counter_file::CounterFile;
use crate::live::stop::Signals;
use crate::live::{self, Feed, FeedEvent};
use crate::metrics::traffic::TrafficCounter;
use crate::metrics::{self, MetricsSource};
use crate::redis::subscription::now_micros;
use crate::stdout::{Printer, Writer};

/// The size of the queue if the reader of the output is slow, in bytes: at least a second of a flood.
const QUEUE_BYTES: usize = 128 << 20;
/// The size of the queue with jq predicates, in bytes. The queue and the jq worker together stay below 256 MiB.
const FILTER_QUEUE_BYTES: usize = 24 << 20;
/// The most entries that jq predicates evaluate at once.
const MAX_EVALUATED: usize = 1024;
/// Lines are written in blocks of about this size, in bytes, so that they stay in the processor's cache.
const WRITE_BYTES: usize = 512 << 10;

/// Prints until a limit is reached or a signal is received.
///
/// # Errors
/// Fails if no channel is named, a filter is wrong, the first connection fails, or the output cannot be written.
pub(super) fn run(args: &TailArgs, profile: &Profile) -> Result<ExitStatus, Failure> {
    let channels = live::required_channels(&args.channels, profile, "aircheck tail ops")?;
    let filters = Filters::parse(&args.filter)?;
    runtime()?.block_on(tail(args, profile, channels, filters))
}

async fn tail(
    args: &TailArgs,
    profile: &Profile,
    channels: Vec<Vec<u8>>,
    filters: Filters,
) -> Result<ExitStatus, Failure> {
    let signals = Signals::catch();
    let metrics = match args.metrics {
        Some(address) => Some(metrics::bind(address).await?),
        None => None,
    };
    let traffic = Arc::new(TrafficCounter::new().0);
    traffic.set_channels(&channels);
    let writer = Writer::start().map_err(|error| Failure::cannot_start("the output", &error))?;
    let (counters, known) = CounterFile::open_or_warn(profile).await;
    let evaluator = Evaluator::start(&filters)?;
    let limits = args.limits.limits();
    let queue_bytes = if evaluator.is_some() { FILTER_QUEUE_BYTES } else { QUEUE_BYTES };
    let feed = Feed::start(profile, signals, channels, known, limits, queue_bytes)?;
    if let Some(metrics) = metrics {
        to_stderr(&format!("metrics at http://{}/metrics", metrics.address));
        metrics.serve(MetricsSource {
            traffic: Arc::clone(&traffic),
            status: None,
            shipping: None,
            queue: feed.meter(),
        });
    }
    let printer = Printer::new(args.format);
    let mut tail = Tail { feed, printer, writer, filters, evaluator, counters, traffic, findings: 0 };
    let result = tail.run().await;
    let Tail { mut feed, mut counters, findings, .. } = tail;
    let mut not_printed = Vec::new();
    feed.close(&mut not_printed);
    for interval in not_printed {
        counters.subscribed_until(&interval);
    }
    drop(counters);
    result.map(|()| ExitStatus::found(args.limits.strict && findings > 0))
}

struct Tail {
    feed: Feed,
    printer: Printer,
    writer: Writer,
    filters: Filters,
    /// Evaluates jq predicates; none without predicates.
    evaluator: Option<Evaluator>,
    counters: CounterFile,
    traffic: Arc<TrafficCounter>,
    /// How many findings were printed.
    findings: u64,
}

impl Tail {
    async fn run(&mut self) -> Result<(), Failure> {
        let mut intervals: Vec<Arc<Interval>> = Vec::new();
        while self.feed.is_open() {
            tokio::select! {
                biased;
                () = self.writer.closed() => return Err(io::Error::from(io::ErrorKind::BrokenPipe).into()),
                event = self.feed.next(&mut intervals, true) => match event? {
                    FeedEvent::Received | FeedEvent::LimitReached => {}
                    // The messages received until now are still printed.
                    FeedEvent::Signal => self.feed.close(&mut intervals),
                },
            }
            for interval in &intervals {
                self.traffic.add(interval);
            }
            for (index, interval) in intervals.iter().enumerate() {
                if !self.interval(interval).await? {
                    let remaining: usize = intervals[index..].iter().map(|interval| interval.messages()).sum();
                    let remaining = counted(remaining as u64, "message");
                    to_stderr(&format!("Warning: up to {remaining} not printed: standard output was not read in time"));
                    return Ok(());
                }
                if self.feed.stop.is_complete() {
                    return Ok(());
                }
            }
            intervals.clear();
        }
        Ok(())
    }

    /// Prints an interval. Returns false if the program must end before all of it is printed.
    async fn interval(&mut self, interval: &Arc<Interval>) -> Result<bool, Failure> {
        let (now, instant) = (now_micros(), Instant::now());
        let mut done = 0;
        let mut failure = None;
        let mut answers = Answers::default();
        for entry in interval.entries() {
            if self.feed.stop.is_complete() && follows_last_message(entry) {
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
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            };
            if answer != Answer::No {
                self.print(interval, entry, &answer);
                if self.printer.length() >= WRITE_BYTES && !self.write().await? {
                    return Ok(false);
                }
            }
            done += 1;
        }
        if !self.write().await? {
            return Ok(false);
        }
        self.counters.processed(interval, done, now);
        failure.map_or(Ok(true), Err)
    }

    /// Evaluates jq predicates for the next entries of an interval. Returns none if the program must end before that is done.
    async fn evaluate(&mut self, interval: &Arc<Interval>, from: usize, now: i64) -> Result<Option<Answers>, Failure> {
        let Some(evaluator) = &self.evaluator else { return Ok(Some(Answers::default())) };
        let entries = from..interval.entries().len().min(from + MAX_EVALUATED);
        let mut evaluation = evaluator.begin(interval, entries, now);
        let answers = self.feed.finish(pin!(evaluation.answers())).await.transpose()?;
        Ok(answers.map(|answers| Answers { from, answers }))
    }

    /// Whether an entry is printed, and counts it. `evaluated` is the answer of the jq predicates; none if there are none.
    fn answer(
        &mut self,
        interval: &Interval,
        entry: &Entry,
        evaluated: Option<Answer>,
        now: i64,
        instant: Instant,
    ) -> Result<Answer, Failure> {
        let is_printed = match entry {
            Entry::Message(message) => {
                let by_terms = || Answer::from(self.filters.terms_match(interval, message, now));
                let answer = evaluated.unwrap_or_else(by_terms);
                if answer != Answer::No {
                    self.feed.stop.count_message(instant);
                }
                return Ok(answer);
            }
            Entry::Finding(finding) => {
                let is_printed = self.filters.match_finding(finding, now);
                self.findings += u64::from(is_printed);
                is_printed
            }
            Entry::Dropped(_) => true,
            Entry::Link(link) => self.feed.stop.link(link).map(|()| true)?,
            Entry::Counter { .. } | Entry::Expectation(_) | Entry::Barrier { .. } => false,
        };
        Ok(is_printed.into())
    }

    fn print(&mut self, interval: &Interval, entry: &Entry, answer: &Answer) {
        match (entry, answer) {
            (Entry::Message(message), Answer::Failed(reason)) => {
                self.filters.report(reason);
                self.printer.message(interval, message, Some(reason));
            }
            _ => self.printer.entry(interval, entry),
        }
    }

    /// Writes the printed lines. Returns false if the program must end before all are written.
    async fn write(&mut self) -> io::Result<bool> {
        let bytes = self.printer.take();
        if bytes.is_empty() {
            return Ok(true);
        }
        match self.feed.finish(pin!(self.writer.write(bytes))).await {
            Some(written) => written.map(|buffer| self.printer.reuse(buffer)).map(|()| true),
            None => Ok(false),
        }
    }
}

/// The answers of jq predicates for some entries of an interval.
#[derive(Default)]
struct Answers {
    /// The index of the first of these entries.
    from: usize,
    answers: Vec<Answer>,
}

impl Answers {
    /// Whether there is an answer for the entry with this index.
    fn has(&self, index: usize) -> bool {
        index.checked_sub(self.from).is_some_and(|index| index < self.answers.len())
    }

    /// Takes the answer for the entry with this index.
    fn take(&mut self, index: usize) -> Option<Answer> {
        let answer = self.answers.get_mut(index.checked_sub(self.from)?)?;
        Some(std::mem::replace(answer, Answer::No))
    }
}

/// Whether an entry comes after the last message of `--count`, and is not about that message.
fn follows_last_message(entry: &Entry) -> bool {
    match entry {
        Entry::Message(_) | Entry::Dropped(_) | Entry::Link(_) => true,
        Entry::Finding(finding) => finding.kind.is_while_absent(),
        Entry::Counter { .. } | Entry::Expectation(_) | Entry::Barrier { .. } => false,
    }
}
