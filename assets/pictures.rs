//! Takes the pictures of the README: `cargo pictures` runs the demonstration on a terminal, presses keys, and writes what
//! the terminal shows as SVG into `assets`.
#![expect(clippy::unwrap_used, reason = "a picture that cannot be taken is a failure")]

#[path = "../tests/terminal/pty.rs"]
#[expect(dead_code, reason = "the tests of the terminal use more of it")]
mod pty;
mod svg;

use std::path::Path;
use std::process::Command;

use portable_pty::CommandBuilder;
use pty::Pty;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = Command::new(env!("CARGO")).args(["build", "--release"]).current_dir(root).status().unwrap();
    assert!(built.success(), "the program does not build");
    let program = root.join("target/release/aircheck");

    let mut wide = demo(&program, (132, 40));
    wide.wait_until("gaps and refusals", |screen| screen.contains("missed") && screen.contains("hmac does not match"));
    // The newest refusal is selected, so that Detail shows which check failed.
    wide.type_keys("[");
    wide.wait_for("✗");
    save(&wide, root, "console.svg");
    wide.type_keys("c");
    wide.type_keys("\t{\"tag\": \"cart\"}");
    save(&wide, root, "compose.svg");
    wide.type_keys("\x1b?");
    wide.wait_for("pause");
    save(&wide, root, "help.svg");

    let mut small = demo(&program, (80, 24));
    small.wait_until("gaps and refusals", |screen| screen.contains("missed") && screen.contains("✗"));
    save(&small, root, "small.svg");
}

fn demo(program: &Path, size: (u16, u16)) -> Pty {
    let mut command = CommandBuilder::new(program);
    command.arg("demo");
    command.env("TZ", "UTC");
    Pty::start(command, size)
}

fn save(pty: &Pty, root: &Path, name: &str) {
    let file = root.join("assets").join(name);
    std::fs::write(&file, svg::draw(&pty.screen())).unwrap();
    println!("{}", file.display());
}
