//! Keeps an eye on which node owns which slot.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{sleep, timeout};

use super::node_reader::TopologyHint;
use crate::redis::backoff::Backoff;
use crate::redis::cluster::Lookup;
use crate::redis::cluster::topology::Topology;

/// Asked again this often, should nothing come before: that is how a new node is seen.
const REFRESH: Duration = Duration::from_secs(5);
/// Signs of change come in numbers, and make one question.
const SIGNS: Duration = Duration::from_millis(20);
/// New owners are followed after this long. What the old owner of a slot has published is then through the cluster's bus, and
/// does not come a second time from the new one.
const GRACE: Duration = Duration::from_millis(150);

/// Asks at once, whenever there is news, and now and then, until nobody listens or nobody is left to bring news.
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
                sleep(GRACE).await;
            }
        }
        let pause = if answer.is_ok() {
            backoff = Backoff::default();
            REFRESH
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
                sleep(SIGNS).await;
                while let Ok(more) = hints.try_recv() {
                    note(&mut lookup, more);
                }
            }
            Err(_) => {}
        }
    }
}

fn note(lookup: &mut Lookup, hints: TopologyHint) {
    match hints {
        TopologyHint::Lost(node) => lookup.avoid(&node),
        TopologyHint::Moved(owner) => lookup.prefer(owner),
    }
}
