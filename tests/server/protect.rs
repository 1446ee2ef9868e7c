//! Other processes cannot read the memory: no core dumps, and no debugger of the same user.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use rustix::process::geteuid;

/// Another user than root: only then can it be seen who owns the files of a process.
const NOBODY: u32 = 65534;

/// The soft and the hard limit of core dumps, in the words of the system.
fn core_limits(pid: u32) -> (String, String) {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    let mut words = line.split_whitespace().map(str::to_owned);
    (words.next().unwrap(), words.next().unwrap())
}

#[test]
fn the_process_leaves_no_core_dump_and_is_not_dumpable() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aircheck"));
    command.args(["demo", "--serve"]).stdout(Stdio::piped()).env("HOME", "/nonexistent");
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let mut running = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (soft, hard) = core_limits(running.id());
    let owner = fs::metadata(format!("/proc/{}/environ", running.id())).unwrap().uid();
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!((soft.as_str(), hard), ("0", core_limits(std::process::id()).1), "{line}");
    assert_eq!(owner, 0, "its user can read its memory");
}
