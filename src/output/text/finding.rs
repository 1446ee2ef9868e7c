//! A finding in one line.

use crate::ledger::finding::{Cause, Finding, FindingKind};
use crate::wire::escape::escape;

/// The finding with its count, range and cause, e.g. `16 missed  #1031–#1046  disconnected 4.2 s`; already escaped.
pub(super) fn line(finding: &Finding) -> String {
    let parts = [what(finding), range(finding), cause(finding)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

fn what(finding: &Finding) -> String {
    let words = match finding.kind {
        FindingKind::MissedDisconnected | FindingKind::MissedNotRunning => "missed",
        FindingKind::NotDelivered => "not delivered",
        FindingKind::Uncounted => "uncounted",
        FindingKind::CounterReset => "counter reset",
        FindingKind::Repeated => "repeated",
        FindingKind::ClockOff => "clock off",
    };
    finding.count.map_or_else(|| words.to_owned(), |count| format!("{count} {words}"))
}

fn range(finding: &Finding) -> String {
    match (finding.from, finding.to) {
        (Some(from), Some(to)) if from != to => format!("#{from}–#{to}"),
        (Some(one), _) | (_, Some(one)) => format!("#{one}"),
        (None, None) => String::new(),
    }
}

fn cause(finding: &Finding) -> String {
    match &finding.cause {
        Cause::Disconnected { micros, .. } => format!("disconnected {}", seconds(*micros)),
        Cause::NotRunning { since } => {
            let micros = finding.at.saturating_sub(*since).max(0).unsigned_abs();
            format!("not running for {}", seconds(micros))
        }
        Cause::Unbalanced { advance, received } => format!("counter advanced {advance}, received {received}"),
        Cause::Reset { before, after: Some(after) } => format!("from {before} to {after}"),
        Cause::Reset { before, after: None } => format!("from {before}, the key is gone"),
        Cause::Repeated { twice_in_a_second: true, .. } => "twice in a second".to_owned(),
        Cause::Repeated { first_at, first_channel, .. } => {
            let micros = finding.at.saturating_sub(*first_at).max(0).unsigned_abs();
            format!("first seen on {} {} before", escape(first_channel.as_bytes()), seconds(micros))
        }
        Cause::ClockOff { seconds } => format!("signer's clock {seconds:+} s"),
    }
}

/// Seconds with one decimal.
fn seconds(micros: u64) -> String {
    format!("{}.{} s", micros / 1_000_000, micros / 100_000 % 10)
}
