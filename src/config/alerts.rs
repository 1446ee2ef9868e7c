//! `[profile.NAME.alerts]`: which findings ring the bell or run a command.

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::document::{Document, hint, parsed};
use super::error::ConfigError;
use super::key_source::CommandLine;
use crate::ledger::alert::{AlertKind, Alerts, AtMost};

/// The highest number of alerts in `at_most`; a higher one would limit nothing.
const MAX_ALERTS: usize = 1_000;
/// The longest period in `at_most`.
const MAX_PERIOD_SECS: u64 = 86_400;

/// The keys of the table.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AlertKeys {
    /// The kinds that ring the terminal's bell.
    bell: Vec<AlertKind>,
    /// The program to run, and its arguments. `~/` at the start of the program is the home directory. It gets the finding as a
    /// JSON line on standard input.
    command: Option<CommandLine>,
    /// The kinds that run the command; default: all kinds.
    kinds: Option<Spanned<Vec<AlertKind>>>,
    /// The highest rate of the bell and the command, for each kind; default: `1/10s`.
    at_most: AtMost,
}

impl AlertKeys {
    /// The alerts as written: the command's program is not located yet, and no variables are withheld from it.
    pub(super) fn alerts(&self, document: &Document) -> Result<Alerts, ConfigError> {
        let kinds = match (&self.command, &self.kinds) {
            (None, Some(kinds)) => {
                let what = "kinds selects what runs the command, but there is no command (did you mean \"bell\"?)";
                return Err(document.error(kinds.span().start, what));
            }
            (None, None) => Vec::new(),
            (Some(_), Some(kinds)) => kinds.get_ref().clone(),
            (Some(_), None) => AlertKind::all().collect(),
        };
        Ok(Alerts {
            bell: self.bell.clone(),
            command: self.command.iter().flat_map(|command| &command.0).map(Into::into).collect(),
            kinds,
            at_most: self.at_most,
            withheld: Vec::new(),
        })
    }
}

impl<'de> Deserialize<'de> for AlertKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, |name| {
            Self::from_name(name).ok_or_else(|| format!("unknown kind {}", hint(name, Self::all().map(Self::name))))
        })
    }
}

impl<'de> Deserialize<'de> for AtMost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, |text| {
            at_most(text)
                .ok_or(format!("expected N/DURATION, from 1 to {MAX_ALERTS} alerts in 1s to 1day, e.g. \"1/10s\""))
        })
    }
}

fn at_most(text: &str) -> Option<AtMost> {
    let (count, period) = text.split_once('/')?;
    let count = count.trim().parse().ok().filter(|count| (1..=MAX_ALERTS).contains(count))?;
    let period = humantime::parse_duration(period.trim()).ok()?;
    let micros = i64::try_from(period.as_micros()).ok()?;
    (1..=MAX_PERIOD_SECS).contains(&period.as_secs()).then_some(AtMost { count, micros })
}
