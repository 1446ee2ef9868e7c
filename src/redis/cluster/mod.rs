//! Redis Cluster: which node owns the counter of a channel.
//!
//! | module | content |
//! |---|---|
//! | `topology` | the slot of a key, and which node owns which slot (`CLUSTER SLOTS`) |
//! | `lookup` | asks the nodes for the topology |
//! | `servers` | connections to all primaries, for discovery |
//! | `publisher` | publishes on the owner of a channel's counter |
//!
//! A publisher's transaction runs on the node that owns the slot of the channel's counter key. Redis Cluster forwards
//! the message to all other nodes over the cluster bus, in no guaranteed order. Therefore aircheck subscribes to each
//! channel on the owner of its counter.

mod lookup;
pub(super) mod publisher;
pub(super) mod servers;
pub mod topology;

pub(super) use self::lookup::Lookup;
