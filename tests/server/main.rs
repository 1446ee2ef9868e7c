//! Tests against a real `redis-server`, which must be on the path.

mod discovery;
mod publisher;
mod support;
