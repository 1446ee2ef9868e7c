//! Redis Cluster: which node owns which channel's counter.
//!
//! | file | holds |
//! |---|---|
//! | `slots` | the slot of a key |
//! | `topology` | which node owns which slot, as `CLUSTER SLOTS` says it |
//! | `lookup` | asking the nodes for that |
//! | `servers` | connections to all that hold counters, for discovery |
//! | `publisher` | publishing to the owner of a channel's counter |
//!
//! A publisher's transaction runs on the node that owns the slot of the channel's counter. The messages reach all other
//! nodes too, but by the cluster's bus and in no exact order: so only the owner is listened to, for each channel its own.

mod lookup;
pub(super) mod publisher;
pub(super) mod servers;
pub mod slots;
pub mod topology;

pub(super) use self::lookup::Lookup;
