//! What the header says of a replay: the day, and how its clock goes. The time it has come to is the header's clock.
//!
//! ```text
//! by recorder-1   2026-11-24 ▶ ×10      2026-11-24 ■ stopped      2026-11-24 ▶ at the end
//! ```

use super::context::Context;
use super::header::Part;
use super::text::{self, Precision};
use super::theme::strong;

/// Appends the parts; none where this is no replay.
pub(super) fn parts(cx: &Context<'_>, parts: &mut Vec<Part>) {
    let Some(replay) = &cx.state.replay else { return };
    if !replay.host.is_empty() {
        let words = format!("by {}", text::row(replay.host.as_bytes(), 24));
        parts.push(Part { rank: 21, gap: 2, words, short: None, short_rank: 0, style: cx.theme.soft });
    }
    let status = &replay.status;
    let (words, style) = match (status.is_playing, status.at_end) {
        (false, _) => (format!("■ stopped {}", status.speed), strong(cx.theme.warn)),
        (true, true) => (String::from("▶ at the end"), cx.theme.good),
        (true, false) => (format!("▶ {}", status.speed), cx.theme.good),
    };
    let date = cx.time(cx.state.now, Precision::Date);
    let date = date.split(' ').next().unwrap_or_default();
    let whole = format!("{date} {words}");
    parts.push(Part { rank: 11, gap: 2, words: whole, short: Some(words), short_rank: 2, style });
}
