//! The loop: wait, drain, update, draw once.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, EventStream, KeyEventKind};
use futures_util::StreamExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::action::{DiscoveredChannel, Effect, Event};
use super::alert_command::AlertCommand;
use super::clipboard;
use super::judge::{Judge, Question};
use super::state::State;
use super::terminal::{Terminal, watch_for_hang_up};
use super::view::theme::Theme;
use super::{save, update, view};
use crate::ledger::interval::Interval;
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
}

/// Runs until the user leaves, a signal comes, or the terminal goes away. `seen` is told of every interval.
///
/// # Errors
/// Where the terminal cannot be used, or the subscription ended by itself.
pub async fn run(mut state: State, wiring: Wiring, mut seen: impl FnMut(&Interval)) -> io::Result<()> {
    let mut terminal = Terminal::enter()?;
    let (results, mut events) = unbounded_channel();
    let Wiring { target, sequence_prefix, receiver, subscription, publisher } = wiring;
    let publications = spawn_publisher(publisher, results.clone());
    let alerts = AlertCommand::new(state.alerts.wanted.clone());
    let answers = results.clone();
    let judge = Judge::start(this_program(), move |event| drop(answers.send(event)));
    let mut world = World { target, sequence_prefix, subscription, publications, alerts, results, judge };

    let size = terminal.size()?;
    for event in [Event::Clock(now_micros()), Event::Resize(size.0, size.1)] {
        let _ = update::update(&mut state, event);
    }
    if world.carry_out_all(update::init(&state), &mut terminal)? {
        return Ok(());
    }

    let theme = theme_of_environment();
    let gone = watch_for_hang_up();
    let mut input = EventStream::new();
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
            signal = signals.next() => match signal {
                Caught::End => return Ok(()),
                Caught::Stop => pending.push(None),
            },
            event = input.next() => match event {
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
            let effects = match event {
                Some(event) => update::update(&mut state, event),
                None => vec![Effect::Suspend],
            };
            changed |= !effects.is_empty();
            if world.carry_out_all(effects, &mut terminal)? {
                return Ok(());
            }
        }
        let began = Instant::now();
        while update::has_work(&state) && began.elapsed() < WORK {
            changed = true;
            for effect in update::update(&mut state, Event::Work) {
                world.carry_out(effect, &mut terminal)?;
            }
        }
        if changed {
            let due = drawn + if answer { ANSWER } else { FRAME };
            draw_at = Some(draw_at.map_or(due, |at| at.min(due)));
        }
        if draw_at.is_some_and(|at| at <= Instant::now()) {
            update::prepare(&mut state);
            terminal.draw(|frame| view::draw(frame, &state, theme))?;
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
    publications: UnboundedSender<Publication>,
    alerts: AlertCommand,
    results: UnboundedSender<Event>,
    judge: Judge,
}

impl World {
    /// Does all that is asked; true where the user leaves.
    fn carry_out_all(&mut self, effects: Vec<Effect>, terminal: &mut Terminal) -> io::Result<bool> {
        for effect in effects {
            if self.carry_out(effect, terminal)? {
                return Ok(true);
            }
        }
        Ok(false)
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
                let _ = self.publications.send(Publication { id, channel, payload });
            }
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
}

/// Linux names the program that runs, even where its file was replaced meanwhile.
fn this_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { running } else { std::env::current_exe().unwrap_or_default() }
}

struct Publication {
    id: u64,
    channel: Vec<u8>,
    payload: Vec<u8>,
}

/// One task publishes, in the order asked.
fn spawn_publisher(mut publisher: Publisher, results: UnboundedSender<Event>) -> UnboundedSender<Publication> {
    let (sender, mut publications): (_, UnboundedReceiver<Publication>) = unbounded_channel();
    tokio::spawn(async move {
        while let Some(Publication { id, channel, payload }) = publications.recv().await {
            let result = publisher
                .publish(&channel, &payload)
                .await
                .map(|receipt| (receipt.receivers, receipt.sequence))
                .map_err(|error| escape(error.to_string().as_bytes()));
            if results.send(Event::Published { id, result, at: now_micros() }).is_err() {
                return;
            }
        }
    });
    sender
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

/// The signals that end or stop the console.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    stop: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            // SIGTSTP has no name there.
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
        })
    }

    async fn next(&mut self) -> Caught {
        tokio::select! {
            _ = self.terminate.recv() => Caught::End,
            _ = self.interrupt.recv() => Caught::End,
            _ = self.hang_up.recv() => Caught::End,
            _ = self.stop.recv() => Caught::Stop,
        }
    }
}

/// What a signal asks for.
enum Caught {
    End,
    Stop,
}

/// The clock in the header changes then.
fn until_next_second() -> Duration {
    let micros = u64::try_from(now_micros().rem_euclid(1_000_000)).unwrap_or(0);
    Duration::from_micros(1_000_000 - micros)
}

/// The theme for this process' terminal.
fn theme_of_environment() -> &'static Theme {
    let variable = |name| std::env::var(name).ok();
    Theme::of_environment(
        variable("NO_COLOR").as_deref(),
        variable("TERM").as_deref(),
        variable("COLORTERM").as_deref(),
    )
}
