//! `check`: compares the counters with those saved by earlier runs. Does not wait for messages.

mod expect;
mod last_seen;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Instant;

use self::last_seen::LastSeen;
pub(super) use self::last_seen::show_words;
use super::cli::{CheckArgs, CheckFormat, GlobalArgs};
use super::{ExitStatus, Failure, profile};
use crate::config::{Profile, state_file};
use crate::failure::runtime;
use crate::ledger::known::ServerId;
use crate::ledger::sequence::{Channel, Reading};
use crate::live::counter_file::{SAVE_POLL_INTERVAL, SAVE_TIMEOUT, is_being_saved};
use crate::live::required_channels;
use crate::output::nagios::{self, NagiosState};
use crate::output::summary::{Checked, Comparison, Doubt};
use crate::recording::counters::{Counters, KnownCounter};
use crate::redis::counter::is_wrong_value;
use crate::redis::discovery::counters_with_server;
use crate::redis::subscription::{is_pattern, now_micros};
use crate::stdout::{Format, Printer};
use crate::wire::escape::escape;
use crate::wire::glob;

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
        CheckFormat::Nagios => return nagios(args, global),
    };
    let mut printer = Printer::new(format);
    if let Some(stored) = args.last_seen {
        let last_seen = LastSeen::look_up(args, stored, &profile(global)?)?;
        last_seen.print(&mut printer);
        printer.flush()?;
        return Ok(status_after(&[last_seen.checked()]));
    }
    let mut checkup = Checkup::of(args, &profile(global)?)?;
    let checked: Vec<_> = checkup.checked().collect();
    for checked in &checked {
        printer.checked(checked);
    }
    let status = status_after(&checked);
    // Counters are saved only after the result was printed. Otherwise the next run would not report it again.
    printer.flush()?;
    checkup.save(args.save)?;
    Ok(status)
}

/// The exit status after these results.
fn status_after(checked: &[Checked<'_>]) -> ExitStatus {
    let is_unreachable = |checked: &Checked<'_>| matches!(checked.comparison(), Comparison::Unreadable(reason) if !is_wrong_value(reason));
    if checked.iter().any(is_unreachable) {
        return ExitStatus::Unreachable;
    }
    ExitStatus::found(checked.iter().any(|checked| checked.comparison().is_loss()))
}

/// Prints one line for Nagios. A failure is the state UNKNOWN.
fn nagios(args: &CheckArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let check = || -> Result<_, Failure> {
        let profile = profile(global)?;
        if let Some(stored) = args.last_seen {
            return Ok(nagios::line(&[LastSeen::look_up(args, stored, &profile)?.checked()]));
        }
        let mut checkup = Checkup::of(args, &profile)?;
        let line = nagios::line(&checkup.checked().collect::<Vec<_>>());
        // The one line must report it if this fails, so it is printed after this.
        checkup.save(args.save)?;
        Ok(line)
    };
    let (state, line) =
        check().unwrap_or_else(|failure| (NagiosState::Unknown, nagios::failed(&failure.message.unwrap_or_default())));
    let printed = writeln!(std::io::stdout().lock(), "{line}");
    // The next run would not report a loss again, so the exit status reports it even without the line.
    if state == NagiosState::Ok {
        printed?;
    }
    Ok(status_of(state))
}

/// Whether a command line that cannot be parsed is that of a Nagios plugin.
pub(super) fn is_nagios(args: &[OsString]) -> bool {
    let format = |pair: &[OsString]| pair[0] == "--format" && pair[1] == "nagios";
    args.iter().any(|arg| arg == "check")
        && (args.iter().any(|arg| arg == "--format=nagios") || args.windows(2).any(format))
}

/// Prints the line of a Nagios plugin for a wrong command line. Returns the exit status of UNKNOWN.
pub(super) fn reject_nagios(error: &clap::Error) -> ExitStatus {
    let text = error.to_string();
    let lines: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let reason = lines.join(" ");
    // The exit status already reports the error if standard output is closed.
    let _ = writeln!(std::io::stdout().lock(), "{}", nagios::failed(reason.trim_start_matches("error: ")));
    status_of(NagiosState::Unknown)
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

/// Fails if the name is a pattern and there is no counter of that name: patterns on the command line are not expanded, so the
/// result would be about a channel that does not exist.
fn reject_pattern(channel: &Channel, reading: &Reading) -> Result<(), Failure> {
    if *reading != Reading::Missing || !is_pattern(channel.as_bytes()) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{} is a pattern, and no counter has that name; name the channels, or put the pattern into the profile's channels",
        escape(channel.as_bytes())
    )))
}

