//! `init`: writes a commented configuration file.

use std::fs::{DirBuilder, OpenOptions, remove_file};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::cli::GlobalArgs;
use super::{ExitStatus, Failure};
use crate::config::{Environment, config_file};
use crate::failure::escape_error;
use crate::wire::escape::escape;

/// All keys of the configuration, commented out.
const REFERENCE: &str = include_str!("../../assets/config.toml");

/// Writes the file for its owner only. Never overwrites a file.
///
/// # Errors
/// Fails if the file exists or cannot be written.
pub(super) fn run(global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let path = config_file(&global.overrides(), &Environment::process())?;
    let shown = escape(path.as_os_str().as_encoded_bytes());
    write(&path).map_err(|error| {
        Failure::failed(match error.kind() {
            io::ErrorKind::AlreadyExists => {
                format!("{shown} already exists and was not changed; write another file with --config")
            }
            _ => format!("cannot write {shown}: {}", escape_error(&error)),
        })
    })?;
    let next = "Next: edit it, run aircheck config check, then start aircheck.";
    writeln!(io::stdout().lock(), "Wrote {shown}. Every key is commented out.\n{next}")?;
    Ok(ExitStatus::Success)
}

fn write(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    // An incomplete file would make the next attempt fail.
    file.write_all(REFERENCE.as_bytes()).inspect_err(|_| {
        let _ = remove_file(path);
    })
}
