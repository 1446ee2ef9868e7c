//! The filter over the rows of Messages; its jq predicate runs in a worker process.

pub mod jq_worker;
pub mod prompt;
pub mod state;
pub mod update;
pub mod view;
