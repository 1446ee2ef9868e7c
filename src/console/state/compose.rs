//! The message being composed, and what became of those sent.

use std::collections::VecDeque;

use ratatui_textarea::TextArea;

use crate::ledger::sequence::Sequence;
use crate::wire::json::JsonError;
use crate::wire::signature::SignWith;
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

/// A message that was sent, or is under way.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The number of [`super::super::action::Effect::Publish`].
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
    /// The own message as it came back.
    pub echo: Option<Echo>,
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
    /// The serial of its row.
    pub serial: u64,
}
