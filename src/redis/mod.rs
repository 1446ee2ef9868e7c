//! Everything that touches the network.

pub mod backoff;
mod buffer;
mod client;
pub mod cluster;
pub mod connection;
pub mod counter;
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
