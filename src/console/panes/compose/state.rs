//! The message being composed, and what became of those sent.

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui_textarea::TextArea;

use crate::console::panes::compose::draft::{DiffLine, Original, Replaced, Source};
use crate::console::panes::compose::history::History;
use crate::console::popups::series::Progress;
use crate::ledger::format::{counted, number};
use crate::ledger::sequence::Sequence;
use crate::template::Template;
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape;
use crate::wire::json::JsonError;
use crate::wire::signature::{Keyring, SignWith};
use crate::wire::verdict::Verdict;

/// The compose pane.
#[derive(Debug, Default)]
pub struct Compose {
    /// The channel to send to.
    pub channel: TextArea<'static>,
    /// The message's name.
    pub name: TextArea<'static>,
    /// The JSON text; empty: no data.
    pub data: TextArea<'static>,
    /// Which field has the cursor.
    pub field: Field,
    /// How to sign; one of `choices`.
    pub sign_with: SignWith,
    /// What is wrong with the data, if anything; computed when it changes.
    pub data_error: Option<JsonError>,
    /// What is wrong with the name or the channel, escaped already.
    pub field_error: Option<String>,
    /// The exact payload as it would be sent now, escaped, with the HMAC's digits replaced by `…`:
    /// an HMAC that would be valid is never shown before it is sent. None where it cannot be sent as it stands.
    pub preview: Option<String>,
    /// What was sent, newest last, bounded.
    pub sent: VecDeque<Sent>,
    /// The ways to sign: the own key if it signs, each other key by name, none.
    pub choices: Vec<SignWith>,
    /// There is text that was not sent as it stands.
    pub unsent: bool,
    /// The channel was typed, so it is not replaced by the selected one.
    pub channel_typed: bool,
    /// When Send was last asked for without a change of the text in between; a held key asks again and again.
    pub asked_at: Option<i64>,
    /// How many of `sent` may still come back as their own echo.
    pub awaiting: usize,
    /// The message that the text was loaded from, until one is sent.
    pub original: Option<Original>,
    /// What changed since then; computed when it is asked whether to send.
    pub difference: Option<Vec<DiffLine>>,
    /// The template that the text is from, until it is edited.
    pub source: Option<Source>,
    /// The text that a loaded one took the place of, until the next edit.
    pub replaced: Option<Box<Replaced>>,
    /// What was sent, in this run and before.
    pub history: History,
    /// The profile's templates.
    pub templates: Vec<Arc<Template>>,
    /// Where `{{uuid}}` comes from; seeded by whoever runs the console.
    pub random: Random,
    /// The last number that `{{seq}}` stood for.
    pub seq: u64,
    /// The series that is being sent, or was last.
    pub series: Option<Progress>,
    /// The data is being edited in `$EDITOR`.
    pub editing: bool,
}

/// A generator of numbers, the same ones for the same seed.
#[derive(Debug, Clone)]
pub struct Random(pub fastrand::Rng);

impl Default for Random {
    fn default() -> Self {
        Self(fastrand::Rng::with_seed(0))
    }
}

/// How many sent messages are remembered.
pub const MAX_SENT: usize = 100;

impl Compose {
    /// Nothing typed; signed with the own key if it signs, otherwise not at all.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        let choices = choices(keyring);
        let sign_with =
            choices.first().filter(|first| **first == SignWith::SigningKey).cloned().unwrap_or(SignWith::None);
        Self { sign_with, choices, ..Self::default() }
    }

    /// The channel's bytes.
    #[must_use]
    pub fn channel_text(&self) -> String {
        self.channel.lines().concat()
    }

    /// The name's bytes.
    #[must_use]
    pub fn name_text(&self) -> String {
        self.name.lines().concat()
    }

    /// The JSON text.
    #[must_use]
    pub fn data_text(&self) -> String {
        self.data.lines().join("\n")
    }

    /// The text field with the cursor; none in the field that chooses the key.
    pub fn field_mut(&mut self) -> Option<&mut TextArea<'static>> {
        match self.field {
            Field::Channel => Some(&mut self.channel),
            Field::Name => Some(&mut self.name),
            Field::Data => Some(&mut self.data),
            Field::Key => None,
        }
    }

    /// How the message is signed, in words and escaped, e.g. `default (sha256)` or `not signed`.
    #[must_use]
    pub fn key_label(&self, keyring: &Keyring) -> String {
        self.signing_key(keyring).map_or_else(
            || "not signed".to_owned(),
            |name| format!("{} ({})", escape(&name), keyring.sign_algorithm().name()),
        )
    }

    /// The name of the key that signs; none where the message goes unsigned.
    #[must_use]
    pub fn signing_key(&self, keyring: &Keyring) -> Option<Vec<u8>> {
        match &self.sign_with {
            SignWith::SigningKey => own_key_name(keyring),
            SignWith::Key(name) => Some(name.clone()),
            SignWith::None => None,
        }
    }

    /// Signs with the key of that name, or not at all; false where there is no such key, which changes nothing.
    pub fn choose_key(&mut self, keyring: &Keyring, name: Option<&[u8]>) -> bool {
        let wanted = match name {
            None => SignWith::None,
            Some(name) if own_key_name(keyring).as_deref() == Some(name) => SignWith::SigningKey,
            Some(name) => SignWith::Key(name.to_vec()),
        };
        let known = self.choices.contains(&wanted);
        if known {
            self.sign_with = wanted;
        }
        known
    }

    /// The newest message that was sent.
    #[must_use]
    pub fn last(&self) -> Option<&Sent> {
        self.sent.back()
    }
}

