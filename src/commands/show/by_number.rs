//! The messages of a range of numbers, each in its place, and the numbers that are missing.

use std::iter::Peekable;
use std::vec::IntoIter;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::Failure;
use super::output::Absent;
use super::{PAGE, Show};
use crate::filter::jq_worker::Answer;
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::{Channel, Sequence};
use crate::record::reader::{MissingRange, MissingReason, Page};
use crate::wire::escape::escape;

/// More stretches than this are not told one by one.
const STRETCHES: usize = 100_000;
/// Messages whose number is not known exactly: no more of them.
const RANGED: usize = 100_000;

pub(super) fn show(show: &mut Show, channel: &Channel, epoch: Option<i64>, range: (u64, u64)) -> Result<(), Failure> {
    let epoch = match epoch {
        Some(epoch) => epoch,
        None => one_epoch(show, channel, range)?,
    };
    let missing = show.reader.missing(channel, epoch, range, STRETCHES)?;
    // Where no last number is asked for, what is not broadcast yet is not missing.
    let open = range.1 == u64::MAX;
    let missing: Vec<MissingRange> =
        missing.into_iter().filter(|missing| !(open && missing.reason == MissingReason::After)).collect();
    let ranged = show.reader.ranged(channel, epoch, range, RANGED)?;
    let ranged = Evaluated { answers: show.answers(&ranged), page: ranged };
    let end = end(show, channel, epoch)?;
    let mut listing = Listing { show, channel, end, missing: missing.into_iter().peekable(), ranged, next: 0 };
    let mut cursor = None;
    loop {
        let (page, after) = listing.show.reader.by_sequence(channel, epoch, range, cursor, PAGE)?;
        let page = Evaluated { answers: listing.show.answers(&page), page };
        for index in 0..page.answers.len() {
            listing.message(&page, index)?;
        }
        cursor = after;
        if cursor.is_none() {
            break;
        }
    }
    listing.rest()
}

/// The epoch that holds the numbers, where it is only one.
fn one_epoch(show: &Show, channel: &Channel, range: (u64, u64)) -> Result<i64, Failure> {
    let epochs = show.reader.epochs(channel, range)?;
    match epochs[..] {
        [epoch] => Ok(epoch),
        [] => {
            let channels = show.reader.channels()?;
            Ok(channels.iter().find(|known| known.channel == *channel).map_or(1, |known| known.epoch))
        }
        _ => {
            let name = escape(channel.as_bytes());
            let all: Vec<String> = epochs.iter().map(ToString::to_string).collect();
            let all = all.join(", ");
            Err(Failure::usage(format!(
                "the counter of {name} was reset, and these numbers came more than once; choose --epoch: {all}"
            )))
        }
    }
}

/// `the recording ends at #791 (23:12:07) and is still being written`.
fn end(show: &Show, channel: &Channel, epoch: i64) -> Result<String, Failure> {
    let newest = show.reader.channels()?.into_iter().find(|known| known.channel == *channel).map(|known| known.epoch);
    let is_old = newest.is_some_and(|newest| epoch < newest);
    let what = if is_old { format!("counter epoch {epoch}") } else { "the recording".to_owned() };
    let still = if !is_old && show.reader.is_being_written()? { " and is still being written" } else { "" };
    let time = |at| {
        let time = Timestamp::from_microsecond(at).map(|at| TimeZone::system().to_datetime(at));
        time.map(|time| time.strftime("%H:%M:%S").to_string()).unwrap_or_default()
    };
    Ok(match show.reader.end(channel, epoch)? {
        Some((last, at)) => format!("{what} ends at #{last} ({}){still}", time(at)),
        None => format!("{what} has no sequence number of this channel{still}"),
    })
}

/// The numbers in their order: messages, and what is missing between them.
struct Listing<'a> {
    show: &'a mut Show,
    channel: &'a Channel,
    /// Where the recording ends, for people.
    end: String,
    missing: Peekable<IntoIter<MissingRange>>,
    /// Messages whose number is not known exactly stand where they came.
    ranged: Evaluated,
    next: usize,
}

/// Messages, and whether the filters match them.
struct Evaluated {
    page: Page,
    answers: Vec<Answer>,
}

impl Listing<'_> {
    fn message(&mut self, of: &Evaluated, index: usize) -> Result<(), Failure> {
        let id = of.page.places[index].id;
        while self.ranged.page.places.get(self.next).is_some_and(|ranged| ranged.id < id) {
            self.next_ranged()?;
        }
        if let Entry::Message(message) = &of.page.interval.entries()[index]
            && let Sequence::Exact(number) | Sequence::Inferred(number) = message.sequence
        {
            while let Some(missing) = self.missing.next_if(|missing| missing.from < number) {
                self.absent(&missing)?;
            }
        }
        self.show.message(&of.page, index, &of.answers[index])
    }

    fn next_ranged(&mut self) -> Result<(), Failure> {
        let index = self.next;
        self.next += 1;
        self.show.message(&self.ranged.page, index, &self.ranged.answers[index])
    }

    fn rest(mut self) -> Result<(), Failure> {
        while self.next < self.ranged.page.places.len() {
            self.next_ranged()?;
        }
        while let Some(missing) = self.missing.next() {
            self.absent(&missing)?;
        }
        Ok(())
    }

    fn absent(&mut self, missing: &MissingRange) -> Result<(), Failure> {
        // Messages past the counter take the place of numbers, but none is missing for that.
        let is_missing = !matches!(&missing.reason, MissingReason::Finding(finding) if finding.kind == FindingKind::ReceivedNotCounted);
        self.show.missing |= is_missing;
        self.show.output.absent(&Absent::of(self.channel, missing, &self.end))
    }
}
