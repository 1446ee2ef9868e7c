//! Tests with a real `PostgreSQL` server. Without one on the machine, they are reported as skipped.

mod postgres;
mod schema;
