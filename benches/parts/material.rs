//! The data of the benchmarks: signed payloads of about 170 bytes, and a console after some traffic.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;

use aircheck::console::app::event::Event;
use aircheck::console::app::state::{Setup, State};
use aircheck::console::app::update::{prepare, update};
use aircheck::console::panes::Pane;
use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use aircheck::wire::verdict::Verdict;

/// 2026-07-01 12:31:16 UTC, in seconds.
pub(crate) const NOW: i64 = 1_782_909_076;
/// The panes.
pub(crate) const PANES: [Pane; 7] =
    [Pane::Channels, Pane::Messages, Pane::Findings, Pane::Rejected, Pane::Detail, Pane::Timeline, Pane::Compose];

/// A keyring that signs and verifies with this algorithm.
pub(crate) fn keyring(algorithm: Algorithm) -> Keyring {
    let signing_key = Some(Secret::new(b"a secret of the benchmark".to_vec()));
    Keyring::new(KeyringSettings { signing_key, sign_algorithm: algorithm, ..KeyringSettings::default() })
}

/// The data of a message.
pub(crate) fn data(number: u32) -> String {
    format!(r#"{{"sku":"A-{number:07}","price":{}.{:02},"stock":true}}"#, number % 997, number % 100)
}

/// A signed payload.
pub(crate) fn payload(keyring: &Keyring, number: u32) -> Vec<u8> {
    keyring.payload(b"price-update", data(number).as_bytes(), &SignWith::SigningKey, NOW).unwrap()
}

/// An interval of `count` messages.
pub(crate) fn interval(count: u32) -> Interval {
    let keyring = keyring(Algorithm::Sha256);
    let channel = Channel::new(b"ops");
    let mut interval = Interval::default();
    for number in 0..count {
        let (algorithm, timestamp) = (Some(Algorithm::Sha256), Some(NOW));
        let sequence = Sequence::Exact(u64::from(number) + 1);
        let payload = payload(&keyring, number);
        interval.push_message(
            &payload,
            NOW * 1_000_000,
            channel.clone(),
            sequence,
            Verdict::Verified,
            algorithm,
            timestamp,
        );
    }
    interval
}

/// A console of 200x60 that has received an interval, with all panes or only this one.
pub(crate) fn console(only: Option<Pane>) -> State {
    let mut state = State::new(Setup {
        profile: "prod".to_owned(),
        colour: None,
        target: "127.0.0.1:6379".to_owned(),
        url: "redis://127.0.0.1:6379/0".to_owned(),
        read_only: false,
        confirm: false,
        keyring: Arc::new(keyring(Algorithm::Sha256)),
        channels: vec!["ops".to_owned()],
        max_rows: 100_000,
        max_bytes: 64 << 20,
        utc: true,
        demo: false,
    });
    state.size = (200, 60);
    let _ = update(&mut state, Event::Clock(NOW * 1_000_000));
    let _ = update(&mut state, Event::Interval(Arc::new(interval(10_000))));
    if let Some(pane) = only {
        state.focus = pane;
        state.settings.hidden = PANES.into_iter().filter(|other| *other != pane).collect::<BTreeSet<_>>();
    }
    prepare(&mut state);
    state
}
