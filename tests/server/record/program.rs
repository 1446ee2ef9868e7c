//! Runs the recorder: start, output and end.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

use aircheck::recording::reader::RecordingReader;
use tempfile::TempDir;

use crate::support::LIMIT;
use crate::tailing::wait_for_exit;
use crate::world::output_of;

/// A temporary directory, and the server to record from.
pub(crate) struct Studio {
    pub(crate) directory: TempDir,
    url: String,
}

impl Studio {
    pub(crate) fn new(url: &str) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), url: url.to_owned() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aircheck"));
        command.env_clear().env("HOME", self.directory.path()).env("AIRCHECK_URL", &self.url);
        command.current_dir(self.directory.path()).args(words);
        command
    }

    pub(crate) fn output(&self, words: &[&str]) -> Output {
        output_of(self.command(words))
    }

    /// Starts a recorder that logs every transaction.
    pub(crate) fn record(&self, words: &[&str]) -> Recorder {
        Recorder::start(self.command(&["record", "--verbose"]).args(words))
    }

    pub(crate) fn reader(&self, name: &str) -> RecordingReader {
        RecordingReader::open(&self.path(name)).unwrap()
    }
}

/// A running recorder. It is killed when dropped.
pub(crate) struct Recorder {
    child: Child,
    lines: Receiver<String>,
    /// Its log so far.
    pub(crate) log: Vec<String>,
}

impl Recorder {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, log: Vec::new() }
    }

    /// Waits for a line with all of these words, and returns it.
    pub(crate) fn wait_for(&mut self, words: &[&str]) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.log.push(line.clone());
                    if words.iter().all(|word| line.contains(word)) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{words:?} was not logged, but: {:#?}", self.log);
                }
            }
        }
    }

    /// Waits until this many messages are committed in this run.
    pub(crate) fn wait_for_committed(&mut self, messages: u64) {
        while number(&self.wait_for(&["event=committed"]), "messages") < messages {}
    }

    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill {signal} failed");
    }

    /// Ends it as systemd does.
    pub(crate) fn end(self) -> ExitStatus {
        self.end_with_log().0
    }

    /// Ends it as systemd does. Returns its log too.
    pub(crate) fn end_with_log(mut self) -> (ExitStatus, Vec<String>) {
        self.signal("-TERM");
        let status = wait_for_exit(&mut self.child);
        self.take_rest();
        assert!(self.log.iter().any(|line| line.contains("event=ended")), "{:#?}", self.log);
        (status, std::mem::take(&mut self.log))
    }

    /// Kills it. Returns the number of messages that it reported as recorded.
    pub(crate) fn kill(mut self) -> u64 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.take_rest();
        let committed = self.log.iter().filter(|line| line.contains("event=committed"));
        committed.map(|line| number(line, "messages")).max().unwrap_or(0)
    }

    fn take_rest(&mut self) {
        loop {
            match self.lines.recv_timeout(LIMIT) {
                Ok(line) => self.log.push(line),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => panic!("standard error is still open: {:#?}", self.log),
            }
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number after `key=` in a line.
pub(crate) fn number(line: &str, key: &str) -> u64 {
    let start = format!("{key}=");
    let word = line.split(' ').find_map(|word| word.strip_prefix(&start));
    word.unwrap_or_else(|| panic!("no {key} in {line}")).parse().unwrap()
}

/// A connection for SQL.
pub(crate) fn sql(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path).unwrap()
}
