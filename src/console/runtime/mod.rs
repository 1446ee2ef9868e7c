//! The main loop: waits for events, updates the state and draws.

pub(crate) mod acknowledgement_writer;
pub(crate) mod alert_command;
pub mod backfill;
pub mod bundle;
pub mod clipboard;
pub mod effects;
pub(crate) mod external_editor;
mod frames;
pub mod keys;
pub mod player;
pub mod publishing;
pub mod recording;
pub mod save;
pub mod settings_file;
pub(crate) mod settings_writer;
pub mod signals;
pub mod terminal;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, KeyEventKind};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::console::app;
use crate::console::app::background;
use crate::console::app::event::{Effect, Event, NextProfile};
use crate::console::app::settings::ThemeName;
use crate::console::app::state::State;
use crate::console::runtime::effects::Runtime;
use crate::console::runtime::frames::Frames;
use crate::console::runtime::keys::Keys;
use crate::console::runtime::player::Player;
use crate::console::runtime::recording::Recordings;
use crate::console::runtime::signals::Signals;
use crate::console::runtime::terminal::{Terminal, watch_for_hang_up};
use crate::console::ui::theme;
use crate::console::ui::theme::Theme;
use crate::ledger::interval::{Entry, Interval};
use crate::recording::acknowledgements::AcknowledgementFile;
use crate::recording::history::History;
use crate::redis::publisher::Publisher;
use crate::redis::queue::Receiver;
use crate::redis::subscription::{Subscription, now_micros};
use crate::redis::target::Target;

/// How long background work runs before keys and messages are handled.
const WORK: Duration = Duration::from_millis(4);

/// The connections of the console.
#[derive(Debug)]
pub struct Wiring {
    /// The server, for discovery.
    pub target: Target,
    /// The prefix of the counters' keys.
    pub sequence_prefix: String,
    /// The intervals of the subscription.
    pub receiver: Receiver,
    /// The subscription, to add channels to.
    pub subscription: Subscription,
    /// The connection to publish with.
    pub publisher: Publisher,
    /// The send history; `None` keeps none.
    pub history: Option<History>,
    /// The acknowledgements; `None` keeps none for later runs.
    pub acknowledgements: Option<AcknowledgementFile>,
    /// The settings file; `None` saves no settings.
    pub settings: Option<PathBuf>,
    /// Environment variables that child processes do not get.
    pub secret_variables: Vec<String>,
    /// Whether the console uses the mouse.
    pub mouse: bool,
    /// The recordings of this run.
    pub recordings: Recordings,
    /// Loads other profiles.
    pub profiles: ProfileLoader,
    /// The channel for events from threads and tasks.
    pub events: (UnboundedSender<Event>, UnboundedReceiver<Event>),
}

/// Loads a profile by its name. The error is escaped.
pub type LoadProfile = dyn Fn(&str) -> Result<NextProfile, String> + Send + Sync;

/// What [`Effect::LoadProfile`] calls.
#[derive(Clone)]
pub struct ProfileLoader(pub Arc<LoadProfile>);

impl std::fmt::Debug for ProfileLoader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProfileLoader")
    }
}

/// The end of a console.
#[derive(Debug)]
pub struct Ended {
    /// The terminal for the next console and the name of its profile, if the user switched to another one.
    pub next: Option<(Terminal, String)>,
    /// The write error of the recording, already escaped.
    pub unwritten: Option<String>,
    /// The last intervals of the subscription, which the console did not show.
    pub unseen: Vec<Arc<Interval>>,
}

/// Runs until the user quits or switches to another profile, a signal ends it, or the terminal disappears. `terminal` is that of
/// the previous console, if there was one. `seen` receives every interval.
///
/// # Errors
/// If the terminal cannot be used, or the subscription ends by itself.
pub async fn run(
    mut state: State,
    wiring: Wiring,
    terminal: Option<Terminal>,
    seen: impl FnMut(&Interval),
) -> io::Result<Ended> {
    let is_next = terminal.is_some();
    let mut terminal = match terminal {
        Some(terminal) => terminal,
        None => Terminal::enter(wiring.mouse)?,
    };
    let (mut runtime, receiver, events) = Runtime::connect(wiring, &state);
    let feed = Feed::Live(&receiver);
    let ended = watch(&mut state, &mut runtime, &mut terminal, feed, events, is_next, seen).await;
    // Writing the last messages may take a while, so the terminal is restored first.
    let next = runtime.next_profile.take().map(|name| (terminal, name));
    let unwritten = runtime.close();
    let mut unseen = Vec::new();
    let _ = receiver.drain(&mut unseen).await;
    ended.map(|()| Ended { next, unwritten, unseen })
}

