//! Alerts: which findings and rejected messages trigger them, and how often.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::OsString;

use super::finding::{Cause, Finding, FindingKind};
use super::interval::{Entry, Interval};

/// The kinds of alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertKind {
    /// A finding of this kind.
    Finding(FindingKind),
    /// A rejected message.
    Rejected,
}

impl AlertKind {
    /// All kinds: the findings in the order of [`FindingKind::ALL`], then rejected messages.
    pub fn all() -> impl Iterator<Item = Self> {
        FindingKind::ALL.iter().copied().map(Self::Finding).chain([Self::Rejected])
    }

    /// The name in the configuration: the name of the finding's kind, or `rejected`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Finding(kind) => kind.name(),
            Self::Rejected => "rejected",
        }
    }

    /// The kind with this [`name`](Self::name), if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.name() == name)
    }

    /// The kind of alert that an entry triggers; `None` for most entries.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        match entry {
            Entry::Message(message) => message.verdict.rejection().map(|_| Self::Rejected),
            Entry::Finding(finding) => Some(Self::Finding(finding.kind)),
            Entry::Dropped(_)
            | Entry::Link(_)
            | Entry::Counter { .. }
            | Entry::Expectation(_)
            | Entry::Barrier { .. } => None,
        }
    }
}

/// The rate limit of alerts: at most `count` alerts of one kind within `micros` microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtMost {
    /// The maximum number of alerts; at least 1.
    pub count: usize,
    /// The period in microseconds; at least 1 s.
    pub micros: i64,
}

impl Default for AtMost {
    fn default() -> Self {
        Self { count: 1, micros: 10_000_000 }
    }
}

/// The times of the last alerts of each kind. Each kind has its own limit, so that a flood of one kind does not hide another.
#[derive(Debug, Default)]
pub struct AlertLimit(HashMap<AlertKind, VecDeque<i64>>);

impl AlertLimit {
    /// Whether one more alert of this kind is within the limit at this time, in microseconds. If it is, it counts. If the clock
    /// was set back, earlier alerts do not count.
    pub fn allows(&mut self, at_most: AtMost, kind: AlertKind, now: i64) -> bool {
        let times = self.0.entry(kind).or_default();
        times.retain(|at| (0..at_most.micros).contains(&now.saturating_sub(*at)));
        let is_allowed = times.len() < at_most.count;
        if is_allowed {
            times.push_back(now);
        }
        is_allowed
    }
}

/// Decides for which entries the alert command ([`Alerts::command`]) runs.
#[derive(Debug, Default)]
pub struct AlertGate {
    limit: AlertLimit,
    /// The ids of alerts that are not resolved yet.
    firing: HashSet<u64>,
}

impl AlertGate {
    /// Whether the command runs for an entry at this time, in microseconds. If the command ran for a `Silent` or `TooMany`
    /// finding, it also runs for the `Resumed` finding that ends it, regardless of the limit and of [`Alerts::kinds`]. At most
    /// 10,000 `Silent` and `TooMany` findings are remembered for this. If one more would exceed this limit, all earlier ones are
    /// forgotten first.
    pub fn passes(&mut self, alerts: &Alerts, entry: &Entry, now: i64) -> bool {
        let Some(kind) = AlertKind::of(entry) else { return false };
        let id = if let Entry::Finding(finding) = entry { expectation_id(finding) } else { None };
        if is_resolved(entry) && id.is_some_and(|id| self.firing.remove(&id)) {
            return true;
        }
        if !alerts.kinds.contains(&kind) || !self.limit.allows(alerts.at_most, kind, now) {
            return false;
        }
        if let Some(id) = id.filter(|_| !is_resolved(entry)) {
            if self.firing.len() >= MAX_FIRING {
                self.firing.clear();
            }
            self.firing.insert(id);
        }
        true
    }
}

/// The maximum number of alerts in `firing`. Before it is exceeded, all of them are forgotten.
const MAX_FIRING: usize = 10_000;

/// Whether an entry ends an alert.
#[must_use]
pub fn is_resolved(entry: &Entry) -> bool {
    matches!(entry, Entry::Finding(finding) if finding.kind == FindingKind::Resumed)
}

/// Identifies an alert. A `Silent` or `TooMany` finding and the `Resumed` finding that ends it have the same id, also
/// after a restart.
#[must_use]
pub fn alert_id(interval: &Interval, entry: &Entry) -> u64 {
    match entry {
        Entry::Finding(finding) => expectation_id(finding).unwrap_or_else(|| {
            let numbers = [finding.sequence_from, finding.sequence_to].map(|number| number.unwrap_or(0).to_le_bytes());
            let (kind, at) = (finding.kind.name().as_bytes(), finding.at.to_le_bytes());
            hash(&[kind, finding.channel.as_bytes(), &numbers[0], &numbers[1], &at])
        }),
        Entry::Message(message) => {
            let channel = interval.channel(message).as_bytes();
            hash(&[channel, &message.at.to_le_bytes(), interval.payload(message)])
        }
        _ => hash(&[&entry.at().to_le_bytes()]),
    }
}

fn expectation_id(finding: &Finding) -> Option<u64> {
    let Cause::Expectation { expectation, expected, since, .. } = &finding.cause else { return None };
    let channel = finding.channel.as_bytes();
    Some(hash(&[channel, expectation.as_bytes(), expected.as_bytes(), &since.to_le_bytes()]))
}

/// FNV-1a over the parts and their lengths. It is the same in each run.
fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        let length = part.len().to_le_bytes();
        for byte in length.iter().chain(*part) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// The alert settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alerts {
    /// The kinds that ring the terminal's bell.
    pub bell: Vec<AlertKind>,
    /// The alert command and its arguments; empty if there is none.
    pub command: Vec<OsString>,
    /// The kinds that run the alert command.
    pub kinds: Vec<AlertKind>,
    /// The rate limit of the alert command.
    pub at_most: AtMost,
    /// The environment variables to remove from the command's environment, because they contain secrets.
    pub withheld: Vec<String>,
}

impl Alerts {
    /// Whether the bell or a command is set.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !self.bell.is_empty() || !self.command.is_empty()
    }
}