/// The channels of the command line, or else those of the profile. A pattern of the profile selects the known channels that
/// match it.
fn channels(
    args: &CheckArgs,
    profile: &Profile,
    known: &HashMap<Channel, KnownCounter>,
) -> Result<Vec<Channel>, Failure> {
    if !args.channels.is_empty() {
        return Ok(args.channels.iter().map(|channel| Channel::new(channel.as_bytes())).collect());
    }
    let mut channels = Vec::new();
    for name in required_channels(&[], profile, "aircheck check ops")? {
        if is_pattern(&name) {
            let matching = known.keys().filter(|channel| glob::matches(&name, channel.as_bytes()));
            let mut matching: Vec<Channel> = matching.cloned().collect();
            matching.sort();
            channels.append(&mut matching);
        } else {
            channels.push(Channel::new(&name));
        }
    }
    let mut listed = HashSet::new();
    channels.retain(|channel| listed.insert(channel.clone()));
    if channels.is_empty() {
        return Err(Failure::usage(
            "no earlier run has seen a channel that matches the patterns of the profile; name a channel, e.g. `aircheck check ops`",
        ));
    }
    Ok(channels)
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
    /// Reads the counters. If they are higher than the saved ones, a running aircheck may not have saved them yet: waits for
    /// that.
    fn of(args: &CheckArgs, profile: &Profile) -> Result<Self, Failure> {
        let store = Counters::open(&state_file()?)?;
        let server = profile.state_key();
        let known = store.load(&server)?.into_iter().map(|known| (known.channel.clone(), known));
        let known: HashMap<Channel, KnownCounter> = known.collect();
        let channels = channels(args, profile, &known)?;
        // If a running aircheck saves a counter after this time, that one is kept.
        let at = now_micros();
        let readings =
            runtime()?.block_on(counters_with_server(&profile.target, &profile.sequence_prefix, &channels))?;
        for (channel, (reading, _)) in channels.iter().zip(&readings) {
            // A counter that was above 0 was reset.
            if known.get(channel).is_none_or(|known| known.counter == 0) {
                reject_pattern(channel, reading)?;
            }
        }
        let channels = channels.into_iter().zip(readings).map(|(channel, (reading, server))| CheckedChannel {
            known: known.get(&channel).cloned(),
            channel,
            reading,
            server,
        });
        let mut checkup = Self { at, store, server, channels: channels.collect() };
        let give_up = Instant::now() + SAVE_TIMEOUT;
        while checkup.is_behind() && Instant::now() < give_up && is_being_saved(&checkup.server) {
            sleep(SAVE_POLL_INTERVAL);
            checkup.load_again()?;
        }
        Ok(checkup)
    }

    /// Whether a saved counter is lower than the current one.
    fn is_behind(&self) -> bool {
        self.checked().any(|checked| matches!(checked.comparison(), Comparison::Advanced { missed: 1.., .. }))
    }

    /// Replaces saved counters that are lower than the current ones with those saved since.
    fn load_again(&mut self) -> Result<(), Failure> {
        for saved in self.store.load(&self.server)? {
            let Some(checked) = self.channels.iter_mut().find(|checked| checked.channel == saved.channel) else {
                continue;
            };
            if let (Reading::Value(now), Some(known)) = (&checked.reading, &mut checked.known)
                && known.counter < *now
                && known.counter <= saved.counter
            {
                // The counter may have advanced since it was read here.
                *known = KnownCounter { counter: saved.counter.min(*now), ..saved };
            }
        }
        Ok(())
    }

    /// The comparisons, in the order of the channels.
    fn checked(&self) -> impl Iterator<Item = Checked<'_>> {
        self.channels.iter().map(|CheckedChannel { channel, known, reading, server }| Checked {
            at: self.at,
            channel: channel.as_bytes(),
            known: known.as_ref().map(|known| known.counter),
            since: known.as_ref().map(|known| known.at),
            doubt: known
                .as_ref()
                .filter(|known| !ServerId::is_same(known.server.as_ref(), server.as_ref()))
                .map(|_| Doubt::OtherServer),
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
