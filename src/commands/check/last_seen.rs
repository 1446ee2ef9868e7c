//! `check --last-seen`: what a listener missed if its last stored sequence number is this one, when it was broadcast, and which
//! recordings have it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::Failure;
use crate::commands::cli::CheckArgs;
use crate::commands::recording_files::recordings;
use crate::commands::show::{Absent, end_of_recording};
use crate::config::Profile;
use crate::console::ui::shell;
use crate::failure::{runtime, to_stderr};
use crate::ledger::interval::Entry;
use crate::ledger::known::ServerId;
use crate::ledger::sequence::notation::{range as range_words, ranges as list_ranges};
use crate::ledger::sequence::{Channel, Reading};
use crate::output::summary::{Checked, Comparison, Doubt, Recorded};
use crate::recording::file::source_words;
use crate::recording::reader::{Continuity, InexactRange, MissingRange, MissingReason, RecordingReader};
use crate::redis::discovery::counters_with_server;
use crate::redis::subscription::now_micros;
use crate::stdout::Printer;
use crate::wire::escape::escape;

/// The most gaps of a recording within the range.
const MAX_GAPS: usize = 1000;
/// The most resets of the counter since the number was stored.
const MAX_RESETS: i64 = 100;

/// A range of sequence numbers, inclusive.
type Range = (u64, u64);

/// The counter of a listener's channel, and what recordings have of the broadcasts since its stored number.
pub(super) struct LastSeen {
    at: i64,
    channel: Channel,
    stored: u64,
    reading: Reading,
    /// Whether recordings were named.
    has_recordings: bool,
    found: Vec<Found>,
    /// The recordings that do not have the channel.
    without_channel: Vec<PathBuf>,
}

/// What one recording has.
struct Found {
    path: PathBuf,
    continuity: Continuity,
    spans: Vec<Span>,
}

/// Missed numbers of one counter epoch.
struct Span {
    epoch: i64,
    range: Range,
    /// Whether other counter epochs have some of these numbers too.
    is_ambiguous: bool,
    /// The ranges that the recording has, each with the times of its first and its last message.
    recorded: Vec<(Range, (i64, i64))>,
    /// The ranges of messages without an exact number.
    inexact: Vec<InexactRange>,
    gaps: Vec<MissingRange>,
    /// Where the recording ends.
    end: String,
}

impl LastSeen {
    /// Reads the counter, and looks for what was broadcast after `stored`.
    ///
    /// # Errors
    /// Fails if the server cannot be reached, or if a named file is not a recording.
    pub(super) fn look_up(args: &CheckArgs, stored: u64, profile: &Profile) -> Result<Self, Failure> {
        let [channel] = &args.channels[..] else {
            return Err(Failure::usage("--last-seen is for one channel; name exactly one, before --in"));
        };
        let channel = Channel::new(channel.as_bytes());
        let channels = std::slice::from_ref(&channel);
        let paths = recordings(&args.recordings)?;
        let counters = counters_with_server(&profile.target, &profile.sequence_prefix, channels);
        let source = (!args.same_server).then(|| profile.state_key());
        let answer = runtime()?.block_on(counters).map_err(Failure::from);
        let (reading, server) = match answer.map(|mut counters| counters.pop()) {
            Ok(Some(answer)) => answer,
            Ok(None) => return Err(Failure::unreachable("no reply to GET")),
            Err(failure) => return Err(instead(failure, &paths, &channel, stored, source.as_deref())),
        };
        super::reject_pattern(&channel, &reading)?;
        let mut last_seen = Self {
            at: now_micros(),
            channel,
            stored,
            reading,
            has_recordings: !args.recordings.is_empty(),
            found: Vec::new(),
            without_channel: Vec::new(),
        };
        let Some(now) = last_seen.checked().comparison().now() else { return Ok(last_seen) };
        for path in paths {
            match Found::look(&path, &last_seen.channel, stored, (now, server.as_ref()), source.as_deref()) {
                Ok(Some(found)) => last_seen.found.push(found),
                Ok(None) => last_seen.without_channel.push(path),
                // The other recordings may have the messages.
                Err(failure) => to_stderr(&format!("Warning: skipped {}", failure.message.unwrap_or_default())),
            }
        }
        Ok(last_seen)
    }

