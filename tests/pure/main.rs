//! Tests that need no network.

mod resp;
