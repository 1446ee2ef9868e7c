//! The words for a finding, for one row.

use ratatui::style::Style;

use super::context::Context;
use super::text::{age, duration, number};
use crate::ledger::finding::{Cause, Finding, FindingKind};

/// How bad: gaps and resets are warnings, the others are notes.
pub(super) fn style(cx: &Context<'_>, finding: &Finding) -> Style {
    if finding.kind.is_gap() || finding.kind == FindingKind::CounterReset { cx.theme.warn } else { cx.theme.note }
}

/// What was found, with how many: `16 missed`; `?` where the number cannot be known.
pub(super) fn headline(finding: &Finding) -> String {
    let lower_bound = matches!(
        finding.cause,
        Cause::Disconnected { lower_bound: true, .. } | Cause::NotRunning { lower_bound: true, .. }
    );
    let count = finding.count.map_or_else(|| String::from("?"), number);
    let count = if lower_bound { format!("≥{count}") } else { count };
    match finding.kind {
        FindingKind::MissedDisconnected | FindingKind::MissedNotRunning => format!("{count} missed"),
        FindingKind::CountedNotReceived => format!("{count} not delivered"),
        FindingKind::ReceivedNotCounted => format!("{count} uncounted"),
        FindingKind::CounterReset => match finding.cause {
            Cause::Reset { after: None, .. } => String::from("counter vanished"),
            _ => String::from("counter reset"),
        },
        FindingKind::Duplicate if finding.count.is_none_or(|count| count < 2) => String::from("duplicate"),
        FindingKind::Duplicate => format!("{count} repeated"),
        FindingKind::ClockSkew => String::from("clock off"),
    }
}

/// The sequence numbers concerned: `#1031–#1046`, with `among` where only some of them are; nothing where none are known.
pub(super) fn range(finding: &Finding) -> String {
    match (finding.from, finding.to) {
        (Some(from), Some(to)) => {
            let all =
                finding.kind.is_gap() && to.checked_sub(from).and_then(|steps| steps.checked_add(1)) == finding.count;
            let among = if all { "" } else { "among " };
            if from == to { format!("#{from}") } else { format!("{among}#{from}–#{to}") }
        }
        (Some(from), None) => format!("from #{from}"),
        (None, Some(to)) => format!("up to #{to}"),
        (None, None) => String::new(),
    }
}

/// What led to it, in a few words.
pub(super) fn cause(cx: &Context<'_>, finding: &Finding) -> String {
    match &finding.cause {
        Cause::Disconnected { micros, .. } => format!("disconnected {}", duration(*micros)),
        Cause::NotRunning { since, .. } => format!("not running for {}", age(*since, finding.at)),
        Cause::CountMismatch { advance, received } => {
            format!("{} came, {} counted", number(*received), number(*advance))
        }
        Cause::Reset { before, after: Some(after) } => format!("#{before} → #{after}"),
        Cause::Reset { before, after: None } => format!("it was #{before}"),
        Cause::Duplicate { first_at, first_channel } => {
            let at = cx.time(*first_at, super::text::Precision::Seconds);
            if *first_channel == finding.channel {
                format!("first seen {at}")
            } else {
                format!("first seen {at} on {}", super::text::channel(first_channel, 24))
            }
        }
        Cause::ClockSkew { seconds } => {
            let by = duration(seconds.unsigned_abs().saturating_mul(1_000_000));
            format!("{by} {}", if *seconds > 0 { "ahead" } else { "behind" })
        }
    }
}

/// The words in the row of a finding, but for times and channels.
pub(super) fn words(finding: &Finding) -> String {
    let cause = match &finding.cause {
        Cause::Disconnected { .. } => "disconnected",
        Cause::NotRunning { .. } => "not running",
        Cause::CountMismatch { .. } => "came, counted",
        Cause::Reset { .. } => "it was",
        Cause::Duplicate { .. } => "first seen",
        Cause::ClockSkew { seconds } if *seconds > 0 => "ahead",
        Cause::ClockSkew { .. } => "behind",
    };
    format!("{}  {}  {cause}", headline(finding), range(finding))
}
