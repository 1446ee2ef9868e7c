//! Connections to Redis.
//!
//! | module | content |
//! |---|---|
//! | [`subscription`] | reads messages and counters in its own thread, and numbers the messages |
//! | [`queue`] | the bounded queue from the subscription to a consumer |
//! | [`publisher`] | publishes a message and counts it in one transaction |
//! | [`discovery`] | lists channels and reads their counters |
//! | [`diagnosis`] | the version, rights and clock of a server |
//! | [`target`] | URLs and the hosts that may be connected to |
//! | [`connection`] | the subscription's connection: handshake and server id |
//! | [`socket`], [`tls`] | TCP and Unix sockets, TLS |
//! | [`sentinel`] | finds the primary of a Sentinel service |
//! | [`cluster`] | which node owns which counter |
//! | [`resp`] | reads and writes RESP3 |
//! | [`backoff`] | the delay between attempts to connect |
//! | [`counter`] | reads the value of a counter key |
//! | `client` | a redis-rs connection for everything except the subscription |
//! | `receipt` | reads the replies to a publisher's transaction |
//! | `buffer`, `info` | the read buffer; the server's id in `INFO` |

pub mod backoff;
mod buffer;
mod client;
pub mod cluster;
pub mod connection;
pub mod counter;
pub mod diagnosis;
pub mod discovery;
mod info;
pub mod publisher;
pub mod queue;
mod receipt;
pub mod resp;
pub mod sentinel;
pub mod socket;
pub mod subscription;
pub mod target;
pub mod tls;
