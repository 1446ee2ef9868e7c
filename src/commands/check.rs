//! `check`: compares the counters with those saved by earlier runs. Does not wait for messages.

use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt as _;

use super::cli::CheckArgs;
use super::{ExitStatus, Failure};
use crate::config::{Profile, state_file};
use crate::failure::runtime;
use crate::ledger::known::ServerId;
use crate::ledger::sequence::Channel;
use crate::output::summary::{Checked, Comparison};
use crate::recording::counters::{Counters, KnownCounter};
use crate::redis::counter::is_wrong_value;
use crate::redis::discovery::counters_with_server;
use crate::redis::subscription::now_micros;
use crate::stdout::Printer;

/// Compares the counters of the channels. Saves those of new channels; others only with `--save`.
///
/// # Errors
/// Fails if the server cannot be reached, or if the saved counters cannot be read or written.
pub fn run(args: &CheckArgs, profile: &Profile) -> Result<ExitStatus, Failure> {
    let channels: Vec<Channel> = args.channels.iter().map(|channel| Channel::new(channel.as_bytes())).collect();
    let mut store = Counters::open(&state_file()?)?;
    let server = profile.state_key();
    let known = store.load(&server)?.into_iter().map(|known| (known.channel.clone(), known));
    let known: HashMap<Channel, KnownCounter> = known.collect();
    let readings = runtime()?.block_on(counters_with_server(&profile.target, &profile.sequence_prefix, &channels))?;
    let at = now_micros();

    let mut unsaved = Vec::new();
    let mut status = ExitStatus::Success;
    let mut printer = Printer::new(args.format);
    for (channel, (reading, server)) in channels.iter().zip(&readings) {
        let known = known.get(channel);
        let checked = Checked {
            at,
            channel: channel.as_bytes(),
            known: known.map(|known| known.counter),
            since: known.map(|known| known.at),
            may_be_more: known.is_some_and(|known| !ServerId::is_same(known.server.as_ref(), server.as_ref())),
            reading,
        };
        let comparison = checked.comparison();
        if let Some(counter) = comparison.now()
            && (args.save || known.is_none())
        {
            unsaved.push(KnownCounter { channel: channel.clone(), counter, server: server.clone(), at, lost: None });
        }
        if let Comparison::Unreadable(reason) = comparison
            && !is_wrong_value(reason)
        {
            status = ExitStatus::Unreachable;
        } else if comparison.is_something() && status == ExitStatus::Success {
            status = ExitStatus::Found;
        }
        printer.checked(&checked);
    }
    // If the result cannot be printed, the counters must not count as known.
    printer.flush()?;
    if !unsaved.is_empty() {
        store.save(&server, &unsaved)?;
    }
    Ok(status)
}
