//! Tests without a network.

mod config;
mod resp;
mod target;
