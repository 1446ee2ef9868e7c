//! The verdict of a message as glyph and words.

use ratatui::style::Style;

use super::context::Context;
use crate::wire::verdict::{Refusal, Verdict};

/// `✓`, `·` or `✗`.
#[must_use]
pub(super) fn glyph(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "✓",
        Verdict::Unsigned => "·",
        Verdict::Refused(_) => "✗",
    }
}

/// The style of a verdict.
#[must_use]
pub(super) fn style(cx: &Context<'_>, verdict: Verdict) -> Style {
    match verdict {
        Verdict::Verified => cx.theme.good,
        Verdict::Unsigned => cx.theme.soft,
        Verdict::Refused(_) => cx.theme.bad,
    }
}

/// A refusal in at most eleven cells, where [`Refusal::words`] has no room.
#[must_use]
pub(super) fn short(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::InvalidJson => "not JSON",
        Refusal::Unsigned => "not signed",
        Refusal::AlgorithmNotAllowed => "algorithm",
        Refusal::UnknownKey => "unknown key",
        Refusal::TimestampOutOfTolerance => "time off",
        Refusal::InvalidTimestamp => "bad time",
        Refusal::MissingSignatureValue => "no hmac",
        Refusal::SignatureMismatch => "bad hmac",
    }
}

/// The words for a reason that is counted by its name.
#[must_use]
pub(super) fn words_of(name: &'static str) -> String {
    of_name(name).map_or_else(|| name.replace('_', " "), |refusal| refusal.words().to_owned())
}

/// The same in fewer cells.
#[must_use]
pub(super) fn short_of(name: &'static str) -> String {
    of_name(name).map_or_else(|| name.replace('_', " "), |refusal| short(refusal).to_owned())
}

fn of_name(name: &str) -> Option<Refusal> {
    const ALL: [Refusal; 8] = [
        Refusal::InvalidJson,
        Refusal::Unsigned,
        Refusal::AlgorithmNotAllowed,
        Refusal::UnknownKey,
        Refusal::TimestampOutOfTolerance,
        Refusal::InvalidTimestamp,
        Refusal::MissingSignatureValue,
        Refusal::SignatureMismatch,
    ];
    ALL.into_iter().find(|refusal| refusal.name() == name)
}
