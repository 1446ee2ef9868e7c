//! Loads a configuration file. Warnings and errors must be safe to print on a terminal.
//!
//! Keys are not read from commands and files: text from the fuzzer must not run.

use std::path::PathBuf;
use std::sync::LazyLock;

use aircheck::config::{Environment, Overrides, load_from};

/// The maximum length of a text, in bytes.
const MAX_LENGTH: usize = 4096;

/// One file for this process, in memory if the system has such a directory.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| super::scratch_file("config.toml"));

/// Loads a file with these bytes.
///
/// # Panics
/// An output is not safe, or the file cannot be written.
pub fn run(bytes: &[u8]) {
    if bytes.len() > MAX_LENGTH {
        return;
    }
    super::write_private(&FILE, bytes);
    let profile = may_start_or_open_something(bytes).then(|| nobody().to_owned());
    let overrides = Overrides { profile, config: Some(FILE.clone()), ..Overrides::default() };
    match load_from(&overrides, &Environment::default()) {
        Ok(profile) => {
            let _ = format!("{profile:?}");
            let _ = profile.state_key();
            profile.warnings.iter().for_each(|warning| super::escape::assert_safe(warning));
        }
        Err(error) => super::escape::assert_safe(&error.to_string()),
    }
    super::remove(&FILE);
}

/// Whether a key source can be a command or a file, in any notation.
fn may_start_or_open_something(bytes: &[u8]) -> bool {
    let holds = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    holds(b"\\") || holds(b"command") || holds(b"file")
}

/// A profile name that is too long for the file, so that the whole file is parsed but no profile is used.
fn nobody() -> &'static str {
    static NAME: LazyLock<String> = LazyLock::new(|| "x".repeat(MAX_LENGTH + 1));
    &NAME
}
