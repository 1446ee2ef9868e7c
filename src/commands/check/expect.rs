//! `check --expect`: checks all expectations of the profile once, without a subscription.

use std::io::Write as _;

use super::super::cli::{CheckFormat, GlobalArgs};
use super::super::{ExitStatus, Failure, profile};
use super::status_of;
use crate::config::{Profile, state_file};
use crate::failure::runtime;
use crate::ledger::expectation::{Expectation, ExpectationCheck, ExpectationState, ExpectationStatus};
use crate::ledger::sequence::{Channel, Reading};
use crate::output::nagios::{self, NagiosState};
use crate::output::summary::CheckedExpectation;
use crate::recording::counters::Counters;
use crate::redis::counter::is_wrong_value;
use crate::redis::discovery::counters_with_server;
use crate::redis::subscription::{is_pattern, now_micros};
use crate::stdout::{Format, Printer};

/// Checks the expectations. A failure of the check is a line too if the format is Nagios.
///
/// # Errors
/// Fails if the profile has no expectations, or if the server cannot be reached.
pub(super) fn run(format: CheckFormat, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let checked = profile(global).and_then(|profile| check(&profile));
    let format = match format {
        CheckFormat::Text => Format::Text,
        CheckFormat::Json => Format::Json,
        CheckFormat::Nagios => {
            let (state, line) = match checked {
                Ok(checked) => nagios::expectations(&checked.lines),
                Err(failure) => (NagiosState::Unknown, nagios::failed(&failure.message.unwrap_or_default())),
            };
            writeln!(std::io::stdout().lock(), "{line}")?;
            return Ok(status_of(state));
        }
    };
    let Checkup { lines, is_denied } = checked?;
    let mut printer = Printer::new(format);
    for line in &lines {
        printer.expectation(line);
    }
    printer.flush()?;
    Ok(match lines.iter().any(|line| line.state.is_met() == Some(false)) {
        true => ExitStatus::Found,
        false if is_denied => ExitStatus::Unreachable,
        false => ExitStatus::Success,
    })
}

/// The results of all expectations.
struct Checkup {
    lines: Vec<CheckedExpectation>,
    /// The server denies a counter.
    is_denied: bool,
}

fn check(profile: &Profile) -> Result<Checkup, Failure> {
    if profile.expectations.is_empty() {
        return Err(Failure::usage(
            "the profile has no expectations; add [profile.NAME.expect.TITLE] with a channel and a rate",
        ));
    }
    let mut store = Counters::open(&state_file()?)?;
    let (key, own_key) = (profile.state_key(), format!("{} check --expect", profile.state_key()));
    let (subscribed, checked) = (store.load_statuses(&key)?, store.load_statuses(&own_key)?);
    let pairs: Vec<(&Expectation, Channel)> = profile
        .expectations
        .iter()
        .flat_map(|expectation| {
            channels(expectation, &subscribed).into_iter().map(move |channel| (&**expectation, channel))
        })
        .collect();
    let channels: Vec<Channel> = pairs.iter().map(|(_, channel)| channel.clone()).collect();
    let readings = runtime()?.block_on(counters_with_server(&profile.target, &profile.sequence_prefix, &channels))?;
    let at = now_micros();
    let mut checkup = Checkup { lines: Vec::new(), is_denied: false };
    let mut stored = Vec::new();
    for ((expectation, channel), (reading, server)) in pairs.into_iter().zip(readings) {
        let known = |statuses: &'_ [ExpectationStatus]| {
            statuses.iter().find(|it| it.channel == channel && it.title == expectation.title).cloned()
        };
        let (state, since, reason) = match reading {
            // A pattern that no channel has matched yet.
            _ if is_pattern(channel.as_bytes()) => {
                (ExpectationState::New, None, "no subscription has seen a channel that matches".to_owned())
            }
            Reading::Unreadable(reason) => {
                checkup.is_denied |= !is_wrong_value(&reason);
                (ExpectationState::Unknown, None, format!("the counter cannot be read: {reason}"))
            }
            Reading::Value(_) | Reading::Missing => {
                let counter = if let Reading::Value(counter) = reading { counter } else { 0 };
                let (subscribed, checked) = (known(&subscribed), known(&checked));
                let (subscribed, checked) = (subscribed.as_ref(), checked.as_ref());
                let check =
                    ExpectationCheck { expectation, channel: &channel, subscribed, checked, counter, server, at };
                let result = check.result();
                stored.push(result.stored);
                (result.state, result.since, result.reason.to_owned())
            }
        };
        let words = [expectation.at_least_words(), expectation.at_most_words()];
        let expected = words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ");
        let title = expectation.title.to_string();
        checkup.lines.push(CheckedExpectation { at, channel, title, expected, state, since, reason });
    }
    store.save_statuses(&own_key, &stored)?;
    Ok(checkup)
}

/// The channels of an expectation: those that it names, and for a pattern those that a subscription has seen. If it
/// has seen none, the pattern itself is listed.
fn channels(expectation: &Expectation, subscribed: &[ExpectationStatus]) -> Vec<Channel> {
    let mut channels: Vec<Channel> = Vec::new();
    for name in &expectation.channels {
        let before = channels.len();
        if is_pattern(name) {
            let seen = subscribed
                .iter()
                .filter(|it| it.title == expectation.title && expectation.applies_to(it.channel.as_bytes()));
            for status in seen {
                if !channels.contains(&status.channel) {
                    channels.push(status.channel.clone());
                }
            }
        }
        if channels.len() == before && !channels.iter().any(|channel| channel.as_bytes() == name) {
            channels.push(Channel::new(name));
        }
    }
    channels
}
