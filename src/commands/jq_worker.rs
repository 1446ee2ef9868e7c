//! The worker process that evaluates jq predicates. aircheck starts itself with [`NAME`] as `argv[0]`.
//!
//! A predicate and its data decide how much time, memory and stack an evaluation takes. So all three are limited. If a
//! limit is exceeded, this process ends, and its parent starts another.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufReader, Write as _};
use std::os::fd::AsFd as _;
use std::process::{ExitCode, exit};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::filter::jq_worker::protocol::{self, NAME, NO, READY, YES};
use crate::filter::{Filter, PredicateResult};

/// The address space, in bytes: the memory, the stack and the program itself.
const MAX_MEMORY: u64 = 128 << 20;
/// The stack of an evaluation, in bytes.
const MAX_STACK: usize = 16 << 20;
/// Answers are written together, but at least this often during a batch.
const MAX_DELAY: Duration = Duration::from_millis(10);
/// The parent ends this process long before. If the parent was killed, the process ends by itself.
const ORPHAN_TIMEOUT: Duration = Duration::from_secs(1);

/// Whether `name`, the program's `argv[0]`, starts the worker.
#[must_use]
pub fn is_requested_by(name: Option<&OsStr>) -> bool {
    name == Some(OsStr::new(NAME))
}

/// Evaluates messages until the parent has gone.
#[must_use]
pub fn run() -> ExitCode {
    let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
    // The worker must not run without limits. A stack overflow needs no core dump.
    if setrlimit(Resource::As, limit(MAX_MEMORY)).and_then(|()| setrlimit(Resource::Core, limit(0))).is_err() {
        return ExitCode::FAILURE;
    }
    let count = Arc::new(AtomicU64::new(0));
    let watched = Arc::clone(&count);
    std::thread::spawn(move || watch(&watched));
    let answering = std::thread::Builder::new().stack_size(MAX_STACK).spawn(move || answer(&count));
    match answering.map(std::thread::JoinHandle::join) {
        Ok(Ok(_)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Reads and answers; `count` is odd during an evaluation.
fn answer(count: &AtomicU64) -> io::Result<()> {
    let mut input = BufReader::with_capacity(64 << 10, io::stdin().lock());
    let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let filters = protocol::read_batch(&mut input)?.into_iter().map(filter).collect::<io::Result<Vec<_>>>()?;
    output.write_all(&[READY])?;
    let mut answers = Vec::new();
    loop {
        let batch = protocol::read_batch(&mut input)?;
        let mut written = Instant::now();
        for data in batch {
            count.fetch_add(1, Ordering::Relaxed);
            let outcome = evaluate(&filters, &data);
            count.fetch_add(1, Ordering::Relaxed);
            match outcome {
                PredicateResult::Satisfied => answers.push(YES),
                PredicateResult::Unsatisfied => answers.push(NO),
                PredicateResult::Failed(reason) => answers.extend(protocol::failure(&reason)),
            }
            if written.elapsed() >= MAX_DELAY {
                output.write_all(&answers)?;
                answers.clear();
                written = Instant::now();
            }
        }
        output.write_all(&answers)?;
        answers.clear();
    }
}

fn filter(text: Vec<u8>) -> io::Result<Filter> {
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    Filter::parse(&text).map_err(io::Error::other)
}

/// All predicates must be satisfied. If one is not, it does not matter that another one failed.
fn evaluate(filters: &[Filter], data: &[u8]) -> PredicateResult {
    let mut outcome = PredicateResult::Satisfied;
    for filter in filters {
        match filter.predicate_outcome(Some(data)) {
            PredicateResult::Satisfied => {}
            PredicateResult::Unsatisfied => return PredicateResult::Unsatisfied,
            failed @ PredicateResult::Failed(_) => outcome = failed,
        }
    }
    outcome
}

/// Ends the process if one evaluation takes longer than [`ORPHAN_TIMEOUT`].
fn watch(count: &AtomicU64) {
    loop {
        let before = count.load(Ordering::Relaxed);
        std::thread::sleep(ORPHAN_TIMEOUT);
        if before % 2 == 1 && count.load(Ordering::Relaxed) == before {
            exit(1);
        }
    }
}