/// The ways to sign, in the order in which a key press goes through them.
fn choices(keyring: &Keyring) -> Vec<SignWith> {
    let own = own_key_name(keyring);
    let others = keyring.signing_keys().into_iter().filter(|name| own.as_deref() != Some(*name));
    let own = own.as_ref().map(|_| SignWith::SigningKey);
    own.into_iter().chain(others.map(|name| SignWith::Key(name.to_vec()))).chain([SignWith::None]).collect()
}

/// The own key's name, if it signs; seen in what it makes, because an empty own key signs nothing.
fn own_key_name(keyring: &Keyring) -> Option<Vec<u8>> {
    let payload = keyring.payload(b"", b"", &SignWith::SigningKey, 0).ok()?;
    key_name(Envelope::parse(&payload).signature).map(<[u8]>::to_vec)
}

/// The key name in the text of a signature.
pub(crate) fn key_name(signature: &[u8]) -> Option<&[u8]> {
    signature.split(|byte| *byte == b'|').nth(1)
}

impl Sent {
    /// Whether its echo is still to come: it was not rejected, and did not come back yet.
    #[must_use]
    pub fn awaits_echo(&self) -> bool {
        self.echo.is_none() && !matches!(self.result, Some(Err(_)))
    }
}

/// The fields of the compose pane, in Tab order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the fields' labels")]
pub enum Field {
    Channel,
    #[default]
    Name,
    Data,
    Key,
}

impl Field {
    const ORDER: [Self; 4] = [Self::Channel, Self::Name, Self::Data, Self::Key];

    /// The field after this one, or before it; after the last comes the first.
    #[must_use]
    pub fn step(self, forward: bool) -> Self {
        let count = Self::ORDER.len();
        let at = Self::ORDER.iter().position(|field| *field == self).unwrap_or(0);
        Self::ORDER[(at + if forward { 1 } else { count - 1 }) % count]
    }
}

/// A message that was sent, or is under way.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The number of [`crate::console::app::event::Effect::Publish`].
    pub id: u64,
    /// The channel.
    pub channel: Vec<u8>,
    /// The message's name.
    pub name: Vec<u8>,
    /// The exact payload, to find the own echo.
    pub payload: Vec<u8>,
    /// When it was sent.
    pub at: i64,
    /// The server's answer: none while under way; receivers and sequence, or what went wrong (escaped already).
    pub result: Option<Result<(u64, u64), String>>,
    /// How many of the receivers are this console.
    pub own_receivers: u64,
    /// The own message as it came back.
    pub echo: Option<Echo>,
}

/// The receivers of a message: `3 receivers, 2 besides this console`, or `3 receivers` if this console is none of them.
#[must_use]
pub fn receivers_words(receivers: u64, own: u64) -> String {
    let all = counted(receivers, "receiver");
    match receivers.checked_sub(own) {
        Some(0) if own > 0 => format!("{all}, none besides this console"),
        Some(others) if own > 0 => format!("{all}, {} besides this console", number(others)),
        _ => all,
    }
}

/// The own message as it came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    /// How long after sending, in microseconds.
    pub latency: u64,
    /// What the checks say of it.
    pub verdict: Verdict,
    /// Its sequence.
    pub sequence: Sequence,
    /// The row ID of its row.
    pub row_id: u64,
}
