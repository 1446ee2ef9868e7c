//! A term of a filter, and how it matches messages and findings.

use globset::{Candidate as GlobCandidate, GlobMatcher};
use regex::bytes::Regex;

use super::candidate::Candidate;
use crate::ledger::finding::Finding;
use crate::ledger::sequence::Sequence;
use crate::wire::verdict::Verdict;

/// A condition, and whether it is negated.
pub(super) struct Term {
    pub(super) negated: bool,
    pub(super) test: Condition,
}

/// A condition on a message or finding.
pub(super) enum Condition {
    Channel(GlobMatcher),
    Name(GlobMatcher),
    Key(GlobMatcher),
    Verdict(Vec<&'static str>),
    Rejection(Vec<&'static str>),
    Kind(Vec<&'static str>),
    Sequence { from: u64, to: u64 },
    Since { micros: i64 },
    Text(Regex),
}

impl Term {
    pub(super) fn depends_on_time(&self) -> bool {
        matches!(self.test, Condition::Since { .. })
    }

    pub(super) fn holds_for_message(&self, message: &Candidate<'_>) -> bool {
        self.test.message(message) != self.negated
    }

    /// Whether a rejected message is shown. Conditions on its name, key and text hide it only if they are negated.
    pub(super) fn keeps_rejected(&self, message: &Candidate<'_>) -> bool {
        let decides = match self.test {
            Condition::Name(_) | Condition::Key(_) | Condition::Text(_) => self.negated,
            Condition::Channel(_)
            | Condition::Verdict(_)
            | Condition::Rejection(_)
            | Condition::Kind(_)
            | Condition::Sequence { .. }
            | Condition::Since { .. } => true,
        };
        !decides || self.holds_for_message(message)
    }

    pub(super) fn holds_for_finding(&self, finding: &Finding, now: i64) -> bool {
        self.test.finding(finding, now).is_none_or(|holds| holds != self.negated)
    }
}

impl Condition {
    fn message(&self, message: &Candidate<'_>) -> bool {
        match self {
            Self::Channel(glob) => matches(glob, message.channel),
            Self::Name(glob) => matches(glob, message.name()),
            Self::Key(glob) => message.key().is_some_and(|key| matches(glob, key)),
            Self::Verdict(names) => names.contains(&message.verdict.name()),
            Self::Rejection(names) => match message.verdict {
                Verdict::Rejected(rejection) => names.contains(&rejection.name()),
                Verdict::Verified | Verdict::Unsigned => false,
            },
            Self::Kind(_) => false,
            Self::Sequence { from, to } => match message.sequence {
                Sequence::Exact(number) | Sequence::Inferred(number) => (*from..=*to).contains(&number),
                Sequence::Range { from: low, to: high } => low <= *to && high >= *from,
                Sequence::Unknown(_) => false,
            },
            Self::Since { micros } => message.at >= message.now.saturating_sub(*micros),
            Self::Text(regex) => regex.is_match(message.payload),
        }
    }

    /// Whether a finding matches; `None` if the condition applies only to messages.
    fn finding(&self, finding: &Finding, now: i64) -> Option<bool> {
        match self {
            Self::Channel(glob) => Some(matches(glob, finding.channel.as_bytes())),
            Self::Kind(names) => Some(names.contains(&finding.kind.name())),
            Self::Sequence { from, to } => {
                let low = finding.sequence_from.or(finding.sequence_to);
                let high = finding.sequence_to.or(finding.sequence_from);
                Some(low.is_some_and(|low| low <= *to) && high.is_some_and(|high| high >= *from))
            }
            Self::Since { micros } => Some(finding.at >= now.saturating_sub(*micros)),
            Self::Name(_) | Self::Key(_) | Self::Verdict(_) | Self::Rejection(_) | Self::Text(_) => None,
        }
    }
}

fn matches(glob: &GlobMatcher, bytes: &[u8]) -> bool {
    glob.is_match_candidate(&GlobCandidate::from_bytes(bytes))
}
