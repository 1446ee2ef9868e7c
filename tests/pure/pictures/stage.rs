//! A console with example traffic on a clock of its own, so that each picture is always the same.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use aircheck::console::app::background::has_work;
use aircheck::console::app::event::{Effect, Event};
use aircheck::console::app::settings::ThemeName;
use aircheck::console::app::state::{Setup, State};
use aircheck::console::app::update::{prepare, update};
use aircheck::console::app::view::draw_into;
use aircheck::console::popups::discover::DiscoveredChannel;
use aircheck::console::ui::theme::Theme;
use aircheck::demo::{CHANNELS, demo_keyring_settings};
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState, ServerInfo};
use aircheck::ledger::sequence::{Channel, Reading, Sequence};
use aircheck::wire::envelope::Envelope;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::content;
use crate::console_fixture::by_name;

/// 2026-11-24 12:30:00 UTC, in microseconds.
const START: i64 = 1_795_523_400_000_000;
/// The time of one step, in microseconds.
const STEP: i64 = 100_000;
/// The number of steps before the first picture.
const WARM_UP: u32 = 380;

/// What goes wrong, and at which step.
const FAULTS: [(u32, Fault); 8] = [
    (30, Fault::UnknownKey),
    (90, Fault::ClockSkew),
    (150, Fault::UnknownKey),
    (170, Fault::Copies),
    (210, Fault::LostConnection),
    (260, Fault::UnknownKey),
    (355, Fault::CountedOnly),
    (368, Fault::ForgedSignature),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    ForgedSignature,
    UnknownKey,
    ClockSkew,
    Copies,
    LostConnection,
    CountedOnly,
}

/// The console and its traffic.
pub(super) struct Stage {
    pub(super) state: State,
    keyring: Arc<Keyring>,
    other_keyring: Keyring,
    random: fastrand::Rng,
    counters: BTreeMap<&'static str, u64>,
    step: u32,
    /// Messages sent from Compose, which are received at the next step: channel, payload and sequence number.
    sent: VecDeque<(Channel, Vec<u8>, u64)>,
}

impl Stage {
    /// A console with some traffic, a gap and rejections.
    pub(super) fn new(size: (u16, u16)) -> Self {
        let mut stage = Self::silent(size);
        stage.advance(WARM_UP);
        stage
    }

    fn silent((columns, rows): (u16, u16)) -> Self {
        let keyring = Arc::new(Keyring::new(demo_keyring_settings()));
        let mut console = State::new(Setup {
            profile: "demo".to_owned(),
            colour: Some("green".to_owned()),
            target: "redis.internal:6379".to_owned(),
            url: "redis://redis.internal:6379/0".to_owned(),
            read_only: false,
            confirm: false,
            keyring: Arc::clone(&keyring),
            channels: CHANNELS.map(str::to_owned).into(),
            max_rows: 10_000,
            max_bytes: 64 << 20,
            utc: true,
            demo: false,
        });
        update(&mut console, Event::Clock(START));
        update(&mut console, Event::Resize(columns, rows));
        let other = Some(Secret::new(b"another key".to_vec()));
        let other =
            KeyringSettings { signing_key: other, signing_key_name: b"v2".to_vec(), ..KeyringSettings::default() };
        let mut stage = Self {
            state: console,
            keyring,
            other_keyring: Keyring::new(other),
            random: fastrand::Rng::with_seed(7),
            counters: CHANNELS.into_iter().zip([1_040, 212, 187, 9_020, 311]).collect(),
            step: 0,
            sent: VecDeque::new(),
        };
        let mut interval = Interval::default();
        let server = ServerInfo { version: "7.4.1".into(), role: "primary".into(), mode: "standalone".into() };
        interval.push(stage.link(LinkState::Connected, None, Some(Arc::new(server))));
        for (name, counter) in &stage.counters {
            let (channel, reading) = (Channel::new(name.as_bytes()), Reading::Value(*counter));
            interval.push(Entry::Counter { channel, reading, server: None, at: stage.state.now });
        }
        stage.take(interval);
        stage
    }

    fn link(&self, state: LinkState, reason: Option<&str>, server: Option<Arc<ServerInfo>>) -> Entry {
        Entry::Link(Link { state, reason: reason.map(Into::into), channel: None, server, at: self.state.now })
    }

    fn take(&mut self, interval: Interval) {
        update(&mut self.state, Event::Interval(Arc::new(interval)));
        self.settle();
    }

    /// Finishes all background work.
    fn settle(&mut self) {
        while has_work(&self.state) {
            update(&mut self.state, Event::Work);
        }
        prepare(&mut self.state);
    }

    /// Lets this many steps pass.
    pub(super) fn advance(&mut self, steps: u32) {
        for _ in 0..steps {
            self.step += 1;
            let now = self.state.now + STEP;
            update(&mut self.state, Event::Clock(now));
            let mut interval = Interval::default();
            let before = self.counters.clone();
            for (channel, payload, sequence) in std::mem::take(&mut self.sent) {
                self.receive(&mut interval, channel, &payload, sequence);
            }
            let fault = FAULTS.into_iter().find(|(step, _)| *step == self.step).map(|(_, fault)| fault);
            if let Some(fault) = fault {
                self.fail(&mut interval, fault);
            } else if self.random.u8(..10) < 7 {
                self.send(&mut interval, None);
            }
            for (name, counter) in self.counters.iter().filter(|(name, counter)| before[*name] != **counter) {
                let (channel, reading) = (Channel::new(name.as_bytes()), Reading::Value(*counter));
                interval.push(Entry::Counter { channel, reading, server: None, at: now });
            }
            let round_trip = 300 + self.random.u64(..200);
            interval.push(Entry::Barrier { round_trip, at: self.state.now });
            self.take(interval);
        }
    }

