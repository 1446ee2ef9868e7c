//! Finds the place that `--around` names, in one or several recordings.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Failure;
use super::positions::{self, MAX_FINDINGS};
use super::show::end_of_recording;
use crate::ledger::finding::Finding;
use crate::ledger::format::counted;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::ledger::sequence::notation::{parse_range, range};
use crate::recording::bundle::{BundleExtent, BundleFocus};
use crate::recording::file::source_words;
use crate::recording::merge::same_server::{self, ServerMatch};
use crate::recording::reader::RecordingReader;
use crate::redis::subscription::now_micros;
use crate::wire::escape::escape;

/// The maximum number of recordings or channels that an error lists.
const MAX_LISTED: usize = 10;

/// A place as asked for on the command line.
pub(super) struct PlaceQuery<'a> {
    /// As in `--around`.
    pub(super) around: &'a str,
    /// The channel of sequence numbers.
    pub(super) channel: Option<Channel>,
    pub(super) epoch: Option<i64>,
    /// What is wanted before the place. A gap this near to a time is the place.
    pub(super) before: BundleExtent,
    /// What is wanted after the place. A gap this near to a time is the place.
    pub(super) after: BundleExtent,
}

/// A place in one of the recordings.
pub(super) struct Place {
    /// The index of the recording.
    pub(super) recording: usize,
    pub(super) focus: BundleFocus,
    /// The sequence numbers that were asked for.
    pub(super) numbers: Option<(u64, u64)>,
    /// The place as text, escaped.
    pub(super) words: String,
}

/// What `--around` names.
pub(super) enum Around {
    Last,
    Nth(usize),
    Id(i64),
    Numbers((u64, u64)),
    Time(i64),
}

/// A finding of one of the recordings, or a gap that a merge filled.
struct Candidate {
    recording: usize,
    finding: Finding,
    epoch: i64,
    focus: BundleFocus,
}

/// Finds the place in the recordings.
pub(super) fn find(files: &[PathBuf], query: &PlaceQuery<'_>) -> Result<Place, Failure> {
    let around = Around::parse(query.around, now_micros())?;
    if query.channel.is_some() && !matches!(around, Around::Numbers(_)) {
        return Err(Failure::usage("--channel is only for --around seq:A-B"));
    }
    let readers = files.iter().map(|file| RecordingReader::open(file)).collect::<Result<Vec<_>, _>>()?;
    match around {
        Around::Numbers(numbers) => of_numbers(&readers, query, numbers),
        Around::Time(at) => of_time(&readers, query, at),
        Around::Id(id) => of_id(&readers, id),
        Around::Last => of_finding(&readers, query.around, None),
        Around::Nth(number) => of_finding(&readers, query.around, Some(number)),
    }
}

impl Around {
    pub(super) fn parse(text: &str, now: i64) -> Result<Self, Failure> {
        let text = text.trim();
        let invalid = |why: &str| Failure::usage(format!("--around: {why}"));
        if text == "last" {
            return Ok(Self::Last);
        }
        if let Some(id) = text.strip_prefix("id:") {
            let id = id.parse().map_err(|_| invalid("write the id of a finding after id:, e.g. id:12"))?;
            return Ok(Self::Id(id));
        }
        if let Some(numbers) = text.strip_prefix("seq:") {
            let numbers = parse_range(numbers).map_err(|(_, mistake)| invalid(mistake))?;
            return match numbers {
                (0, _) => Err(invalid("the first sequence number of a channel is 1")),
                numbers => Ok(Self::Numbers(numbers)),
            };
        }
        if let Ok(number) = text.parse::<usize>() {
            return match number {
                1..=MAX_FINDINGS => Ok(Self::Nth(number)),
                0 => Err(invalid("the first finding is 1")),
                _ => Err(invalid(&format!("finding {number} is above {MAX_FINDINGS}; write id:N or a time"))),
            };
        }
        positions::time(text, now).map(Self::Time).map_err(|_| {
            invalid(
                "write the number of a finding (1 is the first), last, id:N, seq:A-B, or a time, e.g. 2026-11-24T12:00:00Z or 10m",
            )
        })
    }
}

fn of_id(readers: &[RecordingReader], id: i64) -> Result<Place, Failure> {
    let found = readers.first().map(|reader| reader.finding(id)).transpose()?.flatten();
    let entry = found.as_ref().and_then(|page| page.interval.entries().first());
    let Some(Entry::Finding(finding)) = entry else {
        let file = readers.first().map(|reader| shown(reader.path())).unwrap_or_default();
        return Err(Failure::failed(format!(
            "--around: no finding has the id {id} in {file}; the view findings of the recording lists them"
        )));
    };
    let focus = BundleFocus::Finding(id);
    Ok(Place { recording: 0, numbers: None, words: finding_words(finding, &focus), focus })
}

