//! What must hold for any bytes: one function for each place where bytes from outside come in.
//!
//! The fuzzer calls them with bytes of its own, and an ordinary test with the corpus that the fuzzer left.

pub mod config;
pub mod envelope;
pub mod escape;
pub mod filter;
pub mod json;
pub mod record;
pub mod resp;

use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// A file that only this process uses, in memory where the system has such a directory.
fn scratch_file(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let directory = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    directory.join(format!("aircheck-fuzz-{}-{name}", std::process::id()))
}

/// Fills a file that only its owner may read.
fn write_private(path: &Path, bytes: &[u8]) {
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, bytes));
    assert!(written.is_ok(), "{}: {written:?}", path.display());
}

fn remove(path: &Path) {
    let removed = fs::remove_file(path);
    assert!(removed.is_ok(), "{}: {removed:?}", path.display());
}
