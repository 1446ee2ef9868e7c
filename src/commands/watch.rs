//! `watch`: the console.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc::unbounded_channel;

use super::cli::WatchArgs;
use super::{ExitStatus, Failure};
use crate::config::{self, Profile, history_file};
use crate::console::app::alerts::AlertState;
use crate::console::app::event::Event;
use crate::console::app::state::{Notice, Setup, State};
use crate::console::panes::compose::history::MAX_HISTORY;
use crate::console::runtime::recording::{Bounds, Recordings};
use crate::console::runtime::{self, Wiring, settings_file};
use crate::failure::{escape_error, runtime};
use crate::live;
use crate::live::counter_file::{CounterFile, not_saved, print_warning};
use crate::recorder;
use crate::recording::history::History;
use crate::redis::publisher::Publisher;
use crate::redis::queue::queue;
use crate::redis::subscription::now_micros;

/// The size of the queue if the terminal is slow, in bytes: one or two seconds of a flood.
const QUEUE_BYTES: usize = 64 << 20;
/// The most rows in the scrollback.
const MAX_ROWS: usize = 100_000;
/// The largest size of the scrollback, in bytes.
const MAX_BYTES: usize = 64 << 20;

/// Shows the console until the user quits.
///
/// # Errors
/// Fails if there is no terminal.
pub fn run(args: &WatchArgs, profile: &Profile) -> Result<ExitStatus, Failure> {
    let channels = live::channels(&args.channels, profile);
    runtime()?.block_on(console(profile, channels, false, args.record.as_deref()))
}

/// Shows the console for a profile. The counters, settings and history of `demo` are not saved. With `record`, messages are
/// recorded to this file from the start.
///
/// # Errors
/// Fails if there is no terminal, the file cannot be opened, or the subscription panicked.
pub async fn console(
    profile: &Profile,
    channels: Vec<Vec<u8>>,
    demo: bool,
    record: Option<&Path>,
) -> Result<ExitStatus, Failure> {
    let bounds = Bounds { hand_over: recorder::QUEUE_BYTES, backlog: recorder::BACKLOG_BYTES };
    let mut recordings = Recordings::new(recorder::origin(profile), bounds);
    let prepared = record.map(|path| recordings.prepare(path.to_owned())).transpose().map_err(Failure::usage)?;
    let events = unbounded_channel();
    let to_console = events.0.clone();
    let warn = move |warning: &str| {
        // After the end of the console, standard error can be used again.
        if to_console.send(Event::Warning(warning.to_owned())).is_err() {
            print_warning(warning);
        }
    };
    let (mut counters, known, warning) = match CounterFile::open(profile, warn) {
        _ if demo => Default::default(),
        Ok((counters, known)) => (counters, known, None),
        Err(reason) => (CounterFile::default(), Vec::new(), Some(not_saved(&reason))),
    };
    let known = match &prepared {
        Some(prepared) => recorder::known_after_kill(prepared, known),
        None => known,
    };
    let mut state = State::new(setup(profile, &channels, demo));
    state.keymap = profile.keymap.clone();
    state.compose.templates = profile.templates.iter().cloned().map(Arc::new).collect();
    state.compose.random.0 = fastrand::Rng::new();
    state.alerts = AlertState::new(profile.alerts.clone());
    let settings = config::settings_file().ok().filter(|_| !demo);
    let warning = match settings.as_deref().map(settings_file::read) {
        Some((settings, error)) => {
            state.settings = settings;
            warning.or(error)
        }
        None => warning,
    };
    state.notice = warning.map(Notice::error);
    state.filtering.saved.clone_from(&profile.filters);
    let (sender, receiver) = queue(QUEUE_BYTES);
    let mut consumers = vec![sender];
    if let (Some(prepared), Some(path)) = (prepared, record) {
        state.recorded_to = path.to_str().map(str::to_owned);
        consumers.push(recordings.start(prepared).map_err(Failure::failed)?);
    }
    let wiring = Wiring {
        target: profile.target.clone(),
        sequence_prefix: profile.sequence_prefix.clone(),
        receiver,
        subscription: live::subscribe(profile, channels, known, consumers)?,
        publisher: Publisher::new(profile.target.clone(), profile.sequence_prefix.clone()),
        // If there is no directory for the history, the warning about the counters has already reported it.
        history: history_file().ok().filter(|_| !demo).map(|path| History::new(path, MAX_HISTORY)),
        settings,
        secret_variables: profile.secret_variables.clone(),
        mouse: profile.mouse,
        recordings,
        events,
    };
    let result = runtime::run(state, wiring, |interval| {
        counters.processed(interval, interval.entries().len(), now_micros());
    })
    .await;
    counters.close(now_micros());
    match result {
        Ok(None) => Ok(ExitStatus::Success),
        Ok(Some(not_written)) => Err(Failure::failed(not_written)),
        Err(error) => Err(Failure::usage(escape_error(&error))),
    }
}

fn setup(profile: &Profile, channels: &[Vec<u8>], demo: bool) -> Setup {
    Setup {
        profile: profile.name.clone(),
        colour: profile.colour.clone(),
        target: profile.target.title(),
        read_only: profile.read_only,
        confirm: profile.confirm,
        keyring: Arc::clone(&profile.keyring),
        channels: channels.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect(),
        max_rows: MAX_ROWS,
        max_bytes: MAX_BYTES,
        utc: false,
        demo,
    }
}
