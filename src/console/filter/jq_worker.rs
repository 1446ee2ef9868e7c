//! Evaluates jq predicates on a separate thread, which waits for the worker process.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use crate::console::app::event::Event;
use crate::console::app::scrollback::Row;
use crate::filter::jq_worker::{Answer, JqWorker};
use crate::filter::{Candidate, Filter};

/// Messages to evaluate.
#[derive(Debug)]
pub struct Request {
    /// A request cancels all requests with a lower ID.
    pub id: u64,
    /// The filter whose predicate is evaluated.
    pub filter: Filter,
    /// The messages, with their row IDs.
    pub rows: Vec<(u64, Row)>,
}

/// A thread that sends requests to the worker and answers with [`Event::Answered`]. It ends when this is dropped.
#[derive(Debug)]
pub struct JqClient {
    requests: Sender<Request>,
    newest: Arc<AtomicU64>,
}

impl JqClient {
    /// Starts the thread. `program` is aircheck, which the first request starts as the worker. `answer` receives the answers.
    pub fn start(program: PathBuf, answer: impl Fn(Event) + Send + 'static) -> Self {
        let (requests, received) = channel();
        let newest = Arc::new(AtomicU64::new(0));
        let thread = Thread { program, newest: Arc::clone(&newest), worker: None };
        std::thread::spawn(move || thread.run(&received, answer));
        Self { requests, newest }
    }

    /// Sends a request, and cancels all requests with a lower ID.
    pub fn send(&self, request: Request) {
        self.newest.store(request.id, Ordering::Relaxed);
        // The thread lives as long as this.
        let _ = self.requests.send(request);
    }
}

struct Thread {
    program: PathBuf,
    newest: Arc<AtomicU64>,
    /// The worker for the filter of the last request.
    worker: Option<(Filter, JqWorker)>,
}

impl Thread {
    fn run(mut self, requests: &Receiver<Request>, answer: impl Fn(Event)) {
        for request in requests {
            let (answers, stopped) = self.evaluate(&request);
            answer(Event::Answered { id: request.id, answers, stopped });
        }
    }

    /// Returns the answers, and the reason if the worker cannot be started.
    fn evaluate(&mut self, request: &Request) -> (Vec<(u64, Answer)>, Option<String>) {
        let (_, worker) = match &mut self.worker {
            Some(worker) if worker.0 == request.filter => worker,
            other => {
                let worker = JqWorker::new(self.program.clone(), vec![request.filter.clone()]);
                other.insert((request.filter.clone(), worker))
            }
        };
        let (mut row_ids, mut questions) = (Vec::new(), Vec::new());
        for (row_id, row) in &request.rows {
            if let Some(message) = row.message() {
                row_ids.push(*row_id);
                questions.push((&Candidate::new(&row.interval, message, 0)).into());
            }
        }
        let is_cancelled = || self.newest.load(Ordering::Relaxed) != request.id;
        let answers = worker.evaluate(&questions, is_cancelled);
        (row_ids.into_iter().zip(answers).collect(), worker.start_error().map(str::to_owned))
    }
}
