//! The thread that writes a recording.
//!
//! | module | content |
//! |---|---|
//! | `backlog` | a bounded queue of intervals to be written |
//! | `hole` | counts dropped messages |
//! | `store` | the file, its session, its transactions |
//! | `batch` | one transaction |
//! | `rows` | the rows of its messages |
//! | `channels` | the channels as the file has them |
//! | `retention` | deleting the oldest |
//! | `space` | the free disk space |
//! | `clock` | wall clock and monotonic clock |
//!
//! The recorder never blocks its source. An interval is written after at most a quarter of a second. If a transaction fails, its
//! intervals stay in the bounded backlog, and the recorder retries.

mod backlog;
mod batch;
mod channels;
mod clock;
mod hole;
mod retention;
mod rows;
mod run;
mod space;
mod store;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use self::run::Run;
use self::store::Store;
use super::counters::KnownCounter;
use super::file::{self, RecordError, WriteLock};
use super::status::Status;
use crate::ledger::interval::Interval;

pub use self::retention::Retention;
pub use self::store::Origin;

/// How much lower the priority of the recorder's thread is, as a nice value: it is given about a third of what another is.
#[cfg(target_os = "linux")]
const NICE_INCREMENT: i32 = 5;

/// If the writer takes from what it records.
pub trait Intake: Send {
    /// Waits for at most `patience` and appends what came to `into`; false where nothing will come any more.
    fn take(&mut self, patience: Duration, into: &mut Vec<Arc<Interval>>) -> bool;
}

/// How to record.
#[derive(Debug, Clone)]
pub struct RecorderSettings {
    /// The file.
    pub path: PathBuf,
    /// Who records what.
    pub origin: Origin,
    /// What is kept of it.
    pub retention: Retention,
    /// How many bytes of intervals may wait while the file cannot be written.
    pub backlog: usize,
}

/// A file that is ready to be recorded to; nobody else can record to it.
#[derive(Debug)]
pub struct Prepared {
    store: Store,
    lock: WriteLock,
    settings: RecorderSettings,
    known: Vec<KnownCounter>,
}

/// A recording in progress; dropping it waits until the intake has ended and all is written.
#[derive(Debug)]
pub struct Recorder {
    status: watch::Receiver<Status>,
    thread: Option<JoinHandle<()>>,
}

/// Opens the file, makes it where it is missing, and begins a session in it.
///
/// # Errors
/// If another process records to it, it is no recording or one of another server, or it cannot be written.
pub fn prepare(settings: RecorderSettings) -> Result<Prepared, RecordError> {
    file::check(&settings.path)?;
    let lock = WriteLock::take(&settings.path)?;
    let (store, known) = Store::open(&settings.path, &settings.origin)?;
    Ok(Prepared { store, lock, settings, known })
}

impl Prepared {
    /// The counters up to which all is recorded, or stated as missed: what came since then is missing in this file.
    #[must_use]
    pub fn known(&self) -> &[KnownCounter] {
        &self.known
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.settings.path
    }

    /// Starts the thread. `committed` is called with what is in a finished transaction.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(
        self,
        intake: impl Intake + 'static,
        committed: impl FnMut(&[Arc<Interval>]) + Send + 'static,
    ) -> io::Result<Recorder> {
        let (publish, status) = watch::channel(Status::new());
        let Self { store, lock, settings, .. } = self;
        let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || {
            lower_priority();
            Run::new(store, settings, publish, Box::new(committed)).work(intake);
            drop(lock);
        })?;
        Ok(Recorder { status, thread: Some(thread) })
    }
}

/// If there is too little processor for all, the disk waits, and the reader of the subscription does not: what waits to be
/// recorded has a bound of its own and is counted, but a reader that is late is cut off by the server.
fn lower_priority() {
    // Elsewhere a thread has no priority of its own: this would be that of the whole process.
    #[cfg(target_os = "linux")]
    {
        let thread = Some(rustix::thread::gettid());
        if let Ok(nice) = rustix::process::getpriority_process(thread) {
            let _ = rustix::process::setpriority_process(thread, (nice + NICE_INCREMENT).min(19));
        }
    }
}

impl Recorder {
    /// How it goes; can be cloned, awaited and kept beyond the recorder.
    #[must_use]
    pub fn status(&self) -> &watch::Receiver<Status> {
        &self.status
    }

    /// Waits until the intake has ended and all is written, or cannot be; how it ended.
    #[must_use]
    pub fn close(mut self) -> Status {
        self.join();
        self.status.borrow().clone()
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.join();
    }
}
