//! The writer's loop: take, gather, write, keep in bounds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::backlog::Backlog;
use super::clock::{Clock, now};
use super::retention::retain;
use super::space::Space;
use super::store::Store;
use super::{Intake, RecorderSettings};
use crate::ledger::interval::{Entry, Interval};
use crate::record::file;
use crate::record::status::{State, Status};
use crate::wire::escape::escape;

/// What came waits this long for more to share a transaction with.
const GATHER_TIMEOUT: Duration = Duration::from_millis(100);
/// Without anything to write, the writer comes round this often.
const IDLE_TIMEOUT: Duration = Duration::from_millis(500);
/// If nothing is written, what is too old is looked for this often.
const RETAIN_INTERVAL: Duration = Duration::from_secs(10);
/// The pause after a first failure; it doubles with each further one.
const MIN_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between attempts.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Told what is in a finished transaction.
pub(super) type Committed = Box<dyn FnMut(&[Arc<Interval>]) + Send>;

pub(super) struct Run {
    /// None if the file that was written is gone, and there is no new one yet.
    store: Option<Store>,
    settings: RecorderSettings,
    publish: watch::Sender<Status>,
    status: Status,
    committed: Committed,
    backlog: Backlog,
    clock: Clock,
    /// When the next transaction is due; none while nothing waits.
    due: Option<Instant>,
    /// The pause before the attempt in progress; none while all is well.
    pause: Option<Duration>,
    /// Why the last attempt failed, not escaped.
    failure: String,
    /// Messages written since the retention last looked.
    written: i64,
    /// When it last did, and whether it came to its end.
    retained: Instant,
    is_retained: bool,
}

impl Run {
    pub(super) fn new(
        store: Store,
        settings: RecorderSettings,
        publish: watch::Sender<Status>,
        committed: Committed,
    ) -> Self {
        Self {
            store: Some(store),
            publish,
            status: Status::new(),
            committed,
            backlog: Backlog::new(settings.backlog, settings.retention.batch_bytes()),
            settings,
            clock: Clock::start(),
            due: None,
            pause: None,
            failure: String::new(),
            written: 0,
            retained: Instant::now(),
            is_retained: true,
        }
    }

    pub(super) fn work(mut self, mut intake: impl Intake) {
        let mut fresh = Vec::new();
        let mut open = true;
        while open {
            let patience = self.due.map_or(IDLE_TIMEOUT, |due| due.saturating_duration_since(Instant::now()));
            open = intake.take(patience, &mut fresh);
            self.gather(&mut fresh);
            let now = Instant::now();
            if self.due.is_some_and(|due| due <= now) || (self.backlog.is_full() && self.pause.is_none()) {
                self.write();
            } else if self.pause.is_none() && (!self.is_retained || self.retained.elapsed() >= RETAIN_INTERVAL) {
                self.retain();
            }
            self.publish();
        }
        self.finish();
    }

    /// Takes over what came.
    fn gather(&mut self, fresh: &mut Vec<Arc<Interval>>) {
        let offset = self.clock.offset();
        for interval in fresh.drain(..) {
            for entry in interval.entries() {
                if let Entry::Dropped(dropped) = entry {
                    self.status.not_recorded += dropped.count;
                }
            }
            if interval.entries().iter().any(|entry| !matches!(entry, Entry::Barrier { .. })) {
                self.backlog.push((interval, offset));
            }
        }
        // Without a failure no more waits here than the intake held, and all of it is written before more is taken.
        if self.pause.is_some() {
            self.status.not_recorded += self.backlog.bound(&self.failure);
        }
        if self.due.is_none() && !self.backlog.is_empty() {
            self.due = Some(Instant::now() + GATHER_TIMEOUT);
        }
    }

    /// Writes all that waits, in as many transactions as it takes.
    fn write(&mut self) {
        while !self.backlog.is_empty() {
            if let Err(failure) = self.write_batch() {
                self.failed(failure);
                return;
            }
        }
        self.due = None;
    }

    fn write_batch(&mut self) -> Result<(), String> {
        self.store()?;
        let Some(store) = &mut self.store else { return Err("the file is gone".to_owned()) };
        let space = Space::of(&self.settings.path);
        store.watch_space(space.scarce()).map_err(|error| error.to_string())?;
        let (lost, batch) = self.backlog.batch(space.batch_bytes());
        let items = batch.len();
        let totals = store.write(lost, batch).map_err(|error| error.to_string())?;
        let intervals = self.backlog.written(items);
        self.status.committed += totals.messages.unsigned_abs();
        self.status.committed_bytes += totals.payload_bytes.unsigned_abs();
        self.status.state = State::Recording;
        self.pause = None;
        (self.committed)(&intervals);
        self.written += totals.messages;
        self.retain();
        self.publish();
        Ok(())
    }

    /// Deleting that fails is no failure to record: where it was needed, the next transaction fails.
    fn retain(&mut self) {
        self.retained = Instant::now();
        self.is_retained = true;
        let Some(store) = &mut self.store else { return };
        if let Ok((deleted, is_done)) = retain(store, self.settings.retention, self.written, now()) {
            self.status.deleted += deleted;
            self.is_retained = is_done;
            self.written = 0;
        }
    }

    /// The file to write to. Where it was moved or removed, as when logs are rotated, a new one takes its place.
    fn store(&mut self) -> Result<(), String> {
        if self.store.as_ref().is_some_and(Store::is_in_place) {
            return Ok(());
        }
        // Closed before the new one is made: its journal has the name that the new one's will have.
        if let Some(old) = &self.store {
            old.end().and_then(|()| old.empty_journal()).map_err(|error| error.to_string())?;
            self.store = None;
        }
        let (store, _) = Store::open(&self.settings.path, &self.settings.origin).map_err(|error| error.to_string())?;
        self.clock = Clock::start();
        self.store = Some(store);
        Ok(())
    }

    fn failed(&mut self, failure: String) {
        let since = self.status.trouble().map(|(since, _)| since);
        let since = since.or_else(|| self.backlog.since()).unwrap_or_else(now);
        self.status.state = State::NotRecording { since, reason: escape(failure.as_bytes()) };
        self.failure = failure;
        let pause = self.pause.map_or(MIN_PAUSE, |pause| (pause * 2).min(MAX_PAUSE));
        self.pause = Some(pause);
        self.due = Some(Instant::now() + pause);
    }

    fn publish(&mut self) {
        self.status.pending = self.backlog.messages();
        self.status.pending_since = self.backlog.since();
        self.status.file_bytes = file::size(&self.settings.path);
        self.status.alive = Instant::now();
        self.publish.send_replace(self.status.clone());
    }

    /// One last attempt at what waits. Where it fails, the file knows no more than before, and the next session states
    /// as missed what came since.
    fn finish(mut self) {
        self.write();
        if self.status.trouble().is_some() {
            self.status.not_recorded += self.backlog.messages();
        } else if let Some(Err(error)) = self.store.as_ref().map(Store::end) {
            self.failed(error.to_string());
        } else {
            self.status.state = State::Ended;
        }
        self.publish();
    }
}
