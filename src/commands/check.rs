//! `check`: compares the counters with those saved by earlier runs. Does not wait for messages.

mod expect;
mod last_seen;

use std::collections::HashMap;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use super::cli::{CheckArgs, CheckFormat, GlobalArgs};
use super::{ExitStatus, Failure, profile};
use crate::config::{Profile, state_file};
use crate::failure::runtime;
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading};
use crate::output::nagios::{self, NagiosState};
use crate::output::summary::{Checked, Comparison};
use crate::recording::counters::{Counters, KnownCounter};
use crate::redis::counter::is_wrong_value;
use crate::redis::discovery::counters_with_server;
use crate::redis::subscription::now_micros;
use crate::stdout::{Format, Printer};

/// Compares the counters of the channels. Saves those of new channels; others only with `--save`.
///
/// # Errors
/// Fails if the server cannot be reached, or if the saved counters cannot be read or written.
pub(super) fn run(args: &CheckArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    if args.expect {
        return expect::run(args.format, global);
    }
    let format = match args.format {
        CheckFormat::Text => Format::Text,
        CheckFormat::Json => Format::Json,
        CheckFormat::Nagios if args.last_seen.is_some() => {
            return Err(Failure::usage("--last-seen cannot be used with --format nagios; use text or json"));
        }
        CheckFormat::Nagios => return nagios(args, global),
    };
    if let Some(last_seen) = args.last_seen {
        return last_seen::run(args, format, last_seen, &profile(global)?);
    }
    let mut checkup = Checkup::of(args, &profile(global)?)?;
    let mut status = ExitStatus::Success;
    let mut printer = Printer::new(format);
    for checked in checkup.checked() {
        let comparison = checked.comparison();
        if let Comparison::Unreadable(reason) = comparison
            && !is_wrong_value(reason)
        {
            status = ExitStatus::Unreachable;
        } else if comparison.is_loss() && status == ExitStatus::Success {
            status = ExitStatus::Found;
        }
        printer.checked(&checked);
    }
    // Counters are saved only after the result was printed. Otherwise the next run would not report it again.
    printer.flush()?;
    checkup.save(args.save)?;
    Ok(status)
}

/// Prints one line for Nagios. A failure is the state UNKNOWN.
fn nagios(args: &CheckArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let print = |line: &str| writeln!(std::io::stdout().lock(), "{line}");
    match profile(global).and_then(|profile| Checkup::of(args, &profile)) {
        Ok(mut checkup) => {
            let (state, line) = nagios::line(&checkup.checked().collect::<Vec<_>>());
            print(&line)?;
            checkup.save(args.save)?;
            Ok(status_of(state))
        }
        Err(failure) => {
            print(&nagios::failed(&failure.message.unwrap_or_default()))?;
            Ok(status_of(NagiosState::Unknown))
        }
    }
}

/// The exit status with the number that Nagios uses for this state. Its name does not apply here.
fn status_of(state: NagiosState) -> ExitStatus {
    match state {
        NagiosState::Ok => ExitStatus::Success,
        NagiosState::Warning => ExitStatus::Found,
        NagiosState::Critical => ExitStatus::Usage,
        NagiosState::Unknown => ExitStatus::Unreachable,
    }
}

/// The counters of the channels, and their last known values.
struct Checkup {
    at: i64,
    store: Counters,
    /// The server's key in the store.
    server: String,
    channels: Vec<CheckedChannel>,
}

struct CheckedChannel {
    channel: Channel,
    known: Option<KnownCounter>,
    reading: Reading,
    server: Option<Arc<ServerId>>,
}

impl Checkup {
    /// Reads the counters.
    fn of(args: &CheckArgs, profile: &Profile) -> Result<Self, Failure> {
        let channels: Vec<Channel> = args.channels.iter().map(|channel| Channel::new(channel.as_bytes())).collect();
        let store = Counters::open(&state_file()?)?;
        let server = profile.state_key();
        let known = store.load(&server)?.into_iter().map(|known| (known.channel.clone(), known));
        let known: HashMap<Channel, KnownCounter> = known.collect();
        let readings =
            runtime()?.block_on(counters_with_server(&profile.target, &profile.sequence_prefix, &channels))?;
        let channels = channels.into_iter().zip(readings).map(|(channel, (reading, server))| CheckedChannel {
            known: known.get(&channel).cloned(),
            channel,
            reading,
            server,
        });
        Ok(Self { at: now_micros(), store, server, channels: channels.collect() })
    }

    /// The comparisons, in the order of the channels.
    fn checked(&self) -> impl Iterator<Item = Checked<'_>> {
        self.channels.iter().map(|CheckedChannel { channel, known, reading, server }| Checked {
            at: self.at,
            channel: channel.as_bytes(),
            known: known.as_ref().map(|known| known.counter),
            since: known.as_ref().map(|known| known.at),
            may_be_more: known.as_ref().is_some_and(|known| !ServerId::is_same(known.server.as_ref(), server.as_ref())),
            reading,
        })
    }

    /// Saves the counters of new channels, or of all channels.
    fn save(&mut self, all: bool) -> Result<(), Failure> {
        let unsaved: Vec<KnownCounter> = self
            .checked()
            .zip(&self.channels)
            .filter(|(checked, _)| all || checked.known.is_none())
            .filter_map(|(checked, of)| {
                let counter = checked.comparison().now()?;
                Some(KnownCounter {
                    channel: of.channel.clone(),
                    counter,
                    server: of.server.clone(),
                    at: self.at,
                    lost: None,
                })
            })
            .collect();
        if !unsaved.is_empty() {
            self.store.save(&self.server, &unsaved)?;
        }
        Ok(())
    }
}
