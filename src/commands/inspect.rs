//! `inspect`: not built in yet.

use super::cli::InspectArgs;
use super::{Failure, Status};
use crate::config::Profile;

/// Does nothing yet.
///
/// # Errors
/// Always.
pub fn run(args: &InspectArgs, profile: &Profile) -> Result<Status, Failure> {
    let _ = (args, profile);
    Err(Failure::usage("inspect is not built in"))
}
