//! Plays a recording as events, in their order and at their pace.
//!
//! Only the visible part is read, with a limited part before it. So a recording of ten million messages opens as fast as
//! one of ten. A recording that is still being written is followed. The player has a thread, which may wait for the disk.

use std::collections::HashSet;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, channel};

use crate::console::app::event::Event;
use crate::console::app::replay::{ReplayOrder, ReplayStatus, Speed};
use crate::ledger::interval::{Entry, Interval};
use crate::recording::file::RecordError;
use crate::recording::reader::{Page, RecordingReader};

/// How many entries are shown before the target of a jump.
const SCROLLBACK: usize = 2000;
/// How many entries are read at once.
const ROWS_PER_READ: usize = 500;
/// The maximum number of entries to show in one step.
const MAX: usize = 10_000;
/// How far a key jumps, in microseconds.
const MINUTE: i64 = 60_000_000;

/// Where a replay starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// At the beginning.
    Start,
    /// At a time, in microseconds since the epoch.
    At(i64),
    /// At the finding or message with this ID, paused.
    Around(i64),
}

/// A recording being replayed.
#[derive(Debug)]
pub struct Player {
    reader: RecordingReader,
    /// The ID of the last entry shown.
    after: i64,
    /// The sessions of the entries shown since the last jump.
    sessions: HashSet<i64>,
    /// The entries that were read but not shown yet.
    ahead: Page,
    /// The time in the recording, in microseconds since the epoch.
    position: i64,
    /// The latest time of the entries shown.
    latest: i64,
    status: ReplayStatus,
}

