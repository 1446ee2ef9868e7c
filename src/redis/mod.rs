//! Everything that touches the network.

pub mod backoff;
mod buffer;
pub mod connection;
pub mod discovery;
pub mod hand_over;
pub mod publisher;
pub mod resp;
pub mod subscription;
pub mod target;
