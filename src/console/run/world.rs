//! What effects reach: the server, the terminal, files.

use std::io;
use std::path::PathBuf;

use crossterm::event::EventStream;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::editor::{self, Editing};
use super::past;
use super::publishing::{self, Order};
use super::recording::Recordings;
use super::signals::Caught;
use super::{Event, Wiring};
use crate::console::action::{DiscoveredChannel, Effect};
use crate::console::judge::{Judge, Question};
use crate::console::state::State;
use crate::console::terminal::{self, Terminal};
use crate::console::{clipboard, save, update};
use crate::record::history::History;
use crate::redis::discovery;
use crate::redis::hand_over::Receiver;
use crate::redis::subscription::{Subscription, now_micros};
use crate::redis::target::Target;
use crate::wire::escape::escape;

/// What effects reach.
pub(super) struct World {
    target: Target,
    sequence_prefix: String,
    subscription: Subscription,
    publications: UnboundedSender<Order>,
    results: UnboundedSender<Event>,
    history: Option<History>,
    secret_variables: Vec<String>,
    /// Set to stop the series on its way.
    stop: watch::Sender<bool>,
    /// An editor has the terminal.
    pub(super) editing: Option<Editing>,
    judge: Judge,
    /// After the subscription: when that is dropped, what is recorded has its end.
    pub(super) recordings: Recordings,
}

impl World {
    /// Begins to publish, and to read what was sent before.
    pub(super) fn connect(wiring: Wiring, state: &State, results: UnboundedSender<Event>) -> (Self, Receiver) {
        let Wiring {
            target,
            sequence_prefix,
            receiver,
            subscription,
            publisher,
            history,
            secret_variables,
            recordings,
        } = wiring;
        let keyring = std::sync::Arc::clone(&state.setup.keyring);
        let publications = publishing::spawn(publisher, keyring, results.clone());
        if let Some(history) = &history {
            past::load(history.clone(), results.clone());
        }
        let answers = results.clone();
        let judge = Judge::start(this_program(), move |event| drop(answers.send(event)));
        let stop = watch::Sender::new(false);
        let editing = None;
        let world = Self {
            target,
            sequence_prefix,
            subscription,
            publications,
            results,
            history,
            secret_variables,
            stop,
            editing,
            judge,
            recordings,
        };
        (world, receiver)
    }

    /// The first look at clock and terminal, and what follows from it; true where the console ends.
    pub(super) fn begin(&mut self, state: &mut State, terminal: &mut Terminal) -> io::Result<bool> {
        let size = terminal.size()?;
        for event in [Event::Clock(now_micros()), Event::Resize(size.0, size.1)] {
            let _ = update::update(state, event);
        }
        for effect in update::init(state) {
            if self.carry_out(effect, terminal)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a signal comes to: true where the console ends. While an editor has the terminal, what was typed there is its
    /// business; where it stops, we stop with it.
    pub(super) fn caught(&self, signal: &Caught, pending: &mut Vec<Option<Event>>) -> io::Result<bool> {
        match (signal, &self.editing) {
            (Caught::End, _) | (Caught::Interrupt, None) => return Ok(true),
            (Caught::Interrupt, Some(_)) => {}
            (Caught::Stop, Some(_)) => terminal::stop()?,
            (Caught::Stop, None) => pending.push(None),
        }
        Ok(false)
    }

    /// The editor ended, or could not begin: the terminal and its keys are ours again.
    pub(super) fn edited(&mut self, terminal: &mut Terminal, state: &mut State) -> io::Result<EventStream> {
        if self.editing.take().is_some() {
            terminal.take_back()?;
        }
        let (columns, rows) = terminal.size()?;
        let _ = update::update(state, Event::Resize(columns, rows));
        Ok(EventStream::new())
    }

    /// Does what is asked; true where the user leaves.
    pub(super) fn carry_out(&mut self, effect: Effect, terminal: &mut Terminal) -> io::Result<bool> {
        match effect {
            Effect::Quit => return Ok(true),
            Effect::Suspend => terminal.suspend()?,
            Effect::Redraw => terminal.redraw()?,
            Effect::Copy(text) => {
                terminal.copy(&text)?;
                clipboard::copy(text);
            }
            Effect::Subscribe(names) => {
                self.subscription.subscribe(names.into_iter().map(String::into_bytes).collect());
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
            Effect::Edit(text) => self.edit(&text, terminal)?,
            Effect::Record { path, link } => {
                let (recorder, consumer) = self.recordings.begin(&path, link, self.results.clone());
                self.subscription.hand_over_to(consumer);
                tokio::task::spawn_blocking(recorder);
            }
            Effect::StopRecording => self.recordings.end(self.results.clone()),
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

    /// Ends the subscription, and then what is recorded of it; what could not be written, escaped already.
    pub(super) fn close(self) -> Option<String> {
        drop(self.subscription);
        self.recordings.close()
    }

    /// Lends the terminal to the editor; where none can be started, that is the answer.
    pub(super) fn edit(&mut self, text: &str, terminal: &mut Terminal) -> io::Result<()> {
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
