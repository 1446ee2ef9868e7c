//! The process that runs a predicate.

use std::fmt;
use std::io::{BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use super::Answer;
use super::protocol::{self, FAILED, NAME, NO, READY, YES};
use crate::filter::Filter;
use crate::wire::escape::{escape, escape_capped};

/// It may take that long to start and to read the filter.
const START: Duration = Duration::from_secs(5);

/// Words for a failure, in characters.
const WORDS: usize = 160;

/// Why there is no answer.
#[derive(Debug)]
pub enum Trouble {
    /// It took too long.
    TooSlow,
    /// The process ended: the predicate took too much memory, or called itself too often.
    Ended,
    /// The process cannot be started; why, escaped.
    NotStarted(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooSlow => f.write_str("too slow"),
            Self::Ended => f.write_str("too much memory or recursion"),
            Self::NotStarted(why) => write!(f, "cannot be run: {why}"),
        }
    }
}

/// The process; it ends with this.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    input: Option<ChildStdin>,
    answers: Receiver<(u8, String)>,
}

impl Child {
    /// Starts it, and waits until it read the filter.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(program: &Path, filter: &Filter) -> Result<Self, Trouble> {
        let not_started = |error: std::io::Error| Trouble::NotStarted(escape(error.to_string().as_bytes()));
        let mut command = Command::new(program);
        // Of the environment nothing, for there may be secrets in it; in a group of its own, for keys such as Ctrl-C are
        // not for it.
        command.arg0(NAME).env_clear().process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().map_err(not_started)?;
        let (output, input) = (process.stdout.take(), process.stdin.take());
        let (sender, answers) = channel();
        let child = Self { process, input, answers };
        if let Some(output) = output {
            std::thread::spawn(move || {
                let mut output = BufReader::new(output);
                while let Ok(answer) = protocol::read_answer(&mut output) {
                    if sender.send(answer).is_err() {
                        return;
                    }
                }
            });
        }
        let mut child = child;
        match child.exchange(filter.to_string().as_bytes(), START) {
            Ok((READY, _)) => Ok(child),
            _ => Err(Trouble::NotStarted(String::from("it does not answer"))),
        }
    }

    /// What the predicate says of data.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn ask(&mut self, data: &[u8], limit: Duration) -> Result<Answer, Trouble> {
        match self.exchange(data, limit)? {
            (YES, _) => Ok(Answer::Yes),
            (NO, _) => Ok(Answer::No),
            // The other process escaped its words, and quotes data in them: they are shortened, not escaped again.
            (FAILED, words) => Ok(Answer::Failed(words.chars().filter(|c| !c.is_control()).take(WORDS).collect())),
            (other, _) => Err(Trouble::NotStarted(format!("it answers {}", escape_capped(&[other], 8)))),
        }
    }

    /// It reads what it is asked before it begins to think, so writing never waits for it.
    fn exchange(&mut self, bytes: &[u8], limit: Duration) -> Result<(u8, String), Trouble> {
        let input = self.input.as_mut().ok_or(Trouble::Ended)?;
        protocol::write(input, bytes).and_then(|()| input.flush()).map_err(|_| Trouble::Ended)?;
        self.answers.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => Trouble::TooSlow,
            RecvTimeoutError::Disconnected => Trouble::Ended,
        })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
