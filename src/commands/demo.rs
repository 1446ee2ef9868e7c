//! `demo`: not built in yet.

use super::cli::{DemoArgs, GlobalArgs};
use super::{Failure, Status};

/// Does nothing yet.
///
/// # Errors
/// Always.
pub fn run(args: &DemoArgs, global: &GlobalArgs) -> Result<Status, Failure> {
    let _ = (args, global);
    Err(Failure::usage("demo is not built in"))
}
