//! Tests with a real `PostgreSQL` server. Without one on the machine, they are reported as skipped.

mod bad_input;
mod combining;
mod contract;
mod guide;
mod outage;
mod postgres;
mod reading;
mod recordings;
mod schema;
mod shipping;
mod team;
mod tls;