impl Player {
    /// Starts, and appends the first events.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn begin(
        reader: RecordingReader,
        begin: Begin,
        speed: Speed,
        events: &mut Vec<Event>,
    ) -> Result<Self, RecordError> {
        let status = ReplayStatus { is_playing: true, speed, at_end: false, failure: None };
        let (sessions, ahead) = (HashSet::new(), Page::default());
        let mut player = Self { reader, after: 0, sessions, ahead, position: 0, latest: 0, status };
        match begin {
            Begin::Start => player.start(events)?,
            Begin::At(at) => player.go(at, events)?,
            Begin::Around(id) => player.around(id, events)?,
        }
        events.push(Event::Replay(player.status.clone()));
        Ok(player)
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> &ReplayStatus {
        &self.status
    }

    /// Carries out a command. If the file cannot be read, the clock stops and the status has the error.
    pub fn order(&mut self, order: ReplayOrder, events: &mut Vec<Event>) {
        let done = match order {
            ReplayOrder::Pause => {
                self.status.is_playing = !self.status.is_playing;
                self.status.failure = None;
                Ok(())
            }
            ReplayOrder::Slower => {
                self.status.speed = self.status.speed.slower();
                Ok(())
            }
            ReplayOrder::Faster => {
                self.status.speed = self.status.speed.faster();
                Ok(())
            }
            ReplayOrder::Back => self.go(self.position.saturating_sub(MINUTE), events),
            ReplayOrder::Forward => self.forward(self.position.saturating_add(MINUTE), events),
            ReplayOrder::Start => self.start(events),
            ReplayOrder::End => self.end(events),
        };
        self.note(done);
    }

    /// Advances the clock by this much real time, unless it is paused.
    pub fn advance(&mut self, elapsed: Duration, events: &mut Vec<Event>) {
        if !self.status.is_playing {
            return;
        }
        let done = match self.status.speed.0 {
            None => self.due(true, events).map(drop),
            Some(tenths) => {
                let micros = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
                let on = micros.saturating_mul(i64::from(tenths)) / 10;
                if !self.status.at_end {
                    self.position = self.position.saturating_add(on);
                }
                self.due(false, events).map(drop)
            }
        };
        self.note(done);
    }

    fn note(&mut self, done: Result<(), RecordError>) {
        if let Err(error) = done {
            self.status.failure = Some(error.to_string());
            self.status.is_playing = false;
        }
    }

    fn start(&mut self, events: &mut Vec<Event>) -> Result<(), RecordError> {
        self.jump(0, events);
        self.fill()?;
        self.position = self.ahead.interval.entries().first().map_or(0, Entry::at);
        self.due(false, events).map(drop)
    }

    fn end(&mut self, events: &mut Vec<Event>) -> Result<(), RecordError> {
        let page = self.reader.backward(i64::MAX, SCROLLBACK)?;
        self.scrollback(page, events)?;
        self.due(true, events).map(drop)
    }

    /// Jumps forward to a time. The entries in between are shown, unless there are too many.
    fn forward(&mut self, to: i64, events: &mut Vec<Event>) -> Result<(), RecordError> {
        self.position = to;
        let shown = events.len();
        if self.due(false, events)? {
            return Ok(());
        }
        events.truncate(shown);
        self.go(to, events)
    }

    /// Jumps to a time, and shows the last entries before it.
    fn go(&mut self, at: i64, events: &mut Vec<Event>) -> Result<(), RecordError> {
        let before = self.reader.nearest(at)?.map_or(i64::MAX, |id| id.saturating_add(1));
        let mut page = self.reader.backward(before, SCROLLBACK)?;
        let keep = page.interval.entries().iter().rposition(|entry| entry.at() <= at).map_or(0, |last| last + 1);
        if keep == 0 {
            return self.start(events);
        }
        let _ = cut(&mut page, keep);
        self.scrollback(page, events)?;
        self.position = self.position.max(at);
        self.due(false, events).map(drop)
    }

    fn around(&mut self, id: i64, events: &mut Vec<Event>) -> Result<(), RecordError> {
        let page = self.reader.backward(id.saturating_add(1), SCROLLBACK)?;
        self.scrollback(page, events)?;
        events.push(Event::Found);
        self.status.is_playing = false;
        Ok(())
    }

    /// Clears the screen and continues after the entry `after`.
    fn jump(&mut self, after: i64, events: &mut Vec<Event>) {
        self.after = after;
        self.sessions.clear();
        self.ahead = Page::default();
        self.status.at_end = false;
        events.push(Event::Jumped);
    }

    /// Shows a page as scrollback, with the link's state at that time.
    fn scrollback(&mut self, page: Page, events: &mut Vec<Event>) -> Result<(), RecordError> {
        let first = page.places.first().map_or(i64::MAX, |place| place.id);
        let link = self.reader.link_before(first)?;
        self.jump(0, events);
        let entries = page.interval.entries();
        self.position = entries.last().map_or(0, Entry::at);
        // The timeline begins at the first entry, as it does when the page is played.
        let first = entries.first().map(|first| Event::Clock(first.at().min(self.position)));
        events.extend(first);
        events.push(Event::Clock(self.position));
        if let Some(link) = link {
            let mut interval = Interval::default();
            interval.push(link);
            events.push(Event::Interval(interval.into()));
        }
        self.ahead = page;
        let count = self.ahead.places.len();
        events.extend(self.take(count));
        Ok(())
    }

    /// Reads more entries if all were shown. Returns false if there are no more: then the clock stays at the last entry.
    fn fill(&mut self) -> Result<bool, RecordError> {
        if self.ahead.places.is_empty() {
            self.ahead = self.reader.forward(self.after, ROWS_PER_READ)?;
        }
        let more = !self.ahead.places.is_empty();
        if !more {
            self.position = self.position.min(self.latest);
        }
        Ok(more)
    }

    /// Shows the entries that are due, or `all`, up to the limit. Returns false if the limit was reached.
    fn due(&mut self, all: bool, events: &mut Vec<Event>) -> Result<bool, RecordError> {
        let mut shown = 0;
        let mut followed = self.status.at_end;
        loop {
            if shown >= MAX {
                return Ok(false);
            }
            if !self.fill()? {
                self.status.at_end = true;
                events.push(Event::Clock(self.position));
                return Ok(true);
            }
            // At the end, new entries are shown at once. The time before a session is skipped. In a merged recording, the entries
            // of several sessions alternate.
            let first = self.ahead.interval.entries()[0].at();
            let session = self.ahead.places[0].session;
            followed &= self.status.at_end;
            if all || followed || !self.sessions.contains(&session) {
                self.position = self.position.max(first);
            }
            let is_due = |at: i64| all || followed || at <= self.position;
            let entries = self.ahead.interval.entries().iter().zip(&self.ahead.places);
            let count = entries.take_while(|(entry, place)| is_due(entry.at()) && place.session == session).count();
            if count == 0 {
                self.status.at_end = false;
                events.push(Event::Clock(self.position));
                return Ok(true);
            }
            if all || followed {
                let last = self.ahead.interval.entries()[count - 1].at();
                self.position = self.position.max(last);
            }
            // Before the clock is shown: if these are the last entries, it stays at the last one.
            let entries = self.take(count);
            let filled = self.fill();
            events.push(Event::Clock(self.position));
            events.extend(entries);
            filled?;
            shown += count;
        }
    }

    /// Takes this many of the entries that were read, to show them.
    fn take(&mut self, count: usize) -> Option<Event> {
        let rest = cut(&mut self.ahead, count);
        let shown = std::mem::replace(&mut self.ahead, rest);
        self.after = shown.places.last()?.id;
        self.sessions.extend(shown.places.iter().map(|place| place.session));
        self.latest = shown.interval.entries().iter().map(Entry::at).fold(self.latest, i64::max);
        Some(Event::Interval(shown.interval.into()))
    }
}

