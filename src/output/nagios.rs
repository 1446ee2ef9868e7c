//! The result of a check as one line of a Nagios plugin: the state, a text, and performance data.

use std::fmt::Write as _;

use super::summary::{Checked, CheckedExpectation, Comparison};
use crate::ledger::expectation::ExpectationState;
use crate::ledger::format::{between, counted};
use crate::ledger::sequence::notation::range;
use crate::wire::escape::escape;

/// The states of a Nagios service. Their numbers are the exit statuses of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE")]
#[repr(u8)]
pub enum NagiosState {
    /// Nothing was missed.
    Ok = 0,
    /// Broadcasts were missed.
    Warning = 1,
    /// A counter was reset, so how many broadcasts were missed is not known.
    Critical = 2,
    /// A counter cannot be read, or the check failed.
    Unknown = 3,
}

/// The state and line of a check. The state is that of the worst channel: critical, warning, unknown, ok.
#[must_use]
pub fn line(checked: &[Checked<'_>]) -> (NagiosState, String) {
    let results: Vec<(NagiosState, String)> = checked.iter().map(result).collect();
    let is = |state| results.iter().any(|(found, _)| *found == state);
    let states = [NagiosState::Critical, NagiosState::Warning, NagiosState::Unknown];
    let state = states.into_iter().find(|state| is(*state)).unwrap_or(NagiosState::Ok);
    let text = if state == NagiosState::Ok {
        let first = results.iter().filter(|(_, text)| !text.is_empty()).count() as u64;
        let new = if first == 0 { String::new() } else { format!(", {first} for the first time") };
        format!("nothing missed on {}{new}", counted(checked.len() as u64, "channel"))
    } else {
        let problems = results.iter().filter(|(state, _)| *state != NagiosState::Ok);
        problems.map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("; ")
    };
    let mut line = first_part(state, &text);
    line.push_str(" |");
    for checked in checked {
        performance(&mut line, checked);
    }
    (state, line)
}

/// The state and line of expectations. Too few messages are critical, too many are a warning. An expectation that was never seen
/// is ok.
#[must_use]
pub fn expectations(checked: &[CheckedExpectation]) -> (NagiosState, String) {
    let severity = |checked: &CheckedExpectation| match checked.state {
        ExpectationState::Silent => NagiosState::Critical,
        ExpectationState::TooMany => NagiosState::Warning,
        ExpectationState::Unknown => NagiosState::Unknown,
        ExpectationState::New | ExpectationState::Met => NagiosState::Ok,
    };
    let states = [NagiosState::Critical, NagiosState::Warning, NagiosState::Unknown];
    let state =
        states.into_iter().find(|state| checked.iter().any(|it| severity(it) == *state)).unwrap_or(NagiosState::Ok);
    let text = if state == NagiosState::Ok {
        let new = checked.iter().filter(|it| it.state == ExpectationState::New).count() as u64;
        let new = if new == 0 { String::new() } else { format!(", {new} new") };
        format!("{}{new}", counted(checked.len() as u64, "expectation"))
    } else {
        let problems = checked.iter().filter(|it| severity(it) != NagiosState::Ok);
        let words = |it: &CheckedExpectation| {
            let (channel, title) = (escape(it.channel.as_bytes()), escape(it.title.as_bytes()));
            format!("{channel} {} ({title}: {})", it.state.words(), it.expected)
        };
        problems.map(words).collect::<Vec<_>>().join("; ")
    };
    let mut line = first_part(state, &text);
    line.push_str(" |");
    for it in checked {
        let (channel, title) = (label(it.channel.as_bytes()), label(it.title.as_bytes()));
        let age = it.since.map_or_else(|| "U".to_owned(), |since| format!("{}s", between(since, it.at) / 1_000_000));
        let _ = write!(line, " '{channel} {title} age'={age};;;0");
    }
    (state, line)
}

/// The line of a check that failed. `reason` must be escaped.
#[must_use]
pub fn failed(reason: &str) -> String {
    first_part(NagiosState::Unknown, reason)
}

fn first_part(state: NagiosState, text: &str) -> String {
    let name: &str = state.into();
    // A bar would start the performance data.
    format!("AIRCHECK {name}: {}", text.replace('|', "\\x7c"))
}

/// The state of a channel, and its text. A channel without a problem has a text only if it is checked for the first time.
fn result(checked: &Checked<'_>) -> (NagiosState, String) {
    let channel = escape(checked.channel);
    match checked.comparison() {
        Comparison::First { .. } => (NagiosState::Ok, channel),
        Comparison::Advanced { missed: 0, .. } => (NagiosState::Ok, String::new()),
        Comparison::Advanced { known, now, missed, lower_bound } => {
            let bound = if lower_bound { "≥" } else { "" };
            (NagiosState::Warning, format!("{channel} {bound}{missed} missed ({})", range(known + 1, now)))
        }
        Comparison::Reset { known, now, is_certain: true } => {
            (NagiosState::Critical, format!("{channel} counter reset from {known} to {now}"))
        }
        Comparison::Reset { known, now, .. } => {
            let text = format!("{channel} counter is {now}, below the last seen {known}: reset, or another server");
            (NagiosState::Critical, text)
        }
        Comparison::Unreadable(reason) => {
            (NagiosState::Unknown, format!("{channel} counter unreadable ({})", escape(reason.as_bytes())))
        }
    }
}

/// A name as part of a label of performance data. A label in quotes can contain everything but an equals sign; a quote is
/// doubled.
fn label(name: &[u8]) -> String {
    escape(name).replace('=', "\\x3d").replace('|', "\\x7c").replace('\'', "''")
}

/// Appends the number of missed broadcasts and the counter. `U` is an unknown value.
fn performance(line: &mut String, checked: &Checked<'_>) {
    let channel = label(checked.channel);
    let comparison = checked.comparison();
    let value = |number: Option<u64>| number.map_or_else(|| "U".to_owned(), |number| number.to_string());
    let missed = value(comparison.missed());
    let counter = comparison.now().map_or_else(|| "U".to_owned(), |now| format!("{now}c"));
    let _ = write!(line, " '{channel} missed'={missed};0;;0 '{channel} counter'={counter};;;0");
}
