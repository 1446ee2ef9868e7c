//! Asks jq predicates in a process of its own.
//!
//! jaq can neither be interrupted nor bounded: `[repeat(1)]` takes all memory, and a deep recursion overflows the stack,
//! which ends the process. So another process runs the predicate; it is told to end where an answer takes too long, and
//! another one takes its place. It gets no environment, and the data through a pipe.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::action::Event;
use super::state::filtering::Answer;
use super::state::messages::Row;
use crate::filter::jq_worker::{Child, Trouble};
use crate::filter::{Candidate, Filter};

/// An answer takes microseconds; a busy machine may need some time more.
const LIMIT: Duration = Duration::from_millis(100);

/// After so many messages without an answer the predicate is not asked any more.
const PATIENCE: u32 = 3;

/// After so many answers in a row the ones that did not come are forgotten: the machine was busy.
const FORGIVEN: u32 = 200;

/// Messages to ask for.
#[derive(Debug)]
pub struct Question {
    /// A higher number makes all questions before it needless.
    pub id: u64,
    /// Whose predicate is asked.
    pub filter: Filter,
    /// The messages, with their serials.
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
        let thread = Asker { program, newest: Arc::clone(&newest), child: None, id: 0, silent: 0, answered: 0 };
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
    child: Option<(Filter, Child)>,
    /// The number of the question that was asked last.
    id: u64,
    /// How many of its messages got no answer.
    silent: u32,
    /// How many got one since.
    answered: u32,
}

impl Asker {
    fn run(mut self, questions: &Receiver<Question>, answer: impl Fn(Event)) {
        for question in questions {
            if self.id != question.id {
                (self.id, self.silent, self.answered) = (question.id, 0, 0);
            }
            let mut answers = Vec::with_capacity(question.rows.len());
            let mut stopped = None;
            for (serial, row) in &question.rows {
                if self.newest.load(Ordering::Relaxed) != question.id {
                    break;
                }
                match self.ask(&question.filter, row) {
                    Ok(answer) => {
                        self.answered = self.answered.saturating_add(1);
                        answers.push((*serial, answer));
                    }
                    Err(trouble) => {
                        answers.push((*serial, Answer::None));
                        if self.gives_up(&trouble) {
                            stopped = Some(trouble.to_string());
                            break;
                        }
                    }
                }
            }
            answer(Event::Answered { id: question.id, answers, stopped });
        }
    }

    /// Ends the process that does not answer, and says whether it was the last one.
    fn gives_up(&mut self, trouble: &Trouble) -> bool {
        self.child = None;
        self.silent = if self.answered >= FORGIVEN { 1 } else { self.silent + 1 };
        self.answered = 0;
        self.silent >= PATIENCE || matches!(trouble, Trouble::NotStarted(_))
    }

    fn ask(&mut self, filter: &Filter, row: &Row) -> Result<Answer, Trouble> {
        let Some(message) = row.message() else { return Ok(Answer::Yes) };
        let Some(data) = Candidate::new(&row.interval, message, 0).data() else { return Ok(Answer::No) };
        let child = match self.child.take() {
            Some((of, child)) if of == *filter => child,
            _ => Child::start(&self.program, filter)?,
        };
        let (_, child) = self.child.insert((filter.clone(), child));
        child.ask(data, LIMIT)
    }
}
