//! Tests against a real `redis-server`, which must be on the path, and of what is kept on disk.

mod commands;
mod counters;
mod demo_server;
mod demo_traffic;
mod discovery;
mod listening;
mod many_channels;
mod overlaps;
mod peer;
mod publisher;
mod subscription;
mod support;
mod truth;
mod unsubscribing;
mod unusual;
