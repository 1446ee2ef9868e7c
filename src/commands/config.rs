//! `config check`: checks the configuration file.

use std::io::Write as _;

use super::cli::{ConfigCommand, GlobalArgs};
use super::{ExitStatus, Failure};
use crate::config::{self, Environment, config_file};
use crate::ledger::format::counted;
use crate::wire::escape::escape;

/// Checks the file and prints its mistakes, one per line.
///
/// # Errors
/// Fails if the file cannot be read, or if standard output cannot be written.
pub(super) fn run(command: &ConfigCommand, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let ConfigCommand::Check { file } = command;
    let environment = Environment::process();
    let path = match file {
        Some(path) => path.clone(),
        None => config_file(&global.overrides(), &environment)?,
    };
    let shown = escape(path.as_os_str().as_encoded_bytes());
    if let Ok(false) = path.try_exists() {
        return Err(Failure::usage(format!("{shown} does not exist; write one with aircheck init")));
    }
    let report = config::check(&path, &environment)?;
    let mut out = std::io::stdout().lock();
    for error in &report.errors {
        writeln!(out, "error: {error}")?;
    }
    for warning in &report.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    if !report.errors.is_empty() {
        return Ok(ExitStatus::Usage);
    }
    let profiles = counted(report.profiles.len() as u64, "profile");
    let names = if report.profiles.is_empty() { String::new() } else { format!(": {}", report.profiles.join(", ")) };
    let warnings = match report.warnings.len() as u64 {
        0 => String::new(),
        count => format!(" but has {}", counted(count, "warning")),
    };
    writeln!(out, "{shown} is valid{warnings}, with {profiles}{}", escape(names.as_bytes()))?;
    Ok(ExitStatus::found(!report.warnings.is_empty()))
}
