//! `import`: converts JSON lines to a recording.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::cli::ImportArgs;
use super::{ExitStatus, Failure, input};
use crate::failure::{escape_error, to_stderr};
use crate::ledger::format::counted;
use crate::ledger::interval::Interval;
use crate::recording::import;
use crate::recording::writer::{self, Intake, Origin, RecorderSettings, Retention};
use crate::wire::escape::escape;

/// The most entries in a batch for the writer.
const MAX_ENTRIES: usize = 1000;
/// The most payload bytes in a batch for the writer.
const MAX_BYTES: usize = 4 << 20;
/// The most invalid lines that are reported one by one.
const MAX_REPORTED: u64 = 20;
/// How much may wait while the file cannot be written, in bytes.
const BACKLOG_BYTES: usize = 64 << 20;

/// Reads all lines, and writes a new recording.
///
/// # Errors
/// Fails if the lines cannot be read, or if the new file exists or cannot be written.
pub(super) fn run(args: &ImportArgs) -> Result<ExitStatus, Failure> {
    let output = escape(args.output.as_os_str().as_encoded_bytes());
    if std::fs::symlink_metadata(&args.output).is_ok() {
        return Err(Failure::usage(format!("{output} already exists; choose a new file")));
    }
    let name = args.lines.as_os_str().as_encoded_bytes();
    let mut input: Box<dyn BufRead> = if name == b"-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(&args.lines).map_err(|error| unreadable(name, &error))?;
        Box::new(BufReader::with_capacity(1 << 16, file))
    };
    let prepared = writer::prepare(settings(&args.output, &escape(name)))?;
    let (sender, receiver) = sync_channel(4);
    let recorder =
        prepared.start(BatchIntake(receiver), |_| {}).map_err(|error| Failure::cannot_start("the recorder", &error))?;
    let invalid = LineImport { sender, batch: Interval::default(), invalid: 0 }.read(&mut *input);
    let last = recorder.close();
    if let Some((_, reason)) = last.failure() {
        let messages = counted(last.not_recorded, "message");
        return Err(Failure::failed(format!("{messages} not written to {output}: {reason}")));
    }
    let invalid = invalid?;
    if invalid > MAX_REPORTED {
        to_stderr(&format!("and {} more invalid lines", invalid - MAX_REPORTED));
    }
    let (messages, skipped) = (counted(last.committed, "message"), counted(invalid, "line"));
    to_stderr(&format!("imported {messages} to {output}; {skipped} skipped"));
    Ok(ExitStatus::found(invalid > 0))
}

fn settings(output: &Path, from: &str) -> RecorderSettings {
    let origin = Origin {
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target: format!("imported from {from}"),
        profile: String::new(),
        source: "imported".to_owned(),
    };
    RecorderSettings {
        path: output.to_owned(),
        origin,
        retention: Retention::default(),
        backlog: BACKLOG_BYTES,
        shipper: None,
    }
}

struct LineImport {
    sender: SyncSender<Arc<Interval>>,
    batch: Interval,
    invalid: u64,
}

impl LineImport {
    /// Reads all lines. Returns how many are invalid.
    fn read(mut self, input: &mut dyn BufRead) -> Result<u64, Failure> {
        let mut input = input;
        for number in 1_u64.. {
            let line = input::next_line(&mut input).map_err(|failure| failure.at(&format!("line {number}")))?;
            let Some(line) = line else { break };
            if line.trim_ascii().is_empty() {
                continue;
            }
            if let Err(reason) = import::line(&line, &mut self.batch) {
                self.invalid += 1;
                if self.invalid <= MAX_REPORTED {
                    to_stderr(&format!("line {number}: {reason}"));
                }
            }
            if self.batch.entries().len() >= MAX_ENTRIES || self.batch.payload_bytes() >= MAX_BYTES {
                self.send();
            }
        }
        self.send();
        Ok(self.invalid)
    }

    /// Passes the batch to the writer. If the writer has failed, its status has the reason.
    fn send(&mut self) {
        let _ = self.sender.send(Arc::new(std::mem::take(&mut self.batch)));
    }
}

/// The batches, for the writer.
struct BatchIntake(Receiver<Arc<Interval>>);

impl Intake for BatchIntake {
    fn take(&mut self, timeout: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        match self.0.recv_timeout(timeout) {
            Ok(interval) => {
                into.push(interval);
                true
            }
            Err(error) => error == RecvTimeoutError::Timeout,
        }
    }
}

fn unreadable(name: &[u8], error: &io::Error) -> Failure {
    Failure::usage(format!("cannot read {}: {}", escape(name), escape_error(error)))
}
