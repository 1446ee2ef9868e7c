//! Messages and faults as commands.

use std::collections::VecDeque;

use super::client::Batch;
use super::content::Message;
use super::script::Fault;
use crate::wire::envelope::Envelope;
use crate::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};

/// The offset of the wrong clock, in seconds.
const CLOCK_SKEW: i64 = 40 * 60;
/// The age in seconds of a message that is sent again.
const REPLAY_AFTER: usize = 4;
/// The number of messages that are sent while all subscribers are disconnected.
const MISSED_MESSAGES: usize = 4;
/// The number of copies that a publisher sends in a row.
const COPIES_IN_A_ROW: usize = 3;
const EU_ORDERS: &str = "billing:eu-central:orders";

/// ESC sequences for red blinking text and for the clipboard (OSC 52), a C1 control, a carriage return, and invalid UTF-8.
const HOSTILE_NAME: &[u8] = b"\x1b[5;31mgift\x1b]52;c;ZXZpbA==\x07\x9b2J\r\xff";
/// A right-to-left override that disguises a file type, zero-width and tag characters, and many combining marks.
const HOSTILE_DATA: &str = "{\"file\":\"invoice\u{202e}fdp.exe\",\"title\":\"\\u001b[2J\\u0007\\u009b31m\",\
    \"hidden\":\"pay\u{200b}pal\u{e0041}\u{e0042}\u{2066}x\u{2069}\",\"marks\":\"Z\u{310}\u{311}\u{312}\u{313}\u{314}\u{33d}\u{489}\u{1ab0}\u{35c}algo\"}";

/// Turns messages and faults into commands.
pub(super) struct Publisher {
    keyring: Keyring,
    /// A key that listeners do not have.
    stranger: Keyring,
    sequence_prefix: String,
    /// The first message of each of the last seconds: the second, the channel, the payload.
    recent: VecDeque<(i64, &'static str, Vec<u8>)>,
}

impl Publisher {
    pub(super) fn new(settings: KeyringSettings, sequence_prefix: String) -> Self {
        let stranger = KeyringSettings {
            signing_key: Some(Secret::new(b"a key that listeners do not have".to_vec())),
            signing_key_name: b"partner-2019".to_vec(),
            ..settings.clone()
        };
        Self {
            keyring: Keyring::new(settings),
            stranger: Keyring::new(stranger),
            sequence_prefix,
            recent: VecDeque::new(),
        }
    }

    /// Signs a message and broadcasts it.
    pub(super) fn message(&mut self, batch: &mut Batch, message: &Message, now: i64) {
        let payload = signed(&self.keyring, message.name.as_bytes(), &message.data, now);
        self.broadcast(batch, message.channel, &payload);
        if self.recent.back().is_none_or(|(second, ..)| *second != now) {
            if self.recent.len() > REPLAY_AFTER {
                self.recent.pop_front();
            }
            self.recent.push_back((now, message.channel, payload));
        }
    }

    /// Writes the commands of a fault.
    pub(super) fn fault(&mut self, batch: &mut Batch, fault: Fault, now: i64) {
        match fault {
            Fault::Unsigned => {
                let payload = self.keyring.payload(b"cache-flush", b"{\"tag\":\"everything\"}", &SignWith::None, now);
                self.broadcast(batch, "ops", &payload.unwrap_or_default());
            }
            Fault::ForgedSignature => {
                let payload =
                    signed(&self.keyring, b"permission-changed", b"{\"user\":\"mallory\",\"granted\":[\"*\"]}", now);
                self.broadcast(batch, "audit", &with_other_hmac(&payload));
            }
            Fault::LoneIncr => batch.command(&[b"INCR", &self.counter(EU_ORDERS)]),
            Fault::RoguePublish => {
                let payload = signed(&self.keyring, b"refund-issued", b"{\"invoice\":\"R13\",\"amount\":9999.0}", now);
                batch.command(&[b"PUBLISH", EU_ORDERS.as_bytes(), &payload]);
            }
            Fault::LostConnection => self.lose_connections(batch, now),
            Fault::UnknownKey => {
                let payload = signed(&self.stranger, b"price-update", b"{\"sku\":\"A-17\",\"price\":0.01}", now);
                self.broadcast(batch, "ops", &payload);
            }
            Fault::InvalidJson => {
                let payload = signed(&self.keyring, b"invoice-paid", b"{}", now);
                self.broadcast(batch, EU_ORDERS, &with_other_data(&payload, b"{\"invoice\":\"R20417\",\"total\":"));
            }
            Fault::Replay => {
                if let Some((_, channel, payload)) = self.recent.front().cloned() {
                    self.broadcast(batch, channel, &payload);
                }
            }
            Fault::Copies => {
                let payload = signed(&self.keyring, b"config-reload", b"{\"revision\":\"4f1c09e\"}", now);
                for _ in 0..COPIES_IN_A_ROW {
                    self.broadcast(batch, "ops", &payload);
                }
            }
            Fault::CounterReset => batch.command(&[b"DEL", &self.counter("inventory:stock")]),
            Fault::ClockSkew => {
                let payload = signed(&self.keyring, b"stock-level", b"{\"sku\":\"C-40\",\"left\":3}", now - CLOCK_SKEW);
                self.broadcast(batch, "ops", &payload);
            }
            Fault::HostileContent => {
                let payload = signed(&self.keyring, HOSTILE_NAME, HOSTILE_DATA.as_bytes(), now);
                self.broadcast(batch, "ops", &payload);
            }
        }
    }

    /// Disconnects all subscribers. The server runs the whole batch before they can reconnect.
    fn lose_connections(&mut self, batch: &mut Batch, now: i64) {
        batch.command(&[b"CLIENT", b"KILL", b"TYPE", b"pubsub"]);
        for number in 1..=MISSED_MESSAGES {
            let data = format!("{{\"attempt\":{number}}}").into_bytes();
            self.message(batch, &Message { channel: "ops", name: "failover-drill", data }, now);
        }
    }

    fn broadcast(&self, batch: &mut Batch, channel: &str, payload: &[u8]) {
        batch.command(&[b"MULTI"]);
        batch.command(&[b"PUBLISH", channel.as_bytes(), payload]);
        batch.command(&[b"INCR", &self.counter(channel)]);
        batch.command(&[b"EXEC"]);
    }

    fn counter(&self, channel: &str) -> Vec<u8> {
        [self.sequence_prefix.as_bytes(), channel.as_bytes()].concat()
    }
}

/// Signs a message. Names and data in this module are valid, so signing cannot fail.
fn signed(keyring: &Keyring, name: &[u8], data: &[u8], now: i64) -> Vec<u8> {
    keyring.payload(name, data, &SignWith::SigningKey, now).unwrap_or_default()
}

/// The payload with the last digit of its HMAC changed.
fn with_other_hmac(payload: &[u8]) -> Vec<u8> {
    let Envelope { name, signature, data } = Envelope::parse(payload);
    let mut signature = signature.to_vec();
    if let Some(digit) = signature.last_mut() {
        *digit = if *digit == b'0' { b'1' } else { b'0' };
    }
    [name, &signature, data].join(&b':')
}

fn with_other_data(payload: &[u8], data: &[u8]) -> Vec<u8> {
    let Envelope { name, signature, .. } = Envelope::parse(payload);
    [name, signature, data].join(&b':')
}
