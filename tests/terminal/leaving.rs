//! However the console ends, it restores the terminal.
#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;

use aircheck::redis::subscription::now_micros;
use portable_pty::CommandBuilder;

use super::console::{broadcast, console};
use super::pty::Pty;
use super::support::RedisServer;

/// A shell that prints the terminal's settings before and after it runs the console.
fn shell(server: &RedisServer, directory: &std::path::Path, before: &str) -> Pty {
    shell_with(server, directory, before, "")
}

/// The same, with something to do `between` the console's end and the last word.
fn shell_with(server: &RedisServer, directory: &std::path::Path, before: &str, between: &str) -> Pty {
    let program = env!("CARGO_BIN_EXE_aircheck");
    let script = format!(
        "{before} echo before:$(stty -g):; {program} --url {} ops; echo status:$?:; {between} echo after:$(stty -g):; read line",
        server.url()
    );
    let mut command = CommandBuilder::new("bash");
    command.args(["-c", &script]);
    command.env("AIRCHECK_STATE", directory.join("state.db"));
    command.env("HOME", directory);
    Pty::start(command, (120, 40))
}

fn between<'a>(text: &'a str, start: &str) -> &'a str {
    let Some((_, rest)) = text.split_once(start) else { panic!("no {start} in:\n{text}") };
    rest.split(':').next().unwrap_or_default()
}

/// The settings before and after are the same, the alternate screen is left, and the cursor is shown.
fn assert_as_before(screen: &mut Pty) {
    let text = screen.wait_for("after:");
    let line = |start| text.lines().find_map(|line: &str| line.strip_prefix(start)).unwrap_or_default();
    let (before, after) = (line("before:"), line("after:"));
    assert!(before.len() > 50, "{text}");
    assert_eq!(before.trim(), after.trim(), "{text}");
    let state = screen.screen();
    assert!(!state.alternate_screen() && !state.hide_cursor() && !state.bracketed_paste());
    assert_eq!(state.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
}

fn console_pid(screen: &Pty) -> String {
    let children = Command::new("pgrep").args(["-P", &screen.pid().to_string(), "aircheck"]).output().unwrap();
    String::from_utf8(children.stdout).unwrap().trim().to_owned()
}

fn signal(pid: &str, name: &str) {
    assert!(Command::new("kill").args([name, pid]).status().unwrap().success());
}

#[test]
fn quitting_leaves_the_terminal_as_it_was() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = shell(&server, directory.path(), "");
    screen.wait_for("live");
    screen.type_keys("q");
    let text = screen.wait_for("after:");
    assert_eq!(between(&text, "status:"), "0");
    assert_as_before(&mut screen);
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    for name in ["-TERM", "-INT", "-HUP"] {
        let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
        let mut screen = shell(&server, directory.path(), "");
        screen.wait_for("live");
        signal(&console_pid(&screen), name);
        assert_as_before(&mut screen);
    }
}

/// What runs on the terminal in the test below: it takes the terminal over and panics, on another thread if asked.
#[test]
fn a_program_that_panics() {
    let Some(thread) = std::env::var_os("AIRCHECK_TEST_PANIC") else { return };
    let _terminal = aircheck::console::runtime::terminal::Terminal::enter(true).unwrap();
    if thread == "other" {
        assert!(std::thread::spawn(|| panic!("a defect on another thread")).join().is_err());
    }
    panic!("a defect");
}

#[test]
fn a_panic_leaves_the_terminal_as_it_was_and_is_reported_after() {
    for thread in ["same", "other"] {
        let program = std::env::current_exe().unwrap();
        let script = format!(
            "echo before:$(stty -g):; {} --exact leaving::a_program_that_panics --nocapture; echo status:$?:; \
             echo after:$(stty -g):; read line",
            program.display()
        );
        let mut command = CommandBuilder::new("bash");
        command.args(["-c", &script]);
        command.env("AIRCHECK_TEST_PANIC", thread);
        let mut screen = Pty::start(command, (200, 60));
        let text = screen.wait_for("after:");
        assert!(text.contains("a defect"), "the report is on the shell's own screen:\n{text}");
        assert_as_before(&mut screen);
    }
}

#[test]
fn suspending_restores_the_terminal_and_resuming_takes_it_again() {
    for by_key in [true, false] {
        let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
        let mut screen = shell_with(&server, directory.path(), "set -m;", "echo stopped; read line; fg;");
        screen.wait_for("live");
        if by_key {
            screen.type_keys("\x1a");
        } else {
            signal(&console_pid(&screen), "-TSTP");
        }
        let text = screen.wait_for("stopped");
        assert!(text.contains("before:"), "the shell's own screen is back:\n{text}");
        assert!(!screen.screen().alternate_screen() && !screen.screen().hide_cursor());
        screen.type_keys("\n");
        screen.wait_for("● live");
        assert!(screen.screen().alternate_screen());
        screen.type_keys("q");
        let text = screen.wait_for("after:");
        assert!(!text.contains("live"), "{text}");
        assert_as_before(&mut screen);
    }
}

