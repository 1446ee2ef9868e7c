//! `watch`: the console.

use std::collections::HashMap;
use std::future::ready;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use tokio::sync::mpsc::unbounded_channel;

use super::cli::{GlobalArgs, WatchArgs};
use super::stores::store;
use super::{ExitStatus, Failure, recording_files};
use crate::config::{self, Environment, Overrides, Profile, URL_OVERRIDES_PROFILE, history_file};
use crate::console::app::alerts::AlertState;
use crate::console::app::event::{Event, NextProfile};
use crate::console::app::state::{Notice, Setup, State};
use crate::console::panes::compose::history::MAX_HISTORY;
use crate::console::runtime::recording::{Bounds, Recordings};
use crate::console::runtime::terminal::Terminal;
use crate::console::runtime::{self, Ended, ProfileLoader, Wiring, settings_file};
use crate::failure::{escape_error, runtime};
use crate::live;
use crate::live::counter_file::{CounterFile, Known, not_saved, print_warning};
use crate::recorder;
use crate::recording::history::History;
use crate::redis::publisher::Publisher;
use crate::redis::queue::queue;
use crate::redis::subscription::now_micros;
use crate::store::target::StoreTarget;

/// The size of the queue if the terminal is slow, in bytes: one or two seconds of a flood.
const QUEUE_BYTES: usize = 64 << 20;
/// The most rows in the scrollback.
const MAX_ROWS: usize = 100_000;
/// The largest size of the scrollback, in bytes.
const MAX_BYTES: usize = 64 << 20;

/// A console with one profile.
#[derive(Debug)]
pub(crate) struct Session {
    profile: Profile,
    channels: Vec<Vec<u8>>,
    is_demo: bool,
    /// The file to record to from the start.
    record: Option<PathBuf>,
    /// The store to ship recordings to.
    to: Option<StoreTarget>,
    /// The configuration file of the other profiles.
    config: Option<PathBuf>,
    previous: Option<Previous>,
}

/// The end of the session before.
#[derive(Debug)]
struct Previous {
    terminal: Terminal,
    /// The profile and server, not escaped.
    title: String,
    /// The write error of a recording, already escaped.
    unwritten: Option<String>,
}

impl Session {
    /// The session of `demo`. Its counters and history are not saved. Its settings are those saved before; changes are not saved.
    #[must_use]
    pub(super) fn demo(profile: Profile, channels: Vec<Vec<u8>>) -> Self {
        // The traffic goes on while the console runs, so the other profiles are not offered.
        let profile = Profile { profiles: Vec::new(), ..profile };
        Self { profile, channels, is_demo: true, record: None, to: None, config: None, previous: None }
    }
}

/// Shows the console until the user quits.
///
/// # Errors
/// Fails if there is no terminal.
pub(super) fn run(args: &WatchArgs, global: &GlobalArgs, profile: Profile) -> Result<ExitStatus, Failure> {
    let channels = live::channels(&args.channels, &profile);
    let (record, config) = (args.record.clone(), global.config.clone());
    let to = args.to.as_deref().map(|to| store(to, "--to", global)).transpose()?;
    runtime()?.block_on(console(Session { profile, channels, is_demo: false, record, to, config, previous: None }))
}

/// Shows the console until the user quits. If the user switches to another profile, the next session follows.
///
/// # Errors
/// Fails if there is no terminal, a file cannot be opened or written, or the subscription panicked.
pub(super) async fn console(mut session: Session) -> Result<ExitStatus, Failure> {
    loop {
        let loaded = Loaded::default();
        let (title, config, to) = (title(&session.profile), session.config.clone(), session.to.clone());
        let Ended { next, unwritten, .. } = Box::pin(watch(session, &loaded)).await?;
        let next = next.and_then(|(terminal, name)| Some((terminal, lock(&loaded).remove(&name)?)));
        session = match (next, unwritten) {
            (Some((terminal, profile)), unwritten) => {
                tracing::info!("switched to another profile");
                let channels = live::channels(&[], &profile);
                let previous = Some(Previous { terminal, title, unwritten });
                Session { profile, channels, is_demo: false, record: None, to, config, previous }
            }
            (None, None) => return Ok(ExitStatus::Success),
            (None, Some(unwritten)) => return Err(Failure::failed(unwritten)),
        };
    }
}

/// The profiles that were loaded for the next session, by name.
type Loaded = Arc<Mutex<HashMap<String, Profile>>>;

fn lock(loaded: &Loaded) -> MutexGuard<'_, HashMap<String, Profile>> {
    loaded.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Loads the profiles of the configuration file. The options `--url`, `--tls-…` and `--allowed-hosts` are for the first profile
/// only.
fn loader(config: Option<PathBuf>, loaded: &Loaded) -> ProfileLoader {
    let loaded = Arc::clone(loaded);
    ProfileLoader(Arc::new(move |name| {
        let overrides = Overrides { profile: Some(name.to_owned()), config: config.clone(), ..Overrides::default() };
        let profile = config::load(&overrides).map_err(|error| error.to_string())?;
        let next = NextProfile {
            name: profile.name.clone(),
            target: match url_override() {
                Some(_) => format!("{} (from AIRCHECK_URL)", profile.target.title()),
                None => profile.target.title(),
            },
            read_only: profile.read_only,
            confirm: profile.confirm,
        };
        lock(&loaded).insert(profile.name.clone(), profile);
        Ok(next)
    }))
}

