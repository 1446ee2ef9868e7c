//! Tests against a real `redis-server`, which must be on the path, and of what is kept on disk.

mod commands;
mod counters;
mod demo_server;
mod discovery;
mod inspect;
mod listening;
mod publisher;
mod secrets;
mod subscription;
mod support;
mod tail;
mod tailing;
mod truth;
mod world;
