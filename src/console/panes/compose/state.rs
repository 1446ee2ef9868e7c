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
    /// The JSON text. Empty: no data.
    pub data: TextArea<'static>,
    /// The field that has the cursor.
    pub field: Field,
    /// How to sign. One of `choices`.
    pub sign_with: SignWith,
    /// The error in the data, if there is one. Updated when the data changes.
    pub data_error: Option<JsonError>,
    /// The error in the name or the channel, already escaped.
    pub field_error: Option<String>,
    /// The exact payload that would be sent now, escaped, with the HMAC's digits replaced by `…`. A valid HMAC is never shown
    /// before the message is sent. `None` if the message cannot be sent.
    pub preview: Option<String>,
    /// The size in bytes of the payload of the text, even if it is not valid yet.
    pub size: u64,
    /// The sent messages and series, newest last, at most `MAX_SENT`. Add with [`Compose::add`].
    pub sent: VecDeque<Sent>,
    /// The ways to sign: with the signing key if it can sign, with each other key, or not at all.
    pub choices: Vec<SignWith>,
    /// Whether the user changed the text, or the text in `replaced`, since it was last sent.
    pub unsent: bool,
    /// When Send was last pressed, if the text was not changed since. A key that is held down presses it repeatedly.
    pub asked_at: Option<i64>,
    /// The number of messages in `sent` whose echo is still awaited.
    pub awaiting: usize,
    /// The message that was loaded into the fields. Cleared when a message is sent.
    pub original: Option<Original>,
    /// The difference from `original`. Computed when the console asks whether to send.
    pub difference: Option<Vec<DiffLine>>,
    /// The template that the text was created from. Cleared when the text is edited.
    pub source: Option<Source>,
    /// The text that the last load replaced. Cleared by the next edit.
    pub replaced: Option<Box<Replaced>>,
    /// The messages that were sent in this run and earlier ones.
    pub history: History,
    /// The profile's templates.
    pub templates: Vec<Arc<Template>>,
    /// The source of `{{uuid}}`. The runtime seeds it.
    pub random: Random,
    /// The last value of `{{seq}}`.
    pub seq: u64,
    /// The ID of the newest series in `sent`.
    pub newest_series: Option<u64>,
    /// Whether the data is being edited in `$EDITOR`.
    pub editing: bool,
}

/// A random number generator. The same seed produces the same numbers.
#[derive(Debug, Clone)]
pub struct Random(pub fastrand::Rng);

impl Default for Random {
    fn default() -> Self {
        Self(fastrand::Rng::with_seed(0))
    }
}

/// The maximum number of messages and series in [`Compose::sent`].
pub(crate) const MAX_SENT: usize = 100;

impl Compose {
    /// Creates an empty message. It is signed with the signing key if that key can sign, otherwise not at all.
    #[must_use]
    pub fn new(keyring: &Keyring) -> Self {
        let mut compose = Self { choices: choices(keyring), ..Self::default() };
        compose.reset_key();
        compose
    }

    /// Signs with the signing key if that key can sign, otherwise not at all.
    pub(crate) fn reset_key(&mut self) {
        let own = SignWith::SigningKey;
        self.sign_with = if self.choices.contains(&own) { own } else { SignWith::None };
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
    pub(crate) fn field_mut(&mut self) -> Option<&mut TextArea<'static>> {
        match self.field {
            Field::Channel => Some(&mut self.channel),
            Field::Name => Some(&mut self.name),
            Field::Data => Some(&mut self.data),
            Field::Key => None,
        }
    }

    /// How the message is signed, in words and escaped, e.g. `default (sha256)` or `unsigned`.
    #[must_use]
    pub fn key_label(&self, keyring: &Keyring) -> String {
        self.signing_key(keyring).map_or_else(
            || "unsigned".to_owned(),
            |name| format!("{} ({})", escape(&name), keyring.sign_algorithm().name()),
        )
    }

    /// Whether the profile has a key that can sign.
    #[must_use]
    pub(crate) fn can_sign(&self) -> bool {
        self.choices.len() > 1
    }

    /// Whether the user turned signing off, although the profile has a key that can sign.
    #[must_use]
    pub fn is_signing_off(&self) -> bool {
        self.can_sign() && self.sign_with == SignWith::None
    }

    /// The first field that needs input. `None` if the channel and the name are set.
    #[must_use]
    pub(crate) fn first_empty_field(&self) -> Option<Field> {
        let fields = [(&self.channel, Field::Channel), (&self.name, Field::Name)];
        fields.into_iter().find(|(area, _)| area.is_empty()).map(|(_, field)| field)
    }

    /// The first reason why there is no payload, in the order of the fields: the field, and what is wrong. Escaped.
    #[must_use]
    pub(crate) fn mistake(&self) -> Option<String> {
        match self.first_empty_field() {
            Some(Field::Channel) => return Some("channel is empty".to_owned()),
            Some(_) => return Some("name is empty".to_owned()),
            None => {}
        }
        let data = |error: &JsonError| {
            format!("data is not valid JSON: line {}, column {}: {}", error.line, error.column, error.message)
        };
        self.field_error.clone().or_else(|| self.data_error.as_ref().map(data))
    }

    /// The name of the key that signs the message. `None` if it is not signed.
    #[must_use]
    pub fn signing_key(&self, keyring: &Keyring) -> Option<Vec<u8>> {
        match &self.sign_with {
            SignWith::SigningKey => own_key_name(keyring),
            SignWith::Key(name) => Some(name.clone()),
            SignWith::None => None,
        }
    }

