//! Evaluates jq predicates in a worker process.
//!
//! jaq, the jq implementation, cannot be interrupted or limited: `[repeat(1)]` uses all memory, and deep recursion overflows the
//! stack, which ends the process. Anyone can send messages, so predicates never run in the process that has the keys and the
//! terminal. The worker gets no environment, and receives the data through a pipe. If it does not reply in time, it is replaced.
//!
//! If a message cannot be evaluated, the answer is [`Answer::Failed`]. Callers show the message with the reason, because it is
//! unknown whether the filter matches it.

mod backoff;
mod child;
pub mod protocol;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use self::backoff::Backoff;
use self::child::{Child, WorkerError};
use super::{Candidate, Filter};

/// The time limit for one answer. An answer takes microseconds, but a busy machine can need more.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);

/// If the worker could not be started, the next attempt is made after this time.
const RESTART_INTERVAL: Duration = Duration::from_secs(10);

/// The maximum size of a message's data that is sent to the worker, in bytes.
pub(crate) const MAX_DATA: usize = 16 << 20;

/// The maximum number of messages in a batch.
const MAX_BATCH: usize = 1024;

/// A batch with this many bytes of data is full.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// Whether a filter matches a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It matches.
    Yes,
    /// It does not match.
    No,
    /// It could not be evaluated. The reason is escaped.
    Failed(String),
}

impl From<bool> for Answer {
    fn from(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}

/// The properties of a message that the worker needs.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The message name. A name that made the worker fail several times is skipped for a while.
    pub name: &'a [u8],
    /// The data. A message without data does not satisfy any predicate.
    pub data: Option<&'a [u8]>,
}

impl<'a> From<&Candidate<'a>> for Question<'a> {
    fn from(candidate: &Candidate<'a>) -> Self {
        Self { name: candidate.name(), data: candidate.data() }
    }
}

/// The worker process for the predicates of some filters. It is started for the first message.
#[derive(Debug)]
pub struct JqWorker {
    program: PathBuf,
    filters: Vec<Filter>,
    child: Option<Child>,
    backoff: Backoff,
    /// How many messages are still sent one by one, because the worker failed for one of them.
    one_by_one: usize,
    /// The time and the reason of the last failure to start the worker.
    not_started: Option<(Instant, String)>,
}

impl JqWorker {
    /// Creates a worker for the predicates of `filters`. A message must satisfy all of them. `program` is the path of aircheck
    /// itself.
    #[must_use]
    pub fn new(program: PathBuf, filters: Vec<Filter>) -> Self {
        Self { program, filters, child: None, backoff: Backoff::default(), one_by_one: 0, not_started: None }
    }

    /// The filters.
    #[must_use]
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// The reason if the worker could not be started, escaped. Messages cannot cause this.
    #[must_use]
    pub(crate) fn start_error(&self) -> Option<&str> {
        self.not_started.as_ref().map(|(_, why)| why.as_str())
    }

    /// Evaluates the predicates for messages, in order. Returns fewer answers than questions only if `is_cancelled` returns true.
    pub fn evaluate(&mut self, questions: &[Question<'_>], is_cancelled: impl Fn() -> bool) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(questions.len());
        while answers.len() < questions.len() && !is_cancelled() {
            let rest = &questions[answers.len()..];
            let now = Instant::now();
            if let Some(answer) = self.answer_without_worker(&rest[0], now) {
                answers.push(answer);
            } else {
                let batch = self.batch(rest, now);
                self.one_by_one = self.one_by_one.saturating_sub(batch.len());
                self.ask(batch, &mut answers);
            }
        }
        answers
    }

    /// The answer if a message is not sent to the worker.
    fn answer_without_worker(&self, question: &Question<'_>, now: Instant) -> Option<Answer> {
        let Some(data) = question.data else { return Some(Answer::No) };
        if data.len() > MAX_DATA {
            return Some(Answer::Failed(format!("the data is larger than {} MiB", MAX_DATA >> 20)));
        }
        if let Some((at, why)) = &self.not_started
            && now.duration_since(*at) < RESTART_INTERVAL
        {
            return Some(Answer::Failed(why.clone()));
        }
        self.backoff.reason_to_skip(question.name, now).map(|why| Answer::Failed(why.to_owned()))
    }

    /// The first questions, up to the size of a batch.
    fn batch<'q, 'a>(&self, questions: &'q [Question<'a>], now: Instant) -> &'q [Question<'a>] {
        let mut bytes = 0;
        let fits = |question: &&Question<'_>| {
            let is_small = bytes < MAX_BATCH_BYTES;
            bytes += question.data.map_or(0, <[u8]>::len);
            is_small && self.answer_without_worker(question, now).is_none()
        };
        let most = if self.one_by_one > 0 { 1 } else { MAX_BATCH };
        let count = questions.iter().take(most).take_while(fits).count();
        &questions[..count]
    }

    /// Sends a batch to the worker and appends its answers. If the worker fails, a single question gets the error. Several
    /// questions without an answer are then asked one by one, because the worker may have failed for any of them.
    fn ask(&mut self, batch: &[Question<'_>], answers: &mut Vec<Answer>) {
        let before = answers.len();
        let Err(error) = self.exchange(batch, answers) else { return };
        tracing::warn!(reason = %error, "jq worker failed");
        self.child = None;
        if let WorkerError::NotStarted(_) = error {
            self.not_started = Some((Instant::now(), error.to_string()));
        } else if let [question] = batch {
            self.backoff.failed(question.name, Instant::now());
        } else {
            self.one_by_one = batch.len() - (answers.len() - before);
            return;
        }
        answers.push(Answer::Failed(error.to_string()));
    }

    fn exchange(&mut self, batch: &[Question<'_>], answers: &mut Vec<Answer>) -> Result<(), WorkerError> {
        let child = match &mut self.child {
            Some(child) => child,
            none => none.insert(Child::start(&self.program, &self.filters)?),
        };
        self.not_started = None;
        child.send(batch.iter().filter_map(|question| question.data))?;
        for question in batch {
            answers.push(child.answer(ANSWER_TIMEOUT)?);
            self.backoff.answered(question.name, Instant::now());
        }
        Ok(())
    }
}

/// The path of the running program. On Linux this works even if the program's file was replaced.
#[must_use]
pub(crate) fn this_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { running } else { std::env::current_exe().unwrap_or_default() }
}
