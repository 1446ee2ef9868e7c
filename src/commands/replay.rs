//! `replay`: shows a recording in the console.

use std::sync::Arc;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::cli::ReplayArgs;
use super::place::{self, PlaceQuery};
use super::{ExitStatus, Failure, positions, recording_files};
use crate::config::Profile;
use crate::console::app::replay::{Replay, ReplayStatus, Speed};
use crate::console::app::state::{Setup, State};
use crate::console::panes::channels::state::MAX_CHANNELS;
use crate::console::runtime;
use crate::console::runtime::player::{Begin, Player};
use crate::failure::{escape_error, runtime};
use crate::ledger::sequence::Channel;
use crate::recording::bundle::BundleExtent;
use crate::recording::reader::{RecordingReader, RecordingSession};
use crate::redis::subscription::now_micros;
use crate::redis::target::Target;

/// The most rows in the scrollback.
const MAX_ROWS: usize = 100_000;
/// The largest size of the scrollback, in bytes.
const MAX_BYTES: usize = 64 << 20;
/// With `--around TIME`, a gap this near to the time is selected: 2 minutes, as `bundle` does by default.
const NEAR: BundleExtent = BundleExtent::Micros(120_000_000);

/// Shows a recording until the user quits. The Detail pane checks signatures with the keys of the profile.
///
/// # Errors
/// Fails if the file is not a recording, if it does not contain the place to start at, or if there is no terminal.
pub(super) fn run(args: &ReplayArgs, profile: &Profile) -> Result<ExitStatus, Failure> {
    let reader = RecordingReader::open(&args.file)?;
    let begin = match (&args.at, &args.around) {
        (Some(at), _) => Begin::At(time(&reader, at)?),
        (None, Some(around)) => Begin::Around(row(&reader, args, around)?),
        (None, None) => Begin::Start,
    };
    let mut state = state(&reader, profile)?;
    state.acknowledgements = recording_files::acknowledgements(&reader)?;
    let acknowledgements = recording_files::acknowledgement_file(reader.overview()?.source);
    state.keeps_acknowledgements = acknowledgements.is_some();
    let mut first = Vec::new();
    let player = Player::begin(reader, begin, args.speed, &mut first)?;
    if let Some(replay) = &mut state.replay {
        replay.status = player.status().clone();
    }
    match runtime()?.block_on(runtime::replay(state, player, first, acknowledgements, profile.mouse)) {
        Ok(()) => Ok(ExitStatus::Success),
        Err(error) => Err(Failure::usage(escape_error(&error))),
    }
}

/// The state at the start: the server and the channels of the recording.
fn state(reader: &RecordingReader, profile: &Profile) -> Result<State, Failure> {
    let last: Option<RecordingSession> = reader.sessions()?.pop();
    let channels = reader.channels()?.into_iter().take(MAX_CHANNELS);
    let channels: Vec<_> = channels.map(|known| known.channel).collect();
    let recorded = |text: fn(&RecordingSession) -> &String| last.as_ref().map(text).cloned().unwrap_or_default();
    // The source of an imported recording is not a server.
    let source = reader.overview()?.source;
    let url = source.split_once(' ').map(|(url, _)| url).filter(|url| Target::parse(url).is_ok());
    let mut state = State::new(Setup {
        profile: recorded(|session| &session.profile),
        colour: profile.colour.clone(),
        target: recorded(|session| &session.target),
        url: url.unwrap_or_default().to_owned(),
        read_only: true,
        confirm: false,
        keyring: Arc::clone(&profile.keyring),
        channels: Vec::new(),
        max_rows: MAX_ROWS,
        max_bytes: MAX_BYTES,
        utc: false,
        demo: false,
    });
    state.keymap = profile.keymap.clone();
    // The popup that asks for channels does not apply to a recording.
    state.popup = None;
    for channel in &channels {
        state.channels.find_or_add(channel);
    }
    state.filtering.saved.clone_from(&profile.filters);
    let status = ReplayStatus { is_playing: true, speed: Speed::NORMAL, at_end: false, failure: None };
    state.replay = Some(Replay { host: recorded(|session| &session.host), file: reader.path().to_owned(), status });
    Ok(state)
}

/// The id of the row that `--around` names.
fn row(reader: &RecordingReader, args: &ReplayArgs, around: &str) -> Result<i64, Failure> {
    let query = PlaceQuery {
        around,
        channel: args.channel.as_deref().map(|channel| Channel::new(channel.as_encoded_bytes())),
        epoch: args.epoch,
        before: NEAR,
        after: NEAR,
    };
    let place = place::find(std::slice::from_ref(&args.file), &query)?;
    Ok(place.focus.row(reader)?)
}

/// Parses `--at`. Returns microseconds since the epoch.
fn time(reader: &RecordingReader, text: &str) -> Result<i64, Failure> {
    if let Ok(of_day) = text.trim().parse::<Time>() {
        let last = reader.overview()?.last.map_or_else(now_micros, |(_, at)| at);
        return Ok(last_time_of_day(last, of_day, &TimeZone::system()).unwrap_or(last));
    }
    positions::time(text, now_micros())
        .map_err(|reason| Failure::usage(format!("--at: {reason}, or a time of day, e.g. 12:31")))
}

/// The last time not after `last` that has this time of day.
fn last_time_of_day(last: i64, of_day: Time, zone: &TimeZone) -> Option<i64> {
    let day = zone.to_datetime(Timestamp::from_microsecond(last).ok()?).date();
    let at = |day: jiff::civil::Date| zone.to_timestamp(day.to_datetime(of_day)).ok().map(Timestamp::as_microsecond);
    at(day).filter(|at| *at <= last).or_else(|| at(day.checked_sub(1.day()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_last_one_in_the_recording() {
        let last = 1_795_516_352_000_000; // 2026-11-24T10:32:32Z
        let at = |text: &str| last_time_of_day(last, text.parse().ok()?, &TimeZone::UTC);
        assert_eq!(at("10:32:02"), Some(last - 30_000_000));
        assert_eq!(at("10:33"), Some(last + 28_000_000 - 86_400_000_000));
    }
}
