//! Tests against a real `redis-server`, which must be on the path, and of what is kept on disk.

mod commands;
mod counters;
mod discovery;
mod publisher;
mod support;