/// Replays a recording until the user quits, a signal ends it, or the terminal disappears. `first` contains the first
/// events of the player. `acknowledgements` keeps acknowledgements for later runs.
///
/// # Errors
/// If the terminal cannot be used, or the player ends by itself.
pub async fn replay(
    mut state: State,
    player: Player,
    first: Vec<Event>,
    acknowledgements: Option<AcknowledgementFile>,
    mouse: bool,
) -> io::Result<()> {
    let mut terminal = Terminal::enter(mouse)?;
    let (results, events) = unbounded_channel();
    let (orders, recorded) = player::start(player, first);
    let mut runtime = Runtime::of_replay(orders, acknowledgements, results);
    watch(&mut state, &mut runtime, &mut terminal, Feed::Replay(recorded), events, false, |_| {}).await
}

/// The main loop. If the console is not the first one of this run (`is_next`), it discards the keys that were typed before.
async fn watch(
    state: &mut State,
    runtime: &mut Runtime,
    terminal: &mut Terminal,
    mut feed: Feed<'_>,
    mut events: UnboundedReceiver<Event>,
    is_next: bool,
    mut seen: impl FnMut(&Interval),
) -> io::Result<()> {
    if runtime.begin(state, terminal, feed.now())? {
        return Ok(());
    }
    let usual = theme_of_environment();
    let gone = watch_for_hang_up();
    // `None` while an editor has the terminal.
    let mut input = Some(if is_next { Keys::read_new().await? } else { Keys::read()? });
    let mut signals = Signals::new()?;
    let mut came = Vec::new();
    let mut pending = Vec::new();
    let mut frames = Frames::new(Instant::now());
    loop {
        let second = until_next_second();
        let wake = frames.due().map_or(second, |at| second.min(at.saturating_duration_since(Instant::now())));
        let mut answer = false;
        let busy = background::has_work(state);
        tokio::select! {
            biased;
            () = gone.notified() => return Ok(()),
            signal = signals.next() => if runtime.caught(&signal, terminal, &mut pending)? {
                return Ok(());
            },
            event = next_input(&mut input) => match event {
                Some(Ok(event)) => {
                    answer = true;
                    pending.extend(translate(event).map(Some));
                }
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
            Some(event) = events.recv() => {
                answer = true;
                pending.push(Some(event));
            }
            open = feed.drain(&mut came) => {
                if !open {
                    return Err(io::Error::other("what is watched ended by itself; this is a defect, please report it"));
                }
            }
            () = std::future::ready(()), if busy => {}
            () = tokio::time::sleep(wake) => {}
        }
        state.set_wall_clock(now_micros());
        if let Some(now) = feed.now() {
            let _ = app::update::update(state, Event::Clock(now));
        }
        let mut changed = !pending.is_empty() || came.iter().any(is_news) || until_next_second() > second;
        for event in came.drain(..) {
            if let Event::Interval(interval) = &event {
                seen(interval);
                frames.received(interval.messages());
            }
            let effects = app::update::update(state, event);
            if runtime.carry_out_all(effects, terminal)? {
                return Ok(());
            }
        }
        changed |= look_after(state, runtime);
        for event in pending.drain(..) {
            if matches!(event, Some(Event::Edited(_))) {
                input = Some(runtime.edited(terminal, state)?);
            }
            let effects = match event {
                Some(event) => app::update::update(state, event),
                None => vec![Effect::Suspend],
            };
            for effect in effects {
                changed = true;
                // Another program or console gets the keys.
                if let Effect::Edit(_) | Effect::SwitchProfile(_) = &effect {
                    Keys::end(&mut input).await;
                }
                if runtime.carry_out(effect, terminal)? {
                    if runtime.next_profile.is_some() {
                        // Ending the recording can take a while.
                        draw(state, runtime, terminal, usual)?;
                    }
                    return Ok(());
                }
            }
        }
        let began = Instant::now();
        while background::has_work(state) && began.elapsed() < WORK {
            changed = true;
            for effect in app::update::update(state, Event::Work) {
                runtime.carry_out(effect, terminal)?;
            }
        }
        if runtime.editing.is_some() {
            frames.cancel();
            continue;
        }
        if changed {
            frames.request(answer);
        }
        if frames.due().is_some_and(|at| at <= Instant::now()) {
            let began = Instant::now();
            draw(state, runtime, terminal, usual)?;
            frames.drawn(began, Instant::now());
        }
    }
}

/// Draws one frame.
fn draw(state: &mut State, runtime: &mut Runtime, terminal: &mut Terminal, usual: ThemeName) -> io::Result<()> {
    runtime.measure(state, terminal)?;
    app::update::prepare(state);
    terminal.draw(|frame| app::view::draw(frame, state, theme_of(state, usual)))
}

/// Whether an event must be drawn before the next second. A barrier alone only changes the round trip time.
fn is_news(event: &Event) -> bool {
    let Event::Interval(interval) = event else { return true };
    interval.entries().iter().any(|entry| !matches!(entry, Entry::Barrier { .. }))
}

/// Reads the status of the recording. Returns whether it has changed.
fn look_after(state: &mut State, runtime: &mut Runtime) -> bool {
    let Some(status) = runtime.news() else { return false };
    let _ = app::update::update(state, Event::Recording(status));
    true
}

/// The next key, click or paste. Waits forever while an editor has the terminal.
async fn next_input(input: &mut Option<Keys>) -> Option<io::Result<Input>> {
    match input {
        Some(input) => input.next().await,
        None => std::future::pending().await,
    }
}

fn translate(event: Input) -> Option<Event> {
    match event {
        Input::Key(key) if key.kind != KeyEventKind::Release => Some(Event::Key(key)),
        Input::Mouse(mouse) => Some(Event::Mouse(mouse)),
        Input::Paste(text) => Some(Event::Paste(text)),
        _ => None,
    }
}

/// The time until the clock in the header changes.
fn until_next_second() -> Duration {
    let micros = u64::try_from(now_micros().rem_euclid(1_000_000)).unwrap_or(0);
    Duration::from_micros(1_000_000 - micros)
}

/// The chosen theme, or the default.
fn theme_of(state: &State, usual: ThemeName) -> &'static Theme {
    Theme::named(state.settings.theme.unwrap_or(usual))
}