    /// The comparison of the counter with the stored number.
    pub(super) fn checked(&self) -> Checked<'_> {
        let shows = |wanted: fn(&Continuity) -> bool| self.found.iter().any(|found| wanted(&found.continuity));
        let is_reset = shows(|shown| matches!(shown, Continuity::Reset(..) | Continuity::ResetLater(_)));
        let now = if let Reading::Value(now) = self.reading { now } else { 0 };
        let is_certain =
            if now < self.stored { is_reset } else { !is_reset && shows(|shown| *shown == Continuity::Continued) };
        Checked {
            at: self.at,
            channel: self.channel.as_bytes(),
            known: Some(self.stored),
            since: None,
            doubt: (!is_certain).then_some(Doubt::Unrecorded),
            reading: &self.reading,
        }
    }

    /// Prints what was missed.
    pub(super) fn print(&self, printer: &mut Printer) {
        let checked = self.checked();
        printer.checked(&checked);
        let (range, is_reset) = match checked.comparison() {
            Comparison::Advanced { known, now, missed: 1.., .. } => ((known + 1, now), false),
            Comparison::Reset { now, .. } => ((1, now), true),
            Comparison::Advanced { .. } | Comparison::First { .. } | Comparison::Unreadable(_) => return,
        };
        for path in &self.without_channel {
            printer.line(&format!("  {}: has nothing of this channel", shown(path)));
        }
        for found in &self.found {
            found.print(&self.channel, is_reset, self.found.len() > 1, printer);
        }
        if !self.has_recordings {
            printer.line("  To see which messages these were, name recordings with --in FILE or --in DIR");
        }
        if !is_reset {
            self.print_lost(range, printer);
        }
    }

    /// Prints what no recording has, each range with the best known reason.
    fn print_lost(&self, range: Range, printer: &mut Printer) {
        // The numbers before a reset are not those of the range.
        let is_current = |found: &&Found| !matches!(found.continuity, Continuity::ResetLater(_));
        let spans = || self.found.iter().filter(is_current).flat_map(|found| &found.spans);
        let mut lost = vec![range];
        for (recorded, _) in spans().flat_map(|span| &span.recorded) {
            lost = subtract(&lost, *recorded);
        }
        let mut reasons: Vec<_> = spans().flat_map(|span| span.gaps.iter().map(move |gap| (span, gap))).collect();
        reasons.sort_by_key(|(_, gap)| rank(&gap.reason));
        let mut unexplained = lost.clone();
        let mut explained = Vec::new();
        for (span, gap) in reasons {
            for (from, to) in intersect(&unexplained, (gap.from, gap.to)) {
                explained.push((MissingRange { from, to, reason: gap.reason.clone() }, &span.end));
            }
            unexplained = subtract(&unexplained, (gap.from, gap.to));
        }
        if self.found.is_empty() {
            for (from, to) in unexplained {
                let gap = MissingRange { from, to, reason: MissingReason::Unknown };
                printer.missing(&Absent::of(&self.channel, &gap, "").summary());
            }
            return;
        }
        let of = size(&[range]);
        let unexplained = size(&unexplained);
        let (least, most) = missed(explained.iter().map(|(gap, _)| gap));
        let missing = (least + unexplained, most + unexplained);
        let is_single = self.found.len() == 1;
        if !is_single {
            let rest = match missing {
                _ if lost.is_empty() => String::new(),
                (least, _) if least == size(&lost) => format!("; in no recording: {}", list_ranges(&lost)),
                _ => format!("; in no recording: {} of {}", amount(missing), list_ranges(&lost)),
            };
            printer.line(&format!("  together: {} of {of}{rest}", amount(others(of, missing))));
        } else if missing.1 > 0 {
            printer.line(&format!("  not in the recording: {} of {of}", amount(missing)));
        }
        explained.sort_by_key(|(gap, _)| gap.from);
        for (gap, end) in explained {
            // With several recordings, the reasons are listed with each of them.
            if is_single {
                print_reason(&self.channel, &gap, end, printer);
            }
            printer.missing(&Absent::of(&self.channel, &gap, end).summary());
        }
    }
}