    /// The next sequence number of the channel.
    fn next(&mut self, channel: &'static str) -> u64 {
        let counter = self.counters.entry(channel).or_default();
        *counter += 1;
        *counter
    }

    fn receive(&self, interval: &mut Interval, channel: Channel, payload: &[u8], sequence: u64) {
        let now = self.state.now;
        let verification = self.keyring.verify(&Envelope::parse(payload), now / 1_000_000);
        let (algorithm, timestamp) = (verification.algorithm, verification.timestamp);
        let sequence = Sequence::Exact(sequence);
        interval.push_message(payload, now, channel, sequence, verification.verdict, algorithm, timestamp);
    }

    /// Sends a random message, with the fault if there is one.
    fn send(&mut self, interval: &mut Interval, fault: Option<Fault>) {
        let channel = CHANNELS[self.random.usize(..CHANNELS.len())];
        let message = content::message(channel, &mut self.random);
        let now = self.state.now / 1_000_000;
        let (keyring, signed_at) = match fault {
            Some(Fault::UnknownKey) => (&self.other_keyring, now),
            Some(Fault::ClockSkew) => (&*self.keyring, now - 2_400),
            _ => (&*self.keyring, now),
        };
        let name = message.name.as_bytes();
        let mut payload = keyring.payload(name, &message.data, &SignWith::SigningKey, signed_at).unwrap();
        if fault == Some(Fault::ForgedSignature) {
            let last = payload.pop().unwrap();
            payload.extend_from_slice(b" ");
            payload.push(last);
        }
        let sequence = self.next(message.channel);
        self.receive(interval, Channel::new(channel.as_bytes()), &payload, sequence);
        match fault {
            Some(Fault::ClockSkew) => {
                let cause = Cause::ClockSkew { seconds: -2_400 };
                interval.push(self.finding(FindingKind::ClockSkew, channel, Some((sequence, sequence)), cause));
            }
            Some(Fault::Copies) => {
                for _ in 0..2 {
                    let sequence = self.next(channel);
                    self.receive(interval, Channel::new(channel.as_bytes()), &payload, sequence);
                }
            }
            _ => {}
        }
    }

    fn fail(&mut self, interval: &mut Interval, fault: Fault) {
        match fault {
            Fault::LostConnection => {
                let reason = "the server closed the connection";
                interval.push(self.link(LinkState::Disconnected, Some(reason), None));
                interval.push(self.link(LinkState::Connected, None, None));
                let from = self.counters["ops"] + 1;
                let to = from + 4;
                self.counters.insert("ops", to);
                let cause = Cause::Disconnected { reason: reason.into(), duration_micros: 52_000, lower_bound: false };
                interval.push(self.finding(FindingKind::MissedDisconnected, "ops", Some((from, to)), cause));
            }
            Fault::CountedOnly => {
                let sequence = self.next("inventory:stock");
                let cause = Cause::CountMismatch { advance: 1, received: 0 };
                let range = Some((sequence, sequence));
                interval.push(self.finding(FindingKind::CountedNotReceived, "inventory:stock", range, cause));
            }
            _ => self.send(interval, Some(fault)),
        }
    }

    fn finding(&self, kind: FindingKind, channel: &str, range: Option<(u64, u64)>, cause: Cause) -> Entry {
        let channel = Channel::new(channel.as_bytes());
        let (sequence_from, sequence_to) = range.unzip();
        let count = range.map(|(from, to)| to - from + 1);
        Entry::from(Finding { kind, channel, sequence_from, sequence_to, count, at: self.state.now, cause })
    }

    /// Presses keys by their names; see [`crate::console_fixture::press`]. Here `_` is a space in a typed text.
    pub(super) fn press(&mut self, keys: &str) {
        for key in keys.split(' ').filter(|key| !key.is_empty()) {
            let quoted = key.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            let events: Vec<_> = match (quoted, key.strip_prefix(':').filter(|action| !action.is_empty())) {
                (Some(text), _) => {
                    text.chars().map(|letter| by_name(&letter.to_string().replace('_', "Space"))).collect()
                }
                (None, Some(action)) => {
                    let typed = [":".to_owned()].into_iter().chain(action.chars().map(String::from));
                    typed.chain(["Enter".to_owned()]).map(|name| by_name(&name)).collect()
                }
                (None, None) => vec![by_name(key)],
            };
            for event in events {
                for effect in update(&mut self.state, Event::Key(event)) {
                    self.carry_out(effect);
                }
            }
            self.settle();
        }
    }

    /// What the runtime would do.
    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Publish { id, channel, payload } => {
                let name = CHANNELS.into_iter().find(|name| name.as_bytes() == channel).unwrap();
                let sequence = self.next(name);
                let at = self.state.now + 700;
                update(&mut self.state, Event::Published { id, result: Ok((3, sequence)), at });
                self.sent.push_back((Channel::new(&channel), payload, sequence));
            }
            Effect::Discover => {
                let found = self.counters.iter().map(|(name, counter)| DiscoveredChannel {
                    channel: Channel::new(name.as_bytes()),
                    counter: Reading::Value(*counter),
                    subscribers: Some(3),
                });
                let found = found.collect();
                update(&mut self.state, Event::Discovered(Ok(found)));
            }
            _ => {}
        }
    }

    /// The screen as cells.
    pub(super) fn screen(&self) -> Buffer {
        let (columns, rows) = self.state.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        let theme = Theme::named(self.state.settings.theme.unwrap_or(ThemeName::Dark));
        draw_into(&mut buffer, &self.state, theme);
        buffer
    }
}
