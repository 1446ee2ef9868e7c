//! The filters of `--filter`, all of which must match. Their jq predicates run in the worker process.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use tokio::sync::oneshot;

use super::{Failure, to_stderr};
use crate::filter::jq_worker::{Answer, JqWorker, Question, this_program};
use crate::filter::{Candidate, Filter};
use crate::ledger::finding::Finding;
use crate::ledger::interval::{Entry, Interval, Message};
use crate::wire::escape::escape;

/// The filters, and whether a failure was reported on standard error.
#[derive(Debug)]
pub(super) struct Filters {
    all: Vec<Filter>,
    reported: bool,
}

impl Filters {
    /// Reads the filters.
    ///
    /// # Errors
    /// When one has a mistake: a caret points to it.
    pub(super) fn parse(texts: &[String]) -> Result<Self, Failure> {
        let parse = |text: &String| {
            Filter::parse(text).map_err(|error| {
                Failure::usage(format!("--filter: {error}\n  {}\n  {}", escape(text.as_bytes()), error.pointer()))
            })
        };
        Ok(Self { all: texts.iter().map(parse).collect::<Result<_, _>>()?, reported: false })
    }

    /// Whether all terms match a message, without the predicates.
    pub(super) fn terms_match(&self, interval: &Interval, message: &Message, now: i64) -> bool {
        let candidate = Candidate::new(interval, message, now);
        self.all.iter().all(|filter| filter.terms_match(&candidate))
    }

    /// Whether a finding is shown.
    pub(super) fn match_finding(&self, finding: &Finding, now: i64) -> bool {
        self.all.iter().all(|filter| filter.matches_finding(finding, now))
    }

    /// The worker for the predicates, if there are any.
    pub(super) fn worker(&self) -> Option<JqWorker> {
        let with_predicate: Vec<Filter> = self.all.iter().filter(|filter| filter.has_predicate()).cloned().collect();
        (!with_predicate.is_empty()).then(|| JqWorker::new(this_program(), with_predicate))
    }

    /// Whether the predicates are satisfied for messages whose terms match; [`Answer::No`] for the other entries.
    pub(super) fn answers(
        &self,
        worker: &mut JqWorker,
        interval: &Interval,
        entries: Range<usize>,
        now: i64,
    ) -> Vec<Answer> {
        let entries = &interval.entries()[entries];
        let mut answers = vec![Answer::No; entries.len()];
        let (mut asked, mut questions) = (Vec::new(), Vec::new());
        for (answer, entry) in answers.iter_mut().zip(entries) {
            if let Entry::Message(message) = entry
                && self.terms_match(interval, message, now)
            {
                asked.push(answer);
                questions.push(Question::from(&Candidate::new(interval, message, now)));
            }
        }
        for (answer, new) in asked.into_iter().zip(worker.evaluate(&questions, || false)) {
            *answer = new;
        }
        answers
    }

    /// Reports the first failure on standard error.
    pub(super) fn report(&mut self, why: &str) {
        if !self.reported {
            self.reported = true;
            to_stderr(&format!(
                "Warning: --filter: {why}; messages that cannot be evaluated are printed as filter errors"
            ));
        }
    }
}

/// The worker on a thread of its own: the command handles signals and time limits meanwhile.
#[derive(Debug)]
pub(super) struct Evaluator(Sender<EvaluationRequest>);

#[derive(Debug)]
struct EvaluationRequest {
    interval: Arc<Interval>,
    entries: Range<usize>,
    now: i64,
    done: oneshot::Sender<Vec<Answer>>,
}

impl Evaluator {
    /// Starts the thread, if a filter has a predicate. It ends with the program, even during an evaluation.
    ///
    /// # Errors
    /// When the system provides no thread.
    pub(super) fn start(filters: &Filters) -> Result<Option<Self>, Failure> {
        let Some(mut worker) = filters.worker() else { return Ok(None) };
        let filters = Filters { all: filters.all.clone(), reported: false };
        let (requests, waiting) = channel::<EvaluationRequest>();
        let run = move || {
            for EvaluationRequest { interval, entries, now, done } in waiting {
                // The receiver is gone if the program is about to end.
                let _ = done.send(filters.answers(&mut worker, &interval, entries, now));
            }
        };
        let thread = std::thread::Builder::new().name("filter".to_owned()).spawn(run);
        thread.map_err(|error| Failure::cannot_start("the filter", &error))?;
        Ok(Some(Self(requests)))
    }

    /// Begins to evaluate entries of an interval.
    pub(super) fn begin(&self, interval: &Arc<Interval>, entries: Range<usize>, now: i64) -> Evaluation {
        let (done, answers) = oneshot::channel();
        // If the thread is gone, the receiver reports it.
        let _ = self.0.send(EvaluationRequest { interval: Arc::clone(interval), entries, now, done });
        Evaluation(answers)
    }
}

/// An evaluation in progress.
#[derive(Debug)]
pub(super) struct Evaluation(oneshot::Receiver<Vec<Answer>>);

impl Evaluation {
    /// Waits for the answers. Safe to cancel.
    ///
    /// # Errors
    /// When the thread has ended, which it does not.
    pub(super) async fn answers(&mut self) -> Result<Vec<Answer>, Failure> {
        (&mut self.0).await.map_err(|_| thread_ended())
    }

    /// Like [`answers`](Self::answers), for a command that waits for nothing else.
    pub(super) fn wait(self) -> Result<Vec<Answer>, Failure> {
        self.0.blocking_recv().map_err(|_| thread_ended())
    }
}

fn thread_ended() -> Failure {
    Failure::failed("the thread of the filter ended unexpectedly; this is a defect of aircheck, please report it")
}