impl Found {
    /// What a recording has; none if it does not have the channel. `now` is the counter and its server. `source` is the server
    /// that the recording must be of; none if it may name it differently.
    fn look(
        path: &Path,
        channel: &Channel,
        stored: u64,
        now: (u64, Option<&Arc<ServerId>>),
        source: Option<&str>,
    ) -> Result<Option<Self>, Failure> {
        let reader = RecordingReader::open(path)?;
        let recorded = reader.overview()?.source;
        if let Some(source) = source.filter(|source| *source != recorded) {
            return Err(Failure::usage(format!(
                "{}: it was recorded from {}, but the server is {}; if they are the same, add --same-server",
                shown(path),
                source_words(&recorded),
                source_words(source)
            )));
        }
        let channels = reader.channels()?;
        let Some(summary) = channels.iter().find(|summary| summary.channel == *channel) else { return Ok(None) };
        let continuity = reader.continuity(channel, stored, now)?;
        let (newest, now) = (summary.epoch, now.0);
        // The counter has the range now, so it is that of the newest epoch.
        let mut ranges = Vec::new();
        match &continuity {
            Continuity::Reset(_, epoch) if newest - epoch >= MAX_RESETS => {
                let shown = shown(path);
                return Err(Failure::failed(format!(
                    "{shown}: the counter was reset more than {MAX_RESETS} times; see aircheck show"
                )));
            }
            Continuity::Reset(_, epoch) => {
                // The number was stored in the epoch before this reset.
                let mut first = stored.saturating_add(1);
                for epoch in epoch - 1..newest {
                    let end = reader.end(channel, epoch)?.map_or(0, |(end, _)| end);
                    ranges.push((epoch, (first, end)));
                    first = 1;
                }
                ranges.push((newest, (1, now)));
            }
            Continuity::ResetLater(counter) => ranges.push((newest, (stored.saturating_add(1), *counter))),
            Continuity::Continued | Continuity::Unknown if now > stored => ranges.push((newest, (stored + 1, now))),
            Continuity::Continued | Continuity::Unknown => {}
        }
        let ranges = ranges.into_iter().filter(|(_, (from, to))| from <= to);
        let spans = ranges.map(|(epoch, range)| Span::look(&reader, channel, epoch, range));
        Ok(Some(Self { path: path.to_owned(), continuity, spans: spans.collect::<Result<_, _>>()? }))
    }

    /// Prints what the recording has. If the counter was reset, also prints what it lacks. If it is one of several, also
    /// prints why it lacks messages.
    fn print(&self, channel: &Channel, is_reset: bool, is_one_of_several: bool, printer: &mut Printer) {
        let name = shown(&self.path);
        match &self.continuity {
            Continuity::Reset(finding, _) => {
                printer.line(&format!("  {name}: {}, found at {}", finding.line(), time(finding.at)));
            }
            Continuity::ResetLater(counter) => {
                printer.line(&format!("  {name}: ends at #{counter}; the counter of this server was reset later"));
            }
            Continuity::Unknown if self.spans.is_empty() => {
                printer.line(&format!("  {name}: does not show a reset of the counter"));
            }
            Continuity::Continued | Continuity::Unknown => {}
        }
        for span in &self.spans {
            span.print(&self.path, channel, printer);
            // Otherwise, the numbers may be those of another counter.
            if self.continuity != Continuity::Unknown && span.gaps.is_empty() {
                printer.line("    none is missing: the server sent them; the listener did not receive or accept them");
            }
            for gap in &span.gaps {
                if is_reset || is_one_of_several {
                    print_reason(channel, gap, &span.end, printer);
                }
                if is_reset {
                    printer.missing(&Absent::of(channel, gap, &span.end).summary());
                }
            }
        }
    }
}

impl Span {
    fn look(reader: &RecordingReader, channel: &Channel, epoch: i64, range: Range) -> Result<Self, Failure> {
        let gaps = reader.missing(channel, epoch, range, MAX_GAPS)?;
        if gaps.len() >= MAX_GAPS {
            let shown = shown(reader.path());
            return Err(Failure::failed(format!(
                "{shown}: it has more than {MAX_GAPS} gaps in this range; see aircheck show"
            )));
        }
        let mut recorded = vec![range];
        let (mut inexact, mut missed) = (Vec::new(), Vec::new());
        for gap in gaps {
            recorded = subtract(&recorded, (gap.from, gap.to));
            match reader.inexact(channel, epoch, &gap)? {
                Some(found) => inexact.push(((gap.from, gap.to), found)),
                None => missed.push(gap),
            }
        }
        let at = |number| -> Result<i64, Failure> {
            let (page, _) = reader.by_sequence(channel, epoch, (number, number), None, 1)?;
            Ok(page.interval.entries().first().map_or(0, Entry::at))
        };
        let recorded = recorded.into_iter().map(|range| Ok((range, (at(range.0)?, at(range.1)?))));
        let mut recorded = recorded.collect::<Result<Vec<_>, Failure>>()?;
        recorded.extend(inexact.iter().map(|(range, inexact)| (*range, inexact.at)));
        recorded.sort_unstable();
        // Messages with exact numbers can divide a range into several gaps.
        let mut inexact: Vec<InexactRange> = inexact.into_iter().map(|(_, inexact)| inexact).collect();
        inexact.dedup();
        Ok(Self {
            epoch,
            range,
            is_ambiguous: reader.epochs(channel, range)?.iter().any(|other| *other != epoch),
            recorded,
            inexact,
            gaps: missed,
            end: end_of_recording(reader, channel, epoch)?,
        })
    }

