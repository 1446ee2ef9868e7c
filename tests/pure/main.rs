//! Tests that need no network.

mod filter;
mod output;
