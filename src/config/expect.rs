//! `[profile.NAME.expect.NAME]`: how many messages a channel should receive.

use std::sync::Arc;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::document::{Document, parsed};
use super::error::ConfigError;
use super::file::seconds;
use crate::ledger::expectation::{Expectation, Rate};

/// The highest number of messages of a rate.
const MAX_MESSAGES: u64 = 1_000_000_000;
/// The longest period of a rate: a year.
const MAX_PERIOD_SECS: u64 = 366 * 86_400;

/// The keys of one expectation.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ExpectKeys {
    /// The channel or pattern, or several. Each channel must meet the expectation on its own. Required.
    channel: Option<ChannelNames>,
    /// A pattern of message names. Other messages do not count.
    name: Option<String>,
    /// The lowest rate of accepted messages. Fewer are reported as `silent`.
    at_least: Option<Rate>,
    /// The highest rate of accepted messages. More are reported as `too_many`.
    at_most: Option<Rate>,
    /// How long to wait for a late message; default: a tenth of the period of `at_least`.
    #[serde(deserialize_with = "seconds")]
    grace: Option<u64>,
}

/// One channel or pattern, or several.
struct ChannelNames(Vec<String>);

impl ExpectKeys {
    /// Checks the keys.
    pub(super) fn expectation(&self, title: &Spanned<String>, document: &Document) -> Result<Expectation, ConfigError> {
        let wrong = |what: &str| Err(document.error(title.span().start, what));
        let channels: Vec<_> =
            self.channel.iter().flat_map(|names| &names.0).cloned().map(String::into_bytes).collect();
        if channels.is_empty() || channels.iter().any(Vec::is_empty) {
            return wrong("an expectation needs a channel or pattern: channel = \"…\"");
        }
        if self.at_least.is_none() && self.at_most.is_none() {
            return wrong("an expectation needs a rate: at_least = \"1/5m\", or at_most = \"500/s\"");
        }
        let grace = match self.grace {
            Some(seconds) if seconds > MAX_PERIOD_SECS => return wrong("grace must be at most a year"),
            Some(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000),
            None => self.at_least.map_or(0, |rate| rate.micros / 10),
        };
        Ok(Expectation {
            title: Arc::from(title.get_ref().as_str()),
            channels,
            name: self.name.clone().map(String::into_bytes),
            at_least: self.at_least,
            at_most: self.at_most,
            grace,
        })
    }
}

impl<'de> Deserialize<'de> for ChannelNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChannelNamesVisitor)
    }
}

struct ChannelNamesVisitor;

impl<'de> Visitor<'de> for ChannelNamesVisitor {
    type Value = ChannelNames;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a channel or an array of channels")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ChannelNames, E> {
        Ok(ChannelNames(vec![name.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<ChannelNames, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(names)).map(ChannelNames)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, |text| {
            rate(text).ok_or("expected N/DURATION in whole seconds, up to a year, e.g. \"1/5m\" or \"500/s\"")
        })
    }
}

fn rate(text: &str) -> Option<Rate> {
    let (count, period) = text.split_once('/')?;
    let count = count.trim().parse().ok().filter(|count| (1..=MAX_MESSAGES).contains(count))?;
    let period = period.trim();
    // "500/s" means "500/1s".
    let one = if period.starts_with(|first: char| first.is_ascii_alphabetic()) { "1" } else { "" };
    let period = humantime::parse_duration(&format!("{one}{period}")).ok()?;
    let is_valid = period.subsec_nanos() == 0 && (1..=MAX_PERIOD_SECS).contains(&period.as_secs());
    let micros = i64::try_from(period.as_micros()).ok()?;
    is_valid.then_some(Rate { count, micros })
}
