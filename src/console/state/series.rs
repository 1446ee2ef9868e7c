//! A message sent many times.

use std::sync::Arc;

use super::draft::Source;
use crate::template::Values;
use crate::wire::signature::{Keyring, SignWith};

/// The most messages of a series.
pub const MAX: u64 = 1_000_000;

/// The highest rate that can be asked for, a second.
pub const FASTEST: u64 = 1_000_000;

/// The question how many and how fast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesForm {
    /// How many, as typed.
    pub count: String,
    /// How many a second, as typed; empty: as fast as the server takes them.
    pub rate: String,
    /// Whether the rate has the cursor.
    pub in_rate: bool,
    /// What is wrong, escaped already.
    pub error: Option<String>,
}

impl SeriesForm {
    /// Ten, one a second.
    #[must_use]
    pub fn new() -> Self {
        Self { count: String::from("10"), rate: String::from("1"), in_rate: false, error: None }
    }

    /// How many and how many a second.
    ///
    /// # Errors
    /// What is wrong with the numbers.
    pub fn read(&self) -> Result<(u64, Option<u64>), String> {
        let count = self.count.parse().ok().filter(|count| (1..=MAX).contains(count));
        let count = count.ok_or("the count must be a number from 1 to 1,000,000")?;
        if self.rate.is_empty() {
            return Ok((count, None));
        }
        let rate = self.rate.parse().ok().filter(|rate| (1..=FASTEST).contains(rate));
        Ok((count, Some(rate.ok_or("the rate must be from 1 to 1,000,000 a second, or empty")?)))
    }

    /// The number that has the cursor.
    pub fn field_mut(&mut self) -> &mut String {
        if self.in_rate { &mut self.rate } else { &mut self.count }
    }
}

impl Default for SeriesForm {
    fn default() -> Self {
        Self::new()
    }
}

/// What is to be sent many times; each message is signed when it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The channel.
    pub channel: String,
    /// The message's name.
    pub name: String,
    /// The JSON text.
    pub data: String,
    /// How to sign.
    pub sign_with: SignWith,
    /// The template whose placeholders are evaluated anew for each message, the first with the values as they are.
    pub source: Option<Source>,
    /// How many.
    pub count: u64,
    /// How many a second; none: as fast as the server takes them.
    pub rate: Option<u64>,
}

impl Series {
    /// Channel and payload of the message at `index`, from 0. `now` is in Unix seconds; `random` makes its `{{uuid}}`, but
    /// for the first.
    ///
    /// # Errors
    /// Where it cannot be signed, or is not JSON; escaped already.
    pub fn message(
        &self,
        keyring: &Arc<Keyring>,
        index: u64,
        now: i64,
        random: u128,
    ) -> Result<(Vec<u8>, Vec<u8>), String> {
        let (channel, name, data) = match &self.source {
            None => (self.channel.clone(), self.name.clone(), self.data.clone()),
            Some(source) => {
                let values = source.values;
                let random = if index == 0 { values.random } else { random };
                let values = Values { now, random, seq: values.seq.saturating_add(index) };
                let (channel, name, data) = source.fill(values);
                (if channel.is_empty() { self.channel.clone() } else { channel }, name, data)
            }
        };
        let payload = keyring.payload(name.as_bytes(), data.as_bytes(), &self.sign_with, now);
        Ok((channel.into_bytes(), payload.map_err(|error| error.to_string())?))
    }
}

/// How far a series has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How many are to be sent.
    pub count: u64,
    /// How many a second; none: as fast as the server takes them.
    pub rate: Option<u64>,
    /// How many were sent and counted.
    pub sent: u64,
    /// Receivers and sequence of the last one.
    pub last: Option<(u64, u64)>,
    /// When it began, in microseconds since the epoch.
    pub began: i64,
    /// The time of the last news of it.
    pub at: i64,
    /// It was asked to stop.
    pub stopping: bool,
    /// How it ended; none while it goes on.
    pub end: Option<SeriesEnd>,
}

/// How a series ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeriesEnd {
    /// All were sent.
    Done,
    /// It was stopped.
    Stopped,
    /// The first message that failed ended it; why, escaped already.
    Failed(String),
}
