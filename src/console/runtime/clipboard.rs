//! Copies to the local clipboard with the desktop's helper program, if there is one.
//!
//! The console also uses OSC 52, but many terminals and multiplexers disable it. Errors of a helper are ignored, because
//! the user did not ask for one.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A helper that takes longer is killed.
const LIMIT: Duration = Duration::from_secs(5);

/// The environment variables that a helper gets. It must not get secrets.
const ENVIRONMENT: [&str; 8] =
    ["PATH", "HOME", "USER", "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];

/// Copies text on a separate thread. The text goes to the helper's standard input.
pub(crate) fn copy(text: String) {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let Some((program, arguments)) = helper(set, find) else { return };
    // If no thread can be started, nothing is copied.
    let _ = std::thread::Builder::new().name("clipboard".into()).spawn(move || run(&program, arguments, &text));
}

/// The helper and its arguments for the desktop in the environment.
fn helper(
    set: impl Fn(&str) -> bool,
    find: impl Fn(&str) -> Option<PathBuf>,
) -> Option<(PathBuf, &'static [&'static str])> {
    let mut candidates: Vec<(&str, &'static [&'static str])> = Vec::new();
    if cfg!(target_os = "macos") && !set("SSH_CONNECTION") {
        candidates.push(("pbcopy", &[]));
    }
    if set("WAYLAND_DISPLAY") {
        candidates.push(("wl-copy", &["--type", "text/plain;charset=utf-8"]));
    }
    if set("DISPLAY") {
        candidates.push(("xclip", &["-selection", "clipboard"]));
        candidates.push(("xsel", &["--clipboard", "--input"]));
    }
    candidates.into_iter().find_map(|(name, arguments)| Some((find(name)?, arguments)))
}

/// Searches the path for a program.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

fn run(program: &PathBuf, arguments: &[&str], text: &str) {
    let kept: Vec<(&str, OsString)> =
        ENVIRONMENT.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))).collect();
    let child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(kept)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return };
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(text.as_bytes());
    }
    let started = Instant::now();
    while let Ok(None) = child.try_wait() {
        if started.elapsed() > LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn chosen(environment: &[&str], there: &[&str]) -> Option<String> {
        let find = |name: &str| there.contains(&name).then(|| PathBuf::from(name));
        helper(|name| environment.contains(&name), find).map(|(program, _)| program.display().to_string())
    }

    #[test]
    fn the_helper_is_that_of_the_desktop() {
        let all = ["wl-copy", "xclip", "xsel"];
        assert_eq!(chosen(&["WAYLAND_DISPLAY", "DISPLAY"], &all).as_deref(), Some("wl-copy"));
        assert_eq!(chosen(&["WAYLAND_DISPLAY", "DISPLAY"], &["xsel"]).as_deref(), Some("xsel"));
        assert_eq!(chosen(&["DISPLAY"], &all).as_deref(), Some("xclip"));
        assert_eq!(chosen(&["SSH_CONNECTION"], &all), None, "there is no desktop");
        assert_eq!(chosen(&["DISPLAY"], &[]), None);
    }

    #[test]
    fn the_text_goes_to_standard_input_and_the_environment_is_bare() {
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("helper");
        let output = directory.path().join("out");
        std::fs::write(&script, format!("#!/bin/sh\n{{ /bin/cat; /usr/bin/env; }} > '{}'\n", output.display()))
            .unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
        run(&script, &[], "some text\n");
        let written = std::fs::read_to_string(&output).unwrap();
        let mut lines = written.lines();
        assert_eq!(lines.next(), Some("some text"));
        for line in lines {
            let name = line.split('=').next().unwrap();
            // A shell sets the last three by itself.
            assert!(ENVIRONMENT.contains(&name) || ["PWD", "SHLVL", "_"].contains(&name), "{name} was handed on");
        }
    }

    #[test]
    fn a_missing_helper_is_not_a_failure() {
        run(&PathBuf::from("/nonexistent/helper"), &[], "text");
    }
}