/// The default theme for this terminal.
fn theme_of_environment() -> ThemeName {
    let variable = |name| std::env::var(name).ok();
    let [no_color, term, colorterm, colorfgbg] = ["NO_COLOR", "TERM", "COLORTERM", "COLORFGBG"].map(variable);
    let terminal = theme::Terminal {
        no_color: no_color.as_deref(),
        term: term.as_deref(),
        colorterm: colorterm.as_deref(),
        colorfgbg: colorfgbg.as_deref(),
    };
    terminal.theme()
}

/// The source of the intervals: a subscription or a recording.
#[derive(Debug)]
pub(crate) enum Feed<'a> {
    /// The intervals of the subscription.
    Live(&'a Receiver),
    /// The events of the player, which also sets the clock.
    Replay(tokio::sync::mpsc::Receiver<Vec<Event>>),
}

impl Feed<'_> {
    /// Waits for events and appends them. Returns false at the end.
    ///
    /// Safe to cancel: nothing is taken before it returns.
    pub(crate) async fn drain(&mut self, into: &mut Vec<Event>) -> bool {
        match self {
            Self::Live(receiver) => {
                let mut intervals: Vec<Arc<Interval>> = Vec::new();
                let open = receiver.drain(&mut intervals).await;
                into.extend(intervals.into_iter().map(Event::Interval));
                open
            }
            Self::Replay(played) => match played.recv().await {
                Some(events) => {
                    into.extend(events);
                    true
                }
                None => false,
            },
        }
    }

    /// The time; `None` if the player sets it.
    pub(crate) fn now(&self) -> Option<i64> {
        match self {
            Self::Live(_) => Some(now_micros()),
            Self::Replay(_) => None,
        }
    }
}
