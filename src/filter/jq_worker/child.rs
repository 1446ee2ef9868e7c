//! The worker process, as the parent process uses it.

use std::fmt;
use std::io::{BufWriter, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::Answer;
use super::protocol::{self, FAILED, NAME, NO, READY, YES};
use crate::filter::Filter;
use crate::wire::escape::{escape, escape_capped};

/// The time limit for the worker to start and to compile the predicates.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum length of a reason, in characters.
const MAX_REASON: usize = 160;

/// Why the worker returned no answer.
#[derive(Debug)]
pub(super) enum WorkerError {
    /// The answer took too long.
    TooSlow,
    /// The process ended: the predicate used too much memory, or recursed too deeply.
    Ended,
    /// The process could not be started. The reason is escaped.
    NotStarted(String),
}

impl fmt::Display for WorkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSlow => f.write_str("too slow"),
            Self::Ended => f.write_str("too much memory or recursion"),
            Self::NotStarted(why) => write!(f, "cannot run jq: {why}"),
        }
    }
}

/// A running worker process. Dropping it kills the process.
#[derive(Debug)]
pub(super) struct Child {
    process: std::process::Child,
    input: BufWriter<ChildStdin>,
    output: ChildStdout,
    /// The output that was read.
    read: Vec<u8>,
    /// The number of bytes of `read` that were used.
    used: usize,
}

impl Child {
    /// Starts the worker, and waits until it has compiled the predicates.
    pub(super) fn start(program: &Path, filters: &[Filter]) -> Result<Self, WorkerError> {
        let not_started = |error: std::io::Error| WorkerError::NotStarted(escape(error.to_string().as_bytes()));
        let mut command = Command::new(program);
        // The worker does not inherit the environment, which can contain secrets. It has its own process group, because Ctrl-C is
        // for the parent, which then ends the worker.
        command.arg0(NAME).env_clear().process_group(0);
        // By default glibc reserves 64 MiB of address space per thread, which can exceed the memory limit.
        command.env("MALLOC_ARENA_MAX", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().map_err(not_started)?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(WorkerError::NotStarted(String::from("it has no pipes")));
        };
        let mut child = Self { process, input: BufWriter::new(input), output, read: Vec::new(), used: 0 };
        let texts: Vec<String> = filters.iter().map(Filter::to_string).collect();
        match child.send(texts.iter().map(String::as_bytes)).and_then(|()| child.byte(START_TIMEOUT)) {
            Ok(READY) => {
                tracing::info!(pid = child.process.id(), "jq worker started");
                Ok(child)
            }
            _ => Err(WorkerError::NotStarted(String::from("it does not answer"))),
        }
    }

    /// Sends a batch. The worker reads all of it before it evaluates anything, so this does not wait for a predicate.
    pub(super) fn send<'a>(&mut self, batch: impl Iterator<Item = &'a [u8]>) -> Result<(), WorkerError> {
        let sent = protocol::write_batch(&mut self.input, batch).and_then(|()| self.input.flush());
        sent.map_err(|_| WorkerError::Ended)
    }

    /// Returns the next answer. Waits for at most `timeout`.
    pub(super) fn answer(&mut self, timeout: Duration) -> Result<Answer, WorkerError> {
        match self.byte(timeout)? {
            YES => Ok(Answer::Yes),
            NO => Ok(Answer::No),
            FAILED => {
                let length = u16::from_le_bytes([self.byte(timeout)?, self.byte(timeout)?]);
                let reason = String::from_utf8_lossy(self.bytes(length.into(), timeout)?);
                // The worker has escaped the reason, which can quote data. It is only cut here.
                Ok(Answer::Failed(reason.chars().filter(|c| !c.is_control()).take(MAX_REASON).collect()))
            }
            other => {
                Err(WorkerError::NotStarted(format!("unexpected reply {} from the worker", escape_capped(&[other], 8))))
            }
        }
    }

    fn byte(&mut self, timeout: Duration) -> Result<u8, WorkerError> {
        self.bytes(1, timeout).map(|bytes| bytes[0])
    }

    /// Returns the next bytes of the output.
    fn bytes(&mut self, count: usize, timeout: Duration) -> Result<&[u8], WorkerError> {
        if self.read.len() - self.used < count {
            let deadline = Instant::now() + timeout;
            self.read.drain(..self.used);
            self.used = 0;
            while self.read.len() < count {
                self.fill(deadline)?;
            }
        }
        let from = self.used;
        self.used += count;
        self.read.get(from..self.used).ok_or(WorkerError::Ended)
    }

    /// Reads the available output, or waits for output until `deadline`.
    fn fill(&mut self, deadline: Instant) -> Result<(), WorkerError> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(|_| WorkerError::TooSlow)?;
            match poll(&mut [PollFd::new(&self.output, PollFlags::IN)], Some(&left)) {
                Ok(0) => return Err(WorkerError::TooSlow),
                Ok(_) => break,
                Err(Errno::INTR) => {}
                Err(_) => return Err(WorkerError::Ended),
            }
        }
        let mut bytes = [0; 4096];
        match self.output.read(&mut bytes) {
            Ok(0) | Err(_) => Err(WorkerError::Ended),
            Ok(count) => {
                self.read.extend_from_slice(&bytes[..count]);
                Ok(())
            }
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        tracing::info!(pid = self.process.id(), "jq worker ended");
    }
}
