//! Standard output for a command that must not stand still while nobody reads it.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::mpsc::{Sender, channel};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use tokio::sync::oneshot;

/// Threads that write to standard output and see that its reader goes away. They end with the program, blocked or not.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Sender<Job>,
    closed: oneshot::Receiver<()>,
}

#[derive(Debug)]
struct Job {
    bytes: Vec<u8>,
    done: oneshot::Sender<io::Result<Vec<u8>>>,
}

impl Writer {
    /// Starts the threads.
    ///
    /// # Errors
    /// Where the system gives no thread, or there is no standard output.
    pub(super) fn start() -> io::Result<Self> {
        // Not the standard library's handle: that keeps back what comes after the last line feed, and holds its lock
        // while it is blocked.
        let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (jobs, waiting) = channel::<Job>();
        std::thread::Builder::new().name("output".to_owned()).spawn(move || {
            for job in waiting {
                // Nobody waits for the outcome any more where the program is about to end.
                let written = output.write_all(&job.bytes);
                let _ = job.done.send(written.map(|()| job.bytes));
            }
        })?;
        let (gone, closed) = oneshot::channel();
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        std::thread::Builder::new().name("output-closed".to_owned()).spawn(move || {
            if is_left(&output) {
                let _ = gone.send(());
            }
        })?;
        Ok(Self { jobs, closed })
    }

    /// Waits until the reader of a pipe has gone away, which on a quiet channel no write would tell. Safe to cancel.
    pub(super) async fn closed(&mut self) {
        if (&mut self.closed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Writes all of it, and gives the buffer back. What was begun goes on where the waiting is given up.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(super) async fn write(&self, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        self.begin(bytes).written().await
    }

    /// Begins to write all of it.
    pub(super) fn begin(&self, bytes: Vec<u8>) -> Writing {
        let (done, outcome) = oneshot::channel();
        // Where the thread is gone, the outcome says so.
        let _ = self.jobs.send(Job { bytes, done });
        Writing(outcome)
    }
}

/// What is being written.
#[derive(Debug)]
pub(super) struct Writing(oneshot::Receiver<io::Result<Vec<u8>>>);

impl Writing {
    /// Waits until it is written. Safe to cancel.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(super) async fn written(&mut self) -> io::Result<Vec<u8>> {
        (&mut self.0).await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::BrokenPipe)))
    }
}

/// Waits until nobody reads a pipe or terminal any more; false where the system does not tell.
fn is_left(output: &OwnedFd) -> bool {
    loop {
        // No flag: errors and hang-ups are told unasked.
        let mut waited = [PollFd::new(output, PollFlags::empty())];
        match poll(&mut waited, None) {
            Ok(_) if waited[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) => return true,
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => return false,
        }
    }
}
