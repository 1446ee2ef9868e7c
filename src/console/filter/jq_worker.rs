//! Asks the worker for jq predicates on a thread of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::console::app::event::Event;
use crate::console::app::scrollback::Row;
use crate::filter::jq_worker::{Answer, JqWorker};
use crate::filter::{Candidate, Filter};

/// Messages to ask for.
#[derive(Debug)]
pub struct Question {
    /// A higher number makes all questions before it needless.
    pub id: u64,
    /// Whose predicate is asked.
    pub filter: Filter,
    /// The messages, with their row IDs.
    pub rows: Vec<(u64, Row)>,
}

/// A thread that asks, and answers with [`Event::Answered`]. It ends with this.
#[derive(Debug)]
pub struct Judge {
    questions: Sender<Question>,
    newest: Arc<AtomicU64>,
}

impl Judge {
    /// Starts it; `program` is aircheck, which is started once there is a question. `answer` takes the answers.
    pub fn start(program: PathBuf, answer: impl Fn(Event) + Send + 'static) -> Self {
        let (questions, asked) = channel();
        let newest = Arc::new(AtomicU64::new(0));
        let thread = Asker { program, newest: Arc::clone(&newest), worker: None };
        std::thread::spawn(move || thread.run(&asked, answer));
        Self { questions, newest }
    }

    /// Asks; all questions with a lower number become needless.
    pub fn ask(&self, question: Question) {
        self.newest.store(question.id, Ordering::Relaxed);
        // The thread lives as long as this.
        let _ = self.questions.send(question);
    }
}

struct Asker {
    program: PathBuf,
    newest: Arc<AtomicU64>,
    /// For the filter that was asked last.
    worker: Option<(Filter, JqWorker)>,
}

impl Asker {
    fn run(mut self, questions: &Receiver<Question>, answer: impl Fn(Event)) {
        for question in questions {
            let (answers, stopped) = self.ask(&question);
            answer(Event::Answered { id: question.id, answers, stopped });
        }
    }

    /// The answers; and why there will be no more, if the worker cannot be started.
    fn ask(&mut self, question: &Question) -> (Vec<(u64, Answer)>, Option<String>) {
        let (_, worker) = match &mut self.worker {
            Some(worker) if worker.0 == question.filter => worker,
            other => {
                let worker = JqWorker::new(self.program.clone(), vec![question.filter.clone()]);
                other.insert((question.filter.clone(), worker))
            }
        };
        let (mut row_ids, mut asked) = (Vec::new(), Vec::new());
        for (row_id, row) in &question.rows {
            if let Some(message) = row.message() {
                row_ids.push(*row_id);
                asked.push((&Candidate::new(&row.interval, message, 0)).into());
            }
        }
        let is_needless = || self.newest.load(Ordering::Relaxed) != question.id;
        let answers = worker.evaluate(&asked, is_needless);
        (row_ids.into_iter().zip(answers).collect(), worker.start_error().map(str::to_owned))
    }
}
