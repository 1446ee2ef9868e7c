//! The loop: wait, drain, update, draw once.

mod editor;
mod past;
mod publishing;
mod settings;
mod signals;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, EventStream, KeyEventKind};
use futures_util::StreamExt as _;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use self::editor::Editing;
use self::publishing::Order;
use self::signals::{Caught, Signals};
use super::action::{DiscoveredChannel, Effect, Event};
use super::alert_command::AlertCommand;
use super::clipboard;
use super::judge::{Judge, Question};
use super::state::State;
use super::state::settings::ThemeName;
use super::terminal::{Terminal, watch_for_hang_up};
use super::view::theme::{self, Theme};
use super::{save, update, view};
use crate::ledger::interval::Interval;
use crate::record::history::History;
use crate::redis::discovery;
use crate::redis::hand_over::Receiver;
use crate::redis::publisher::Publisher;
use crate::redis::subscription::{Subscription, now_micros};
use crate::redis::target::Target;
use crate::wire::escape::escape;

/// The shortest time between two frames while messages come in.
const FRAME: Duration = Duration::from_millis(33);
/// A key is answered sooner than that.
const ANSWER: Duration = Duration::from_millis(8);

/// Slices of long work are done for that long before keys and messages have their turn.
const WORK: Duration = Duration::from_millis(4);

/// What the console is connected to.
#[derive(Debug)]
pub struct Wiring {
    /// The server, for discovery.
    pub target: Target,
    /// What stands before a channel's name in its counter's key.
    pub sequence_prefix: String,
    /// What the subscription hands over.
    pub receiver: Receiver,
    /// The subscription, to add channels to.
    pub subscription: Subscription,
    /// The connection to publish with.
    pub publisher: Publisher,
    /// What was sent is kept there; none: it is forgotten.
    pub history: Option<History>,
    /// The settings are kept there; none: they are forgotten.
    pub settings: Option<PathBuf>,
    /// Environment variables that no program started from here gets.
    pub secret_variables: Vec<String>,
}

