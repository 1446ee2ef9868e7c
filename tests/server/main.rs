//! Tests against a real `redis-server`, which must be on the path, and of what is kept on disk.

mod commands;
mod counters;
mod demo_server;
mod demo_traffic;
mod discovery;
mod listening;
mod publisher;
mod record;
mod record_kill;
mod subscription;
mod support;
mod truth;
