//! What came, counted: for the progress line and for the metrics.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval, Link, LinkState};
use crate::record::codes::VERDICTS;
use crate::wire::verdict::Verdict;

/// The counts of a run, shared between threads.
#[derive(Debug)]
pub(super) struct Counted {
    traffic: Mutex<Traffic>,
    /// Each change of the link, for the log. They are few: the pauses between attempts to connect bound them.
    links: UnboundedSender<Link>,
}

/// The counts of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Traffic {
    /// Messages by verdict, in the order of [`VERDICTS`].
    pub(super) verdicts: [u64; VERDICTS.len()],
    pub(super) payload_bytes: u64,
    /// Findings by kind, in the order of [`FindingKind::ALL`], each as often as it was said.
    pub(super) findings: [u64; FindingKind::ALL.len()],
    /// How many broadcasts these are about, as far as that is known.
    pub(super) concerned: [u64; FindingKind::ALL.len()],
    /// The state of the link, of those that concern all channels.
    pub(super) link: Option<LinkState>,
    /// Of the last barrier, in microseconds.
    pub(super) round_trip: Option<u64>,
}

impl Counted {
    /// The counts, and each change of the link as it comes.
    pub(super) fn new() -> (Self, UnboundedReceiver<Link>) {
        let (links, changes) = unbounded_channel();
        (Self { traffic: Mutex::default(), links }, changes)
    }

    pub(super) fn add(&self, interval: &Interval) {
        let mut traffic = self.lock();
        traffic.payload_bytes += interval.payload_bytes() as u64;
        for entry in interval.entries() {
            traffic.entry(entry);
            if let Entry::Link(link) = entry {
                // Nobody reads the log any more only at the very end.
                let _ = self.links.send(link.clone());
            }
        }
    }

    pub(super) fn now(&self) -> Traffic {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Traffic {
    fn entry(&mut self, entry: &Entry) {
        match entry {
            Entry::Message(message) => {
                if let Some(index) = VERDICTS.iter().position(|verdict| *verdict == message.verdict) {
                    self.verdicts[index] += 1;
                }
            }
            Entry::Finding(finding) => {
                let index = finding.kind as usize;
                self.findings[index] += 1;
                self.concerned[index] = self.concerned[index].saturating_add(finding.count.unwrap_or(0));
            }
            Entry::Link(link) if link.channel.is_none() && !is_notice(link.state) => {
                self.link = Some(link.state);
            }
            Entry::Barrier { round_trip, .. } => self.round_trip = Some(*round_trip),
            Entry::Dropped(_) | Entry::Link(_) | Entry::Counter { .. } => {}
        }
    }

    pub(super) fn messages(&self) -> u64 {
        self.verdicts.iter().sum()
    }

    pub(super) fn rejected(&self) -> u64 {
        let rejected = |verdict: &Verdict| matches!(verdict, Verdict::Rejected(_));
        VERDICTS.iter().zip(self.verdicts).filter(|(verdict, _)| rejected(verdict)).map(|(_, count)| count).sum()
    }

    pub(super) fn gaps(&self) -> u64 {
        FindingKind::ALL.iter().zip(self.findings).filter(|(kind, _)| kind.is_gap()).map(|(_, count)| count).sum()
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.link, Some(LinkState::Connected | LinkState::Live))
    }

    pub(super) fn link_name(&self) -> &'static str {
        self.link.map_or("connecting", LinkState::name)
    }
}

/// Whether it says something beside the state of the link.
fn is_notice(state: LinkState) -> bool {
    matches!(state, LinkState::ClockSet | LinkState::DuplicateCheckIncomplete)
}
