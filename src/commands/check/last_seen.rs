//! `check --last-seen`: what a listener missed that stored this sequence number, and which recordings have it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::{ExitStatus, Failure};
use crate::commands::cli::CheckArgs;
use crate::commands::recording_files::recordings;
use crate::commands::show::{Absent, end_of_recording};
use crate::config::Profile;
use crate::console::ui::shell;
use crate::failure::{runtime, to_stderr};
use crate::ledger::sequence::Channel;
use crate::ledger::sequence::notation::range as range_words;
use crate::output::summary::{Checked, Comparison, Recorded};
use crate::recording::reader::{MissingRange, MissingReason, Reader};
use crate::redis::discovery::counters;
use crate::redis::subscription::now_micros;
use crate::stdout::{Format, Printer};
use crate::wire::escape::escape;

/// The most gaps of a recording within the range.
const MAX_GAPS: usize = 1000;
/// The most ranges that a line lists.
const MAX_LISTED: usize = 5;

/// A range of sequence numbers, inclusive.
type Range = (u64, u64);

/// Reads the counter, and prints what was broadcast after `last_seen`.
///
/// # Errors
/// Fails if the server cannot be reached, or if a named file is not a recording of this server.
pub(super) fn run(args: &CheckArgs, format: Format, last_seen: u64, profile: &Profile) -> Result<ExitStatus, Failure> {
    let [channel] = &args.channels[..] else {
        return Err(Failure::usage("--last-seen is for one channel; name only one"));
    };
    let channel = Channel::new(channel.as_bytes());
    let channels = std::slice::from_ref(&channel);
    let readings = runtime()?.block_on(counters(&profile.target, &profile.sequence_prefix, channels))?;
    let Some(reading) = readings.first() else { return Err(Failure::unreachable("no reply to GET")) };
    let checked = Checked {
        at: now_micros(),
        channel: channel.as_bytes(),
        known: Some(last_seen),
        since: None,
        // Nobody stored from which server the number is.
        may_be_more: true,
        reading,
    };
    let mut printer = Printer::new(format);
    printer.checked(&checked);
    let status = match checked.comparison() {
        Comparison::Advanced { known, now, missed: 1.., .. } => {
            let search = Search { channel: &channel, range: (known + 1, now), server: profile.state_key() };
            search.run(args, &mut printer)?;
            ExitStatus::Found
        }
        Comparison::Unreadable(_) => ExitStatus::Unreachable,
        comparison => ExitStatus::found(comparison.is_loss()),
    };
    printer.flush()?;
    Ok(status)
}

/// What to look for in the recordings.
struct Search<'a> {
    channel: &'a Channel,
    range: Range,
    /// The server and the sequence prefix.
    server: String,
}

/// What one recording has of the range.
struct Found {
    path: PathBuf,
    epoch: i64,
    /// Whether other counter epochs have some of these numbers too.
    is_ambiguous: bool,
    recorded: Vec<Range>,
    gaps: Vec<MissingRange>,
    end: String,
}

impl Found {
    /// The option that selects the counter epoch, if it is needed.
    fn epoch_option(&self) -> String {
        if self.is_ambiguous { format!(" --epoch {}", self.epoch) } else { String::new() }
    }
}

