//! Everything that touches the network.

pub mod discovery;
pub mod publisher;
pub mod resp;
pub mod target;
