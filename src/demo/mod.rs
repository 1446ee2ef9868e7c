//! A small server and lively example traffic.

pub mod server;
