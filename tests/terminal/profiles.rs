//! Switching to another profile on a real terminal, with two servers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use aircheck::ledger::sequence::Channel;
use aircheck::recording::counters::{Counters, KnownCounter};
use aircheck::recording::reader::RecordingReader;
use aircheck::redis::subscription::now_micros;
use aircheck::redis::target::Target;
use portable_pty::CommandBuilder;

use super::console::broadcast;
use super::pty::Pty;
use super::support::RedisServer;

/// The console with the profile `dev`, which has another one, `production`, that asks before it sends.
fn console(dev: &RedisServer, production: &RedisServer, directory: &Path) -> Pty {
    Pty::start(command(dev, production, directory), (160, 40))
}

fn command(dev: &RedisServer, production: &RedisServer, directory: &Path) -> CommandBuilder {
    let file = directory.join("config.toml");
    let profile = |name: &str, server: &RedisServer, channel: &str, more: &str| {
        format!("[profile.{name}]\nurl = \"{}\"\nchannels = [\"{channel}\"]\n{more}\n", server.url())
    };
    let config = [
        "default_profile = \"dev\"\n".to_owned(),
        profile("dev", dev, "ops", "colour = \"green\""),
        profile("production", production, "audit", "colour = \"red\"\nconfirm = true"),
    ];
    fs::write(&file, config.concat()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_aircheck"));
    command.args(["--config".as_ref(), file.as_os_str()]);
    command.env("AIRCHECK_SIGNING_KEY", "s3cret");
    command.env("AIRCHECK_STATE", directory.join("state/counters.db"));
    command.env("HOME", directory);
    command.env_remove("XDG_CONFIG_HOME");
    command.env_remove("AIRCHECK_URL");
    command.env_remove("AIRCHECK_PROFILE");
    command.env_remove("NO_COLOR");
    command
}

fn subscribers(server: &RedisServer, channel: &str) -> u64 {
    server.command::<(String, u64)>(&["PUBSUB", "NUMSUB", channel]).1
}

#[test]
fn another_profile_connects_to_its_server_and_keeps_its_guards() {
    let (dev, production, directory) = (RedisServer::start(), RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = console(&dev, &production, directory.path());
    screen.wait_for("● live");
    broadcast(&dev, "ops", b"of-dev::1");
    screen.wait_for("of-dev");
    screen.type_keys("c");
    screen.wait_for("Ctrl-S send");
    screen.type_keys("draft-of-dev\x1b");
    screen.wait_until("Compose left", |text| !text.contains("▪ Compose"));

    screen.type_keys(":profile prduction\r");
    screen.wait_for("unknown profile \"prduction\" (did you mean \"production\"?)");
    assert!(screen.text().contains("of-dev"), "this profile stays connected");

    screen.type_keys(":profile production\r");
    let question = screen.wait_for("Switch to production?");
    for fact in [&production.url()["redis://".len()..], "asks before each message", "was not sent and is lost"] {
        assert!(question.contains(fact.trim_end_matches('/')), "{fact}:\n{question}");
    }
    screen.type_keys("n");
    screen.wait_for("not switched");
    assert_eq!(subscribers(&dev, "ops"), 1);
    screen.type_keys(":profile production\r");
    screen.wait_for("Switch to production?");
    screen.type_keys("y");
    let text = screen.wait_until("the next profile", |text| text.contains("PRODUCTION") && text.contains("● live"));
    assert!(text.contains("switched from dev") && text.contains("to production"), "{text}");
    assert!(!text.contains("of-dev"), "{text}");
    assert_eq!((subscribers(&dev, "ops"), subscribers(&production, "audit")), (0, 1));

    screen.type_keys("c");
    let text = screen.wait_for("Ctrl-S send");
    assert!(!text.contains("draft-of-dev"), "{text}");
    screen.type_keys("asked\x13");
    screen.wait_for("Send to production?");
    screen.type_keys("y");
    screen.wait_for("sent #1 on audit");
    let counter = |server: &RedisServer, channel: &str| {
        server.command::<Option<u64>>(&["GET", &format!("system_broadcast_sequence_{channel}")])
    };
    assert_eq!((counter(&dev, "ops"), counter(&dev, "audit"), counter(&production, "audit")), (Some(1), None, Some(1)));
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
    assert!(!screen.screen().alternate_screen(), "the terminal is restored");
}

#[test]
fn a_recording_ends_with_its_profile() {
    let (dev, production, directory) = (RedisServer::start(), RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = console(&dev, &production, directory.path());
    screen.wait_for("● live");
    screen.type_keys("r");
    screen.wait_for("record to aircheck-dev.db");
    screen.type_keys("~/a.db\r");
    screen.wait_for("◉ REC");
    broadcast(&dev, "ops", b"of-dev::1");
    screen.wait_for("of-dev");
    screen.type_keys(":profile\r");
    screen.wait_until("the profiles", |text| text.contains("Profiles") && text.contains("1 of 1"));
    screen.type_keys("\r");
    screen.wait_until("the question", |text| text.contains("The recording to") && text.contains("a.db ends."));
    screen.type_keys("y");
    let text = screen.wait_until("the next profile", |text| text.contains("PRODUCTION") && text.contains("● live"));
    assert!(!text.contains("REC"), "{text}");
    let overview = RecordingReader::open(&directory.path().join("a.db")).unwrap().overview().unwrap();
    assert_eq!((overview.messages, overview.not_recorded), (1, 0));

    // And back again.
    broadcast(&production, "audit", b"of-production::1");
    screen.wait_for("of-production");
    screen.type_keys(":profile dev\r");
    let text = screen.wait_until("dev again", |text| text.contains("DEV") && text.contains("● live"));
    assert!(text.contains("switched from production") && !text.contains("of-production"), "{text}");
    screen.type_keys("q");
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn a_switch_shows_that_the_environment_overrides_the_server() {
    let (dev, production, directory) = (RedisServer::start(), RedisServer::start(), tempfile::tempdir().unwrap());
    let mut command = command(&dev, &production, directory.path());
    command.env("AIRCHECK_URL", dev.url());
    let mut screen = Pty::start(command, (160, 40));
    screen.wait_for("● live");
    screen.type_keys("c");
    screen.wait_for("Ctrl-S send");
    screen.type_keys("draft\x1b");
    screen.wait_until("Compose left", |text| !text.contains("▪ Compose"));
    screen.type_keys(":profile production\r");
    screen.wait_for("Switch to production?");
    screen.wait_for("(from AIRCHECK_URL)");
    screen.type_keys("y");
    screen.wait_until("the next profile", |text| text.contains("PRODUCTION") && text.contains("● live"));
    screen.wait_for("✗ AIRCHECK_URL overrides the profile's server");
    assert_eq!((subscribers(&dev, "audit"), subscribers(&production, "audit")), (1, 0));
    screen.type_keys("j");
    screen.wait_until("the row", |text| text.contains("switched from dev") && text.contains(": AIRCHECK_URL"));
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
}

/// Another aircheck with the same counters that watches `audit`. It is frozen, so it saves no counters. The test does that for
/// it.
struct OtherAircheck {
    child: Child,
    counters: Counters,
    key: String,
}

impl OtherAircheck {
    fn start(server: &RedisServer, directory: &Path) -> Self {
        let file = directory.join("state/counters.db");
        let mut command = Command::new(env!("CARGO_BIN_EXE_aircheck"));
        command.args(["tail", "--url", &server.url(), "audit"]).env("AIRCHECK_STATE", &file).env("HOME", directory);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let key = Target::parse(&server.url()).unwrap().state_key("system_broadcast_sequence_");
        server.wait_for(&["PUBSUB", "NUMSUB", "audit"], |answer| format!("{answer:?}").contains("int(1)"));
        let counters = Counters::open(&file).unwrap();
        // It locks the counters before it saves them.
        while counters.load(&key).unwrap().is_empty() {
            std::thread::yield_now();
        }
        signal("-STOP", child.id());
        Self { child, counters, key }
    }

    /// Saves a counter with the time in `seconds`.
    fn save(&mut self, counter: u64, seconds: i64) {
        let at = now_micros() + seconds * 1_000_000;
        let known = KnownCounter { channel: Channel::new(b"audit"), counter, at, server: None, lost: None };
        self.counters.save(&self.key, &[known]).unwrap();
    }
}

impl Drop for OtherAircheck {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(name: &str, pid: u32) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

#[test]
fn the_next_profile_is_shown_while_another_aircheck_saves_its_counters() {
    let (dev, production, directory) = (RedisServer::start(), RedisServer::start(), tempfile::tempdir().unwrap());
    broadcast(&production, "audit", b"evt::1");
    let mut other = OtherAircheck::start(&production, directory.path());
    let mut screen = console(&dev, &production, directory.path());
    screen.wait_for("● live");
    broadcast(&production, "audit", b"evt::2");
    // As if it was saved just now: the console waits for the next time.
    other.save(1, 2);
    screen.type_keys(":profile production\r");
    screen.wait_until("the next profile", |text| text.contains("PRODUCTION") && text.contains("◌ connecting"));
    // Keys work.
    screen.type_keys("1:add-channel\r");
    screen.wait_until("a question", |text| text.contains("Add a channel") && text.contains("◌ connecting"));
    screen.type_keys("extra\r");
    screen.wait_until("the channel", |text| text.contains("extra") && text.contains("◌ connecting"));
    assert_eq!(subscribers(&production, "extra"), 0);

    other.save(2, 4);
    screen.wait_for("● live");
    broadcast(&production, "audit", b"evt::3");
    let text = screen.wait_for("#3");
    assert!(!text.contains("not running") && text.contains("0 gaps"), "{text}");
    assert_eq!(subscribers(&production, "extra"), 1);
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
}

#[test]
fn quitting_while_another_aircheck_saves_its_counters_changes_no_counter() {
    let (dev, production, directory) = (RedisServer::start(), RedisServer::start(), tempfile::tempdir().unwrap());
    broadcast(&production, "audit", b"evt::1");
    let mut other = OtherAircheck::start(&production, directory.path());
    other.save(1, 2);
    let before = other.counters.load(&other.key).unwrap();
    let mut command = command(&dev, &production, directory.path());
    command.args(["--profile", "production"]);
    let mut screen = Pty::start(command, (160, 40));
    screen.wait_until("the console", |text| text.contains("PRODUCTION") && text.contains("◌ connecting"));
    screen.type_keys("\x03");
    assert_eq!(screen.wait_for_end(), 0);
    assert_eq!(other.counters.load(&other.key).unwrap(), before);
    assert!(!screen.screen().alternate_screen(), "the terminal is restored");
}

#[test]
fn keys_that_are_typed_during_a_switch_are_discarded() {
    let (dev, production, directory) = (RedisServer::start(), RedisServer::start(), tempfile::tempdir().unwrap());
    let mut screen = console(&dev, &production, directory.path());
    screen.wait_for("● live");
    screen.type_keys("c");
    screen.wait_for("Ctrl-S send");
    screen.type_keys("draft\x1b");
    screen.wait_until("Compose left", |text| !text.contains("▪ Compose"));
    screen.type_keys(":profile production\r");
    screen.wait_for("Switch to production?");
    // The console waits for its last reading of the counters.
    dev.freeze();
    screen.type_keys("y");
    let text = screen.wait_for("switching to production");
    assert!(!text.contains("Switch to production?"), "{text}");
    screen.type_keys("cmeant-for-dev\x13y");
    assert!(!screen.text().contains("PRODUCTION"), "the switch ended before the keys were typed");
    screen.wait_until("the next profile", |text| text.contains("PRODUCTION") && text.contains("● live"));
    // Keys are handled in their order.
    screen.type_keys("c");
    screen.wait_for("Ctrl-S send");
    screen.type_keys("for-production");
    let text = screen.wait_for("for-production");
    assert!(!text.contains("meant-for-dev"), "{text}");
    let sent: Option<u64> = production.command(&["GET", "system_broadcast_sequence_audit"]);
    assert_eq!(sent, None);
    dev.thaw();
}
