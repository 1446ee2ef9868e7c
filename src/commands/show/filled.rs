//! The gaps that a merge filled, at the end of the text output.

use super::Show;
use super::output::ShowOutput;
use crate::commands::Failure;
use crate::failure::to_stderr;
use crate::recording::reader::{FilledGap, RecordingBackend};
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
}
