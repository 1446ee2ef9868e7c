//! `show`: prints recorded messages, and reports what is missing.
//!
//! With `--seq`, messages are printed by sequence number. Otherwise, they are printed by time.

mod notes;
mod output;
mod progress;

use std::iter::Peekable;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;
use std::time::Instant;
use std::vec::IntoIter;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) use self::output::Absent;
use self::output::ShowOutput;
use self::progress::Progress;
use super::cli::{GlobalArgs, ShowArgs};
use super::filters::{Evaluation, Evaluator, Filters};
use super::{ExitStatus, Failure, positions, recording_files, stores};
use crate::filter::jq_worker::Answer;
use crate::ledger::finding::{Acknowledgements, Finding};
use crate::ledger::interval::{Entry, Interval};
use crate::ledger::sequence::Channel;
use crate::recording::reader::{
    Cursor, FilledGap, Hole, InexactRange, MAX_RANGED, MissingRange, MissingReason, Page, Place, RecordingBackend,
    RecordingReader, TimeQuery,
};
use crate::redis::subscription::now_micros;
use crate::wire::escape::escape;

/// How many messages are read at once.
const PAGE_MESSAGES: usize = 1000;
/// The most missing ranges that are reported one by one.
const MAX_MISSING_RANGES: usize = 100_000;
/// The most channels that an error lists.
const MAX_LISTED_CHANNELS: usize = 20;

/// Prints messages of a recording.
///
/// # Errors
/// Fails if the file is not a recording, the store cannot be read, the arguments are wrong or ambiguous, or the output cannot be written.
pub(super) fn run(args: &ShowArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    if let Some(target) = stores::named(args.file.as_os_str(), global)? {
        let reader = RecordingReader::open_store(&target, args.source.as_deref())?;
        let acknowledgements = recording_files::with_own(&reader, Acknowledgements::new())?;
        return print(reader, acknowledgements, Vec::new(), args);
    }
    if args.source.is_some() {
        return Err(Failure::usage("--source is only for a store"));
    }
    let reader = RecordingReader::open(&args.file)?;
    let acknowledgements = recording_files::acknowledgements(&reader)?;
    let filled = reader.filled_gaps()?;
    print(reader, acknowledgements, filled, args)
}

fn print<B: RecordingBackend>(
    reader: RecordingReader<B>,
    acknowledgements: Acknowledgements,
    filled: Vec<FilledGap>,
    args: &ShowArgs,
) -> Result<ExitStatus, Failure> {
    let filters = Filters::parse(&args.filter)?;
    let mut show = Show {
        acknowledgements,
        ignores_acknowledged: args.ignore_acknowledged,
        reader,
        filled,
        listed: None,
        evaluator: Evaluator::start(&filters)?,
        filters,
        output: ShowOutput::new(args.format)?,
        progress: Progress::new(Instant::now()),
        now: now_micros(),
        is_missing: false,
    };
    let channel = args.channel.as_ref().map(|name| Channel::new(name.as_bytes()));
    if let Some(channel) = &channel {
        show.require_channel(channel)?;
    }
    match (&channel, args.seq) {
        (Some(channel), Some(range)) => {
            let epoch = show.by_sequence(channel, args.epoch, range)?;
            show.unnumbered(channel, epoch, args)?;
        }
        _ => show.by_time(channel, args)?,
    }
    show.output.flush()?;
    Ok(ExitStatus::found(show.is_missing))
}

struct Show<B: RecordingBackend> {
    acknowledgements: Acknowledgements,
    /// Whether acknowledged findings do not count as missing.
    ignores_acknowledged: bool,
    reader: RecordingReader<B>,
    /// The gaps that a merge filled.
    filled: Vec<FilledGap>,
    /// When the first and the last message with one of the numbers were received.
    listed: Option<(i64, i64)>,
    filters: Filters,
    /// Evaluates jq predicates; none without predicates.
    evaluator: Option<Evaluator>,
    output: ShowOutput,
    progress: Progress,
    /// For filters on the time.
    now: i64,
    /// Whether a message was reported as missing.
    is_missing: bool,
}

impl<B: RecordingBackend> Show<B> {
    fn require_channel(&self, channel: &Channel) -> Result<(), Failure> {
        let channels = self.reader.channels()?;
        if channels.iter().any(|summary| summary.channel == *channel) {
            return Ok(());
        }
        let names = channels.iter().take(MAX_LISTED_CHANNELS).map(|summary| escape(summary.channel.as_bytes()));
        let names = names.collect::<Vec<_>>().join(", ");
        let more = if channels.len() > MAX_LISTED_CHANNELS { ", …" } else { "" };
        let channels = if names.is_empty() { "no channels".to_owned() } else { format!("{names}{more}") };
        let channel = escape(channel.as_bytes());
        Err(Failure::failed(format!("the recording has no channel {channel}; it has: {channels}")))
    }

