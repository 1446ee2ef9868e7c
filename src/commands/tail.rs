//! `tail`: not built in yet.

use super::cli::TailArgs;
use super::{Failure, Status};
use crate::config::Profile;

/// Does nothing yet.
///
/// # Errors
/// Always.
pub fn run(args: &TailArgs, profile: &Profile) -> Result<Status, Failure> {
    let _ = (args, profile);
    Err(Failure::usage("tail is not built in"))
}
