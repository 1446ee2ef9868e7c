//! The first page of the guide, pasted as one block.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

use super::support::{LIMIT, RedisServer};
use super::world::World;

/// The lines of all blocks of that language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if let Some(opened) = line.strip_prefix("```") {
            inside = opened == language;
        } else if inside {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// Converts printed lines to a pattern: `…` matches any text, and a line with only `…` matches any number of lines.
fn pattern(printed: &[String]) -> regex::Regex {
    let lines: Vec<String> = printed.iter().map(|line| regex::escape(line).replace('…', ".*")).collect();
    regex::Regex::new(&format!("^{}\n$", lines.join("\n")).replace("\n.*\n", "\n(.*\n)*")).unwrap()
}

#[test]
fn the_first_steps_of_the_guide_work_when_they_are_pasted_as_one_block() {
    let page = include_str!("../../assets/guide/tutorial/first-steps.md");
    let (commands, printed) = (blocks(page, "sh"), blocks(page, "text"));
    assert!(commands.len() > 12 && printed.len() > 12, "the page has steps");
    let server = RedisServer::start();
    let world = World::of(&server);
    let script = commands.join("\n").replace("redis://127.0.0.1:7777", &world.url) + "\n";
    assert!(script.contains(&world.url), "the page names its server");
    let program = Path::new(env!("CARGO_BIN_EXE_aircheck")).parent().unwrap();
    let path = std::env::join_paths([program, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    let mut shell = Command::new("sh");
    // A command that reads standard input would consume the commands pasted after it.
    shell
        .args(["-c", "exec sh 2>&1"])
        .current_dir(world.home())
        .env_clear()
        .env("PATH", path)
        .env("HOME", world.home());
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let mut stdout = shell.stdout.take().unwrap();
    let (sender, output) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).unwrap();
        let _ = sender.send(text);
    });
    let output = output.recv_timeout(LIMIT);
    let _ = shell.kill();
    let _ = shell.wait();
    let output = output.unwrap();
    assert!(pattern(&printed).is_match(&output), "{output}is not\n{}", printed.join("\n"));
}