    /// Whether the finding does not count as missing messages, because it is acknowledged.
    fn ignores(&self, finding: &Finding) -> bool {
        self.ignores_acknowledged && self.acknowledgements.contains_key(finding)
    }

    /// Prints the only finding of a page.
    fn finding(&mut self, page: &Page) {
        self.progress.clear();
        if let Some(Entry::Finding(finding)) = page.interval.entries().first() {
            self.output.finding(finding, self.acknowledgements.get(&**finding));
        }
    }

    /// Begins to evaluate the filters for the messages of a page.
    fn begin(&self, page: Page) -> PendingPage {
        let interval = Arc::new(page.interval);
        let evaluator = self.evaluator.as_ref();
        let evaluation = evaluator.map(|it| it.begin(&interval, 0..interval.entries().len(), self.now));
        PendingPage { interval, places: page.places, evaluation }
    }

    /// Waits until it is known which messages of a page match. Aligns the lines of those that are printed.
    fn finish(&mut self, PendingPage { interval, places, evaluation }: PendingPage) -> Result<FilteredPage, Failure> {
        let answer = |entry: &Entry| match entry {
            Entry::Message(message) => self.filters.terms_match(&interval, message, self.now).into(),
            _ => Answer::No,
        };
        let answers = match evaluation {
            Some(evaluation) => evaluation.wait()?,
            None => interval.entries().iter().map(answer).collect(),
        };
        for (entry, answer) in interval.entries().iter().zip(&answers) {
            if let (Entry::Message(message), Answer::Yes | Answer::Failed(_)) = (entry, answer) {
                self.output.align(&interval, message);
            }
        }
        Ok(FilteredPage { interval, places, answers })
    }

    /// Prints a message of a page if the filters match it, or if they could not be evaluated.
    fn message(&mut self, page: &FilteredPage, index: usize) -> Result<(), Failure> {
        let (Some(Entry::Message(message)), Some(place)) = (page.interval.entries().get(index), page.places.get(index))
        else {
            return Ok(());
        };
        let answer = &page.answers[index];
        if *answer != Answer::No {
            self.progress.clear();
        }
        let filter_error = match answer {
            Answer::No => return Ok(()),
            Answer::Yes => None,
            Answer::Failed(reason) => {
                self.filters.report(reason);
                Some(reason.as_str())
            }
        };
        self.output.message(&page.interval, message, filter_error, *place)
    }

