//! A console with something in it, and keys by their names.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use aircheck::console::app::event::{Effect, Event};
use aircheck::console::app::state::{Setup, State};
use aircheck::console::app::update::update;
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState};
use aircheck::ledger::sequence::{Channel, Reading, Sequence};
use aircheck::wire::envelope::Envelope;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The time at which everything begins: microseconds since the epoch.
pub(crate) const START: i64 = 1_795_516_352_000_000;
pub(crate) const SECOND: i64 = 1_000_000;

/// Serials of the rows of [`lively`].
pub(crate) const GAP_ROW: u64 = 6;
pub(crate) const REJECTED_ROW: u64 = 8;
pub(crate) const LAST_ROW: u64 = 9;

pub(crate) fn setup() -> Setup {
    Setup {
        profile: "test".to_owned(),
        colour: None,
        target: "localhost:6379".to_owned(),
        url: "redis://localhost:6379/0".to_owned(),
        read_only: false,
        confirm: false,
        keyring: Arc::new(Keyring::new(KeyringSettings {
            signing_key: Some(Secret::new(b"secret".to_vec())),
            verification_keys: vec![(b"old".to_vec(), Secret::new(b"former secret".to_vec()))],
            ..KeyringSettings::default()
        })),
        channels: vec!["ops".to_owned(), "billing".to_owned()],
        max_rows: 1_000,
        max_bytes: 1 << 20,
        utc: true,
        demo: false,
    }
}

pub(crate) fn channel(name: &str) -> Channel {
    Channel::new(name.as_bytes())
}

/// Adds a signed message with its verdict.
pub(crate) fn message(interval: &mut Interval, setup: &Setup, on: &str, name: &str, data: &str, sequence: u64) {
    let now = START / SECOND;
    let payload = setup.keyring.payload(name.as_bytes(), data.as_bytes(), &SignWith::SigningKey, now).unwrap();
    raw_message(interval, setup, on, &payload, sequence);
}

/// Adds a message with this payload and its verdict.
pub(crate) fn raw_message(interval: &mut Interval, setup: &Setup, on: &str, payload: &[u8], sequence: u64) {
    let verification = setup.keyring.verify(&Envelope::parse(payload), START / SECOND);
    let (algorithm, timestamp) = (verification.algorithm, verification.timestamp);
    let sequence = Sequence::Exact(sequence);
    interval.push_message(payload, START, channel(on), sequence, verification.verdict, algorithm, timestamp);
}

pub(crate) fn gap(on: &str, from: u64, to: u64) -> Entry {
    Entry::from(Finding {
        kind: FindingKind::MissedDisconnected,
        channel: channel(on),
        sequence_from: Some(from),
        sequence_to: Some(to),
        count: Some(to - from + 1),
        at: START,
        cause: Cause::Disconnected {
            reason: "connection reset".into(),
            duration_micros: 4_200_000,
            lower_bound: false,
        },
    })
}

pub(crate) fn link(state: LinkState) -> Entry {
    Entry::Link(Link { state, reason: None, channel: None, server: None, at: START })
}

pub(crate) fn take(state: &mut State, interval: Interval) {
    assert_eq!(update(state, Event::Interval(Arc::new(interval))), []);
    aircheck::console::app::update::prepare(state);
}

/// An empty console of 120x30 at [`START`].
pub(crate) fn empty(setup: Setup) -> State {
    let mut state = State::new(setup);
    update(&mut state, Event::Clock(START));
    update(&mut state, Event::Resize(120, 30));
    state
}

/// Ten rows: a link, ops #1 to #5, three missed, ops #9, a forged ops #10, billing #1.
pub(crate) fn lively_with(setup: Setup) -> State {
    let mut state = empty(setup);
    let setup = state.setup.clone();
    let mut interval = Interval::default();
    interval.push(link(LinkState::Connected));
    for sequence in 1..=5 {
        message(&mut interval, &setup, "ops", "flush", &format!(r#"{{"n":{sequence}}}"#), sequence);
    }
    interval.push(gap("ops", 6, 8));
    message(&mut interval, &setup, "ops", "flush", "", 9);
    raw_message(&mut interval, &setup, "ops", b"bad:sha256|default|1795516352|00:{}", 10);
    message(&mut interval, &setup, "billing", "paid", r#"["a"]"#, 1);
    interval.push(Entry::Counter { channel: channel("ops"), reading: Reading::Value(10), server: None, at: START });
    interval.push(Entry::Barrier { round_trip: 400, at: START });
    take(&mut state, interval);
    state
}

pub(crate) fn lively() -> State {
    lively_with(setup())
}

/// Presses keys by their names, with spaces between; `"…"` is typed, and `:toggle-tree` runs that action from the palette. Each
/// key comes two seconds after the one before.
pub(crate) fn press(state: &mut State, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split(' ').filter(|key| !key.is_empty()) {
        if let Some(action) = key.strip_prefix(':').filter(|action| !action.is_empty()) {
            let typed = format!(":{action}");
            let keys = typed.chars().map(KeyCode::Char).chain([KeyCode::Enter]);
            effects.extend(keys.flat_map(|code| update(state, Event::Key(KeyEvent::from(code)))));
            continue;
        }
        let events = match key.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(text) => text.chars().map(|c| KeyEvent::from(KeyCode::Char(c))).collect(),
            None => vec![by_name(key)],
        };
        for event in events {
            let later = state.now + 2 * SECOND;
            update(state, Event::Clock(later));
            effects.extend(update(state, Event::Key(event)));
        }
    }
    effects
}

/// The key with that name: as the help writes it.
pub(crate) fn by_name(name: &str) -> KeyEvent {
    for (prefix, modifier) in [("Ctrl-", KeyModifiers::CONTROL), ("Alt-", KeyModifiers::ALT)] {
        if let Some(key) = name.strip_prefix(prefix) {
            let code = match by_name(key).code {
                KeyCode::Char(letter) => KeyCode::Char(letter.to_ascii_lowercase()),
                other => other,
            };
            return KeyEvent::new(code, modifier);
        }
    }
    let code = match name {
        "Tab" => KeyCode::Tab,
        "Shift-Tab" => return KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT),
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Space" => KeyCode::Char(' '),
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "Backspace" => KeyCode::Backspace,
        "Delete" => KeyCode::Delete,
        "F1" => KeyCode::F(1),
        _ => {
            let mut chars = name.chars();
            let (Some(character), None) = (chars.next(), chars.next()) else { panic!("no key is named {name}") };
            let shift = if character.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            return KeyEvent::new(KeyCode::Char(character), shift);
        }
    };
    KeyEvent::from(code)
}
