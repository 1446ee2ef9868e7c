//! Tests against a real `redis-server`, which must be on the path, and of what is kept on disk.

mod again;
mod commands;
mod counters;
mod demo_server;
mod demo_traffic;
mod discovery;
mod importing;
mod inspect;
mod judging;
mod listening;
mod many_channels;
mod merging;
mod overlaps;
mod peer;
mod publisher;
mod record;
mod record_kill;
mod secrets;
mod subscription;
mod support;
mod tail;
mod tailing;
mod truth;
mod unsubscribing;
mod unusual;
mod world;
