//! The store: one `PostgreSQL` database with the recordings of many machines.
//!
//! | module | content |
//! |---|---|
//! | [`target`] | the address of a store, and how an argument names one |
//! | [`connection`] | connects, with TLS and time limits |
//! | [`error`] | why the store cannot be used |
//! | [`epochs`] | finds out which counter epochs of several recordings are the same |
//! | [`reader`] | reads the recordings of one source as one recording |
//! | [`schema`] | the tables, and their version |

pub mod connection;
pub mod epochs;
pub mod error;
mod micros;
pub mod reader;
pub mod schema;
pub mod target;