/// Runs until the user leaves, a signal comes, or the terminal goes away. `seen` is told of every interval.
///
/// # Errors
/// Where the terminal cannot be used, or the subscription ended by itself.
pub async fn run(mut state: State, wiring: Wiring, mut seen: impl FnMut(&Interval)) -> io::Result<()> {
    let mut terminal = Terminal::enter()?;
    let (results, mut events) = unbounded_channel();
    let (mut world, receiver) = World::connect(wiring, &state, results);

    if world.begin(&mut state, &mut terminal)? {
        return Ok(());
    }

    let usual = theme_of_environment();
    let gone = watch_for_hang_up();
    // None while an editor has the terminal: its keys are not ours.
    let mut input = Some(EventStream::new());
    let mut signals = Signals::new()?;
    let mut intervals = Vec::new();
    let mut pending = Vec::new();
    let mut drawn = Instant::now();
    let mut draw_at = Some(drawn);
    loop {
        let second = until_next_second();
        let wake = draw_at.map_or(second, |at| second.min(at.saturating_duration_since(Instant::now())));
        let mut answer = false;
        let busy = update::has_work(&state);
        tokio::select! {
            biased;
            () = gone.notified() => return Ok(()),
            signal = signals.next() => if world.caught(&signal, &mut pending)? {
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
            open = receiver.drain(&mut intervals) => {
                if !open {
                    return Err(io::Error::other("the subscription ended by itself; this is a defect, please report it"));
                }
            }
            () = std::future::ready(()), if busy => {}
            () = tokio::time::sleep(wake) => {}
        }
        let _ = update::update(&mut state, Event::Clock(now_micros()));
        let mut changed = !pending.is_empty() || !intervals.is_empty() || until_next_second() > second;
        for interval in intervals.drain(..) {
            seen(&interval);
            let effects = update::update(&mut state, Event::Interval(interval));
            if world.carry_out_all(effects, &mut terminal)? {
                return Ok(());
            }
        }
        let dropped = receiver.dropped();
        if dropped != state.totals.dropped {
            let _ = update::update(&mut state, Event::Dropped(dropped));
        }
        for event in pending.drain(..) {
            if matches!(event, Some(Event::Edited(_))) {
                input = Some(world.edited(&mut terminal, &mut state)?);
            }
            let effects = match event {
                Some(event) => update::update(&mut state, event),
                None => vec![Effect::Suspend],
            };
            for effect in effects {
                changed = true;
                if let Effect::Edit(_) = &effect {
                    // The thread that reads ends with it, before the editor begins.
                    input = None;
                }
                if world.carry_out(effect, &mut terminal)? {
                    return Ok(());
                }
            }
        }
        let began = Instant::now();
        while update::has_work(&state) && began.elapsed() < WORK {
            changed = true;
            for effect in update::update(&mut state, Event::Work) {
                world.carry_out(effect, &mut terminal)?;
            }
        }
        if world.editing.is_some() {
            draw_at = None;
            continue;
        }
        if changed {
            let due = drawn + if answer { ANSWER } else { FRAME };
            draw_at = Some(draw_at.map_or(due, |at| at.min(due)));
        }
        if draw_at.is_some_and(|at| at <= Instant::now()) {
            update::prepare(&mut state);
            terminal.draw(|frame| view::draw(frame, &state, theme_of(&state, usual)))?;
            drawn = Instant::now();
            draw_at = None;
        }
    }
}

/// What effects reach.
struct World {
    target: Target,
    sequence_prefix: String,
    subscription: Subscription,
    publications: UnboundedSender<Order>,
    alerts: AlertCommand,
    results: UnboundedSender<Event>,
    history: Option<History>,
    settings: settings::Keeper,
    secret_variables: Vec<String>,
    /// Set to stop the series on its way.
    stop: watch::Sender<bool>,
    /// An editor has the terminal.
    editing: Option<Editing>,
    judge: Judge,
}

impl World {
    /// Begins to publish, and to read what was sent before.
    fn connect(wiring: Wiring, state: &State, results: UnboundedSender<Event>) -> (Self, Receiver) {
        let Wiring { target, sequence_prefix, receiver, subscription, publisher, history, settings, secret_variables } =
            wiring;
        let keyring = std::sync::Arc::clone(&state.setup.keyring);
        let publications = publishing::spawn(publisher, keyring, results.clone());
        if let Some(history) = &history {
            past::load(history.clone(), results.clone());
        }
        let settings = settings::Keeper::start(settings, results.clone());
        let answers = results.clone();
        let judge = Judge::start(this_program(), move |event| drop(answers.send(event)));
        let alerts = AlertCommand::new(state.alerts.wanted.clone());
        let stop = watch::Sender::new(false);
        let editing = None;
        let world = Self {
            target,
            sequence_prefix,
            subscription,
            publications,
            alerts,
            results,
            history,
            settings,
            secret_variables,
            stop,
            editing,
            judge,
        };
        (world, receiver)
    }

    /// The first look at clock and terminal, and what follows from it; true where the console ends.
    fn begin(&mut self, state: &mut State, terminal: &mut Terminal) -> io::Result<bool> {
        let size = terminal.size()?;
        for event in [Event::Clock(now_micros()), Event::Resize(size.0, size.1)] {
            let _ = update::update(state, event);
        }
        self.carry_out_all(update::init(state), terminal)
    }

    /// Does all that is asked; true where the user leaves.
    fn carry_out_all(&mut self, effects: Vec<Effect>, terminal: &mut Terminal) -> io::Result<bool> {
        for effect in effects {
            if self.carry_out(effect, terminal)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a signal comes to: true where the console ends. While an editor has the terminal, what was typed there is its
    /// business; where it stops, we stop with it.
    fn caught(&self, signal: &Caught, pending: &mut Vec<Option<Event>>) -> io::Result<bool> {
        match (signal, &self.editing) {
            (Caught::End, _) | (Caught::Interrupt, None) => return Ok(true),
            (Caught::Interrupt, Some(_)) => {}
            (Caught::Stop, Some(_)) => super::terminal::stop()?,
            (Caught::Stop, None) => pending.push(None),
        }
        Ok(false)
    }

    /// The editor ended, or could not begin: the terminal and its keys are ours again.
    fn edited(&mut self, terminal: &mut Terminal, state: &mut State) -> io::Result<EventStream> {
        if self.editing.take().is_some() {
            terminal.take_back()?;
        }
        let (columns, rows) = terminal.size()?;
        let _ = update::update(state, Event::Resize(columns, rows));
        Ok(EventStream::new())
    }

    /// Does what is asked; true where the user leaves.
    fn carry_out(&mut self, effect: Effect, terminal: &mut Terminal) -> io::Result<bool> {
        match effect {
            Effect::Quit => return Ok(true),
            Effect::Suspend => terminal.suspend()?,
            Effect::Redraw => terminal.redraw()?,
            Effect::Bell => terminal.bell()?,
            Effect::Alert(alert) => {
                let (command, results) = (self.alerts.clone(), self.results.clone());
                tokio::spawn(async move {
                    if let Err(why) = command.run(alert).await {
                        let _ = results.send(Event::AlertFailed(why));
                    }
                });
            }
            Effect::Copy(text) => {
                terminal.copy(&text)?;
                clipboard::copy(text);
            }
            Effect::Subscribe(names) => {
                self.subscription.subscribe(names.into_iter().map(String::into_bytes).collect());
            }
            Effect::Unsubscribe(names) => {
                self.subscription.unsubscribe(names.into_iter().map(String::into_bytes).collect());
            }
            Effect::Publish { id, channel, payload } => {
                // The publisher lives as long as this loop.
                let _ = self.publications.send(Order::One { id, channel, payload });
            }
            Effect::PublishSeries(series) => {
                self.stop = watch::Sender::new(false);
                let _ = self.publications.send(Order::Many { series, stop: self.stop.subscribe() });
            }
            Effect::StopSeries => {
                self.stop.send_replace(true);
            }
            Effect::Remember(entry) => {
                if let Some(history) = &self.history {
                    past::append(history.clone(), entry, self.results.clone());
                }
            }
            Effect::Keep(settings) => self.settings.keep(settings),
            Effect::Edit(text) => self.edit(&text, terminal)?,
            Effect::Ask { id, filter, rows } => self.judge.ask(Question { id, filter, rows }),
            Effect::Save { path, rows } => {
                let results = self.results.clone();
                tokio::task::spawn_blocking(move || results.send(Event::Saved(save::save(&path, &rows))));
            }
            Effect::Discover => {
                let (target, prefix, results) =
                    (self.target.clone(), self.sequence_prefix.clone(), self.results.clone());
                tokio::spawn(async move {
                    let _ = results.send(Event::Discovered(discover(&target, &prefix).await));
                });
            }
        }
        Ok(false)
    }

    /// Lends the terminal to the editor; where none can be started, that is the answer.
    fn edit(&mut self, text: &str, terminal: &mut Terminal) -> io::Result<()> {
        terminal.lend()?;
        match editor::begin(text, &self.secret_variables, self.results.clone()) {
            Ok(editing) => self.editing = Some(editing),
            Err(error) => {
                terminal.take_back()?;
                let why = format!("the editor cannot be started: {}", escape(error.to_string().as_bytes()));
                let _ = self.results.send(Event::Edited(Err(why)));
            }
        }
        Ok(())
    }
}

/// Linux names the program that runs, even where its file was replaced meanwhile.
fn this_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { running } else { std::env::current_exe().unwrap_or_default() }
}
/// The next key, click or paste; never one while an editor has the terminal.
async fn next_input(input: &mut Option<EventStream>) -> Option<io::Result<Input>> {
    match input {
        Some(input) => input.next().await,
        None => std::future::pending().await,
    }
}

async fn discover(target: &Target, prefix: &str) -> Result<Vec<DiscoveredChannel>, String> {
    let found = discovery::discover(target, prefix).await.map_err(|error| escape(error.to_string().as_bytes()))?;
    Ok(found
        .into_iter()
        .map(|facts| DiscoveredChannel {
            channel: facts.channel,
            counter: facts.counter,
            subscribers: facts.subscribers,
        })
        .collect())
}

fn translate(event: Input) -> Option<Event> {
    match event {
        Input::Key(key) if key.kind != KeyEventKind::Release => Some(Event::Key(key)),
        Input::Mouse(mouse) => Some(Event::Mouse(mouse)),
        Input::Paste(text) => Some(Event::Paste(text)),
        Input::Resize(columns, rows) => Some(Event::Resize(columns, rows)),
        _ => None,
    }
}

/// The clock in the header changes then.
fn until_next_second() -> Duration {
    let micros = u64::try_from(now_micros().rem_euclid(1_000_000)).unwrap_or(0);
    Duration::from_micros(1_000_000 - micros)
}

fn theme_of(state: &State, usual: ThemeName) -> &'static Theme {
    Theme::named(state.settings.theme.unwrap_or(usual))
}

/// The theme for this process' terminal, where none was chosen.
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
