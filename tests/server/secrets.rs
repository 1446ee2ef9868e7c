//! Secrets stay where they are: on no screen, in no argument or environment of a process, in no file that is kept.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::RedisServer;
use crate::tailing::{Tailing, broadcast};
use crate::world::World;

const PASSWORD: &str = "pass-w0rd-of-redis";
const OLD: &str = "old-k3y-that-verifies";

/// Where the own key comes from: the words of the configuration, and the key.
const SOURCES: [(&str, &str); 4] = [
    ("{ env = \"OWN_KEY\" }", "env-k3y-that-signs"),
    ("{ file = \"own.key\" }", "file-k3y-that-signs"),
    ("{ command = [\"./keeper\"] }", "command-k3y-that-signs"),
    ("{ value = \"value-k3y-that-signs\" }", "value-k3y-that-signs"),
];

/// A world with every kind of secret; its key command writes down the environment and arguments it was started with.
fn world(server: &RedisServer, source: &str) -> World {
    let url = format!("redis://:{PASSWORD}@127.0.0.1:{}", server.port());
    let config = format!(
        "default_profile = \"p\"\n[profile.p.signing]\nkey = {source}\n\
         verification_keys.old = {{ value = \"{OLD}\" }}\nverification_keys.other = {{ command = [\"./keeper\"] }}\n"
    );
    let world = World::new(&url).config(&config);
    world.file(".config/aircheck/own.key", "file-k3y-that-signs\n");
    // Its parts, so that the key does not stand in the script that the test looks at.
    let keeper = world.file(
        ".config/aircheck/keeper",
        "#!/bin/sh\nenv >> \"$HOME/child\"\nxargs -0 < /proc/$$/cmdline >> \"$HOME/child\"\n\
         xargs -0 < /proc/$PPID/cmdline >> \"$HOME/child\"\nprintf 'command-k3y%s' -that-signs\n",
    );
    fs::set_permissions(keeper, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    world
}

fn process(world: &World, source: &str, words: &[&str]) -> Command {
    let mut command = world.process(words);
    command.env("AIRCHECK_SIGN_KEY", "another-k3y-that-signs");
    if source.contains("OWN_KEY") {
        command.env("OWN_KEY", "env-k3y-that-signs");
    }
    command
}

fn clean(place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let secrets = SOURCES.map(|(_, key)| key);
    for secret in secrets.into_iter().chain([PASSWORD, OLD, "another-k3y-that-signs"]) {
        assert!(!text.contains(secret), "{secret} in {place}: {text}");
    }
}

fn clean_files(folder: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        clean(&path.display().to_string(), &fs::read(&path).unwrap());
        files += 1;
    }
    files
}

#[test]
fn no_command_lets_a_secret_out() {
    let server = RedisServer::start_with(&["--requirepass", PASSWORD]);
    for (source, key) in SOURCES {
        let world = world(&server, source);
        // A signature that would be valid is as good as the key, for one message.
        let forged = "evt:sha256|default|1|00:1";
        for (words, statuses) in [
            (&["publish", "ops", "evt", "[1]"][..], [0, 0]),
            (&["publish", "ops", "evt", "--key", "old", "--format", "json"], [0, 0]),
            (&["publish", "ops", "evt", "--key", "nobody"], [2, 2]),
            (&["publish", "ops", "evt", "{"], [2, 2]),
            (&["inspect", forged], [1, 1]),
            (&["inspect", forged, "--format", "json", "--now", "1"], [1, 1]),
            (&["channels"], [0, 0]),
            (&["check", "ops"], [0, 1]),
            (&["check", "ops", "--format", "json"], [0, 1]),
            (&["tail", "ops", "--for", "200ms"], [0, 0]),
            (&["listen", "ops", "--on-any", "env >&2", "--idle", "200ms"], [0, 0]),
            (&["watch", "ops"], [2, 2]),
            (&["man"], [0, 0]),
            (&["completions", "bash"], [0, 0]),
            (&["--help"], [0, 0]),
        ] {
            let output = process(&world, source, words).output().unwrap();
            let place = format!("{words:?} with {source}");
            clean(&format!("the output of {place}"), &output.stdout);
            clean(&format!("the errors of {place}"), &output.stderr);
            let status = output.status.code().unwrap();
            assert!(statuses.contains(&status), "{place}: {status} {}", String::from_utf8_lossy(&output.stderr));
        }

        let mut tailing = Tailing::spawn(process(&world, source, &["tail", "ops", "--format", "json"]));
        tailing.wait_for(|line| line["state"] == "connected");
        broadcast(&server, "ops", &[forged]);
        assert!(process(&world, source, &["publish", "ops", "signed"]).output().unwrap().status.success());
        assert_eq!(tailing.wait_for(|line| line["name"] == "signed")["verdict"], "verified", "{key}");
        clean("the arguments of tail", &fs::read(format!("/proc/{}/cmdline", tailing.id())).unwrap());
        tailing.signal("-INT");
        let ended = tailing.end();
        clean("the output of tail", ended.out.as_bytes());
        clean("the errors of tail", ended.err.as_bytes());
        assert!(clean_files(world.state().parent().unwrap()) > 0, "a file of counters");

        let child = fs::read(world.home().join("child")).unwrap();
        assert!(String::from_utf8_lossy(&child).contains("HOME="), "the key command was run");
        clean("the environment and arguments of the key command", &child);
    }
}

#[test]
fn a_password_in_a_url_of_the_command_line_goes_no_further() {
    let server = RedisServer::start_with(&["--requirepass", PASSWORD]);
    let world = World::new("redis://nowhere");
    let url = format!("redis://:{PASSWORD}@127.0.0.1:{}", server.port());
    let dead = format!("redis://:{PASSWORD}@127.0.0.1:1");
    let wrong = format!("redis://:{PASSWORD}@[::1");
    for url in [url.as_str(), &dead, &wrong] {
        for words in [
            &["publish", "ops", "evt"][..],
            &["channels"],
            &["check", "ops"],
            &["tail", "ops", "--for", "200ms"],
            &["inspect", "evt"],
            &["watch", "ops"],
        ] {
            let ended = world.run(&[words, &["--url", url]].concat());
            clean(&format!("{words:?}"), ended.out.as_bytes());
            clean(&format!("{words:?}"), ended.err.as_bytes());
            let warned = ended.err.starts_with("Warning: Using a password with '--url'");
            assert_eq!(warned, url != wrong, "{words:?}: {}", ended.err);
        }
    }
}
