//! The filter over the rows of Messages; its jq predicate runs in a worker process.

pub mod age;
pub mod jq_worker;
pub mod prompt;
pub mod requests;
pub mod state;
pub mod status;
pub mod update;
pub mod view;
pub mod visibility;
