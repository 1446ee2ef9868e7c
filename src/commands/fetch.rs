//! `fetch`: copies a window of a store to a recording.

use std::io::Write as _;
use std::path::Path;

use super::cli::{FetchArgs, GlobalArgs};
use super::place::{Around, PlaceQuery};
use super::{ExitStatus, Failure, positions, stores};
use crate::ledger::finding::Finding;
use crate::ledger::format::counted;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::ledger::sequence::notation::range;
use crate::recording::bundle::BundleExtent;
use crate::recording::fetch::{self, FetchRequest, FetchSummary};
use crate::recording::reader::{RecordingReader, TimeQuery};
use crate::redis::subscription::now_micros;
use crate::store::reader::StoreBackend;
use crate::wire::escape::escape;

/// The time that is searched first for the messages before a place, in microseconds, and the factor for each further search.
const FIRST_REACH: i64 = 60_000_000;
const REACH_GROWTH: i64 = 8;
/// How many messages are read at once.
const PAGE_MESSAGES: usize = 1000;
/// The maximum number of channels that an error lists.
const MAX_LISTED: usize = 10;

/// Writes the recording, and prints a summary.
///
/// # Errors
/// Fails if the store cannot be read or has nothing there, or if the new file exists or cannot be written.
pub(super) fn run(args: &FetchArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let target = stores::store(&args.store, "STORE", global)?;
    let reader = RecordingReader::open_store(&target, args.source.as_deref())?;
    let channel = args.channel.as_deref().map(|channel| Channel::new(channel.as_encoded_bytes()));
    let place = PlaceQuery {
        around: &args.around,
        channel: channel.clone(),
        epoch: args.epoch,
        before: args.before,
        after: args.after,
    };
    let fetched = copy(&reader, &place.window(&reader)?, channel, &args.output)?;
    writeln!(
        std::io::stdout().lock(),
        "fetched {} and {} to {}",
        counted(fetched.messages, "message"),
        counted(fetched.findings, "finding"),
        escape(args.output.as_os_str().as_encoded_bytes())
    )?;
    Ok(ExitStatus::Success)
}

/// The time around a place, in microseconds since the epoch.
pub(super) struct StoreWindow {
    pub(super) from: i64,
    pub(super) to: i64,
    /// The id of the finding that the place is.
    pub(super) finding: Option<i64>,
}

/// Copies a window to the new file `out`. With a channel, only what concerns it.
pub(super) fn copy(
    reader: &RecordingReader<StoreBackend>,
    window: &StoreWindow,
    channel: Option<Channel>,
    out: &Path,
) -> Result<FetchSummary, Failure> {
    let name = |id| (id, format!("recording {}", reader.recording_of(id)));
    let request = FetchRequest {
        times: (window.from, window.to),
        channel,
        links: reader.links_between(window.from, window.to)?,
        recordings: reader.sessions()?.iter().map(|session| name(session.id)).collect(),
    };
    Ok(fetch::fetch(reader, request, out)?)
}

