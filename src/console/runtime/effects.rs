//! Carries out effects: on the server, the terminal and files.

use std::io;
use std::sync::mpsc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use crate::console::app;
use crate::console::app::event::{Effect, Event};
use crate::console::app::replay::ReplayOrder;
use crate::console::app::state::State;
use crate::console::filter::jq_worker::{JqClient, Request};
use crate::console::panes::compose::history::HistoryEntry;
use crate::console::popups::discover::DiscoveredChannel;
use crate::console::popups::record::RecordingStatus;
use crate::console::runtime::acknowledgement_writer::AcknowledgementWriter;
use crate::console::runtime::alert_command::AlertCommand;
use crate::console::runtime::external_editor::Editing;
use crate::console::runtime::keys::Keys;
use crate::console::runtime::publishing::Order;
use crate::console::runtime::recording::Recordings;
use crate::console::runtime::settings_writer::SettingsWriter;
use crate::console::runtime::signals::Caught;
use crate::console::runtime::terminal::Terminal;
use crate::console::runtime::{
    ProfileLoader, Wiring, backfill, bundle, clipboard, external_editor, publishing, save, terminal,
};
use crate::filter::jq_worker::this_program;
use crate::recording::acknowledgements::AcknowledgementFile;
use crate::recording::history::History;
use crate::redis::discovery;
use crate::redis::queue::Receiver;
use crate::redis::subscription::Subscription;
use crate::redis::target::Target;
use crate::wire::escape::escape;

/// Carries out the effects.
pub(crate) struct Runtime {
    source: Source,
    results: UnboundedSender<Event>,
    settings: SettingsWriter,
    acknowledgements: AcknowledgementWriter,
    secret_variables: Vec<String>,
    /// The running editor, which has the terminal.
    pub(crate) editing: Option<Editing>,
    /// The profile of the next console.
    pub(crate) next_profile: Option<String>,
    jq: JqClient,
}

/// The source of the events.
enum Source {
    Live(Box<Live>),
    Replay(mpsc::Sender<ReplayOrder>),
}

/// The connection to a server.
struct Live {
    target: Target,
    sequence_prefix: String,
    subscription: Subscription,
    publications: UnboundedSender<Order>,
    alerts: AlertCommand,
    history: Option<History>,
    /// Set to stop the running series.
    stop: watch::Sender<bool>,
    recordings: Recordings,
    profiles: ProfileLoader,
}

impl Runtime {
    /// Starts the publisher and reads the send history.
    pub(crate) fn connect(wiring: Wiring, state: &State) -> (Self, Receiver, UnboundedReceiver<Event>) {
        let Wiring {
            target,
            sequence_prefix,
            receiver,
            subscription,
            publisher,
            history,
            acknowledgements,
            settings,
            secret_variables,
            mouse: _,
            recordings,
            profiles,
            events: (results, events),
        } = wiring;
        let keyring = std::sync::Arc::clone(&state.setup.keyring);
        let publications = publishing::spawn(publisher, keyring, results.clone());
        if let Some(history) = &history {
            load_history(history.clone(), results.clone());
        }
        let stop = watch::Sender::new(false);
        let alerts = AlertCommand::new(state.alerts.wanted.clone());
        let live =
            Live { target, sequence_prefix, subscription, publications, alerts, history, stop, recordings, profiles };
        let settings = SettingsWriter::start(settings, results.clone());
        let acknowledgements = AcknowledgementWriter::start(acknowledgements, results.clone());
        let source = Source::Live(Box::new(live));
        (Self::new(source, results, settings, acknowledgements, secret_variables), receiver, events)
    }

    /// The runtime of a replay.
    pub(crate) fn of_replay(
        orders: mpsc::Sender<ReplayOrder>,
        acknowledgements: Option<AcknowledgementFile>,
        results: UnboundedSender<Event>,
    ) -> Self {
        let settings = SettingsWriter::start(None, results.clone());
        let acknowledgements = AcknowledgementWriter::start(acknowledgements, results.clone());
        Self::new(Source::Replay(orders), results, settings, acknowledgements, Vec::new())
    }

    fn new(
        source: Source,
        results: UnboundedSender<Event>,
        settings: SettingsWriter,
        acknowledgements: AcknowledgementWriter,
        secret_variables: Vec<String>,
    ) -> Self {
        let answers = results.clone();
        let jq = JqClient::start(this_program(), move |event| drop(answers.send(event)));
        Self { source, results, settings, acknowledgements, secret_variables, editing: None, next_profile: None, jq }
    }

    /// The status of the recording, if it has changed.
    pub(crate) fn news(&mut self) -> Option<RecordingStatus> {
        match &mut self.source {
            Source::Live(live) => live.recordings.news(),
            Source::Replay(_) => None,
        }
    }

    /// Sets the clock and the size before the first event. Returns whether the console ends.
    pub(crate) fn begin(&mut self, state: &mut State, terminal: &mut Terminal, now: Option<i64>) -> io::Result<bool> {
        let size = terminal.size()?;
        for event in now.map(Event::Clock).into_iter().chain([Event::Resize(size.0, size.1)]) {
            let _ = app::update::update(state, event);
        }
        self.carry_out_all(app::update::init(state), terminal)
    }

    /// Reads the terminal's size: if it changes several times at once, the last event may have an outdated size.
    pub(crate) fn measure(&mut self, state: &mut State, terminal: &mut Terminal) -> io::Result<()> {
        let (columns, rows) = terminal.size()?;
        if state.size != (columns, rows) {
            self.carry_out_all(app::update::update(state, Event::Resize(columns, rows)), terminal)?;
        }
        Ok(())
    }

