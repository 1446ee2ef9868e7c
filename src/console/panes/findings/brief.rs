//! Short texts of findings for a narrow column. The count, the range and the cause fit; details are in Detail.

use crate::ledger::finding::{Cause, Finding, FindingKind};
use crate::ledger::format::{between, duration, number};

/// What was found and how many, e.g. `5 not received`.
pub(super) fn headline(finding: &Finding) -> String {
    let count = || finding.count.map_or_else(|| String::from("?"), number);
    match finding.kind {
        FindingKind::CountedNotReceived => format!("{} not received", count()),
        FindingKind::ReceivedNotCounted => format!("{} not counted", count()),
        FindingKind::ClockSkew if finding.count > Some(1) => format!("{} × clock skew", count()),
        // `16 missed, 3 lost`: the lower line has the rest.
        _ if finding.lost().is_some() => finding.headline().split(',').next().unwrap_or_default().to_owned(),
        _ => finding.headline(),
    }
}

/// The range and the cause, e.g. `#1031–1046 down 4.2 s`.
pub(super) fn range_and_cause(finding: &Finding) -> String {
    let range = finding.range();
    let numbers = range.strip_prefix("among ").unwrap_or(&range);
    match &finding.cause {
        Cause::Disconnected { duration_micros: micros, .. } => format!("{numbers} down {}", duration(*micros)),
        Cause::NotRunning { lost: Some(lost @ 1..), .. } => format!("{numbers} recorder lost {}", number(*lost)),
        Cause::NotRunning { lost: Some(_), .. } => format!("{numbers} recorder killed"),
        Cause::NotRunning { lost: None, .. } => format!("{numbers} not running"),
        Cause::CountMismatch { received: 0, .. } => format!("{numbers}, none received"),
        Cause::CountMismatch { received, .. } if finding.kind == FindingKind::CountedNotReceived => {
            format!("{} of {numbers} received", number(*received))
        }
        Cause::Reset { before, after: None } => format!("from #{before}, key gone"),
        Cause::Duplicate { first_at, .. } => {
            format!("{numbers} {} after first", duration(between(*first_at, finding.at))).trim_start().to_owned()
        }
        _ => finding.cause_words(),
    }
}
