//! Captures the demonstration for the README: `cargo pictures` writes stills into `assets`, `cargo film` an animation.
//!
//! They are ignored tests because Cargo builds the program for tests and gives its path.
#![expect(clippy::unwrap_used, reason = "a capture fails by panicking")]

mod film;
mod pictures;
#[path = "../tests/terminal/pty.rs"]
#[expect(dead_code, reason = "the terminal tests use the rest")]
mod pty;
mod svg;

use std::path::Path;

use portable_pty::CommandBuilder;
use pty::Pty;

/// Runs the demonstration on a terminal of that many columns and rows.
fn demo(arguments: &[&str], size: (u16, u16)) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aircheck"));
    command.arg("demo");
    command.args(arguments);
    command.env("TZ", "UTC");
    for variable in ["NO_COLOR", "COLORFGBG"] {
        command.env_remove(variable);
    }
    Pty::start(command, size)
}

/// Writes a file into `assets`.
fn write(name: &str, svg: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name);
    std::fs::write(&file, svg).unwrap();
    println!("{}", file.display());
}
