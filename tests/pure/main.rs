//! Tests without a network.

mod config;
mod target;