/// The finding with this number in order of time, or the last one.
fn of_finding(readers: &[RecordingReader], text: &str, number: Option<usize>) -> Result<Place, Failure> {
    let mut candidates = Vec::new();
    for (recording, reader) in readers.iter().enumerate() {
        candidates.append(&mut findings(reader, recording)?);
    }
    // A bundle in a directory repeats findings of the recordings. The last one is that of the first file.
    candidates.sort_by_key(|candidate| (candidate.finding.at, Reverse(candidate.recording)));
    let count = candidates.len();
    let index = number.map_or(count.checked_sub(1), |number| number.checked_sub(1));
    if let Some(candidate) = index.and_then(|index| candidates.into_iter().nth(index)) {
        return Ok(candidate.place());
    }
    let have = if readers.len() == 1 { "the recording has" } else { "the recordings have" };
    let findings = counted(count as u64, "finding");
    let instead = match number {
        Some(number) => format!(
            "for the finding with this id, write id:{number}; for a sequence number, write --channel NAME --around seq:{number}"
        ),
        None => {
            "write sequence numbers, e.g. --channel ops --around seq:1042-1057, or a time, e.g. --around 10m".to_owned()
        }
    };
    Err(Failure::failed(format!("--around: no finding {}; {have} {findings}; {instead}", escape(text.as_bytes()))))
}

/// The findings of a recording, and the gaps that a merge filled.
fn findings(reader: &RecordingReader, recording: usize) -> Result<Vec<Candidate>, Failure> {
    let candidate = |positions::RecordedFinding { finding, epoch, id }| {
        let focus = id.map_or_else(|| BundleFocus::FilledGap(finding.clone()), BundleFocus::Finding);
        Candidate { recording, finding, epoch, focus }
    };
    Ok(positions::findings(reader)?.into_iter().map(candidate).collect())
}

/// The gap that has the most of these numbers, or else the recording that has the most of them.
fn of_numbers(readers: &[RecordingReader], query: &PlaceQuery<'_>, numbers: (u64, u64)) -> Result<Place, Failure> {
    let channel = match &query.channel {
        Some(channel) => channel.clone(),
        None => only_channel(readers)?,
    };
    let epoch_of = |reader: &RecordingReader, newest: i64| match query.epoch {
        Some(epoch) => Ok(epoch),
        None => positions::only_epoch(reader, &channel, numbers).map(|only| only.unwrap_or(newest)),
    };
    let mut numbers = numbers;
    if numbers.1 == u64::MAX {
        let mut end = numbers.0;
        for reader in readers {
            let channels = reader.channels()?;
            if let Some(known) = channels.iter().find(|known| known.channel == channel) {
                let epoch = epoch_of(reader, known.epoch)?;
                end = end.max(reader.end(&channel, epoch)?.map_or(0, |(end, _)| end));
            }
        }
        numbers.1 = end;
    }
    let words = format!("{} {}", escape(channel.as_bytes()), range(numbers.0, numbers.1));
    let overlap = |finding: &Finding| {
        let (from, to) = finding.sequence_from.zip(finding.sequence_to)?;
        let (from, to) = (from.max(numbers.0), to.min(numbers.1));
        (finding.kind.is_gap() && finding.channel == channel && from <= to).then(|| to - from)
    };
    let mut gap: Option<(u64, Candidate)> = None;
    let mut most: Option<(u64, usize, i64)> = None;
    let mut matching = Vec::new();
    let mut ends = Vec::new();
    for (index, reader) in readers.iter().enumerate() {
        let channels = reader.channels()?;
        let Some(known) = channels.iter().find(|known| known.channel == channel) else {
            ends.push(format!("{} has no such channel", shown(reader.path())));
            continue;
        };
        let epoch = epoch_of(reader, known.epoch)?;
        let mut has_gap = false;
        for candidate in findings(reader, index)?.into_iter().filter(|candidate| candidate.epoch == epoch) {
            let Some(size) = overlap(&candidate.finding) else { continue };
            has_gap = true;
            if gap.as_ref().is_none_or(|(known, _)| size > *known) {
                gap = Some((size, candidate));
            }
        }
        let count = reader.numbers(&channel, epoch, numbers)?.iter().map(|(from, to)| to - from + 1).sum();
        if count > 0 && most.is_none_or(|(known, ..)| count > known) {
            most = Some((count, index, epoch));
        }
        if has_gap || count > 0 {
            matching.push((reader.path(), reader.overview()?.source));
        }
        ends.push(format!("{}: {}", shown(reader.path()), end_of_recording(reader, &channel, epoch)?));
    }
    must_be_of_one_server(&matching, &words)?;
    if let Some((_, candidate)) = gap {
        return Ok(Place { numbers: Some(numbers), words, ..candidate.place() });
    }
    let Some((_, recording, epoch)) = most else {
        ends.truncate(MAX_LISTED);
        return Err(Failure::failed(format!("--around: no recording has {words} or a gap there; {}", ends.join(", "))));
    };
    Ok(Place { recording, focus: BundleFocus::Numbers { channel, epoch, range: numbers }, numbers: None, words })
}