    /// Prints the messages of a channel and epoch, in the order of their numbers, and reports the missing ranges between them.
    /// Returns the epoch.
    fn by_sequence(&mut self, channel: &Channel, epoch: Option<i64>, range: (u64, u64)) -> Result<i64, Failure> {
        let epoch = match epoch {
            Some(epoch) => epoch,
            None => match positions::only_epoch(&self.reader, channel, range)? {
                Some(epoch) => epoch,
                None => newest_epoch(&self.reader, channel)?.unwrap_or(1),
            },
        };
        let missing = self.reader.missing(channel, epoch, range, MAX_MISSING_RANGES)?;
        // A range without an end includes numbers that are not broadcast yet.
        let is_open = range.1 == u64::MAX;
        let missing: Vec<MissingRange> =
            missing.into_iter().filter(|missing| !(is_open && missing.reason == MissingReason::After)).collect();
        let ranged = self.reader.ranged(channel, epoch, range, MAX_RANGED)?;
        let ranged = self.finish(self.begin(ranged))?;
        let end = end_of_recording(&self.reader, channel, epoch)?;
        let mut listing = Listing {
            show: self,
            channel,
            epoch,
            end,
            missing: missing.into_iter().peekable(),
            ranged,
            next_ranged: 0,
            last_inexact: None,
        };
        let mut cursor = None;
        loop {
            let (page, next) = listing.show.reader.by_sequence(channel, epoch, range, cursor, PAGE_MESSAGES)?;
            let page = listing.show.finish(listing.show.begin(page))?;
            for index in 0..page.answers.len() {
                listing.message(&page, index)?;
            }
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        listing.finish()?;
        self.output.flush()?;
        self.filled_gaps(|FilledGap { finding, epoch: of, .. }| {
            let numbers = finding.sequence_from.zip(finding.sequence_to);
            (&finding.channel, *of) == (channel, epoch)
                && numbers.is_some_and(|(from, to)| from <= range.1 && to >= range.0)
        })?;
        Ok(epoch)
    }

    /// Prints the messages and findings between two times, and reports the holes.
    fn by_time(&mut self, channel: Option<Channel>, args: &ShowArgs) -> Result<(), Failure> {
        let now = self.now;
        let time = |option: &str, text: &Option<String>, default: i64| match text {
            Some(text) => positions::time(text, now).map_err(|error| Failure::usage(format!("--{option}: {error}"))),
            None => Ok(default),
        };
        let from = time("since", &args.since, i64::MIN)?;
        let to = time("until", &args.until, i64::MAX)?;
        if from > to {
            return Err(Failure::usage("--until is before --since"));
        }
        let query = TimeQuery { from, to, channel, epoch: args.epoch };
        let holes = self.reader.holes(0, i64::MAX)?;
        let mut holes = holes.into_iter().filter(|hole| concerns(hole, &query)).peekable();
        let mut begin = from;
        let mut following = Some(self.read(&query, None)?);
        while let Some((page, cursor)) = following {
            // The next page is read while this one is evaluated.
            following = cursor.map(|cursor| self.read(&query, Some(cursor))).transpose()?;
            let page = self.finish(page)?;
            let end = match (&following, page.interval.entries().last()) {
                (Some(_), Some(Entry::Message(last))) => last.at,
                _ => to,
            };
            let mut findings = self.findings(&query, begin, end)?.into_iter().peekable();
            for (index, entry) in page.interval.entries().iter().enumerate() {
                let Entry::Message(message) = entry else { continue };
                while let Some(hole) = holes.next_if(|hole| hole.from_at <= message.at) {
                    self.hole(&hole)?;
                }
                while let Some((_, finding)) = findings.next_if(|(at, _)| *at <= message.at) {
                    self.finding(&finding);
                }
                self.message(&page, index)?;
            }
            for (_, finding) in findings {
                self.finding(&finding);
            }
            self.output.flush()?;
            self.progress.read(page.interval.messages(), end, Instant::now());
            begin = end.saturating_add(1);
        }
        self.progress.clear();
        for hole in holes {
            self.hole(&hole)?;
        }
        self.output.flush()?;
        self.filled_gaps(|FilledGap { finding, epoch, .. }| {
            (from..=to).contains(&finding.at)
                && query.channel.as_ref().is_none_or(|channel| *channel == finding.channel)
                && query.epoch.is_none_or(|of| of == *epoch)
                && self.filters.match_finding(finding, now)
        })
    }

    /// Reads the next page of a query, and begins to evaluate it.
    fn read(&self, query: &TimeQuery, cursor: Option<Cursor>) -> Result<(PendingPage, Option<Cursor>), Failure> {
        let (page, next) = self.reader.by_time(query, cursor, PAGE_MESSAGES)?;
        Ok((self.begin(page), next))
    }

    fn hole(&mut self, hole: &Hole) -> Result<(), Failure> {
        self.is_missing = true;
        self.progress.clear();
        self.output.absent(&Absent::of_hole(hole))
    }

    /// The findings between two times that are to be printed, each with its time and on a page of its own.
    fn findings(&mut self, query: &TimeQuery, from: i64, to: i64) -> Result<Vec<(i64, Page)>, Failure> {
        let mut found = Vec::new();
        let all = self.reader.findings(from, to, usize::MAX)?;
        for (entry, place) in all.interval.entries().iter().zip(&all.places) {
            let Entry::Finding(finding) = entry else { continue };
            let is_printed = query.channel.as_ref().is_none_or(|channel| *channel == finding.channel)
                && query.epoch.is_none_or(|epoch| epoch == place.epoch)
                && self.filters.match_finding(finding, self.now);
            if is_printed {
                self.is_missing |= finding.kind.is_gap() && !self.ignores(finding);
                let mut page = Page::default();
                page.interval.push(entry.clone());
                found.push((finding.at, page));
            }
        }
        Ok(found)
    }
}

/// The current counter epoch of a channel; none if the recording does not have the channel.
fn newest_epoch<B: RecordingBackend>(reader: &RecordingReader<B>, channel: &Channel) -> Result<Option<i64>, Failure> {
    let channels = reader.channels()?;
    Ok(channels.iter().find(|summary| summary.channel == *channel).map(|summary| summary.epoch))
}

/// Where the recording of a channel and epoch ends: `the recording ends at #791 (23:12:07) and is still being written`.
pub(super) fn end_of_recording<B: RecordingBackend>(
    reader: &RecordingReader<B>,
    channel: &Channel,
    epoch: i64,
) -> Result<String, Failure> {
    let is_old = newest_epoch(reader, channel)?.is_some_and(|newest| epoch < newest);
    let what = if is_old { format!("counter epoch {epoch}") } else { "the recording".to_owned() };
    let is_written = !is_old && reader.is_being_written()?;
    let in_progress = if is_written { " and is still being written" } else { "" };
    let time = |at| {
        let time = Timestamp::from_microsecond(at).map(|at| TimeZone::system().to_datetime(at));
        time.map(|time| time.strftime("%H:%M:%S").to_string()).unwrap_or_default()
    };
    Ok(match reader.end(channel, epoch)? {
        Some((last, at)) => format!("{what} ends at #{last} ({}){in_progress}", time(at)),
        None => format!("{what} has no sequence number of this channel{in_progress}"),
    })
}

/// Whether a hole can contain messages of a query.
fn concerns(hole: &Hole, query: &TimeQuery) -> bool {
    let of_channel = |channel: &Channel| hole.ranges.iter().any(|range| range.channel == *channel);
    hole.from_at <= query.to
        && hole.to_at >= query.from
        && query.channel.as_ref().is_none_or(|channel| hole.ranges.is_empty() || of_channel(channel))
}

/// The messages of a range of numbers, and the missing ranges between them.
struct Listing<'a, B: RecordingBackend> {
    show: &'a mut Show<B>,
    channel: &'a Channel,
    epoch: i64,
    /// Where the recording ends.
    end: String,
    missing: Peekable<IntoIter<MissingRange>>,
    /// The messages without an exact number. They are printed where they were received.
    ranged: FilteredPage,
    /// The index of the next message of `ranged`.
    next_ranged: usize,
    /// The last range of inexact numbers that was printed.
    last_inexact: Option<InexactRange>,
}