    /// Carries out several effects. Returns whether the user quits.
    pub(crate) fn carry_out_all(&mut self, effects: Vec<Effect>, terminal: &mut Terminal) -> io::Result<bool> {
        for effect in effects {
            if self.carry_out(effect, terminal)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Handles a signal. Returns whether the console ends. While an editor has the terminal, Ctrl-C is for the editor. If
    /// the editor is suspended, so is the console.
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

    /// Takes the terminal back after the editor has ended.
    pub(crate) fn edited(&mut self, terminal: &mut Terminal, state: &mut State) -> io::Result<Keys> {
        if self.editing.take().is_some() {
            terminal.take_back()?;
        }
        self.measure(state, terminal)?;
        Keys::read()
    }

    /// Carries out an effect. Returns whether the user quits.
    pub(crate) fn carry_out(&mut self, effect: Effect, terminal: &mut Terminal) -> io::Result<bool> {
        match effect {
            Effect::Quit => return Ok(true),
            Effect::SwitchProfile(name) => {
                self.next_profile = Some(name);
                return Ok(true);
            }
            Effect::Suspend => terminal.suspend()?,
            Effect::Redraw => terminal.redraw(),
            Effect::Bell => terminal.bell()?,
            Effect::Acknowledge(finding, acknowledgement) => self.acknowledgements.keep(finding, acknowledgement),
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
            Effect::LookIn { path, wanted, known } => {
                let results = self.results.clone();
                tokio::task::spawn_blocking(move || {
                    let result = backfill::look(&path, &wanted, &known).map(Box::new);
                    results.send(Event::BackfillResult(wanted, result))
                });
            }
            Effect::Bundle { path, order } => {
                let results = self.results.clone();
                tokio::task::spawn_blocking(move || results.send(Event::Bundled(bundle::write(&path, &order))));
            }
            Effect::Save { path, rows } => {
                let results = self.results.clone();
                tokio::task::spawn_blocking(move || results.send(Event::Saved(save::save(&path, &rows))));
            }
            Effect::Replay(order) => {
                if let Source::Replay(orders) = &self.source {
                    // If the player's thread has ended, the loop ends with an error.
                    let _ = orders.send(order);
                }
            }
            Effect::Subscribe(_)
            | Effect::Unsubscribe(_)
            | Effect::Alert(_)
            | Effect::Publish { .. }
            | Effect::PublishSeries(_)
            | Effect::StopSeries
            | Effect::Remember(_)
            | Effect::Record { .. }
            | Effect::StopRecording
            | Effect::LoadProfile(_)
            | Effect::Discover => {
                if let Source::Live(live) = &mut self.source {
                    live.carry_out(effect, &self.results);
                }
            }
        }
        Ok(false)
    }

    /// Ends the subscription after a last reading of the counters, and then the recording. Returns the write error, already
    /// escaped.
    pub(crate) fn close(self) -> Option<String> {
        let Source::Live(live) = self.source else { return None };
        live.subscription.finish();
        live.recordings.close()
    }

    /// Starts the editor in the terminal. If that fails, [`Event::Edited`] has the error.
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
    /// Carries out an effect on the server.
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
                // The publisher outlives this.
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
                    append_history(history.clone(), entry, results.clone());
                }
            }
            Effect::Record { path, link } => {
                let (open, consumer) = self.recordings.begin(&path, link, results.clone());
                self.subscription.add_consumer(consumer);
                tokio::task::spawn_blocking(open);
            }
            Effect::StopRecording => self.recordings.end(results.clone()),
            Effect::LoadProfile(name) => {
                let (profiles, results) = (self.profiles.clone(), results.clone());
                tokio::task::spawn_blocking(move || results.send(Event::ProfileLoaded((profiles.0)(&name))));
            }
            Effect::Discover => {
                let (target, prefix, results) = (self.target.clone(), self.sequence_prefix.clone(), results.clone());
                tokio::spawn(async move {
                    let _ = results.send(Event::Discovered(discover(&target, &prefix).await));
                });
            }
            // `Runtime` carries these out. They are listed so that a new effect does not compile until it is handled.
            Effect::Replay(_)
            | Effect::SwitchProfile(_)
            | Effect::Quit
            | Effect::Suspend
            | Effect::Redraw
            | Effect::Bell
            | Effect::Keep(_)
            | Effect::Acknowledge(..)
            | Effect::Copy(_)
            | Effect::Edit(_)
            | Effect::Ask { .. }
            | Effect::FindRecordings(_)
            | Effect::LookIn { .. }
            | Effect::Bundle { .. }
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

/// Reads the send history on a blocking thread; the answer is [`Event::History`].
pub(crate) fn load_history(history: History, results: UnboundedSender<Event>) {
    tokio::task::spawn_blocking(move || {
        let lines = history.load().map_err(|error| error.to_string());
        let entries = lines.map(|lines| lines.iter().filter_map(|line| HistoryEntry::from_line(line)).collect());
        let _ = results.send(Event::History(entries));
    });
}

/// Adds an entry to the send history; if that fails, the answer is [`Event::NotRemembered`].
pub(crate) fn append_history(history: History, entry: HistoryEntry, results: UnboundedSender<Event>) {
    tokio::task::spawn_blocking(move || {
        if let Err(error) = history.append(&entry.to_line()) {
            let _ = results.send(Event::NotRemembered(error.to_string()));
        }
    });
}
