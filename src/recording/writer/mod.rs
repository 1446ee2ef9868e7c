//! The thread that writes a recording.
//!
//! | module | content |
//! |---|---|
//! | `backlog` | a bounded queue of intervals to be written |
//! | `hole` | counts lost messages |
//! | `marks` | the sequence numbers received but not written yet |
//! | `recording_file` | the file, its session and its transactions |
//! | `batch` | one transaction |
//! | `rows` | inserts the messages of a transaction |
//! | `channels` | the state of the channels |
//! | `retention` | deletes the oldest messages |
//! | `space` | the free disk space |
//! | `clock` | the wall clock and its offset from the monotonic clock |
//!
//! The recorder never blocks its source. An interval is written about 100 ms after it is received. If a transaction fails, its
//! intervals stay in the bounded backlog, and the recorder retries.
//!
//! A short transaction stores the counter readings of each interval at once. If the recorder is killed, the next session reports the
//! messages up to them as lost. The numbers of messages in the queue before the writer are not stored. Whether a killed
//! recorder had received those is unknown.

mod backlog;
mod batch;
mod channels;
mod clock;
mod hole;
mod marks;
mod recording_file;
mod retention;
mod rows;
mod run;
mod space;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use self::recording_file::RecordingFile;
use self::run::WriterLoop;
use super::counters::KnownCounter;
use super::file::{self, RecordError, WriteLock};
use super::status::Status;
use crate::ledger::interval::Interval;

pub use self::recording_file::Origin;
pub use self::retention::Retention;

/// How much the nice value of the recorder thread is increased. If the processor is overloaded, the thread then gets about a
/// third of the time of a normal one.
#[cfg(target_os = "linux")]
const NICE_INCREMENT: i32 = 5;

/// The source of the intervals to record.
pub trait Intake: Send {
    /// Waits for at most `timeout` and appends new intervals to `into`. Returns false if no more will arrive.
    fn take(&mut self, timeout: Duration, into: &mut Vec<Arc<Interval>>) -> bool;
}

/// The settings of a recorder.
#[derive(Debug, Clone)]
pub struct RecorderSettings {
    /// The file.
    pub path: PathBuf,
    /// Where the messages are from.
    pub origin: Origin,
    /// What to keep.
    pub retention: Retention,
    /// The maximum size of the intervals that wait while the file cannot be written, in bytes.
    pub backlog: usize,
    /// Set if the recording is shipped to a store: retention then keeps what the store lacks. Held while a moved file is
    /// replaced.
    pub shipper: Option<FileInUse>,
}

/// A shipper in the same process holds it while it has the file open.
pub type FileInUse = Arc<Mutex<()>>;

/// A file that is ready for recording. No other process can record to it.
#[derive(Debug)]
pub struct Prepared {
    file: RecordingFile,
    lock: WriteLock,
    settings: RecorderSettings,
    known: Vec<KnownCounter>,
}

/// A recording in progress. Dropping it waits until the intake has ended and everything is written.
#[derive(Debug)]
pub struct Recorder {
    status: watch::Receiver<Status>,
    thread: Option<JoinHandle<()>>,
}

/// Opens the file and starts a session. Creates the file if it is missing.
///
/// # Errors
/// Another process records to it, it is not a recording or is one of another server, or it cannot be written.
pub fn prepare(settings: RecorderSettings) -> Result<Prepared, RecordError> {
    file::check(&settings.path)?;
    let lock = WriteLock::take(&settings.path)?;
    let (file, known) = RecordingFile::open(&settings.path, &settings.origin)?;
    Ok(Prepared { file, lock, settings, known })
}

impl Prepared {
    /// The counters up to which every message is recorded or reported as missed. Later messages are not in the file.
    #[must_use]
    pub fn known(&self) -> &[KnownCounter] {
        &self.known
    }

    /// The time of the last write of the previous session, if that session was killed. Messages that it received later are lost.
    /// [`known`](Self::known) contains how many it is known to have received, and the new session's findings report them.
    #[must_use]
    pub fn killed_after(&self) -> Option<i64> {
        self.file.killed_after
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.settings.path
    }

    /// What a shipper in the same process holds while it has the file open.
    #[must_use]
    pub fn shipper(&self) -> Option<&FileInUse> {
        self.settings.shipper.as_ref()
    }

    /// Starts the thread. `committed` is called with the intervals of each committed transaction.
    ///
    /// # Errors
    /// The system cannot create a thread.
    pub fn start(
        self,
        intake: impl Intake + 'static,
        committed: impl FnMut(&[Arc<Interval>]) + Send + 'static,
    ) -> io::Result<Recorder> {
        let (publish, status) = watch::channel(Status::new());
        let Self { file, lock, settings, .. } = self;
        let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || {
            lower_priority();
            WriterLoop::new(file, settings, publish, Box::new(committed)).work(intake);
            drop(lock);
        })?;
        Ok(Recorder { status, thread: Some(thread) })
    }
}

/// Lowers the priority of this thread. If the processor is overloaded, recording should be delayed rather than the subscription:
/// intervals can wait in the backlog, but the server disconnects a subscriber that reads too slowly.
fn lower_priority() {
    // On other systems this would change the priority of the whole process.
    #[cfg(target_os = "linux")]
    {
        let thread = Some(rustix::thread::gettid());
        if let Ok(nice) = rustix::process::getpriority_process(thread) {
            let _ = rustix::process::setpriority_process(thread, (nice + NICE_INCREMENT).min(19));
        }
    }
}

impl Recorder {
    /// The recorder's status. It can be cloned, awaited, and used after the recorder has ended.
    #[must_use]
    pub fn status(&self) -> &watch::Receiver<Status> {
        &self.status
    }

    /// Waits until the intake has ended and everything is written, or cannot be. Returns the final status.
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
