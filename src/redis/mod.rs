//! Everything that touches the network.

mod client;
pub mod counter;
pub mod discovery;
pub mod publisher;
mod receipt;
pub mod resp;
pub mod target;
