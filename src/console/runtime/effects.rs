//! What effects reach: the server, the terminal, files.

use std::io;
use std::sync::mpsc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use crate::console::app;
use crate::console::app::event::{Effect, Event};
use crate::console::app::replay::ReplayOrder;
use crate::console::app::state::State;
use crate::console::filter::jq_worker::{JqClient, Request};
use crate::console::popups::discover::DiscoveredChannel;
use crate::console::popups::record::RecordingStatus;
use crate::console::runtime::alert_command::AlertCommand;
use crate::console::runtime::external_editor::Editing;
use crate::console::runtime::keys::Keys;
use crate::console::runtime::publishing::Order;
use crate::console::runtime::recording::Recordings;
use crate::console::runtime::settings_writer::SettingsWriter;
use crate::console::runtime::signals::Caught;
use crate::console::runtime::terminal::Terminal;
use crate::console::runtime::{Wiring, backfill, clipboard, external_editor, history_file, publishing, save, terminal};
use crate::filter::jq_worker::this_program;
use crate::record::history::History;
use crate::redis::discovery;
use crate::redis::queue::Receiver;
use crate::redis::subscription::Subscription;
use crate::redis::target::Target;
use crate::wire::escape::escape;

/// What effects reach.
pub(crate) struct Runtime {
    source: Source,
    results: UnboundedSender<Event>,
    settings: SettingsWriter,
    secret_variables: Vec<String>,
    /// An editor has the terminal.
    pub(crate) editing: Option<Editing>,
    jq: JqClient,
}

/// What is watched, to be asked for more.
enum Source {
    Live(Box<Live>),
    Replay(mpsc::Sender<ReplayOrder>),
}

/// A server: what is sent to it, and what is kept of it.
struct Live {
    target: Target,
    sequence_prefix: String,
    subscription: Subscription,
    publications: UnboundedSender<Order>,
    alerts: AlertCommand,
    history: Option<History>,
    /// Set to stop the series on its way.
    stop: watch::Sender<bool>,
    recordings: Recordings,
}

impl Runtime {
    /// Begins to publish, and to read what was sent before.
    pub(crate) fn connect(wiring: Wiring, state: &State) -> (Self, Receiver, UnboundedReceiver<Event>) {
        let Wiring {
            target,
            sequence_prefix,
            receiver,
            subscription,
            publisher,
            history,
            settings,
            secret_variables,
            recordings,
            events: (results, events),
        } = wiring;
        let keyring = std::sync::Arc::clone(&state.setup.keyring);
        let publications = publishing::spawn(publisher, keyring, results.clone());
        if let Some(history) = &history {
            history_file::load(history.clone(), results.clone());
        }
        let stop = watch::Sender::new(false);
        let alerts = AlertCommand::new(state.alerts.wanted.clone());
        let live = Live { target, sequence_prefix, subscription, publications, alerts, history, stop, recordings };
        let settings = SettingsWriter::start(settings, results.clone());
        (Self::new(Source::Live(Box::new(live)), results, settings, secret_variables), receiver, events)
    }

    /// Nothing but the player, which takes the orders.
    pub(crate) fn of_replay(orders: mpsc::Sender<ReplayOrder>, results: UnboundedSender<Event>) -> Self {
        let settings = SettingsWriter::start(None, results.clone());
        Self::new(Source::Replay(orders), results, settings, Vec::new())
    }

    fn new(
        source: Source,
        results: UnboundedSender<Event>,
        settings: SettingsWriter,
        secret_variables: Vec<String>,
    ) -> Self {
        let answers = results.clone();
        let jq = JqClient::start(this_program(), move |event| drop(answers.send(event)));
        Self { source, results, settings, secret_variables, editing: None, jq }
    }

    /// How the recording goes, where that has changed.
    pub(crate) fn news(&mut self) -> Option<RecordingStatus> {
        match &mut self.source {
            Source::Live(live) => live.recordings.news(),
            Source::Replay(_) => None,
        }
    }

    /// The first look at clock and terminal, and what follows from it; true where the console ends.
    pub(crate) fn begin(&mut self, state: &mut State, terminal: &mut Terminal, now: Option<i64>) -> io::Result<bool> {
        let size = terminal.size()?;
        for event in now.map(Event::Clock).into_iter().chain([Event::Resize(size.0, size.1)]) {
            let _ = app::update::update(state, event);
        }
        self.carry_out_all(app::update::init(state), terminal)
    }

    /// The size that the terminal has now: of many changes at once, the last that was told need not be the last there was.
    pub(crate) fn measure(&mut self, state: &mut State, terminal: &mut Terminal) -> io::Result<()> {
        let (columns, rows) = terminal.size()?;
        if state.size != (columns, rows) {
            self.carry_out_all(app::update::update(state, Event::Resize(columns, rows)), terminal)?;
        }
        Ok(())
    }