/// Why another profile does not change the server, if `AIRCHECK_URL` is set.
fn url_override() -> Option<&'static str> {
    let environment = Environment::process();
    let url = environment.text("AIRCHECK_URL");
    url.is_ok_and(|url| url.is_some()).then_some(URL_OVERRIDES_PROFILE)
}

/// The profile and its server, not escaped.
fn title(profile: &Profile) -> String {
    match profile.name.as_str() {
        "" => profile.target.title(),
        name => format!("{name} ({})", profile.target.title()),
    }
}

async fn watch(session: Session, loaded: &Loaded) -> Result<Ended, Failure> {
    let Session { profile, channels, is_demo: demo, record, to, config, previous } = session;
    let (profile, record) = (&profile, record.as_deref());
    let bounds = Bounds { queue_bytes: recorder::QUEUE_BYTES, backlog: recorder::BACKLOG_BYTES };
    let mut recordings = Recordings::new(recorder::origin(profile), bounds, to);
    let prepared = record.map(|path| recordings.prepare(path.to_owned())).transpose().map_err(Failure::usage)?;
    let events = unbounded_channel();
    let to_console = events.0.clone();
    let warn = move |warning: &str| {
        // After the end of the console, standard error can be used again.
        if to_console.send(Event::Warning(warning.to_owned())).is_err() {
            print_warning(warning);
        }
    };
    let (mut counters, saved) = if demo {
        (CounterFile::default(), ready(Ok(Known::default())).boxed())
    } else {
        CounterFile::open(profile, warn)
    };
    let recorded = prepared.as_ref().map(|prepared| prepared.known().to_vec()).unwrap_or_default();
    let to_console = events.0.clone();
    // The write error of a recording is more important than the warning that counters are not saved.
    let has_unwritten = previous.as_ref().is_some_and(|previous| previous.unwritten.is_some());
    // The console does not wait for this: if another aircheck watches the server, it can take seconds.
    let known = async move {
        let known = saved.await.unwrap_or_else(|reason| {
            if !has_unwritten {
                let _ = to_console.send(Event::Warning(not_saved(&reason)));
            }
            Known::default()
        });
        Known { counters: recorder::known_after_kill(&recorded, known.counters), ..known }
    };
    let mut state = State::new(setup(profile, &channels, demo));
    state.keymap = profile.keymap.clone();
    state.compose.templates = profile.templates.iter().cloned().map(Arc::new).collect();
    state.compose.random.0 = fastrand::Rng::new();
    state.alerts = AlertState::new(profile.alerts.clone());
    let settings = config::settings_file().ok();
    let warning = settings.as_deref().and_then(|file| {
        let (settings, error) = settings_file::read(file);
        state.settings = settings;
        error
    });
    let acknowledgements = recording_files::acknowledgement_file(profile.state_key()).filter(|_| !demo);
    let unreadable = acknowledgements.as_ref().and_then(|file| file.apply(&mut state.acknowledgements).err());
    let warning = warning.or_else(|| unreadable.map(|error| format!("acknowledgements are not shown: {error}")));
    state.keeps_acknowledgements = acknowledgements.is_some();
    state.profiles = profile.profiles.iter().filter(|name| **name != profile.name).cloned().collect();
    let mut unwritten = None;
    let terminal = previous.map(|previous| {
        let mut switched = format!("switched from {} to {}", previous.title, title(profile));
        if let Some(words) = url_override() {
            switched = format!("{switched}: {words}");
        }
        state.note_previous(&switched, now_micros());
        unwritten = previous.unwritten;
        previous.terminal
    });
    // At the start of the program, the warnings were printed. The console shows the one that concerns where messages go.
    let warnings = match terminal {
        Some(_) => url_override().or(profile.warnings.first().map(String::as_str)),
        None => profile.warnings.iter().map(String::as_str).find(|warning| *warning == URL_OVERRIDES_PROFILE),
    };
    let warnings = warnings.map(str::to_owned);
    state.notice = unwritten.clone().or(warning).or(warnings).map(Notice::error);
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
        acknowledgements,
        settings: settings.filter(|_| !demo),
        secret_variables: profile.secret_variables.clone(),
        mouse: profile.mouse,
        recordings,
        profiles: loader(config, loaded),
        events,
    };
    let result = runtime::run(state, wiring, terminal, |interval| {
        counters.processed(interval, interval.entries().len(), now_micros());
    })
    .await;
    let ended = result.map_err(|error| Failure::usage(escape_error(&error)))?;
    for interval in &ended.unseen {
        counters.subscribed_until(interval);
    }
    Ok(Ended { unwritten: unwritten.or(ended.unwritten), ..ended })
}

fn setup(profile: &Profile, channels: &[Vec<u8>], demo: bool) -> Setup {
    Setup {
        profile: profile.name.clone(),
        colour: profile.colour.clone(),
        target: profile.target.title(),
        url: profile.target.server_key(),
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