/// Splits off the entries after the first `count`.
fn cut(page: &mut Page, count: usize) -> Page {
    if count >= page.places.len() {
        return Page::default();
    }
    Page { interval: page.interval.split_off(count), places: page.places.split_off(count), is_cut: page.is_cut }
}

/// The steps of the clock.
const STEP: Duration = Duration::from_millis(33);
/// How often the end of the recording is checked for new entries.
const FOLLOW: Duration = Duration::from_millis(200);
/// The maximum real time of a step: the program may have been suspended.
const MAX_LENGTH: Duration = Duration::from_millis(500);
/// The maximum number of steps that wait for the screen.
const WAITING: usize = 4;

/// Starts the player's thread, which ends when either end is dropped.
pub(crate) fn start(mut player: Player, first: Vec<Event>) -> (mpsc::Sender<ReplayOrder>, Receiver<Vec<Event>>) {
    let (orders, asked) = mpsc::channel();
    let (results, events) = channel(WAITING);
    std::thread::spawn(move || {
        let mut events = first;
        let mut stepped = Instant::now();
        loop {
            if !events.is_empty() && results.blocking_send(std::mem::take(&mut events)).is_err() {
                return;
            }
            let before = player.status().clone();
            match wait(&player, &asked) {
                Ok(order) => player.order(order, &mut events),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let elapsed = stepped.elapsed().min(MAX_LENGTH);
            stepped = Instant::now();
            if before.is_playing {
                player.advance(elapsed, &mut events);
            }
            if *player.status() != before {
                events.push(Event::Replay(player.status().clone()));
            }
        }
    });
    (orders, events)
}

fn wait(player: &Player, asked: &mpsc::Receiver<ReplayOrder>) -> Result<ReplayOrder, RecvTimeoutError> {
    let status = player.status();
    let patience = match (status.is_playing, status.at_end, status.speed.0) {
        (false, ..) => return asked.recv().map_err(|_| RecvTimeoutError::Disconnected),
        (true, true, _) => FOLLOW,
        (true, false, Some(_)) => STEP,
        (true, false, None) => Duration::ZERO,
    };
    asked.recv_timeout(patience)
}