impl Search<'_> {
    fn run(&self, args: &CheckArgs, printer: &mut Printer) -> Result<(), Failure> {
        let mut found = Vec::new();
        for path in recordings(&args.recordings)? {
            match self.look(&path, args.same_server) {
                Ok(Some(recording)) => found.push(recording),
                Ok(None) => printer.line(&format!("  {}: has nothing of this channel", shown(&path))),
                // The other recordings may have the messages.
                Err(failure) => to_stderr(&format!("Warning: skipped {}", failure.message.unwrap_or_default())),
            }
        }
        for recording in &found {
            self.print(recording, printer);
        }
        let mut lost = vec![self.range];
        for recorded in found.iter().flat_map(|recording| &recording.recorded) {
            lost = subtract(&lost, *recorded);
        }
        if args.recordings.is_empty() {
            printer.line("  To see which messages these were, name recordings with --in FILE or --in DIR");
        }
        self.print_lost(&lost, &found, printer);
        if let Some(epoch) = found.iter().filter(|found| !found.recorded.is_empty()).map(Found::epoch_option).next() {
            let files = args.recordings.iter().map(|path| word(path.as_os_str().as_bytes())).collect::<Vec<_>>();
            printer.line(&format!(
                "  To report it: aircheck bundle {} --channel {} --around seq:{}-{}{epoch} -o incident.html",
                files.join(" "),
                word(self.channel.as_bytes()),
                self.range.0,
                self.range.1
            ));
        }
        Ok(())
    }

    /// What a recording has; none if it does not have the channel.
    fn look(&self, path: &Path, same_server: bool) -> Result<Option<Found>, Failure> {
        let reader = Reader::open(path)?;
        let source = reader.overview()?.source;
        if source != self.server && !same_server {
            return Err(Failure::usage(format!(
                "{}: it was recorded from {}, but the server is {}; if they are the same, add --same-server",
                shown(path),
                escape(source.as_bytes()),
                escape(self.server.as_bytes())
            )));
        }
        let channels = reader.channels()?;
        let Some(summary) = channels.iter().find(|summary| summary.channel == *self.channel) else { return Ok(None) };
        let epochs = reader.epochs(self.channel, self.range)?;
        // The counter has the range now, so it is that of the newest epoch.
        let epoch = summary.epoch;
        let gaps = reader.missing(self.channel, epoch, self.range, MAX_GAPS)?;
        if gaps.len() >= MAX_GAPS {
            let shown = shown(path);
            return Err(Failure::failed(format!(
                "{shown}: it has more than {MAX_GAPS} gaps in this range; see aircheck show"
            )));
        }
        let mut recorded = vec![self.range];
        for gap in &gaps {
            recorded = subtract(&recorded, (gap.from, gap.to));
        }
        Ok(Some(Found {
            path: path.to_owned(),
            epoch,
            is_ambiguous: epochs.iter().any(|other| *other != epoch),
            recorded,
            gaps,
            end: end_of_recording(&reader, self.channel, epoch)?,
        }))
    }

    fn print(&self, found: &Found, printer: &mut Printer) {
        let name = shown(&found.path);
        let (of, count) = (size(&[self.range]), size(&found.recorded));
        let (Some(first), Some(last)) = (found.recorded.first(), found.recorded.last()) else {
            printer.line(&format!("  {name}: 0 of {of}"));
            return;
        };
        let unsure = if found.is_ambiguous {
            format!(", in counter epoch {}; earlier epochs have such numbers too", found.epoch)
        } else {
            String::new()
        };
        printer.line(&format!("  {name}: {count} of {of}, {}{unsure}", list(&found.recorded)));
        let epoch = found.epoch_option();
        printer.line(&format!(
            "    aircheck show {} --channel {} --seq {}-{}{epoch}",
            word(found.path.as_os_str().as_bytes()),
            word(self.channel.as_bytes()),
            first.0,
            last.1
        ));
        for range in &found.recorded {
            printer.recorded(&Recorded {
                channel: self.channel.as_bytes(),
                recording: &name,
                epoch: found.epoch,
                range: *range,
            });
        }
    }

    /// Prints what no recording has, each range with the best known reason.
    fn print_lost(&self, lost: &[Range], found: &[Found], printer: &mut Printer) {
        let mut reasons: Vec<(&Found, &MissingRange)> =
            found.iter().flat_map(|found| found.gaps.iter().map(move |gap| (found, gap))).collect();
        reasons.sort_by_key(|(_, gap)| rank(&gap.reason));
        let mut unexplained = lost.to_vec();
        let mut explained = Vec::new();
        for (found, gap) in reasons {
            for (from, to) in intersect(&unexplained, (gap.from, gap.to)) {
                explained.push((found, MissingRange { from, to, reason: gap.reason.clone() }));
            }
            unexplained = subtract(&unexplained, (gap.from, gap.to));
        }
        if found.is_empty() {
            for (from, to) in unexplained {
                let gap = MissingRange { from, to, reason: MissingReason::Unknown };
                printer.missing(&Absent::of(self.channel, &gap, "").summary());
            }
            return;
        }
        if !lost.is_empty() {
            let recordings = if found.len() == 1 { "not in the recording" } else { "in no recording" };
            printer.line(&format!("  {recordings}: {} of {}", size(lost), size(&[self.range])));
        }
        explained.sort_by_key(|(_, gap)| gap.from);
        for (found, gap) in explained {
            let absent = Absent::of(self.channel, &gap, &found.end);
            let summary = absent.summary();
            printer.line(&format!("    {}: {}", range_words(gap.from, gap.to), summary.reason));
            printer.missing(&summary);
        }
    }
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

/// `#1042–1053, #1057`.
fn list(ranges: &[Range]) -> String {
    let mut words: Vec<String> = ranges.iter().take(MAX_LISTED).map(|(from, to)| range_words(*from, *to)).collect();
    if ranges.len() > MAX_LISTED {
        words.push("…".to_owned());
    }
    words.join(", ")
}

/// How many numbers are in the ranges.
fn size(ranges: &[Range]) -> u64 {
    ranges.iter().fold(0, |sum, (from, to)| sum.saturating_add((to - from).saturating_add(1)))
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
        assert_eq!(list(&[(1, 2), (4, 4)]), "#1–2, #4");
        assert!(list(&[(1, 1); 9]).ends_with(", …"));
    }
}
