//! Subscribes on the nodes of a cluster and merges their messages into one stream.
//!
//! | module | content |
//! |---|---|
//! | `topology_refresh` | asks which node owns which slot |
//! | `nodes` | starts the readers of the nodes, and assigns channels to them |
//! | `node_reader` | what the reader of one node knows about the cluster |
//! | `slot_migration` | moves channels from one reader to another |
//! | `links` | combines the links to all nodes |
//!
//! Each node that is needed has a reader with its own thread, just as a single server has one. A channel is subscribed on
//! the node that owns its counter. A pattern is subscribed on every node, but each reader only counts messages of channels
//! whose counters its node owns. It ignores messages of other channels, because they arrived over the cluster bus, in no
//! guaranteed order.
//!
//! When a slot moves to another node, the old owner's reader first releases the channels of the slot with their ledgers.
//! Then the new owner's reader takes them over. So no message is counted twice, and the ledger reports what was missed in
//! between. While a migration is in progress (`ASK`), the channels stay with the old owner's reader. Messages published on
//! the new node arrive over the bus, and their sequence numbers are unknown.

mod links;
mod node_reader;
mod nodes;
mod slot_migration;
mod topology_refresh;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::LocalSet;

pub(super) use self::node_reader::NodeReader;
use self::nodes::Nodes;
pub(super) use self::slot_migration::{Assignment, ReleasedChannel};
use self::topology_refresh::refresh;
use super::shared::Shared;
use super::{Control, SubscriptionSettings};
use crate::redis::cluster::Lookup;

/// Reads from the nodes of a cluster until `controls` is closed.
pub(super) async fn run(settings: SubscriptionSettings, shared: Shared, controls: UnboundedReceiver<Control>) {
    LocalSet::new().run_until(run_nodes(settings, shared, controls)).await;
}

async fn run_nodes(settings: SubscriptionSettings, shared: Shared, mut controls: UnboundedReceiver<Control>) {
    let (hints, hint_receiver) = unbounded_channel();
    let (found, mut lookups) = unbounded_channel();
    let refreshing = tokio::task::spawn_local(refresh(Lookup::new(&settings.target), hint_receiver, found));
    let mut nodes = Nodes::new(settings, shared, hints);
    loop {
        tokio::select! {
            biased;
            control = controls.recv() => match control {
                None => break,
                Some(control) => nodes.control(control),
            },
            Some(lookup) = lookups.recv() => match lookup {
                Ok(topology) => nodes.follow(topology).await,
                Err(reason) => nodes.lookup_failed(reason),
            },
            () = nodes.join_ended() => {}
        }
    }
    refreshing.abort();
    nodes.stop().await;
}
