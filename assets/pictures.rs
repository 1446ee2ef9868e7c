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
    let built = Command::new(env!("CARGO")).arg("build").current_dir(root).status().unwrap();
    assert!(built.success(), "the program does not build");
    let program = root.join("target/debug/aircheck");

    // Every fault of the example has come when a signer's clock is off.
    let whole = |screen: &str| !screen.contains("0 gaps") && screen.contains("clock off") && screen.contains("✗");
    let mut wide = demo(&program, (132, 40));
    wide.wait_until("gaps and refusals", whole);
    // Back to the first refused message in sight, so that Detail shows which check failed.
    wide.type_keys("[");
    while !wide.wait_until("a selection", |screen| screen.contains("paused")).contains("refused: hmac") {
        wide.type_keys("[");
        settle();
    }
    save(&wide, root, "console.svg");
    wide.type_keys("Gc");
    wide.wait_for("Ctrl-S send");
    wide.type_keys("cache-flush\t{\"tag\": \"cart\"}");
    wide.wait_for("valid JSON");
    wide.type_keys("\x13");
    wide.wait_for("echo");
    save(&wide, root, "compose.svg");
    wide.type_keys("\x1b");
    settle();
    wide.type_keys("?");
    save(&wide, root, "help.svg");

    let mut small = demo(&program, (80, 24));
    small.wait_until("gaps and refusals", |screen| {
        !screen.contains("0 gaps") && screen.contains("missed") && screen.contains("✗")
    });
    save(&small, root, "small.svg");
}

fn demo(program: &Path, size: (u16, u16)) -> Pty {
    let mut command = CommandBuilder::new(program);
    command.arg("demo");
    command.env("TZ", "UTC");
    Pty::start(command, size)
}

/// Gives the program time to draw; a picture that is a frame too old is no failure.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(400));
}

fn save(pty: &Pty, root: &Path, name: &str) {
    settle();
    let file = root.join("assets").join(name);
    std::fs::write(&file, svg::draw(&pty.screen())).unwrap();
    println!("{}", file.display());
}
