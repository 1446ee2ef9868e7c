//! Tests with a real `PostgreSQL` server. Without one on the machine, they are reported as skipped.

mod bad_input;
mod guide;
mod outage;
mod postgres;
mod recordings;
mod schema;
mod shipping;
mod tls;
