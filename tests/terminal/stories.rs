//! The three questions that the console is for, from start to answer, with the keys counted.

use std::time::{SystemTime, UNIX_EPOCH};

use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};

use super::console::{broadcast, console};
use super::pty::Pty;
use super::support::RedisServer;

/// A person at the keyboard: what they type, and how many keys that were.
struct Person {
    screen: Pty,
    keys: usize,
}

impl Person {
    fn at(screen: Pty) -> Self {
        Self { screen, keys: 0 }
    }

    /// Presses one key, by the bytes that a terminal sends for it.
    fn press(&mut self, key: &str) {
        self.screen.type_keys(key);
        self.keys += 1;
    }

    /// Types a text, a key a character.
    fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.press(character.encode_utf8(&mut [0; 4]));
        }
    }

    fn leave(mut self) {
        self.screen.type_keys("\x03");
        assert_eq!(self.screen.wait_for_end(), 0);
    }
}

/// A payload signed now, as the package does with the key that the console has.
fn signed(name: &str, data: &str) -> Vec<u8> {
    let key = Some(Secret::new(b"s3cret".to_vec()));
    let keyring = Keyring::new(KeyringSettings { signing_key: key, ..KeyringSettings::default() });
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    keyring.payload(name.as_bytes(), data.as_bytes(), &SignWith::SigningKey, now).unwrap()
}

/// The lines of a pane of the left side: they begin with its border, and end before Messages begins.
fn left_side(screen: &str) -> Vec<String> {
    screen.lines().map(|line| line.chars().take(32).collect()).collect()
}

#[test]
fn the_operator_sees_which_channel_is_wrong() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let channels = ["ops", "billing", "audit"];
    for channel in channels {
        server.command::<()>(&["SET", &format!("system_broadcast_sequence_{channel}"), "10"]);
    }
    let mut person = Person::at(console(&server, directory.path(), &channels, (120, 40)));
    person.screen.wait_for("● live");
    for channel in channels {
        broadcast(&server, channel, &signed("evt", "{}"));
    }
    person.screen.wait_until("all is well", |text| text.contains("0 gaps") && text.contains("0 rejected"));
    // Counted, never delivered.
    server.command::<()>(&["INCR", "system_broadcast_sequence_billing"]);

    let answer = |text: &str| {
        let header = text.lines().next().unwrap_or_default();
        let channel = |name: &str| left_side(text).into_iter().find(|line| line.contains(name));
        header.contains("1 gap")
            && channel("billing").is_some_and(|line| line.contains("1 gap"))
            && channel("ops").is_some_and(|line| !line.contains("gap"))
            && channel("audit").is_some_and(|line| !line.contains("gap"))
    };
    person.screen.wait_until("a gap on billing, and on no other channel", answer);
    assert_eq!(person.keys, 0, "the operator presses no key");
    person.leave();
}

#[test]
fn the_developer_sends_and_sees_the_verdict() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    server.command::<()>(&["SET", "system_broadcast_sequence_ops", "41"]);
    let mut person = Person::at(console(&server, directory.path(), &["ops"], (120, 40)));
    person.screen.wait_for("● live");

    person.press("c");
    person.screen.wait_for("Ctrl-S send");
    let (name, data) = ("flush", "{\"tag\":1}");
    person.type_text(name);
    person.press("\r");
    person.type_text(data);
    person.screen.wait_for("valid JSON");
    person.press("\x13");
    let answer = person.screen.wait_until("the receipt and the verdict", |text| {
        text.contains("sent #42 on ops to 1 receiver") && text.contains("echo") && text.contains("✓ verified")
    });
    assert!(answer.contains("#42"), "{answer}");
    assert_eq!(person.keys - name.len() - data.len(), 3, "besides the text: c, Enter, Ctrl-S");

    // Edit the message and send it again.
    person.press("\x1b");
    person.screen.wait_until("the end of composing", |text| !text.contains("Ctrl-S send"));
    person.keys = 0;
    person.press("e");
    person.screen.wait_for("Ctrl-S send");
    person.type_text(" ");
    person.screen.wait_for("valid JSON");
    person.press("\x13");
    person.screen.wait_for("y Ctrl-S send");
    person.press("y");
    person.screen.wait_for("sent #43 on ops to 1 receiver");
    assert_eq!(person.keys - 1, 3, "besides the text: e, Ctrl-S, y");
    person.leave();
}

