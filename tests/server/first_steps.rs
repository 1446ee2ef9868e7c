//! The first page of the guide, typed as it stands.
#![expect(clippy::unwrap_used, reason = "steps that cannot be taken are a failure")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use redis::Value;

use super::support::{LIMIT, RedisServer};
use super::world::World;

/// A command of a page, and the lines that it prints there; `…` stands for anything.
struct Step {
    command: String,
    printed: Vec<String>,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside && let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), printed: Vec::new() });
        } else if inside && let Some(step) = steps.last_mut() {
            step.printed.push(line.to_owned());
        }
    }
    steps
}

/// What is started with `&`; ended with the test.
struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_first_steps_of_the_guide_go_as_they_are_written() {
    let page = include_str!("../../assets/guide/first-steps.md");
    let server = RedisServer::start();
    let world = World::of(&server);
    let mut background = Vec::new();
    assert!(page.contains("export AIRCHECK_SIGN_KEY=a-key-for-these-steps"), "the steps are taken with this key");
    let steps = steps(page);
    assert!(steps.len() > 8, "the page has steps");
    for step in steps {
        if let Some(command) = step.command.strip_suffix(" &") {
            background.push(Background(shell(&world, &format!("exec {command}")).spawn().unwrap()));
            server.wait_for(
                &["PUBSUB", "NUMSUB", "ops"],
                |answer| matches!(answer, Value::Array(parts) if parts.last() == Some(&Value::Int(1))),
            );
            continue;
        }
        let pattern: Vec<String> = step.printed.iter().map(|line| regex::escape(line).replace('…', ".*")).collect();
        // A line of nothing but an ellipsis is any number of lines.
        let pattern = format!("^{}\n$", pattern.join("\n")).replace("^.*\n", "^(.*\n)*");
        let pattern = regex::Regex::new(&pattern).unwrap();
        let deadline = Instant::now() + LIMIT;
        loop {
            let output = shell(&world, &step.command).output().unwrap();
            let printed = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
            if pattern.is_match(&printed) {
                break;
            }
            // What was received a moment ago is in the recording with the next transaction.
            let later = step.command.starts_with("aircheck show") && Instant::now() < deadline;
            assert!(later, "$ {}\n{printed}is not\n{}", step.command, step.printed.join("\n"));
        }
    }
}

fn shell(world: &World, command: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_aircheck")).parent().unwrap();
    let path = std::env::join_paths([program, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(world.home()).env_clear().env("PATH", path).env("HOME", world.home());
    shell.env("AIRCHECK_URL", &world.url).env("AIRCHECK_SIGN_KEY", "a-key-for-these-steps");
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}
