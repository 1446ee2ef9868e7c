//! Where the console's events come from: a subscription, or a recording.

use std::sync::Arc;

use crate::console::app::event::Event;
use crate::ledger::interval::Interval;
use crate::redis::queue::Receiver;
use crate::redis::subscription::now_micros;

/// What is watched.
#[derive(Debug)]
pub(crate) enum Feed {
    /// What the subscription hands over.
    Live(Receiver),
    /// What the player reads, with the clock that it sets.
    Replay(tokio::sync::mpsc::Receiver<Vec<Event>>),
}

impl Feed {
    /// Waits for events and appends them; false where none will come any more.
    ///
    /// Safe to cancel: nothing is taken before it returns.
    pub(crate) async fn drain(&mut self, into: &mut Vec<Event>) -> bool {
        match self {
            Self::Live(receiver) => {
                let mut intervals: Vec<Arc<Interval>> = Vec::new();
                let open = receiver.drain(&mut intervals).await;
                into.extend(intervals.into_iter().map(Event::Interval));
                open
            }
            Self::Replay(played) => match played.recv().await {
                Some(events) => {
                    into.extend(events);
                    true
                }
                None => false,
            },
        }
    }

    /// The time; none where the player sets it.
    pub(crate) fn now(&self) -> Option<i64> {
        match self {
            Self::Live(_) => Some(now_micros()),
            Self::Replay(_) => None,
        }
    }
}