    /// Signs with the key of this name, or not at all if `None`. Returns false, and changes nothing, if there is no such key.
    pub(crate) fn choose_key(&mut self, keyring: &Keyring, name: Option<&[u8]>) -> bool {
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

    /// Adds a message or series that is sent now, and returns its ID.
    pub fn add(&mut self, mut sent: Sent) -> u64 {
        let id = self.sent.back().map_or(1, |last| last.id + 1);
        sent.id = id;
        if sent.series.is_some() {
            self.newest_series = Some(id);
        }
        self.sent.push_back(sent);
        if self.sent.len() > MAX_SENT {
            self.sent.pop_front();
        }
        id
    }

    /// The progress of the newest series.
    #[must_use]
    pub fn series(&self) -> Option<&Progress> {
        self.sent.get(self.series_index()?)?.series.as_ref()
    }

    pub(crate) fn series_mut(&mut self) -> Option<&mut Progress> {
        let index = self.series_index()?;
        self.sent.get_mut(index)?.series.as_mut()
    }

    /// The index of the newest series in `sent`. This is looked up for each received message, so it does not search.
    pub(crate) fn series_index(&self) -> Option<usize> {
        let offset = self.newest_series?.checked_sub(self.sent.front()?.id)?;
        usize::try_from(offset).ok().filter(|index| *index < self.sent.len())
    }
}

/// The ways to sign, in the order in which key presses select them.
fn choices(keyring: &Keyring) -> Vec<SignWith> {
    let own = own_key_name(keyring);
    let others = keyring.signing_keys().into_iter().filter(|name| own.as_deref() != Some(*name));
    let own = own.as_ref().map(|_| SignWith::SigningKey);
    own.into_iter().chain(others.map(|name| SignWith::Key(name.to_vec()))).chain([SignWith::None]).collect()
}

/// The name of the signing key, if it can sign. It is read from a signed payload, because a signing key with an empty secret
/// produces unsigned payloads.
fn own_key_name(keyring: &Keyring) -> Option<Vec<u8>> {
    let payload = keyring.payload(b"", b"", &SignWith::SigningKey, 0).ok()?;
    key_name(Envelope::parse(&payload).signature).map(<[u8]>::to_vec)
}

/// The key name in the text of a signature.
pub(crate) fn key_name(signature: &[u8]) -> Option<&[u8]> {
    signature.split(|byte| *byte == b'|').nth(1)
}

impl Sent {
    /// Creates a message that is sent at `at`. [`Compose::add`] sets its ID.
    #[must_use]
    pub fn new(channel: Vec<u8>, name: Vec<u8>, payload: Vec<u8>, at: i64) -> Self {
        Self { id: 0, channel, name, payload, at, result: None, own_receivers: 0, echo: None, series: None }
    }

    /// Whether it has no signature.
    #[must_use]
    pub(crate) fn is_unsigned(&self) -> bool {
        Envelope::parse(&self.payload).signature.is_empty()
    }

    /// Whether it is still being sent.
    #[must_use]
    pub(crate) fn is_pending(&self) -> bool {
        self.series.as_ref().map_or(self.result.is_none(), Progress::is_running)
    }

    /// Whether its echo is awaited: sending did not fail, and the echo was not received yet. The echoes of a series are counted
    /// in its progress.
    #[must_use]
    pub(crate) fn awaits_echo(&self) -> bool {
        self.series.is_none() && self.echo.is_none() && !matches!(self.result, Some(Err(_)))
    }

    /// The row of the echo, or of the first echo of a series.
    #[must_use]
    pub(crate) fn echo_row(&self) -> Option<u64> {
        match &self.series {
            Some(progress) => progress.echoes.as_ref()?.first_row,
            None => self.echo.map(|echo| echo.row_id),
        }
    }
}

/// The fields of the compose pane, in Tab order: the texts in the order in which they are typed, then the key.
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

    /// The next or previous field. After the last one, the first, and vice versa.
    #[must_use]
    pub fn step(self, forward: bool) -> Self {
        let count = Self::ORDER.len();
        let at = Self::ORDER.iter().position(|field| *field == self).unwrap_or(0);
        Self::ORDER[(at + if forward { 1 } else { count - 1 }) % count]
    }
}

/// A message that was sent or is being sent, once or as a series.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The ID in [`crate::console::app::event::Effect::Publish`]. Each message has the next number.
    pub id: u64,
    /// The channel.
    pub channel: Vec<u8>,
    /// The message's name.
    pub name: Vec<u8>,
    /// The exact payload, by which its echo is found. Of a series: the payload when it started.
    pub payload: Vec<u8>,
    /// When it was sent, in microseconds since the epoch.
    pub at: i64,
    /// The number of receivers and the sequence number, or the error, already escaped. `None` until the server replies, and for a
    /// series.
    pub result: Option<Result<(u64, u64), String>>,
    /// The number of receivers that are subscriptions of this console.
    pub own_receivers: u64,
    /// The echo: this message as the console's own subscription received it.
    pub echo: Option<Echo>,
    /// The progress, if it is a series.
    pub series: Option<Progress>,
}

/// The receivers of a message: `3 receivers, 2 besides this console`, or `3 receivers` if this console is none of them.
#[must_use]
pub(crate) fn receivers_words(receivers: u64, own: u64) -> String {
    let all = counted(receivers, "receiver");
    match receivers.checked_sub(own) {
        Some(0) if own > 0 => format!("{all}, none besides this console"),
        Some(others) if own > 0 => format!("{all}, {} besides this console", number(others)),
        _ => all,
    }
}

/// A sent message as the console's own subscription received it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echo {
    /// The time from sending to receipt, in microseconds.
    pub latency: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// The sequence number.
    pub sequence: Sequence,
    /// The ID of its row.
    pub row_id: u64,
}
