//! Tests against a real `redis-server`, which must be on the path, and of what is kept on disk.

mod commands;
mod counters;
mod demo_server;
mod demo_traffic;
mod discovery;
mod inspect;
mod judging;
mod listening;
mod many_channels;
mod overlaps;
mod peer;
mod publisher;
mod record;
mod record_kill;
mod replay;
mod secrets;
mod subscription;
mod support;
mod tail;
mod tailing;
mod truth;
mod unsubscribing;
mod unusual;
mod world;
