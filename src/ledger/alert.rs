//! Alerts: which findings and rejected messages trigger them, and how often.

use std::ffi::OsString;

use super::finding::FindingKind;
use super::interval::Entry;

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

    /// The kind of alert that an entry triggers; none for most entries.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        match entry {
            Entry::Message(message) => message.verdict.rejection().map(|_| Self::Rejected),
            Entry::Finding(finding) => Some(Self::Finding(finding.kind)),
            Entry::Dropped(_) | Entry::Link(_) | Entry::Counter { .. } | Entry::Standing(_) | Entry::Barrier { .. } => {
                None
            }
        }
    }
}

/// The rate limit of alerts: at most `count` alerts of one kind within `micros` microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtMost {
    /// The number of alerts; at least 1.
    pub count: usize,
    /// The period in microseconds; at least 1 s.
    pub micros: i64,
}

impl Default for AtMost {
    fn default() -> Self {
        Self { count: 1, micros: 10_000_000 }
    }
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
