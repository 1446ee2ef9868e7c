//! The verdict of a message as glyph and words.

use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::wire::verdict::{Rejection, Verdict};

/// `✓`, `·` or `✗`.
#[must_use]
pub(crate) fn glyph(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "✓",
        Verdict::Unsigned => "·",
        Verdict::Rejected(_) => "✗",
    }
}

/// The style of a verdict.
#[must_use]
pub(crate) fn style(cx: &Context<'_>, verdict: Verdict) -> Style {
    match verdict {
        Verdict::Verified => cx.theme.good,
        Verdict::Unsigned => cx.theme.soft,
        Verdict::Rejected(_) => cx.theme.bad,
    }
}

/// A rejection in at most eleven cells, where [`Rejection::words`] has no room.
#[must_use]
pub(crate) fn short(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::InvalidJson => "not JSON",
        Rejection::Unsigned => "not signed",
        Rejection::AlgorithmNotAllowed => "algorithm",
        Rejection::UnknownKey => "unknown key",
        Rejection::TimestampOutOfTolerance => "time off",
        Rejection::InvalidTimestamp => "bad time",
        Rejection::MissingSignatureValue => "no hmac",
        Rejection::SignatureMismatch => "mismatch",
    }
}

/// [`Rejection::words`] of a rejection that is counted by its name.
#[must_use]
pub(crate) fn words_of(name: &'static str) -> String {
    name.parse().map_or_else(|_| name.replace('_', " "), |rejection: Rejection| rejection.words().to_owned())
}

/// [`short`] of a rejection that is counted by its name.
#[must_use]
pub(crate) fn short_of(name: &'static str) -> String {
    name.parse().map_or_else(|_| name.replace('_', " "), |rejection: Rejection| short(rejection).to_owned())
}