/// Returns an error if the recordings that have the numbers, or a gap there, are not proven to be of one server. Otherwise the
/// place could be on a server that nobody asked for.
fn must_be_of_one_server(matching: &[(&Path, String)], words: &str) -> Result<(), Failure> {
    let ServerMatch::Unproven(_, why) = same_server::find_out(matching)? else { return Ok(()) };
    let listed =
        matching.iter().take(MAX_LISTED).map(|(path, source)| format!("{} of {}", shown(path), source_words(source)));
    let listed = listed.collect::<Vec<_>>().join(", ");
    Err(Failure::usage(format!(
        "--around: recordings with different server addresses have {words} or a gap there: {listed}: {why}; name only recordings of one \
         server"
    )))
}

/// The channel of all recordings, if there is only one.
fn only_channel(readers: &[RecordingReader]) -> Result<Channel, Failure> {
    let mut channels: Vec<Channel> = Vec::new();
    for reader in readers {
        for known in reader.channels()? {
            if !channels.contains(&known.channel) {
                channels.push(known.channel);
            }
        }
    }
    if let [channel] = &channels[..] {
        return Ok(channel.clone());
    }
    let names = channels.iter().take(MAX_LISTED).map(|channel| escape(channel.as_bytes()));
    let names = names.collect::<Vec<_>>().join(", ");
    Err(Failure::usage(format!("--around seq: needs --channel; there are: {names}")))
}

/// The gap nearest to a time, if one is near, or else the time itself.
fn of_time(readers: &[RecordingReader], query: &PlaceQuery<'_>, at: i64) -> Result<Place, Failure> {
    let reach = |extent: BundleExtent| match extent {
        BundleExtent::Micros(micros) => micros,
        BundleExtent::Messages(_) => 0,
    };
    let (before, after) = (reach(query.before), reach(query.after));
    let words = Timestamp::from_microsecond(at).map(|at| at.to_string()).unwrap_or_default();
    let mut gap: Option<(u64, Candidate)> = None;
    let mut nearest: Option<(u64, usize)> = None;
    let mut spans = Vec::new();
    for (index, reader) in readers.iter().enumerate() {
        for candidate in findings(reader, index)?.into_iter().filter(|candidate| candidate.finding.kind.is_gap()) {
            let (from, to) = (candidate.finding.began_at(), candidate.finding.at);
            let is_near = (from.saturating_sub(before)..=to.saturating_add(after)).contains(&at);
            let distance = at.abs_diff(at.clamp(from, to));
            if is_near && gap.as_ref().is_none_or(|(known, _)| distance < *known) {
                gap = Some((distance, candidate));
            }
        }
        let overview = reader.overview()?;
        if let (Some((_, first)), Some((_, last))) = (overview.first, overview.last) {
            let distance = at.abs_diff(at.clamp(first, last));
            if nearest.is_none_or(|(known, _)| distance < known) {
                nearest = Some((distance, index));
            }
            let time = |at| Timestamp::from_microsecond(at).map(|at| format!("{at:.0}")).unwrap_or_default();
            spans.push(format!("{}: {} to {}", shown(reader.path()), time(first), time(last)));
        }
    }
    if let Some((_, candidate)) = gap {
        return Ok(candidate.place());
    }
    match nearest {
        Some((distance, recording)) if distance <= before.max(after).unsigned_abs() => {
            Ok(Place { recording, focus: BundleFocus::Time(at), numbers: None, words })
        }
        _ => {
            spans.truncate(MAX_LISTED);
            let spans = if spans.is_empty() { "there is no message".to_owned() } else { spans.join(", ") };
            Err(Failure::failed(format!("--around: no recording has a message near {words}; {spans}")))
        }
    }
}

impl Candidate {
    fn place(self) -> Place {
        let words = finding_words(&self.finding, &self.focus);
        Place { recording: self.recording, focus: self.focus, numbers: None, words }
    }
}

/// `16 missed on ops #1031–1046, found at 2026-11-24 10:32:05 UTC (id:12)`
fn finding_words(finding: &Finding, focus: &BundleFocus) -> String {
    let (headline, channel, range) = (finding.headline(), escape(finding.channel.as_bytes()), finding.range());
    let range = if range.is_empty() { range } else { format!(" {range}") };
    let at = Timestamp::from_microsecond(finding.at);
    let at = at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default();
    let id = if let BundleFocus::Finding(id) = focus { format!(" (id:{id})") } else { String::new() };
    format!("{headline} on {channel}{range}, found at {at}{id}")
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}
