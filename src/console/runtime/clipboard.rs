//! The local clipboard, through the helper that the desktop has, where there is one.
//!
//! The terminal's own way (OSC 52) is taken in any case; many terminals and multiplexers have it switched off. Whatever goes
//! wrong here is not said: nobody asked for a helper.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A helper that has not ended by then is ended.
const LIMIT: Duration = Duration::from_secs(5);

/// All of the environment that a helper gets: it needs no secret of ours.
const ENVIRONMENT: [&str; 8] =
    ["PATH", "HOME", "USER", "DISPLAY", "XAUTHORITY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];

/// Puts text on the local clipboard, on a thread of its own. The text goes to the helper's standard input.
pub(crate) fn copy(text: String) {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let Some((program, arguments)) = helper(set, find) else { return };
    // Without a thread there is no copy; the console goes on.
    let _ = std::thread::Builder::new().name("clipboard".into()).spawn(move || run(&program, arguments, &text));
}

/// The helper and its arguments, by the desktop that the environment names.
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

/// The program of that name on the path.
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
mod tests;