#[test]
fn triage_finds_what_was_missed_and_why() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    server.command::<()>(&["SET", "system_broadcast_sequence_ops", "30"]);
    let mut before = console(&server, directory.path(), &["ops"], (120, 40));
    before.wait_for("● live");
    broadcast(&server, "ops", &signed("evt", "{}"));
    before.wait_for("#31");
    Person::at(before).leave();
    // These messages arrive while no console is running.
    for number in 32..=47 {
        broadcast(&server, "ops", &signed("evt", &number.to_string()));
    }

    let mut person = Person::at(console(&server, directory.path(), &["ops"], (120, 40)));
    person.screen.wait_for("1 gap");
    for number in 48..=90 {
        broadcast(&server, "ops", &signed("evt", &number.to_string()));
    }
    person.screen.wait_until("the traffic after it", |text| text.contains("#90"));
    person.press("[");
    person.screen.wait_until("the gap, selected and taken apart", |text| {
        let selected = text.lines().any(|line| line.contains('▸') && line.contains("┄┄ 16 missed"));
        // Detail is below Messages, to the right of the sidebar, and explains the gap.
        let below = text.lines().skip_while(|line| !line.contains("Detail"));
        let detail: String = below.map(|line| line.chars().skip(31).chain(['\n']).collect::<String>()).collect();
        selected && text.contains("paused") && detail.contains("#32–47") && detail.contains("not running")
    });
    assert!(person.keys <= 2, "{} keys", person.keys);
    assert_eq!(person.keys, 1, "one key goes to the last finding; Detail explains it");
    person.leave();
}

#[test]
fn the_content_of_a_gap_is_three_keys_from_its_finding() {
    let (server, directory, apart) = (RedisServer::start(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [whole, gap] = ["whole.db", "gap.db"].map(|name| directory.path().join(name).to_str().unwrap().to_owned());
    let mut other = console(&server, apart.path(), &["ops", "--record", &whole], (120, 40));
    other.wait_for("● live");
    let mut before = console(&server, directory.path(), &["ops", "--record", &gap], (120, 40));
    before.wait_for("● live");
    broadcast(&server, "ops", &signed("first", "{}"));
    before.wait_for("#1");
    Person::at(before).leave();
    broadcast(&server, "ops", &signed("second", "{\"wanted\":2}"));
    other.wait_for("#2");
    Person::at(other).leave();

    let mut person = Person::at(console(&server, directory.path(), &["ops", "--record", &gap], (120, 40)));
    person.screen.wait_for("1 missed");
    person.press("3");
    person.screen.wait_for("▪ Findings");
    person.keys = 0;
    person.press("F");
    person.screen.wait_for("whole.db");
    person.press("\r");
    person.screen.wait_for("1 of 1 found in whole.db");
    person.press("\r");
    person.screen.wait_for("\"wanted\": 2");
    assert!(person.keys <= 3, "F, Enter, Enter");
    person.leave();
}

/// Whether a line begins with the rate, as the one of the timeline does.
fn has_timeline(screen: &str) -> bool {
    screen.lines().any(|line| ["0/s", "?/s"].iter().any(|rate| line.trim_start().starts_with(rate)))
}

#[test]
fn the_next_run_has_the_settings() {
    let (server, directory) = (RedisServer::start(), tempfile::tempdir().unwrap());
    let start = || console(&server, directory.path(), &["ops"], (120, 40));
    let mut first = Person::at(start());
    first.screen.wait_for("● live");
    first.screen.wait_until("the timeline", has_timeline);
    first.type_text(":toggle-zone\r");
    first.screen.wait_for("times: UTC");
    first.type_text(":choose-panes\r");
    first.screen.wait_for("[x] timeline");
    first.type_text("jjjjx");
    first.screen.wait_for("[ ] timeline");
    first.press("\x1b");
    // The next key must not follow Esc directly: a terminal sends Alt and a key as the same bytes.
    first
        .screen
        .wait_until("neither the popup nor the timeline", |text| !has_timeline(text) && !text.contains("Esc close"));
    first.type_text(":next-theme\r");
    first.screen.wait_for("theme: light");
    // Left at once: what waits to be written is written then.
    first.leave();
    let kept = std::fs::read_to_string(directory.path().join("settings.toml")).unwrap();
    assert!(kept.contains("theme = \"light\"") && kept.contains("utc = true"), "{kept}");

    let mut second = Person::at(start());
    second.screen.wait_for("● live");
    let screen = second.screen.wait_for("UTC");
    assert!(!has_timeline(&screen), "{screen}");
    second.leave();

    std::fs::write(directory.path().join("settings.toml"), "theme = 7\nutc = true\n").unwrap();
    let mut third = Person::at(start());
    third.screen.wait_for("settings: ignored theme in");
    third.screen.wait_for("UTC");
    third.leave();
}
