//! A running `aircheck tail`: its lines, signals, and its end.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::json_schema::validated;
use crate::support::{LIMIT, RedisServer};
use crate::world::{Ended, World};

pub(crate) struct Tailing {
    child: Child,
    lines: Option<Receiver<String>>,
    seen: Vec<String>,
    /// Receives all of standard error when it is closed.
    errors: Receiver<String>,
}

impl Tailing {
    /// Starts `tail` with JSON lines, and waits until it is connected.
    pub(crate) fn json(world: &World, words: &[&str]) -> Self {
        let mut tailing = Self::spawn(world.process(&[&["tail", "--format", "json"], words].concat()));
        tailing.wait_for(|line| line["type"] == "link" && line["state"] == "connected");
        tailing
    }

    pub(crate) fn spawn(command: Command) -> Self {
        let mut tailing = Self::unread(command);
        tailing.read();
        tailing
    }

    /// Starts the program, and does not read its output until [`read`](Self::read) is called.
    pub(crate) fn unread(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let (sender, errors) = channel();
        thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            let _ = sender.send(text);
        });
        Self { child, lines: None, seen: Vec::new(), errors }
    }

    /// Starts to read the output.
    pub(crate) fn read(&mut self) {
        let stdout: ChildStdout = self.child.stdout.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                if sender.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        self.lines = Some(lines);
    }

    /// Reads exactly this many bytes.
    pub(crate) fn read_bytes(&mut self, count: usize) {
        self.child.stdout.as_mut().unwrap().read_exact(&mut vec![0; count]).unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a JSON line that satisfies `wanted`.
    pub(crate) fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let found = self.wait_for_line(|line| wanted(&validated(line)));
        serde_json::from_str(&found).unwrap()
    }

    pub(crate) fn wait_for_line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.as_ref().unwrap().recv_timeout(left) {
                Ok(line) => {
                    self.seen.push(line);
                    let line = self.seen.last().unwrap();
                    if wanted(line) {
                        return line.clone();
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("the line did not come; what came: {:#?}", self.seen),
                Err(RecvTimeoutError::Disconnected) => {
                    let errors = self.errors();
                    panic!("it ended: {:#?} {errors}", self.seen)
                }
            }
        }
    }

    /// The next line, if it arrives in time.
    pub(crate) fn next(&mut self, timeout: Duration) -> Option<String> {
        self.lines.as_ref().unwrap().recv_timeout(timeout).ok()
    }

    /// Sends a signal, e.g. `-INT`.
    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap().success());
    }

    /// Waits for the end. The result has all lines since the start.
    pub(crate) fn end(mut self) -> Ended {
        let status = self.wait();
        if self.lines.is_some() {
            while let Some(line) = self.next_before_end() {
                if line.starts_with('{') {
                    validated(&line);
                }
                self.seen.push(line);
            }
        }
        let err = self.errors();
        let out = self.seen.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        Ended { status, out, err }
    }

    /// Waits for the next line. Returns `None` after the last one.
    fn next_before_end(&self) -> Option<String> {
        match self.lines.as_ref().unwrap().recv_timeout(LIMIT) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("standard output is still open; its lines: {:#?}", self.seen),
        }
    }

    /// Waits for the exit status.
    pub(crate) fn wait(&mut self) -> i32 {
        let status = wait_for_exit(&mut self.child);
        status.code().unwrap_or_else(|| panic!("{status}"))
    }

    fn errors(&mut self) -> String {
        self.errors.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("standard error is still open: {:#?}", self.seen))
    }
}

/// Waits until the process exits; panics after [`LIMIT`].
pub(crate) fn wait_for_exit(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < deadline, "process {} does not exit", child.id());
        thread::sleep(Duration::from_millis(5));
    }
}

impl Drop for Tailing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Publishes payloads like the package, in one pipeline, so that they arrive between two barriers.
pub(crate) fn broadcast(server: &RedisServer, channel: &str, payloads: &[&str]) {
    let mut pipeline = redis::pipe();
    pipeline.atomic();
    for payload in payloads {
        pipeline.cmd("PUBLISH").arg(channel).arg(payload).ignore();
        pipeline.cmd("INCR").arg(format!("system_broadcast_sequence_{channel}")).ignore();
    }
    let () = pipeline.query(&mut server.connection(0).unwrap()).unwrap();
}

/// Waits until the server has nothing left to send to the subscriber.
pub(crate) fn wait_until_sent(server: &RedisServer) {
    server.wait_for(&["CLIENT", "LIST", "TYPE", "pubsub"], |clients| {
        let redis::Value::BulkString(text) = clients else { return false };
        let text = String::from_utf8_lossy(text);
        !text.is_empty() && text.lines().all(|client| client.contains(" obl=0 ") && client.contains(" oll=0 "))
    });
}