    /// Prints what the recording has of this span, and the command that shows it.
    fn print(&self, path: &Path, channel: &Channel, printer: &mut Printer) {
        let name = shown(path);
        let ranges = self.gaps.iter().fold(vec![self.range], |left, gap| subtract(&left, (gap.from, gap.to)));
        let (of, certain) = (size(&[self.range]), size(&ranges));
        let count = others(of, missed(self.gaps.iter()));
        let epoch = if self.is_ambiguous { format!(" in counter epoch {}", self.epoch) } else { String::new() };
        let inexact = (count.0.saturating_sub(certain), count.1.saturating_sub(certain));
        let mut words = vec![format!("{} of {of}{epoch}", amount(count))];
        words.extend((certain > 0).then(|| list_ranges(&ranges)));
        words.extend((inexact.1 > 0).then(|| format!("{} without an exact number", amount(inexact))));
        let (first, last) = (self.recorded.first(), self.recorded.last());
        words.extend(first.zip(last).map(|((_, (from, _)), (_, (_, to)))| format!("received {}", times(*from, *to))));
        printer.line(&format!("  {name}: {}", words.join(", ")));
        let inexact = self.gaps.iter().filter(|gap| gap.missed().0 <= gap.to - gap.from).map(|gap| (gap.from, gap.to));
        let shown = inexact.chain(self.recorded.iter().map(|(range, _)| *range));
        if let Some(shown) = shown.reduce(|all, range| (all.0.min(range.0), all.1.max(range.1))) {
            let epoch = self.is_ambiguous.then_some(self.epoch);
            printer.line(&format!("    {}", show_command(path, channel, &format!("{}-{}", shown.0, shown.1), epoch)));
        }
        for inexact in &self.inexact {
            printer.line(&format!("    {}: {}", range_words(inexact.from, inexact.to), inexact.words()));
        }
        for (range, at) in &self.recorded {
            let (channel, epoch) = (channel.as_bytes(), self.epoch);
            printer.recorded(&Recorded { channel, recording: &name, epoch, range: *range, at: *at });
        }
    }
}

/// Prints why a recording does not have these numbers.
fn print_reason(channel: &Channel, gap: &MissingRange, end: &str, printer: &mut Printer) {
    let absent = Absent::of(channel, gap, end);
    let summary = absent.summary();
    let found = match &gap.reason {
        MissingReason::Finding(finding) => format!("; found at {}", time(finding.at)),
        _ => String::new(),
    };
    printer.line(&format!("    {}: {}{found}", range_words(gap.from, gap.to), summary.reason));
}

/// Adds to the failure to reach the server how to see what the recordings have: the command for the one that has the most.
fn instead(failure: Failure, paths: &[PathBuf], channel: &Channel, stored: u64, source: Option<&str>) -> Failure {
    let first = stored.saturating_add(1);
    let size_of = |path: &Path| -> Result<(u64, Option<i64>), Failure> {
        let reader = RecordingReader::open(path)?;
        if source.is_some_and(|source| reader.overview().is_ok_and(|overview| overview.source != source)) {
            return Ok((0, None));
        }
        let (epochs, channels) = (reader.epochs(channel, (first, u64::MAX))?, reader.channels()?);
        let Some(known) = channels.iter().find(|known| known.channel == *channel) else { return Ok((0, None)) };
        let epoch = epochs.last().copied().unwrap_or(known.epoch);
        let size = size(&reader.numbers(channel, epoch, (first, u64::MAX))?);
        Ok((size, (epochs.len() > 1).then_some(epoch)))
    };
    // The failure is about the server. A recording that cannot be read is not the answer.
    let found = paths.iter().filter_map(|path| Some((path, size_of(path).ok()?)));
    let Some((path, (_, epoch))) = found.filter(|(_, (size, _))| *size > 0).max_by_key(|(_, (size, _))| *size) else {
        return failure;
    };
    let command = show_command(path, channel, &format!("{first}.."), epoch);
    let message = failure.message.map(|message| format!("{message}; to see what the recordings have: {command}"));
    Failure { message, ..failure }
}