/// Messages for which the filters are being evaluated.
struct PendingPage {
    interval: Arc<Interval>,
    places: Vec<Place>,
    /// None without jq predicates.
    evaluation: Option<Evaluation>,
}

/// Messages, and whether the filters match them.
struct FilteredPage {
    interval: Arc<Interval>,
    places: Vec<Place>,
    answers: Vec<Answer>,
}

impl<B: RecordingBackend> Listing<'_, B> {
    /// Prints a message, and first everything that comes before it.
    fn message(&mut self, of: &FilteredPage, index: usize) -> Result<(), Failure> {
        let id = of.places[index].id;
        while self.ranged.places.get(self.next_ranged).is_some_and(|ranged| ranged.id < id) {
            self.ranged_message()?;
        }
        if let Entry::Message(message) = &of.interval.entries()[index]
            && let Some(number) = message.sequence.number()
        {
            let (first, last) = self.show.listed.unwrap_or((message.at, message.at));
            self.show.listed = Some((first.min(message.at), last.max(message.at)));
            while let Some(missing) = self.missing.next_if(|missing| missing.from < number) {
                self.absent(&missing)?;
            }
        }
        self.show.message(of, index)
    }

    fn ranged_message(&mut self) -> Result<(), Failure> {
        let index = self.next_ranged;
        self.next_ranged += 1;
        self.show.message(&self.ranged, index)
    }

    /// Prints everything after the last message.
    fn finish(mut self) -> Result<(), Failure> {
        while self.next_ranged < self.ranged.places.len() {
            self.ranged_message()?;
        }
        while let Some(missing) = self.missing.next() {
            self.absent(&missing)?;
        }
        Ok(())
    }

    fn absent(&mut self, missing: &MissingRange) -> Result<(), Failure> {
        if let Some(inexact) = self.show.reader.inexact(self.channel, self.epoch, missing)? {
            // Messages with exact numbers can divide the range into several missing ranges.
            if self.last_inexact.replace(inexact) == Some(inexact) {
                return Ok(());
            }
            return self.show.output.inexact(&inexact);
        }
        let is_ignored = matches!(&missing.reason, MissingReason::Finding(finding) if self.show.ignores(finding));
        self.show.is_missing |= missing.is_missed() && !is_ignored;
        self.show.output.absent(&Absent::of(self.channel, missing, &self.end))
    }
}