impl PlaceQuery<'_> {
    /// The time around the place.
    pub(super) fn window(&self, reader: &RecordingReader<StoreBackend>) -> Result<StoreWindow, Failure> {
        let ((from, to), finding) = match Around::parse(self.around, now_micros())? {
            Around::Time(at) => ((at, at), None),
            Around::Numbers(numbers) => (self.numbers(reader, numbers)?, None),
            Around::Id(id) => {
                let page = reader.finding(id)?;
                match page.as_ref().and_then(|page| page.interval.entries().first()) {
                    Some(Entry::Finding(finding)) => ((finding.began_at(), finding.at), Some(id)),
                    _ => return Err(Failure::failed(format!("--around: no finding in the store has the id {id}"))),
                }
            }
            Around::Last => self.finding(reader, None)?,
            Around::Nth(number) => self.finding(reader, Some(number))?,
        };
        let from = match self.before {
            BundleExtent::Micros(micros) => from.saturating_sub(micros),
            BundleExtent::Messages(messages) => reach_back(reader, from, messages)?,
        };
        let to = match self.after {
            BundleExtent::Micros(micros) => to.saturating_add(micros),
            BundleExtent::Messages(messages) => reach_forward(reader, to, messages)?,
        };
        let query = TimeQuery { from, to, ..TimeQuery::default() };
        let is_empty = finding.is_none() && reader.by_time(&query, None, 1)?.0.places.is_empty();
        if is_empty && reader.findings(from, to, 1)?.places.is_empty() {
            let around = escape(self.around.as_bytes());
            return Err(Failure::failed(format!("--around: the store has nothing around {around}")));
        }
        Ok(StoreWindow { from, to, finding })
    }

    /// The Nth finding in order of time, or the last one.
    fn finding(
        &self,
        reader: &RecordingReader<StoreBackend>,
        number: Option<usize>,
    ) -> Result<((i64, i64), Option<i64>), Failure> {
        let page = reader.findings(i64::MIN, i64::MAX, positions::MAX_FINDINGS)?;
        let findings = page.interval.entries().iter().zip(&page.places).filter_map(|(entry, place)| match entry {
            Entry::Finding(finding) => Some((finding, place.id)),
            _ => None,
        });
        let is_wanted = |finding: &Finding| self.channel.as_ref().is_none_or(|channel| *channel == finding.channel);
        let findings: Vec<_> = findings.filter(|(finding, _)| is_wanted(finding)).collect();
        let index = number.map_or(findings.len().checked_sub(1), |number| number.checked_sub(1));
        if let Some((finding, id)) = index.and_then(|index| findings.get(index)) {
            return Ok(((finding.began_at(), finding.at), Some(*id)));
        }
        let count = counted(findings.len() as u64, "finding");
        let around = escape(self.around.as_bytes());
        Err(Failure::failed(format!("--around: no finding {around}; the store has {count}")))
    }

    /// The time of sequence numbers.
    fn numbers(&self, reader: &RecordingReader<StoreBackend>, numbers: (u64, u64)) -> Result<(i64, i64), Failure> {
        let channels = reader.channels()?;
        let channel = match (&self.channel, &channels[..]) {
            (Some(channel), _) => channel.clone(),
            (None, [only]) => only.channel.clone(),
            (None, _) => {
                let names = channels.iter().take(MAX_LISTED).map(|known| escape(known.channel.as_bytes()));
                let names = names.collect::<Vec<_>>().join(", ");
                return Err(Failure::usage(format!("--around seq: needs --channel; there are: {names}")));
            }
        };
        let epoch = match self.epoch {
            Some(epoch) => epoch,
            None => positions::only_epoch(reader, &channel, numbers)?.unwrap_or(1),
        };
        reader.span(&channel, epoch, numbers)?.ok_or_else(|| {
            let (channel, range) = (escape(channel.as_bytes()), range(numbers.0, numbers.1));
            Failure::failed(format!("--around: the store has no message or gap with the numbers {range} of {channel}"))
        })
    }
}

/// The time of the message that is `messages` before a time.
fn reach_back(reader: &RecordingReader<StoreBackend>, at: i64, messages: usize) -> Result<i64, Failure> {
    let first = reader.overview()?.first.map_or(at, |(_, first)| first);
    let mut reach = FIRST_REACH;
    loop {
        let from = at.saturating_sub(reach);
        let query = TimeQuery { from, to: at.saturating_sub(1), ..TimeQuery::default() };
        let (mut times, mut cursor) = (Vec::new(), None);
        loop {
            let (page, next) = reader.by_time(&query, cursor, PAGE_MESSAGES)?;
            times.extend(page.interval.entries().iter().map(Entry::at));
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        if let Some(index) = times.len().checked_sub(messages)
            && let Some(time) = times.get(index)
        {
            return Ok(*time);
        }
        if messages == 0 || from <= first {
            return Ok(if messages == 0 { at } else { first.min(at) });
        }
        reach = reach.saturating_mul(REACH_GROWTH);
    }
}

/// The time of the message that is `messages` after a time.
fn reach_forward(reader: &RecordingReader<StoreBackend>, at: i64, messages: usize) -> Result<i64, Failure> {
    let query = TimeQuery { from: at.saturating_add(1), ..TimeQuery::default() };
    let (mut to, mut left, mut cursor) = (at, messages, None);
    while left > 0 {
        let (page, next) = reader.by_time(&query, cursor, left.min(PAGE_MESSAGES))?;
        to = page.interval.entries().last().map_or(to, Entry::at);
        left = left.saturating_sub(page.places.len());
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    Ok(to)
}
