//! One connection a node of a cluster, and one stream to the consumers.
//!
//! | file | holds |
//! |---|---|
//! | `topology_refresh` | asking which node owns which slot |
//! | `nodes` | the readers of the nodes, and who of them sees to what |
//! | `member` | what one reader knows of the cluster |
//! | `slot_migration` | channels that go from one reader to another |
//! | `links` | the links to all nodes as one |
//!
//! Each node has a reader of its own, as a single server has. A channel that is asked for by name is subscribed on the node
//! that owns its counter; a pattern on every node, where it counts only the channels whose counters that node owns. What
//! comes elsewhere came over the cluster's bus, in no exact order, and is not looked at.
//!
//! Where a slot moves, the old owner's reader gives the channel up first, with its ledger; then the new owner's takes it up.
//! All that was counted before was thus published before the new subscription, so that nothing is counted twice, and the
//! ledger tells what was missed in between. While a slot is under way (`ASK`) its channels stay where they are: their
//! messages come over the bus, and their numbers are said to be unknown.

mod links;
mod node_reader;
mod nodes;
mod slot_migration;
mod topology_refresh;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::LocalSet;

pub(super) use self::node_reader::NodeReader;
use self::nodes::Nodes;
pub(super) use self::slot_migration::{Assignment, Released};
use self::topology_refresh::refresh;
use super::shared::Shared;
use super::{Control, Settings};
use crate::redis::cluster::Lookup;

/// Listens to the nodes of a cluster until nobody gives orders any more.
pub(super) async fn run(settings: Settings, shared: Shared, orders: UnboundedReceiver<Control>) {
    LocalSet::new().run_until(command(settings, shared, orders)).await;
}

async fn command(settings: Settings, shared: Shared, mut orders: UnboundedReceiver<Control>) {
    let (hints, signs) = unbounded_channel();
    let (found, mut answers) = unbounded_channel();
    let scout = tokio::task::spawn_local(refresh(Lookup::new(&settings.target), signs, found));
    let mut nodes = Nodes::new(settings, shared, hints);
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                None => break,
                Some(order) => nodes.order(order),
            },
            Some(answer) = answers.recv() => match answer {
                Ok(topology) => nodes.follow(topology).await,
                Err(reason) => nodes.lost_sight(reason),
            },
            () = nodes.watch() => {}
        }
    }
    scout.abort();
    nodes.end().await;
}
