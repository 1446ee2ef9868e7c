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
        Rejection::SignatureMismatch => "bad hmac",
    }
}

/// The words for a reason that is counted by its name.
#[must_use]
pub(crate) fn words_of(name: &'static str) -> String {
    of_name(name).map_or_else(|| name.replace('_', " "), |rejection| rejection.words().to_owned())
}

/// The same in fewer cells.
#[must_use]
pub(crate) fn short_of(name: &'static str) -> String {
    of_name(name).map_or_else(|| name.replace('_', " "), |rejection| short(rejection).to_owned())
}

fn of_name(name: &str) -> Option<Rejection> {
    const ALL: [Rejection; 8] = [
        Rejection::InvalidJson,
        Rejection::Unsigned,
        Rejection::AlgorithmNotAllowed,
        Rejection::UnknownKey,
        Rejection::TimestampOutOfTolerance,
        Rejection::InvalidTimestamp,
        Rejection::MissingSignatureValue,
        Rejection::SignatureMismatch,
    ];
    ALL.into_iter().find(|rejection| rejection.name() == name)
}