/// Closes the terminal, and waits for the console to be gone.
fn assert_ends_without_terminal(screen: Pty, pid: &str) {
    assert!(!pid.is_empty());
    drop(screen);
    // Two seconds are promised; a busy machine has a few more.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(6);
    while std::path::Path::new(&format!("/proc/{pid}")).exists() {
        assert!(std::time::Instant::now() < deadline, "the console lives on without its terminal");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn the_console_ends_when_its_terminal_goes_away_though_hang_up_is_ignored() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = shell(&server, directory.path(), "trap '' HUP;");
    screen.wait_for("live");
    let pid = console_pid(&screen);
    assert_ends_without_terminal(screen, &pid);
}

#[test]
fn a_stopped_console_ends_when_its_terminal_goes_away() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = shell_with(&server, directory.path(), "trap '' HUP; set -m;", "echo stopped; read line;");
    screen.wait_for("live");
    let pid = console_pid(&screen);
    screen.type_keys("\x1a");
    screen.wait_for("stopped");
    // The kernel continues a stopped process group when it becomes orphaned.
    assert_ends_without_terminal(screen, &pid);
}

#[test]
fn any_size_from_one_cell_up_is_drawn() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = super::console::console(&server, directory.path(), &["ops"], (120, 40));
    screen.wait_for("live");
    for size in [(1, 1), (39, 9), (40, 10), (80, 24), (200, 60), (2, 60), (200, 2)] {
        screen.resize(size.0, size.1);
        for step in 1..20 {
            screen.resize(size.0 + step, size.1 + step / 2);
        }
    }
    screen.resize(30, 8);
    screen.wait_for("needs 40x10");
    screen.resize(120, 40);
    screen.wait_for("Messages");
    // Cells that the terminal lost while it was small are drawn again, even if the program saw only its previous size.
    for _ in 0..100 {
        screen.resize(5, 2);
        screen.resize(120, 40);
    }
    screen.wait_until("the whole screen", |text| {
        ["● live", "Channels", "Detail", "peak", "? help"].iter().all(|part| text.contains(part))
    });
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn a_storm_of_resizes_ends_at_the_last_size() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = super::console::console(&server, directory.path(), &["ops"], (120, 40));
    screen.wait_for("live");
    let began = std::time::Instant::now();
    for step in 0..2000_u16 {
        screen.resize(step * 7 % 200, step * 3 % 60);
        if step % 100 == 0 {
            super::console::broadcast(&server, "ops", b"evt::1");
        }
        let due = began + std::time::Duration::from_millis(u64::from(step));
        std::thread::sleep(due.saturating_duration_since(std::time::Instant::now()));
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "a thousand a second, or nearly");
    screen.resize(0, 0);
    screen.resize(120, 40);
    screen.wait_until("all messages at the last size", |text| text.contains("#20") && text.lines().count() >= 39);
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn it_needs_a_terminal_on_both_sides() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    for around in ["PROGRAM < /dev/null", "PROGRAM | cat; (exit ${PIPESTATUS[0]})"] {
        let program = format!("{} --url {} ops", env!("CARGO_BIN_EXE_aircheck"), server.url());
        let mut command = CommandBuilder::new("bash");
        command.args(["-c", &format!("{}; echo status:$?:; read line", around.replace("PROGRAM", &program))]);
        command.env("AIRCHECK_STATE", directory.path().join("state.db"));
        command.env("HOME", directory.path());
        let mut screen = Pty::start(command, (200, 40));
        let text = screen.wait_for("status:");
        assert!(text.contains("the console needs a terminal") && text.contains("status:2:"), "{around}: {text}");
    }
}

#[test]
fn without_a_terminal_the_error_names_an_alternative() {
    let output = Command::new(env!("CARGO_BIN_EXE_aircheck")).arg("ops").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("needs a terminal") && words.contains("aircheck tail"), "{words}");
}

#[test]
fn quitting_stores_until_when_the_console_was_subscribed() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = console(&server, directory.path(), &["ops"], (120, 40));
    screen.wait_for("● live");
    broadcast(&server, "ops", b"evt::1");
    screen.wait_for("#1");
    // The counter was noted before this time.
    let before_end = now_micros();
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);
    let counters = rusqlite::Connection::open(directory.path().join("state.db")).unwrap();
    let at: i64 = counters.query_row("SELECT at_unix_micros FROM counter", [], |row| row.get(0)).unwrap();
    assert!(at >= before_end, "stored {} µs before the end", before_end - at);
}
