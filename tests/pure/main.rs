//! Tests without a network.

mod cli;
mod config;
mod target;
