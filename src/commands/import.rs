//! `import`: JSON lines become a recording.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::cli::ImportArgs;
use super::{Failure, Status, lines, to_stderr};
use crate::ledger::interval::Interval;
use crate::record::import;
use crate::record::writer::{self, Intake, Origin, RecorderSettings, Retention};
use crate::wire::escape::escape;

/// Handed to the writer at once, in entries and in bytes of payloads.
const ENTRIES: usize = 1000;
const BYTES: usize = 4 << 20;
/// More wrong lines than this are counted, and not told one by one.
const TOLD: u64 = 20;
/// What may wait while the file cannot be written, in bytes.
const BACKLOG: usize = 64 << 20;

/// Reads all lines into a new recording.
///
/// # Errors
/// Where the lines cannot be read, or the file is there already or cannot be written.
pub fn run(args: &ImportArgs) -> Result<Status, Failure> {
    let output = escape(args.output.as_os_str().as_encoded_bytes());
    if std::fs::symlink_metadata(&args.output).is_ok() {
        return Err(Failure::usage(format!("{output} already exists; choose another file")));
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
        prepared.start(Lines(receiver), |_| {}).map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    let wrong = Import { sender, interval: Interval::default(), wrong: 0 }.read(&mut *input);
    let last = recorder.close();
    if let Some((_, reason)) = last.trouble() {
        return Err(Failure::failed(format!("{output}: {} messages were not written: {reason}", last.not_recorded)));
    }
    let wrong = wrong?;
    if wrong > TOLD {
        to_stderr(&format!("and {} more lines that are none", wrong - TOLD));
    }
    to_stderr(&format!("imported {} messages to {output}; {wrong} lines passed over", last.committed));
    Ok(if wrong == 0 { Status::Success } else { Status::Found })
}

fn settings(output: &Path, from: &str) -> RecorderSettings {
    let origin = Origin {
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        target: format!("imported from {from}"),
        profile: String::new(),
        source: "imported".to_owned(),
    };
    RecorderSettings { path: output.to_owned(), origin, retention: Retention::default(), backlog: BACKLOG }
}

struct Import {
    sender: SyncSender<Arc<Interval>>,
    interval: Interval,
    wrong: u64,
}

impl Import {
    /// Reads to the end; how many lines were none.
    fn read(mut self, input: &mut dyn BufRead) -> Result<u64, Failure> {
        let mut input = input;
        for number in 1_u64.. {
            let line = lines::next(&mut input).map_err(|failure| failure.at(&format!("line {number}")))?;
            let Some(line) = line else { break };
            if line.trim_ascii().is_empty() {
                continue;
            }
            if let Err(why) = import::line(&line, &mut self.interval) {
                self.wrong += 1;
                if self.wrong <= TOLD {
                    to_stderr(&format!("line {number}: {why}"));
                }
            }
            if self.interval.entries().len() >= ENTRIES || self.interval.payload_bytes() >= BYTES {
                self.send();
            }
        }
        self.send();
        Ok(self.wrong)
    }

    /// A writer that is gone has said why in its status.
    fn send(&mut self) {
        let _ = self.sender.send(Arc::new(std::mem::take(&mut self.interval)));
    }
}

struct Lines(Receiver<Arc<Interval>>);

impl Intake for Lines {
    fn take(&mut self, patience: Duration, into: &mut Vec<Arc<Interval>>) -> bool {
        match self.0.recv_timeout(patience) {
            Ok(interval) => {
                into.push(interval);
                true
            }
            Err(error) => error == RecvTimeoutError::Timeout,
        }
    }
}

fn unreadable(name: &[u8], error: &io::Error) -> Failure {
    Failure::usage(format!("{} cannot be read: {}", escape(name), escape(error.to_string().as_bytes())))
}
