//! The writer's loop: takes intervals, collects them, and writes them.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::backlog::Backlog;
use super::clock::{SessionClock, now};
use super::marks::Marks;
use super::recording_file::RecordingFile;
use super::retention::retain;
use super::space::FreeSpace;
use super::{Intake, RecorderSettings};
use crate::ledger::interval::{Entry, Interval};
use crate::recording::file;
use crate::recording::status::{RecorderState, Status};
use crate::wire::escape::escape;

/// How long to collect intervals for one transaction.
const GATHER_TIMEOUT: Duration = Duration::from_millis(100);
/// The interval of the loop if there is nothing to write.
const IDLE_TIMEOUT: Duration = Duration::from_millis(500);
/// The interval of retention if nothing is written.
const RETAIN_INTERVAL: Duration = Duration::from_secs(10);
/// The pause after the first failure. It doubles with each further one.
const MIN_PAUSE: Duration = Duration::from_millis(250);
/// The maximum pause between attempts.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Called with the intervals of each committed transaction.
pub(super) type Committed = Box<dyn FnMut(&[Arc<Interval>]) + Send>;

pub(super) struct WriterLoop {
    /// `None` if the file was removed and there is no new one yet.
    file: Option<RecordingFile>,
    settings: RecorderSettings,
    publish: watch::Sender<Status>,
    status: Status,
    committed: Committed,
    backlog: Backlog,
    marks: Marks,
    clock: SessionClock,
    /// When the next transaction is due. `None` if nothing is waiting.
    due: Option<Instant>,
    /// The pause before the next attempt. `None` if the last one succeeded.
    pause: Option<Duration>,
    /// Why the last attempt failed, not escaped.
    failure: String,
    /// The number of messages written since the last retention.
    written: i64,
    /// When retention last ran, and whether it was complete.
    retained: Instant,
    is_retained: bool,
}

impl WriterLoop {
    pub(super) fn new(
        file: RecordingFile,
        settings: RecorderSettings,
        publish: watch::Sender<Status>,
        committed: Committed,
    ) -> Self {
        Self {
            file: Some(file),
            publish,
            status: Status::new(),
            committed,
            backlog: Backlog::new(settings.backlog, settings.retention.batch_bytes()),
            marks: Marks::default(),
            settings,
            clock: SessionClock::start(),
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
            self.collect_intervals(&mut fresh);
            self.store_marks();
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

    /// Adds new intervals to the backlog.
    fn collect_intervals(&mut self, fresh: &mut Vec<Arc<Interval>>) {
        let offset = self.clock.offset();
        for interval in fresh.drain(..) {
            for entry in interval.entries() {
                if let Entry::Dropped(dropped) = entry {
                    self.status.not_recorded += dropped.count;
                }
            }
            if interval.entries().iter().any(|entry| !matches!(entry, Entry::Expectation(_) | Entry::Barrier { .. })) {
                self.marks.add(&interval);
                self.backlog.push((interval, offset));
            }
        }
        // Without a failure, everything that waits is written when it is due or the backlog is full.
        if self.pause.is_some() {
            self.status.not_recorded += self.backlog.bound(&self.failure);
        }
        if self.due.is_none() && !self.backlog.is_empty() {
            self.due = Some(Instant::now() + GATHER_TIMEOUT);
        }
    }

    /// Stores the marks. Skipped while the file cannot be written. A failure is ignored: it only makes the report after a kill
    /// less exact.
    fn store_marks(&mut self) {
        let marks = self.marks.take();
        let Some(file) = self.file.as_mut().filter(|_| self.pause.is_none() && !marks.is_empty()) else { return };
        if let Err(error) = file.mark(&marks) {
            tracing::debug!(%error, "cannot store what was received");
        }
    }

    /// Writes all waiting intervals, in as many transactions as needed.
    fn write(&mut self) {
        while !self.backlog.is_empty() {
            if let Err(failure) = self.write_batch() {
                self.failed(failure);
                return;
            }
        }
        self.marks.clear();
        self.due = None;
    }

    fn write_batch(&mut self) -> Result<(), String> {
        self.open_file()?;
        let Some(file) = &mut self.file else { return Err("the file was removed".to_owned()) };
        let space = FreeSpace::of(&self.settings.path);
        file.watch_space(space.scarce()).map_err(|error| error.to_string())?;
        let (lost, batch) = self.backlog.batch(space.batch_bytes());
        let items = batch.len();
        let totals = file.write(lost, batch).map_err(|error| error.to_string())?;
        let intervals = self.backlog.written(items);
        self.status.committed += totals.messages.unsigned_abs();
        self.status.committed_bytes += totals.payload_bytes.unsigned_abs();
        if self.pause.take().is_some() {
            tracing::info!("recording again");
        }
        self.status.state = RecorderState::Recording;
        (self.committed)(&intervals);
        self.written += totals.messages;
        self.retain();
        self.publish();
        Ok(())
    }

    /// A failure of retention is ignored. If space was needed, the next transaction fails.
    fn retain(&mut self) {
        self.retained = Instant::now();
        self.is_retained = true;
        let Some(file) = &mut self.file else { return };
        if let Ok((deleted, is_done)) =
            retain(file, self.settings.retention, self.settings.shipper.is_some(), self.written, now())
        {
            self.status.deleted += deleted;
            self.is_retained = is_done;
            self.written = 0;
        }
    }

    /// The file to write to. If it was moved or removed, e.g. by log rotation, a new one is created.
    fn open_file(&mut self) -> Result<(), String> {
        if self.file.as_ref().is_some_and(RecordingFile::is_in_place) {
            return Ok(());
        }
        let shipper = self.settings.shipper.clone();
        let _in_use = shipper.as_ref().map(|shipper| shipper.lock().unwrap_or_else(PoisonError::into_inner));
        // Closed before the new file is created, because both have the same journal name.
        if let Some(old) = &self.file {
            old.remove_marks()
                .and_then(|()| old.end())
                .and_then(|()| old.empty_journal())
                .map_err(|error| error.to_string())?;
            self.file = None;
        }
        let (file, _) =
            RecordingFile::open(&self.settings.path, &self.settings.origin).map_err(|error| error.to_string())?;
        // The intervals that wait were received before this session, so their monotonic times are negative in it.
        self.backlog.start_session(self.clock.restart());
        self.file = Some(file);
        Ok(())
    }

    fn failed(&mut self, failure: String) {
        let since = self.status.failure().map(|(since, _)| since);
        let since = since.or_else(|| self.backlog.since()).unwrap_or_else(now);
        tracing::error!(reason = %escape(failure.as_bytes()), "cannot record");
        self.status.state = RecorderState::NotRecording { since, reason: escape(failure.as_bytes()) };
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

    /// Makes a last attempt to write the waiting intervals. If it fails, the file is unchanged, and the next session reports
    /// these messages as missed.
    fn finish(mut self) {
        self.write();
        if self.status.failure().is_some() {
            self.status.not_recorded += self.backlog.messages();
        } else if let Some(Err(error)) = self.file.as_ref().map(RecordingFile::end) {
            self.failed(error.to_string());
        } else {
            self.status.state = RecorderState::Ended;
        }
        self.publish();
    }
}