/// The command that shows messages of a recording.
fn show_command(path: &Path, channel: &Channel, numbers: &str, epoch: Option<i64>) -> String {
    let epoch = epoch.map(|epoch| format!(" --epoch {epoch}")).unwrap_or_default();
    format!("{} --seq {numbers}{epoch}", show_words(path, channel))
}

/// The command that shows all messages of a channel.
pub(in crate::commands) fn show_words(path: &Path, channel: &Channel) -> String {
    // An argument that starts with a hyphen would be an option.
    let path = if path.as_os_str().as_bytes().starts_with(b"-") { Path::new(".").join(path) } else { path.to_owned() };
    let separator = if channel.as_bytes().starts_with(b"-") { "=" } else { " " };
    format!("aircheck show {} --channel{separator}{}", word(path.as_os_str().as_bytes()), word(channel.as_bytes()))
}

/// `at 2026-11-24 22:31:07 UTC`, or `from 2026-11-24 22:31:07 to 2026-11-24 22:33:12 UTC`.
fn times(from: i64, to: i64) -> String {
    let (from, to) = (time(from), time(to));
    if from == to { format!("at {to}") } else { format!("from {} to {to}", from.trim_end_matches(" UTC")) }
}

/// `2026-11-24 22:31:07 UTC`.
fn time(at: i64) -> String {
    Timestamp::from_microsecond(at).map(|at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
}

/// How much a reason explains; the lowest is the best.
fn rank(reason: &MissingReason) -> u8 {
    match reason {
        MissingReason::Finding(_) => 0,
        MissingReason::Hole(_) => 1,
        MissingReason::Deleted => 2,
        MissingReason::After => 3,
        MissingReason::Before => 4,
        MissingReason::Unknown => 5,
    }
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

/// A word for a shell. A name with a NUL byte cannot be one.
fn word(bytes: &[u8]) -> String {
    shell::word(bytes).unwrap_or_else(|| escape(bytes))
}

/// How many numbers are in the ranges.
fn size(ranges: &[Range]) -> u64 {
    ranges.iter().fold(0, |sum, (from, to)| sum.saturating_add((to - from).saturating_add(1)))
}

/// The lowest and the highest possible number of missed messages.
fn missed<'a>(gaps: impl Iterator<Item = &'a MissingRange>) -> (u64, u64) {
    gaps.map(MissingRange::missed)
        .fold((0, 0), |sum, (least, most)| (sum.0.saturating_add(least), sum.1.saturating_add(most)))
}

/// The lowest and the highest possible number of the others of `of`.
fn others(of: u64, (least, most): (u64, u64)) -> (u64, u64) {
    (of.saturating_sub(most), of.saturating_sub(least))
}

/// `3`, or `1 to 3` if it is not known exactly.
fn amount((least, most): (u64, u64)) -> String {
    if least == most { most.to_string() } else { format!("{least} to {most}") }
}

/// The parts of the ranges that are in `with`.
fn intersect(ranges: &[Range], with: Range) -> Vec<Range> {
    let parts = ranges.iter().map(|(from, to)| ((*from).max(with.0), (*to).min(with.1)));
    parts.filter(|(from, to)| from <= to).collect()
}

/// The parts of the ranges that are not in `cut`.
fn subtract(ranges: &[Range], cut: Range) -> Vec<Range> {
    let mut parts = Vec::with_capacity(ranges.len() + 1);
    for &(from, to) in ranges {
        if cut.0 > from {
            parts.push((from, to.min(cut.0 - 1)));
        }
        if cut.1 < to {
            parts.push((from.max(cut.1 + 1), to));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_and_counted() {
        let all = [(5, 10)];
        for (cut, left) in [
            ((7, 8), vec![(5, 6), (9, 10)]),
            ((1, 5), vec![(6, 10)]),
            ((10, u64::MAX), vec![(5, 9)]),
            ((0, u64::MAX), vec![]),
            ((1, 4), vec![(5, 10)]),
            ((11, 12), vec![(5, 10)]),
            ((5, 10), vec![]),
        ] {
            assert_eq!(subtract(&all, cut), left, "{cut:?}");
            assert_eq!(size(&left) + size(&intersect(&all, cut)), 6, "{cut:?}");
        }
        assert_eq!(subtract(&[(1, 3), (5, 7)], (3, 5)), [(1, 2), (6, 7)]);
        assert_eq!(intersect(&[(1, 3), (5, 7)], (3, 5)), [(3, 3), (5, 5)]);
    }
}
