//! What the header says of the recording.
//!
//! ```text
//! ◉ REC    ◌ REC    NOT RECORDING since 12:31:07 because the disk is full   12 not recorded
//! ```

use super::context::Context;
use super::header::Part;
use super::text::{self, Precision, number};
use super::theme::{badge, strong};
use crate::console::state::recording::Phase;

/// Appends the parts; none where nothing is recorded.
pub(super) fn parts(cx: &Context<'_>, parts: &mut Vec<Part>) {
    let Some(recording) = &cx.state.recording else { return };
    let plain =
        |words: &str, style| Part { rank: 1, gap: 2, words: String::from(words), short: None, short_rank: 0, style };
    parts.push(match (&recording.trouble, recording.phase) {
        (Some((since, why)), _) => {
            let since = cx.time(*since, Precision::Seconds);
            // Escaped by the writer.
            let words = format!(" NOT RECORDING since {since} because {} ", text::cut(why, 60));
            let short = Some(String::from(" NOT RECORDING "));
            Part { rank: 10, gap: 2, words, short, short_rank: 1, style: badge(cx.theme.bad) }
        }
        (None, Phase::Recording) => plain("◉ REC", strong(cx.theme.bad)),
        (None, Phase::Beginning | Phase::Ending) => plain("◌ REC", cx.theme.warn),
    });
    if recording.not_recorded > 0 {
        let words = format!("{} not recorded", number(recording.not_recorded));
        parts.push(Part { rank: 7, gap: 1, words, short: None, short_rank: 0, style: strong(cx.theme.warn) });
    }
}
