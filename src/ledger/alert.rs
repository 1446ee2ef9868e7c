//! What is worth an alert, and how often.

use std::ffi::OsString;

use super::finding::FindingKind;
use super::interval::Entry;
use crate::wire::verdict::Verdict;

/// What an alert can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertKind {
    /// A finding of that kind.
    Finding(FindingKind),
    /// A rejected message.
    Rejected,
}

impl AlertKind {
    /// All of them, in the order of [`FindingKind::ALL`], rejected messages last.
    pub fn all() -> impl Iterator<Item = Self> {
        FindingKind::ALL.iter().copied().map(Self::Finding).chain([Self::Rejected])
    }

    /// The name in the configuration: that of the kind of finding, or `rejected`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Finding(kind) => kind.name(),
            Self::Rejected => "rejected",
        }
    }

    /// The one of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|trouble| trouble.name() == name)
    }

    /// What an entry is, if it is worth an alert.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        match entry {
            Entry::Message(message) if matches!(message.verdict, Verdict::Rejected(_)) => Some(Self::Rejected),
            Entry::Finding(finding) => Some(Self::Finding(finding.kind)),
            _ => None,
        }
    }
}

/// At most so many alerts in so long a time, of each kind for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtMost {
    /// How many; at least 1.
    pub count: usize,
    /// In how many microseconds; at least a second.
    pub micros: i64,
}

impl Default for AtMost {
    fn default() -> Self {
        Self { count: 1, micros: 10_000_000 }
    }
}

/// Which alerts are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alerts {
    /// What rings the terminal's bell.
    pub bell: Vec<AlertKind>,
    /// The program that is run, and its arguments; empty: none.
    pub command: Vec<OsString>,
    /// What it is run for.
    pub kinds: Vec<AlertKind>,
    /// How often.
    pub at_most: AtMost,
    /// The environment variables that the program must not get: they hold secrets.
    pub withheld: Vec<String>,
}

impl Alerts {
    /// Whether there is anything to alert with.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !self.bell.is_empty() || !self.command.is_empty()
    }
}
