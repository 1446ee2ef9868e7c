//! Tests without a network.

mod target;
