//! `watch`: the console.

use std::path::Path;

use tokio::sync::mpsc::unbounded_channel;

use super::cli::WatchArgs;
use super::{Failure, Status, runtime};
use crate::config::{self, Profile, history_file};
use crate::console::app::alerts::AlertState;
use crate::console::app::event::Event;
use crate::console::app::state::{Setup, State};
use crate::console::panes::compose::history::MAX_HISTORY;
use crate::console::runtime;
use crate::console::runtime::recording::{Bounds, Recordings};
use crate::console::runtime::{Wiring, settings_file};
use crate::live::{self, CounterFile};
use crate::record::history::History;
use crate::recorder;
use crate::redis::publisher::Publisher;
use crate::redis::queue::queue;
use crate::redis::subscription::now_micros;
use crate::wire::escape::escape;

/// What may wait for the console, in bytes: a second or two of a flood, should the terminal be slow.
const BACKLOG: usize = 64 << 20;
/// How much the scrollback keeps.
const MAX_ROWS: usize = 100_000;
/// How much the scrollback keeps, in bytes.
const MAX_BYTES: usize = 64 << 20;

/// Shows the console until the user leaves.
///
/// # Errors
/// Where there is no terminal.
pub fn run(args: &WatchArgs, profile: &Profile) -> Result<Status, Failure> {
    let names = live::names(&args.channels, profile);
    runtime()?.block_on(console(profile, names, false, args.record.as_deref()))
}

/// The console on a profile's server; `demo` says that it is the demonstration, whose counters are not kept. What comes is
/// recorded to `record` from the beginning on, where that is given.
///
/// # Errors
/// Where there is no terminal, the file cannot be recorded to, or the subscription ended by itself.
pub async fn console(
    profile: &Profile,
    names: Vec<Vec<u8>>,
    demo: bool,
    record: Option<&Path>,
) -> Result<Status, Failure> {
    let bounds = Bounds { hand_over: recorder::HAND_OVER, backlog: recorder::BACKLOG };
    let mut recordings = Recordings::new(recorder::origin(profile), bounds);
    let prepared = record.map(|path| recordings.prepare(path.to_owned())).transpose().map_err(Failure::usage)?;
    let events = unbounded_channel();
    let shown = events.0.clone();
    let warn = move |warning: &str| {
        // Once the console has ended, standard error is free again.
        if shown.send(Event::Warning(warning.to_owned())).is_err() {
            live::warn(warning);
        }
    };
    let (mut counters, known, warning) = match CounterFile::open(profile, warn) {
        _ if demo => Default::default(),
        Ok((counters, known)) => (counters, known, None),
        Err(why) => (CounterFile::default(), Vec::new(), Some(format!("counters are not kept: {why}"))),
    };
    let mut state = State::new(setup(profile, &names, demo));
    state.compose.templates = profile.templates.iter().cloned().map(std::sync::Arc::new).collect();
    state.compose.random.0 = fastrand::Rng::new();
    state.alerts = AlertState::new(profile.alerts.clone());
    let settings = config::settings_file().ok().filter(|_| !demo);
    let warning = match settings.as_deref().map(settings_file::read) {
        Some((settings, wrong)) => {
            state.settings = settings;
            warning.or(wrong)
        }
        None => warning,
    };
    state.notice = warning.map(crate::console::app::state::Notice::error);
    state.filtering.saved.clone_from(&profile.filters);
    let (sender, receiver) = queue(BACKLOG);
    let mut consumers = vec![sender];
    if let (Some(prepared), Some(path)) = (prepared, record) {
        state.recorded_to = path.to_str().map(str::to_owned);
        consumers.push(recordings.start(prepared).map_err(Failure::failed)?);
    }
    let wiring = Wiring {
        target: profile.target.clone(),
        sequence_prefix: profile.sequence_prefix.clone(),
        receiver,
        subscription: live::subscribe(profile, names, &known, consumers)?,
        publisher: Publisher::new(profile.target.clone(), profile.sequence_prefix.clone()),
        // Where there is no directory for it, the warning of the counters has said so.
        history: history_file().ok().filter(|_| !demo).map(|path| History::new(path, MAX_HISTORY)),
        settings,
        secret_variables: profile.secret_variables.clone(),
        recordings,
        events,
    };
    let ended = runtime::run(state, wiring, |interval| {
        counters.note(interval, interval.entries().len(), now_micros());
    })
    .await;
    counters.close(now_micros());
    match ended {
        Ok(None) => Ok(Status::Success),
        Ok(Some(unwritten)) => Err(Failure::failed(unwritten)),
        Err(error) => Err(Failure::usage(escape(error.to_string().as_bytes()))),
    }
}

fn setup(profile: &Profile, names: &[Vec<u8>], demo: bool) -> Setup {
    Setup {
        profile: profile.name.clone(),
        colour: profile.colour.clone(),
        target: profile.target.title(),
        read_only: profile.read_only,
        confirm: profile.confirm,
        keyring: std::sync::Arc::clone(&profile.keyring),
        channels: names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect(),
        max_rows: MAX_ROWS,
        max_bytes: MAX_BYTES,
        utc: false,
        demo,
    }
}
