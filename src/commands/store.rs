//! `store`: creates a store, and deletes its old rows.

use std::io::Write as _;

use super::cli::{GlobalArgs, StoreCommand};
use super::stores::store;
use super::{ExitStatus, Failure};
use crate::failure::runtime;
use crate::ledger::format::counted;
use crate::store::prune::prune;
use crate::store::schema::connect_and_create;

/// Runs the command.
///
/// # Errors
/// Fails if the store cannot be used.
pub(super) fn run(command: &StoreCommand, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let line = match command {
        StoreCommand::Create { store: argument } => {
            let target = store(argument, "STORE", global)?;
            runtime()?.block_on(connect_and_create(&target))?;
            format!("{target} has the tables of a store.")
        }
        StoreCommand::Prune { store: argument, keep } => {
            let target = store(argument, "STORE", global)?;
            let pruned = runtime()?.block_on(prune(&target, *keep))?;
            let (days, messages) = (pruned.days.len() as u64, pruned.messages);
            let (messages, findings) = (counted(messages, "message"), counted(pruned.findings, "finding"));
            format!("Deleted {messages} of {} and {findings} from {target}.", counted(days, "day"))
        }
    };
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(ExitStatus::Success)
}
