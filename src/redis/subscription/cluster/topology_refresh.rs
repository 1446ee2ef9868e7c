//! Keeps the topology up to date.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{sleep, timeout};

use super::node_reader::TopologyHint;
use crate::redis::backoff::Backoff;
use crate::redis::cluster::Lookup;
use crate::redis::cluster::topology::Topology;

/// The topology is read this often even without hints. This finds new nodes.
const REFRESH_INTERVAL: Duration = Duration::from_secs(5);
/// Hints arrive in groups. All hints within this time lead to one lookup.
const HINT_WINDOW: Duration = Duration::from_millis(20);
/// The delay before a new topology is applied. Messages that were published on the old owner also reach the new owner, over
/// the cluster bus. After this delay they have arrived there, so none of them arrives after the new owner's reader has taken
/// the channels over.
const FOLLOW_DELAY: Duration = Duration::from_millis(150);

/// Reads the topology at once, after each hint and periodically, until `hints` or `found` is closed.
pub(super) async fn refresh(
    mut lookup: Lookup,
    mut hints: UnboundedReceiver<TopologyHint>,
    found: UnboundedSender<Result<Topology, String>>,
) {
    let mut backoff = Backoff::default();
    let mut known: Option<Topology> = None;
    loop {
        let answer = lookup.ask().await;
        if let Ok(topology) = &answer {
            let before = known.replace(topology.clone());
            if before.is_some() && before != known {
                sleep(FOLLOW_DELAY).await;
            }
        }
        let pause = if answer.is_ok() {
            backoff = Backoff::default();
            REFRESH_INTERVAL
        } else {
            backoff.step()
        };
        if found.send(answer).is_err() {
            return;
        }
        match timeout(pause, hints.recv()).await {
            Ok(None) => return,
            Ok(Some(first)) => {
                note(&mut lookup, first);
                sleep(HINT_WINDOW).await;
                while let Ok(more) = hints.try_recv() {
                    note(&mut lookup, more);
                }
            }
            Err(_) => {}
        }
    }
}

fn note(lookup: &mut Lookup, hint: TopologyHint) {
    match hint {
        TopologyHint::Lost(node) => lookup.avoid(&node),
        TopologyHint::Moved(owner) => lookup.prefer(owner),
    }
}
