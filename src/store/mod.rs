//! The store: one `PostgreSQL` database with the recordings of many machines.
//!
//! | module | content |
//! |---|---|
//! | [`target`] | the address of a store, and how an argument names one |
//! | [`connection`] | connects, with TLS and time limits |
//! | [`error`] | why the store cannot be used |
//! | [`schema`] | the tables, and their version |

pub mod connection;
pub mod error;
pub mod schema;
pub mod target;
