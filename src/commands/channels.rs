//! `channels`: lists the channels with their counters and subscribers.

use super::cli::ChannelsArgs;
use super::{ExitStatus, Failure};
use crate::config::Profile;
use crate::failure::{runtime, to_stderr};
use crate::output::summary::Listed;
use crate::redis::discovery::survey;
use crate::redis::subscription::now_micros;
use crate::stdout::Printer;

/// Lists the channels of the profile's server.
///
/// # Errors
/// Fails if the server cannot be reached, or if it rejects a command.
pub(super) fn run(args: &ChannelsArgs, profile: &Profile) -> Result<ExitStatus, Failure> {
    let found = runtime()?.block_on(survey(&profile.target, &profile.sequence_prefix))?;
    for note in &found.notes {
        to_stderr(&format!("Warning: {note}"));
    }
    let at = now_micros();
    let channels = found.channels.iter().map(|facts| Listed {
        at,
        channel: facts.channel.as_bytes(),
        counter: &facts.counter,
        subscribers: facts.subscribers,
    });
    let mut printer = Printer::new(args.format);
    printer.listed(&channels.collect::<Vec<_>>());
    printer.flush()?;
    Ok(ExitStatus::Success)
}