    /// Does all that is asked; true where the user leaves.
    pub(crate) fn carry_out_all(&mut self, effects: Vec<Effect>, terminal: &mut Terminal) -> io::Result<bool> {
        for effect in effects {
            if self.carry_out(effect, terminal)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a signal comes to: true where the console ends. While an editor has the terminal, what was typed there is its
    /// business; where it stops, we stop with it.
    pub(crate) fn caught(
        &self,
        signal: &Caught,
        terminal: &Terminal,
        pending: &mut Vec<Option<Event>>,
    ) -> io::Result<bool> {
        match (signal, &self.editing) {
            (Caught::End, _) | (Caught::Interrupt, None) => {
                tracing::info!("ended by a signal");
                return Ok(true);
            }
            (Caught::Interrupt | Caught::Resized, Some(_)) => {}
            (Caught::Stop, Some(_)) => terminal::stop()?,
            (Caught::Stop, None) => pending.push(None),
            (Caught::Resized, None) => {
                let (columns, rows) = terminal.size()?;
                pending.push(Some(Event::Resize(columns, rows)));
            }
        }
        Ok(false)
    }

    /// The editor ended, or could not begin: the terminal and its keys are ours again.
    pub(crate) fn edited(&mut self, terminal: &mut Terminal, state: &mut State) -> io::Result<Keys> {
        if self.editing.take().is_some() {
            terminal.take_back()?;
        }
        self.measure(state, terminal)?;
        Keys::read()
    }

    /// Does what is asked; true where the user leaves.
    pub(crate) fn carry_out(&mut self, effect: Effect, terminal: &mut Terminal) -> io::Result<bool> {
        match effect {
            Effect::Quit => return Ok(true),
            Effect::Suspend => terminal.suspend()?,
            Effect::Redraw => terminal.redraw(),
            Effect::Bell => terminal.bell()?,
            Effect::Keep(settings) => self.settings.keep(settings),
            Effect::Copy(text) => {
                terminal.copy(&text)?;
                clipboard::copy(text);
            }
            Effect::Edit(text) => self.edit(&text, terminal)?,
            Effect::Ask { id, filter, rows } => self.jq.send(Request { id, filter, rows }),
            Effect::FindRecordings(known) => {
                let results = self.results.clone();
                tokio::task::spawn_blocking(move || results.send(Event::RecordingsFound(backfill::offer(&known))));
            }
            Effect::LookIn { path, wanted } => {
                let results = self.results.clone();
                tokio::task::spawn_blocking(move || {
                    let result = backfill::look(&path, &wanted).map(Box::new);
                    results.send(Event::BackfillResult(wanted, result))
                });
            }
            Effect::Save { path, rows } => {
                let results = self.results.clone();
                tokio::task::spawn_blocking(move || results.send(Event::Saved(save::save(&path, &rows))));
            }
            effect => match &mut self.source {
                Source::Live(live) => live.carry_out(effect, &self.results),
                Source::Replay(orders) => {
                    if let Effect::Replay(order) = effect {
                        // The thread is gone only where it is said to be.
                        let _ = orders.send(order);
                    }
                }
            },
        }
        Ok(false)
    }

    /// Ends the subscription, and then what is recorded of it; what could not be written, escaped already.
    pub(crate) fn close(self) -> Option<String> {
        let Source::Live(live) = self.source else { return None };
        drop(live.subscription);
        live.recordings.close()
    }

    /// Lends the terminal to the editor; where none can be started, that is the answer.
    pub(crate) fn edit(&mut self, text: &str, terminal: &mut Terminal) -> io::Result<()> {
        terminal.lend()?;
        match external_editor::begin(text, &self.secret_variables, self.results.clone()) {
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

impl Live {
    /// Does what concerns the server.
    fn carry_out(&mut self, effect: Effect, results: &UnboundedSender<Event>) {
        match effect {
            Effect::Subscribe(names) => {
                self.subscription.subscribe(names.into_iter().map(String::into_bytes).collect());
            }
            Effect::Unsubscribe(names) => {
                self.subscription.unsubscribe(names.into_iter().map(String::into_bytes).collect());
            }
            Effect::Alert(alert) => {
                let (command, results) = (self.alerts.clone(), results.clone());
                tokio::spawn(async move {
                    if let Err(why) = command.run(alert).await {
                        let _ = results.send(Event::AlertFailed(why));
                    }
                });
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
                    history_file::append(history.clone(), entry, results.clone());
                }
            }
            Effect::Record { path, link } => {
                let (open, consumer) = self.recordings.begin(&path, link, results.clone());
                self.subscription.add_consumer(consumer);
                tokio::task::spawn_blocking(open);
            }
            Effect::StopRecording => self.recordings.end(results.clone()),
            Effect::Discover => {
                let (target, prefix, results) = (self.target.clone(), self.sequence_prefix.clone(), results.clone());
                tokio::spawn(async move {
                    let _ = results.send(Event::Discovered(discover(&target, &prefix).await));
                });
            }
            // Carried out by `Runtime`, or by the player of a replay. They are listed so that a new effect that nobody carries
            // out does not compile.
            Effect::Replay(_)
            | Effect::Quit
            | Effect::Suspend
            | Effect::Redraw
            | Effect::Bell
            | Effect::Keep(_)
            | Effect::Copy(_)
            | Effect::Edit(_)
            | Effect::Ask { .. }
            | Effect::FindRecordings(_)
            | Effect::LookIn { .. }
            | Effect::Save { .. } => {}
        }
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
