//! Connections to Redis.
//!
//! | module | content |
//! |---|---|
//! | [`subscription`] | reads messages and counters in its own thread, and assigns sequence numbers to the messages |
//! | [`queue`] | the bounded queue from the subscription to a consumer |
//! | [`publisher`] | publishes a message and counts it in one transaction |
//! | [`discovery`] | lists channels and reads their counters |
//! | `diagnosis` | queries a server's version and clock, and the user's rights |
//! | [`target`] | server URLs, and the hosts that aircheck may connect to |
//! | `connection` | the subscription's connection: handshake and server id |
//! | `socket`, `tls` | TCP and Unix sockets, TLS |
//! | `sentinel` | finds the primary of a Sentinel service |
//! | [`cluster`] | which node owns which counter |
//! | [`resp`] | reads and writes RESP3 |
//! | `connect_error` | why a connection failed |
//! | `backoff` | the delay between attempts to connect |
//! | `counter` | reads the value of a counter key |
//! | `no_tls` | used instead of `tls` if the feature `tls` is disabled |
//! | `client` | a redis-rs connection for everything except the subscription |
//! | `receipt` | reads the replies to a publisher's transaction |
//! | `buffer`, `info` | the read buffer; reads the server's id from `INFO` replies |

mod backoff;
mod buffer;
mod client;
pub mod cluster;
mod connect_error;
mod connection;
pub(crate) mod counter;
#[cfg(feature = "program")]
pub(crate) mod diagnosis;
pub mod discovery;
mod info;
pub mod publisher;
pub mod queue;
mod receipt;
pub mod resp;
pub(crate) mod sentinel;
pub(crate) mod socket;
pub mod subscription;
pub mod target;
#[cfg(feature = "tls")]
pub(crate) mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
pub(crate) mod tls;

pub use self::connect_error::ConnectError;
