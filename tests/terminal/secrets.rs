//! The console shows no secret on the terminal, and passes none to the programs that it starts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use portable_pty::CommandBuilder;

use super::console::broadcast;
use super::needles::Needles;
use super::pty::Pty;
use super::support::{LIMIT, RedisServer};

const PASSWORD: &str = "pass-w0rd-of-redis";
const KEYS: [&str; 3] = ["0wn-k3y-that-signs", "old-k3y-that-verifies", "another-k3y-that-signs"];

fn private(path: PathBuf, text: &str, mode: u32) -> PathBuf {
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

/// A profile with all kinds of secrets. Every started program writes its arguments and environment to this directory.
fn aircheck(server: &RedisServer, directory: &Path, words: &[&str]) -> Pty {
    let dump = |name: &str, then: &str| {
        let out = directory.join(name);
        let script = format!("#!/bin/sh\n{{ env; xargs -0 < /proc/$$/cmdline; }} > {}\n{then}\n", out.display());
        private(directory.join(format!("{name}.sh")), &script, 0o700)
    };
    let (alert, editor) = (dump("alert", "cat > /dev/null"), dump("editor", "printf '[2]' > \"$1\""));
    let port = server.port();
    let config = format!(
        "default_profile = 'p'\n[profile.p]\nurl = 'redis://:{PASSWORD}@127.0.0.1:{port}'\nchannels = ['ops']\n\
         [profile.p.signing]\nkey = {{ env = 'OWN_KEY' }}\nverification_keys.old = {{ value = '{}' }}\n\
         [profile.p.alerts]\ncommand = ['{}']\nkinds = ['rejected']\n",
        KEYS[1],
        alert.display()
    );
    private(directory.join("config.toml"), &config, 0o600);
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aircheck"));
    command.args(words);
    command.env("AIRCHECK_CONFIG", directory.join("config.toml"));
    command.env("AIRCHECK_LOG", "trace");
    command.env("OWN_KEY", KEYS[0]);
    command.env("AIRCHECK_SIGNING_KEY", KEYS[2]);
    command.env("AIRCHECK_STATE", directory.join("state/counters.db"));
    command.env("VISUAL", editor);
    command.env("HOME", directory);
    command.env("TMPDIR", directory);
    command.env_remove("XDG_CONFIG_HOME");
    Pty::start(command, (140, 50))
}

/// The process that runs jq predicates for the console.
fn jq_worker(console: u32) -> u32 {
    let deadline = Instant::now() + LIMIT;
    loop {
        let found = Command::new("pgrep").args(["-P", &console.to_string()]).output().unwrap();
        if let Some(line) = String::from_utf8(found.stdout).unwrap().lines().next() {
            return line.parse().unwrap();
        }
        assert!(Instant::now() < deadline, "no process runs the predicate");
    }
}

#[test]
fn the_console_and_its_children_leak_no_secret() {
    let server = RedisServer::start_with(&["--requirepass", PASSWORD]);
    let directory = tempfile::tempdir().unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() - 60;
    let forged = [
        format!("bad:sha256|default|{now}|{}:[1]", "0".repeat(64)),
        format!("bad:sha256|old|{now}|:[1]"),
        format!("bad:sha256|default|1|{}:[1]", "0".repeat(64)),
    ];
    let all = KEYS.into_iter().chain([PASSWORD]).collect::<Vec<_>>();
    let needles = forged.iter().fold(Needles::of(&all), |needles, message| needles.and_hmacs(&KEYS, message));

    let file = directory.path().join("a.db");
    let file = file.to_str().unwrap();
    let log = directory.path().join("a.log");
    let mut screen = aircheck(&server, directory.path(), &["--record", file, "--log-file", log.to_str().unwrap()]);
    screen.wait_for("● live");
    needles.assert_absent("arguments", &fs::read(format!("/proc/{}/cmdline", screen.pid())).unwrap());
    for message in &forged {
        broadcast(&server, "ops", message.as_bytes());
    }
    screen.wait_for("3 rejected");
    // The predicate is evaluated for accepted messages only.
    let signing_key = Some(Secret::new(KEYS[0].as_bytes().to_vec()));
    let keyring = Keyring::new(KeyringSettings { signing_key, ..KeyringSettings::default() });
    broadcast(
        &server,
        "ops",
        &keyring.payload(b"good", b"[1]", &SignWith::SigningKey, i64::try_from(now + 60).unwrap()).unwrap(),
    );
    screen.wait_for("#4");
    // The checks of each rejected message, and the detail's views.
    screen.type_keys("\r");
    screen.wait_for("mismatch");
    screen.type_keys("2\x1b[Av\x1b[Avvv");
    screen.type_keys("f\x05\x15| . == [1]\r");
    screen.wait_for("filter | . ==");
    let worker = jq_worker(screen.pid());
    needles.assert_absent("arguments of the jq worker", &fs::read(format!("/proc/{worker}/cmdline")).unwrap());
    // Only root can read it: the process is not dumpable.
    match fs::read(format!("/proc/{worker}/environ")) {
        Ok(environment) => needles.assert_absent("the environment of the jq worker", &environment),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    }
    screen.type_keys("f\x05\x15\rc");
    screen.wait_for("Ctrl-S send");
    screen.type_keys("signed\r[1]\x1be");
    screen.wait_for("[2]");
    screen.type_keys("\x13");
    screen.wait_for("sent #5 on ops");
    screen.wait_for("verified");
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
    needles.assert_absent("the terminal", &screen.bytes());
    let logged = fs::read_to_string(&log).unwrap();
    assert!(logged.contains("jq worker started") && !logged.contains("signed"), "{logged}");
    assert!(!String::from_utf8_lossy(&screen.bytes()).contains("jq worker started"), "the log is on the terminal");
    for name in ["alert", "editor"] {
        let known = fs::read_to_string(directory.path().join(name)).unwrap();
        assert!(known.contains("HOME=") && !known.contains("OWN_KEY"), "{name} was started with {known}");
    }

    for (words, shown) in [(&["replay", file, "--speed", "max"][..], "signed"), (&["demo"], "● live")] {
        let mut screen = aircheck(&server, directory.path(), words);
        screen.wait_for(shown);
        screen.type_keys("\r\x03");
        screen.wait_for_end();
        needles.assert_absent(&format!("the terminal of {words:?}"), &screen.bytes());
    }
    // The recording, the counters, the history and the input of the programs. Only the configuration may contain secrets.
    assert!(needles.assert_absent_below(directory.path(), &["config.toml"]) >= 6);
}
