//! Runs the program with a temporary home directory and a server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::json_schema::validated;
use crate::support::{LIMIT, RedisServer};

/// The counter of the channel `ops`.
pub(crate) const COUNTER: &str = "system_broadcast_sequence_ops";

pub(crate) struct World {
    home: TempDir,
    pub(crate) url: String,
}

impl World {
    pub(crate) fn new(url: &str) -> Self {
        Self { home: tempfile::tempdir().unwrap(), url: url.to_owned() }
    }

    pub(crate) fn of(server: &RedisServer) -> Self {
        Self::new(&server.url())
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The file with the saved counters. It may be missing.
    pub(crate) fn state(&self) -> PathBuf {
        self.home().join(".local/state/aircheck/counters.db")
    }

    /// Writes the configuration file.
    pub(crate) fn config(self, text: &str) -> Self {
        self.file(".config/aircheck/config.toml", text);
        self
    }

    /// Writes a file that only its owner can read.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.home().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    /// The program with these arguments, for a test that observes it while it runs.
    pub(crate) fn process(&self, words: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_aircheck"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.home()).env("AIRCHECK_URL", &self.url).args(words);
        command
    }

    /// The program with these arguments, for a test that waits for its end.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::from_std(self.process(words));
        command.timeout(LIMIT);
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ended {
        Ended::of(&self.command(words).output().unwrap())
    }

    pub(crate) fn feed(&self, words: &[&str], input: &str) -> Ended {
        Ended::of(&self.command(words).write_stdin(input).output().unwrap())
    }
}

/// Runs a command to its end; kills it after [`LIMIT`].
pub(crate) fn output_of(command: std::process::Command) -> Output {
    Command::from_std(command).timeout(LIMIT).output().unwrap()
}

/// The exit status and the output of the program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn new(status: i32, out: &str, err: &str) -> Self {
        Self { status, out: out.to_owned(), err: err.to_owned() }
    }

    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let status = output.status.code();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        // `serde_json` does not parse data that is nested as deeply as some payloads of the tests.
        let is_parsed = |line: &&str| line.starts_with('{') && serde_json::from_str::<Value>(line).is_ok();
        out.lines().filter(is_parsed).for_each(|line| drop(validated(line)));
        Self { status: status.unwrap_or_else(|| panic!("{}: {out} {err}", output.status)), out, err }
    }

    /// The JSON lines on standard output, validated.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out.lines().map(validated).collect()
    }
}
