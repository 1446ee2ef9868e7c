//! `check`: compares the counters with the last ones known, without waiting for traffic.

use std::collections::HashMap;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

use jiff::Timestamp;
use serde_json::Value;

use super::cli::{CheckArgs, Format};
use super::{Failure, Status, json, runtime};
use crate::config::{Profile, state_file};
use crate::ledger::sequence::{Channel, Reading};
use crate::record::counters::{Counters, KnownCounter};
use crate::redis::discovery::counters;
use crate::wire::escape::escape;

/// What one channel's comparison came to.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Never known before: there is nothing to compare with.
    First { now: u64 },
    /// The counter went on by `missed`, from `known`.
    Advanced { known: u64, now: u64, missed: u64 },
    /// The counter went back, so that what was missed cannot be known.
    Reset { known: u64, now: u64 },
    /// The counter cannot be read, with the reason, not escaped.
    Unreadable { known: Option<u64>, why: std::sync::Arc<str> },
}

/// Compares the counters of the channels; channels never known before are stored, others only with `--save`.
///
/// # Errors
/// Where the server cannot be asked, or the store of counters not be used.
pub fn run(args: &CheckArgs, profile: &Profile) -> Result<Status, Failure> {
    let channels: Vec<Channel> = args.channels.iter().map(|channel| Channel::new(channel.as_bytes())).collect();
    let mut store = Counters::open(&state_file()?)?;
    let server = profile.state_key();
    let known: HashMap<Channel, KnownCounter> =
        store.load(&server)?.into_iter().map(|known| (known.channel.clone(), known)).collect();
    let readings = runtime()?.block_on(counters(&profile.target, &profile.sequence_prefix, &channels))?;
    let at = Timestamp::now().as_microsecond();

    let mut keep = Vec::new();
    let mut status = Status::Success;
    let mut out = io::stdout().lock();
    for (channel, reading) in channels.iter().zip(readings) {
        let known = known.get(channel);
        let outcome = Outcome::of(known.map(|known| known.counter), reading);
        if let Some(now) = outcome.now()
            && (args.save || known.is_none())
        {
            keep.push(KnownCounter { channel: channel.clone(), counter: now, at });
        }
        if outcome.is_something() {
            status = Status::Found;
        }
        match args.format {
            Format::Text => writeln!(out, "{}", outcome.words(channel, known.map(|known| known.at)))?,
            Format::Json => json::write(&mut out, &outcome.object(channel))?,
        }
    }
    if !keep.is_empty() {
        store.save(&server, &keep)?;
    }
    Ok(status)
}

impl Outcome {
    /// A counter that does not exist counts as 0, as `INCR` does.
    fn of(known: Option<u64>, reading: Reading) -> Self {
        let now = match reading {
            Reading::Value(now) => now,
            Reading::Missing => 0,
            Reading::Unreadable(why) => return Self::Unreadable { known, why },
        };
        match known.map(|known| (known, now.checked_sub(known))) {
            None => Self::First { now },
            Some((known, Some(missed))) => Self::Advanced { known, now, missed },
            Some((known, None)) => Self::Reset { known, now },
        }
    }

    fn now(&self) -> Option<u64> {
        match self {
            Self::First { now } | Self::Advanced { now, .. } | Self::Reset { now, .. } => Some(*now),
            Self::Unreadable { .. } => None,
        }
    }

    /// Whether something was missed, or may have been.
    fn is_something(&self) -> bool {
        match self {
            Self::First { .. } => false,
            Self::Advanced { missed, .. } => *missed > 0,
            Self::Reset { .. } | Self::Unreadable { .. } => true,
        }
    }

    fn object(&self, channel: &Channel) -> serde_json::Map<String, Value> {
        let (known, missed) = match self {
            Self::First { .. } => (None, None),
            Self::Advanced { known, missed, .. } => (Some(*known), Some(*missed)),
            Self::Reset { known, .. } => (Some(*known), None),
            Self::Unreadable { known, .. } => (*known, None),
        };
        let mut object = json::object("check", channel.as_bytes());
        object.insert("known".to_owned(), known.into());
        object.insert("now".to_owned(), self.now().into());
        object.insert("missed".to_owned(), missed.into());
        match self {
            Self::Reset { .. } => drop(object.insert("reset".to_owned(), true.into())),
            Self::Unreadable { why, .. } => drop(object.insert("error".to_owned(), (&**why).into())),
            Self::First { .. } | Self::Advanced { .. } => {}
        }
        object
    }

    /// `at` is when the known counter was stored, in microseconds since the epoch.
    fn words(&self, channel: &Channel, at: Option<i64>) -> String {
        let channel = escape(channel.as_bytes());
        let since = at
            .and_then(|at| Timestamp::from_microsecond(at).ok())
            .map(|at| format!(" since {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")))
            .unwrap_or_default();
        match self {
            Self::First { now } => format!("{channel}: a first look, at #{now}; kept as known"),
            Self::Advanced { now, missed: 0, .. } => format!("{channel}: nothing missed{since}, at #{now}"),
            Self::Advanced { now, missed: 1, .. } => format!("{channel}: 1 missed{since}: #{now}"),
            Self::Advanced { known, now, missed } => {
                format!("{channel}: {missed} missed{since}: #{}–#{now}", known + 1)
            }
            Self::Reset { known, now } => {
                format!("{channel}: the counter was reset{since}, from {known} to {now}; what was missed is not known")
            }
            Self::Unreadable { why, .. } => {
                format!("{channel}: the counter cannot be read, so nothing is known: {}", escape(why.as_bytes()))
            }
        }
    }
}
