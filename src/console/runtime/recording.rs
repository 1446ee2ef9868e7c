//! Records while watching. The recorder is a separate consumer, so the screen never slows it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use crate::console::app::event::Event;
use crate::console::popups::record::{Phase, RecordingStatus, ShippingStatus};
use crate::console::runtime::save::expand;
use crate::ledger::interval::{Entry, Interval, Link};
use crate::recording::catch_up::CatchUp;
use crate::recording::file::RecordError;
use crate::recording::status::Status;
use crate::recording::writer;
use crate::recording::writer::{FileInUse, Intake, Origin, Prepared, Recorder, RecorderSettings, Retention};
use crate::redis::queue::{Receiver, Sender, queue};
use crate::store::background::BackgroundShipper;
use crate::store::ship::{BatchLimits, ShipSettings};
use crate::store::status::ShipStatus;
use crate::store::target::StoreTarget;
use crate::wire::escape::escape;

/// The limits of the recorder's queues, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Between the subscription and the recorder.
    pub queue_bytes: usize,
    /// In the recorder, while the file cannot be written.
    pub backlog: usize,
}

/// The recordings of one run of the console, one after the other.
#[derive(Debug)]
pub struct Recordings {
    origin: Origin,
    bounds: Bounds,
    /// The store to ship to.
    store: Option<StoreTarget>,
    running: Arc<Mutex<Option<Running>>>,
    /// The last reported status.
    last_sent: Option<RecordingStatus>,
}

#[derive(Debug)]
struct Running {
    recorder: Recorder,
    stop: Arc<Notify>,
    shipper: Option<BackgroundShipper>,
    path: PathBuf,
}

/// How a recording ended.
#[derive(Debug)]
struct EndedRecording {
    status: Status,
    /// Why not everything was shipped, already escaped.
    unshipped: Option<String>,
}

impl Recordings {
    /// No recording yet. `origin` is stored in the recordings. They are shipped to `store`.
    #[must_use]
    pub fn new(origin: Origin, bounds: Bounds, store: Option<StoreTarget>) -> Self {
        Self { origin, bounds, store, running: Arc::default(), last_sent: None }
    }

    /// Prepares a file for [`start`](Self::start).
    ///
    /// # Errors
    /// If another process records to it, it is a recording of another server, or it cannot be written. Already escaped.
    pub fn prepare(&self, path: PathBuf) -> Result<Prepared, String> {
        prepare(path, self.origin.clone(), self.bounds, self.store.is_some()).map_err(|error| error.to_string())
    }

    /// Records to a file from the start. Returns the consumer with which to start the subscription.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(&mut self, prepared: Prepared) -> Result<Sender, String> {
        let (sender, receiver) = queue(self.bounds.queue_bytes);
        *lock(&self.running) = Some(Running::start(prepared, receiver, None, self.store.clone())?);
        Ok(sender)
    }

    /// Starts a recording. Returns a function that opens the file on a blocking thread, and the consumer to add to the
    /// subscription. Messages that arrive meanwhile are recorded, too.
    pub(crate) fn begin(
        &self,
        path: &str,
        link: Option<Link>,
        results: UnboundedSender<Event>,
    ) -> (impl FnOnce() + Send + use<>, Sender) {
        let (sender, receiver) = queue(self.bounds.queue_bytes);
        let (path, origin, bounds) = (expand(path), self.origin.clone(), self.bounds);
        let (running, store) = (Arc::clone(&self.running), self.store.clone());
        let open = move || {
            let prepared = prepare(path, origin, bounds, store.is_some()).map_err(|error| error.to_string());
            match prepared.and_then(|prepared| Running::start(prepared, receiver, link, store)) {
                Ok(started) => *lock(&running) = Some(started),
                Err(why) => drop(results.send(Event::RecordingEnded(Err(why)))),
            }
        };
        (open, sender)
    }

    /// Ends the recording on a blocking thread; the answer is [`Event::RecordingEnded`].
    pub(crate) fn end(&mut self, results: UnboundedSender<Event>) {
        self.last_sent = None;
        let Some(running) = lock(&self.running).take() else { return };
        tokio::task::spawn_blocking(move || {
            let EndedRecording { status, unshipped } = running.end();
            let result = match status.failure() {
                Some((_, why)) => Err(unwritten(&status, why)),
                None => Ok(status.committed),
            };
            let _ = results.send(Event::RecordingEnded(result));
            if let Some(unshipped) = unshipped {
                let _ = results.send(Event::Warning(unshipped));
            }
        });
    }

    /// The status, if it has changed.
    pub(crate) fn news(&mut self) -> Option<RecordingStatus> {
        let status = lock(&self.running).as_ref()?.status();
        if self.last_sent.as_ref() == Some(&status) {
            return None;
        }
        self.last_sent = Some(status.clone());
        Some(status)
    }

    /// Waits until everything is written, after the subscription has ended. Returns the error, already escaped.
    pub(crate) fn close(self) -> Option<String> {
        let EndedRecording { status, unshipped } = lock(&self.running).take()?.end();
        status.failure().map(|(_, why)| unwritten(&status, why)).or(unshipped)
    }
}

