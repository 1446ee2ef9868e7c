//! The store that an argument names.

use std::ffi::OsStr;

use super::Failure;
use super::cli::GlobalArgs;
use crate::config::{Store, load_store};
use crate::failure::to_stderr;
use crate::store::target::{StoreArgument, StoreTarget};
use crate::wire::escape::escape;

/// Finds the store of an argument or of the option `place`. Prints warnings to standard error.
///
/// # Errors
/// Fails with a usage error if it is not a store, or the configuration is wrong.
pub(super) fn store(argument: &OsStr, place: &str, global: &GlobalArgs) -> Result<StoreTarget, Failure> {
    named(argument, global)?.ok_or_else(|| {
        let argument = escape(argument.as_encoded_bytes());
        Failure::usage(format!("{place}: \"{argument}\" is not a store; write store:NAME or postgres://host/database"))
    })
}

/// Finds the store of an argument. `None` if the argument is a file. Prints warnings to standard error.
///
/// # Errors
/// Fails with a usage error if the configuration is wrong.
pub(super) fn named(argument: &OsStr, global: &GlobalArgs) -> Result<Option<StoreTarget>, Failure> {
    let Some(named) = StoreArgument::parse(argument) else { return Ok(None) };
    let Store { target, warnings } = load_store(&named, &global.overrides())?;
    for warning in warnings {
        to_stderr(&format!("Warning: {warning}"));
    }
    Ok(Some(target))
}
