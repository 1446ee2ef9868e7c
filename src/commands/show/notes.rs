//! What the text output does not show, as lines on standard error after it: the gaps that a merge filled, and the messages
//! without a sequence number, which a listing by sequence number leaves out.

use jiff::Timestamp;

use super::output::ShowOutput;
use super::{PAGE_MESSAGES, Show};
use crate::commands::Failure;
use crate::commands::check::show_words;
use crate::commands::cli::ShowArgs;
use crate::failure::to_stderr;
use crate::ledger::format::counted;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::{Channel, Sequence};
use crate::recording::reader::{FilledGap, RecordingBackend, TimeQuery};
use crate::wire::escape::escape;

impl<B: RecordingBackend> Show<B> {
    /// Reports the filled gaps that are asked for, because the messages do not show that one recorder missed them.
    pub(super) fn filled_gaps(&self, is_asked: impl Fn(&FilledGap) -> bool) -> Result<(), Failure> {
        if !matches!(self.output, ShowOutput::Text { .. }) {
            return Ok(());
        }
        for gap in self.filled.iter().filter(|gap| is_asked(gap)) {
            let FilledGap { finding, epoch, file, .. } = gap;
            let numbers = finding.sequence_from.zip(finding.sequence_to).unwrap_or_default();
            let rest = self.reader.missing(&finding.channel, *epoch, numbers, 1)?;
            let partly = if rest.is_empty() { "" } else { "partly " };
            let (channel, file) = (escape(finding.channel.as_bytes()), escape(file.as_bytes()));
            to_stderr(&format!("{partly}filled by the merge: {channel}: {}  (recorder of {file})", finding.line()));
        }
        Ok(())
    }

    /// In text without a filter, counts the messages without a sequence number in the time of the listed ones, and prints the
    /// command that shows them.
    pub(super) fn unnumbered(&self, channel: &Channel, epoch: i64, args: &ShowArgs) -> Result<(), Failure> {
        let Some((from, to)) = self.listed else { return Ok(()) };
        if !matches!(self.output, ShowOutput::Text { .. }) || !args.filter.is_empty() || args.source.is_some() {
            return Ok(());
        }
        let query = TimeQuery { from, to, channel: Some(channel.clone()), epoch: Some(epoch) };
        let (mut count, mut span, mut cursor) = (0, None, None);
        loop {
            let (page, next) = self.reader.by_time(&query, cursor, PAGE_MESSAGES)?;
            for entry in page.interval.entries() {
                if let Entry::Message(message) = entry
                    && let Sequence::Unknown(_) = message.sequence
                {
                    count += 1;
                    span = Some((span.map_or(message.at, |(first, _)| first), message.at));
                }
            }
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        if let Some((first, last)) = span {
            let time = |at| Timestamp::from_microsecond(at).map(|at| format!("{at:.6}")).unwrap_or_default();
            to_stderr(&format!(
                "{} without a sequence number in this time: {} --since {} --until {}",
                counted(count, "message"),
                show_words(&args.file, channel),
                time(first),
                time(last)
            ));
        }
        Ok(())
    }
}