impl Running {
    fn start(
        prepared: Prepared,
        receiver: Receiver,
        link: Option<Link>,
        store: Option<StoreTarget>,
    ) -> Result<Self, String> {
        let path = prepared.path().to_owned();
        let file_in_use = prepared.shipper().cloned().unwrap_or_default();
        let stop = Arc::new(Notify::new());
        let failed = |error: std::io::Error| format!("cannot start: {}", escape(error.to_string().as_bytes()));
        let intake = FromConsole {
            runtime: tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(failed)?,
            receiver,
            stop: Arc::clone(&stop),
            link,
            catch_up: CatchUp::new(prepared.known()),
        };
        let recorder = prepared.start(intake, |_| {}).map_err(failed)?;
        let settings = store.map(|target| {
            let path = path.clone();
            ShipSettings { path, target, limits: BatchLimits::default(), file_in_use }
        });
        let shipper = settings.map(BackgroundShipper::start).transpose().map_err(failed)?;
        Ok(Self { recorder, stop, shipper, path })
    }

    fn status(&self) -> RecordingStatus {
        let status = self.recorder.status().borrow().clone();
        let shipping = self.shipper.as_ref().map(|shipper| {
            let ShipStatus { rows_per_second, pending_since, failure, .. } = shipper.status().borrow().clone();
            Box::new(ShippingStatus { rows_per_second, pending_since, failure })
        });
        RecordingStatus {
            file: escape(self.path.as_os_str().as_encoded_bytes()),
            phase: Phase::Recording,
            committed: status.committed,
            not_recorded: status.not_recorded,
            failure: status.failure().map(|(since, why)| (since, why.to_owned())),
            shipping,
        }
    }

    /// Takes the messages that arrived so far, waits until they are written, and then for the store, but not for long.
    fn end(self) -> EndedRecording {
        self.stop.notify_one();
        let status = self.recorder.close();
        let shipped = self.shipper.map(|shipper| shipper.finish(BackgroundShipper::FINISH_TIMEOUT));
        EndedRecording { status, unshipped: shipped.and_then(|shipped| shipped.unshipped(&self.path)) }
    }
}

fn prepare(path: PathBuf, origin: Origin, bounds: Bounds, is_shipped: bool) -> Result<Prepared, RecordError> {
    let shipper = is_shipped.then(FileInUse::default);
    writer::prepare(RecorderSettings {
        path,
        origin,
        retention: Retention::default(),
        backlog: bounds.backlog,
        shipper,
    })
}

fn unwritten(last: &Status, why: &str) -> String {
    format!("{} messages were received and not recorded: {why}", last.not_recorded)
}

fn lock(running: &Mutex<Option<Running>>) -> MutexGuard<'_, Option<Running>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The recorder's end of the queue.
struct FromConsole {
    receiver: Receiver,
    runtime: Runtime,
    stop: Arc<Notify>,
    /// The first entry of the recording, if the link was live before.
    link: Option<Link>,
    catch_up: CatchUp,
}

impl Intake for FromConsole {
    fn take(&mut self, patience: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        if let Some(link) = self.link.take() {
            let mut interval = Interval::default();
            interval.push(Entry::Link(link));
            into.push(Arc::new(interval));
            return true;
        }
        let mut came = Vec::new();
        let (receiver, stop) = (&self.receiver, &self.stop);
        let open = self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = stop.notified() => {
                    // Takes what is in the queue without waiting.
                    let _ = tokio::time::timeout(Duration::ZERO, receiver.drain(&mut came)).await;
                    false
                }
                open = receiver.drain(&mut came) => open,
                () = tokio::time::sleep(patience) => true,
            }
        });
        into.extend(came.into_iter().map(|interval| self.catch_up.add_missed(interval)));
        open
    }
}
