//! `watch`: not built in yet.

use super::cli::WatchArgs;
use super::{Failure, Status};
use crate::config::Profile;

/// Does nothing yet.
///
/// # Errors
/// Always.
pub fn run(args: &WatchArgs, profile: &Profile) -> Result<Status, Failure> {
    let _ = (args, profile);
    Err(Failure::usage("watch is not built in"))
}
