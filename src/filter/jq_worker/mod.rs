//! Evaluates jq predicates in a worker process.
//!
//! jaq can neither be interrupted nor limited: `[repeat(1)]` takes all memory, and a deep recursion overflows the stack, which
//! ends the process. Messages come from anyone, so a predicate never runs in the process that holds keys and a terminal. The
//! worker gets no environment, and the data through a pipe. It is replaced when it does not answer in time.
//!
//! A message that cannot be evaluated gets [`Answer::Failed`]. Callers show such a message with the reason: it is unknown
//! whether the filter matches it.

mod backoff;
mod child;
pub mod protocol;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use self::backoff::Backoff;
use self::child::{Child, Trouble};
use super::{Candidate, Filter};

/// The longest wait for one answer. An answer takes microseconds; a busy machine may need more.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);

/// A worker that could not be started is not started again for this long.
const RESTART_INTERVAL: Duration = Duration::from_secs(10);

/// The most data of one message that the worker gets, in bytes.
pub const MAX_DATA: usize = 16 << 20;

/// The most messages sent to the worker at once.
const MAX_BATCH: usize = 1024;

/// No message is added to a batch with this many bytes of data.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// Whether a filter matches a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It matches.
    Yes,
    /// It does not match.
    No,
    /// It could not be evaluated; why, already escaped.
    Failed(String),
}

impl From<bool> for Answer {
    fn from(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}

/// What the worker needs of a message.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The message name. A name that made the worker fail several times is skipped for a while.
    pub name: &'a [u8],
    /// The data; without data no predicate is satisfied.
    pub data: Option<&'a [u8]>,
}

impl<'a> From<&Candidate<'a>> for Question<'a> {
    fn from(candidate: &Candidate<'a>) -> Self {
        Self { name: candidate.name(), data: candidate.data() }
    }
}

/// The worker process for the predicates of some filters. It starts with the first message.
#[derive(Debug)]
pub struct JqWorker {
    program: PathBuf,
    filters: Vec<Filter>,
    child: Option<Child>,
    backoff: Backoff,
    /// When and why the worker could not be started.
    not_started: Option<(Instant, String)>,
}

impl JqWorker {
    /// A worker for the predicates of `filters`, all of which must be satisfied. `program` is aircheck itself.
    #[must_use]
    pub fn new(program: PathBuf, filters: Vec<Filter>) -> Self {
        Self { program, filters, child: None, backoff: Backoff::default(), not_started: None }
    }

    /// The filters.
    #[must_use]
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// Why the worker could not be started, already escaped. Messages cannot cause this.
    #[must_use]
    pub fn start_error(&self) -> Option<&str> {
        self.not_started.as_ref().map(|(_, why)| why.as_str())
    }

    /// Evaluates the predicates for messages, in order. There are fewer answers than questions only if `is_cancelled`.
    pub fn evaluate(&mut self, questions: &[Question<'_>], is_cancelled: impl Fn() -> bool) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(questions.len());
        while answers.len() < questions.len() && !is_cancelled() {
            let rest = &questions[answers.len()..];
            let now = Instant::now();
            match self.answer_without_worker(&rest[0], now) {
                Some(answer) => answers.push(answer),
                None => self.ask(self.batch(rest, now), &mut answers),
            }
        }
        answers
    }

    /// The answer for a message that the worker does not get.
    fn answer_without_worker(&self, question: &Question<'_>, now: Instant) -> Option<Answer> {
        let Some(data) = question.data else { return Some(Answer::No) };
        if data.len() > MAX_DATA {
            return Some(Answer::Failed(format!("more than {} MiB of data", MAX_DATA >> 20)));
        }
        if let Some((at, why)) = &self.not_started
            && now.duration_since(*at) < RESTART_INTERVAL
        {
            return Some(Answer::Failed(why.clone()));
        }
        self.backoff.reason_to_skip(question.name, now).map(|why| Answer::Failed(why.to_owned()))
    }

    /// The first questions that the worker gets at once.
    fn batch<'q, 'a>(&self, questions: &'q [Question<'a>], now: Instant) -> &'q [Question<'a>] {
        let mut bytes = 0;
        let fits = |question: &&Question<'_>| {
            let is_small = bytes < MAX_BATCH_BYTES;
            bytes += question.data.map_or(0, <[u8]>::len);
            is_small && self.answer_without_worker(question, now).is_none()
        };
        let count = questions.iter().take(MAX_BATCH).take_while(fits).count();
        &questions[..count]
    }

    /// Asks the worker, up to the first question without an answer: that question failed.
    fn ask(&mut self, batch: &[Question<'_>], answers: &mut Vec<Answer>) {
        let before = answers.len();
        let Err(trouble) = self.exchange(batch, answers) else { return };
        self.child = None;
        if let Trouble::NotStarted(_) = trouble {
            self.not_started = Some((Instant::now(), trouble.to_string()));
        } else if let Some(question) = batch.get(answers.len() - before) {
            self.backoff.failed(question.name, Instant::now());
        }
        answers.push(Answer::Failed(trouble.to_string()));
    }

    fn exchange(&mut self, batch: &[Question<'_>], answers: &mut Vec<Answer>) -> Result<(), Trouble> {
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

/// The running program. Linux names it even if its file was replaced meanwhile.
#[must_use]
pub fn this_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { running } else { std::env::current_exe().unwrap_or_default() }
}
