//! The process that runs a jq predicate for the console, started by it under a name of its own.
//!
//! The predicate's text decides what time, memory and stack it takes. So all three are bounded, and where it goes beyond
//! them this process ends, which the console notices.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::process::{ExitCode, exit};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::filter::jq_worker::protocol::{self, FAILED, NAME, NO, READY, YES};
use crate::filter::{Filter, Outcome};

/// All memory, in bytes.
const MEMORY: u64 = 1 << 30;
/// The stack of what runs the predicate, in bytes.
const STACK: usize = 64 << 20;
/// The console ends this process long before; where the console itself was killed, it ends alone.
const LIMIT: Duration = Duration::from_secs(2);

/// Whether the program was started to do this.
#[must_use]
pub fn is_asked_for(name: Option<&OsStr>) -> bool {
    name == Some(OsStr::new(NAME))
}

/// Answers until the console goes.
#[must_use]
pub fn run() -> ExitCode {
    let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
    // Without the bounds it must not run; an overflow of the stack need not be kept on the disk.
    if setrlimit(Resource::As, limit(MEMORY)).and_then(|()| setrlimit(Resource::Core, limit(0))).is_err() {
        return ExitCode::FAILURE;
    }
    let asked = Arc::new(AtomicU64::new(0));
    let watched = Arc::clone(&asked);
    std::thread::spawn(move || watch(&watched));
    let answering = std::thread::Builder::new().stack_size(STACK).spawn(move || answer(&asked));
    // Where the console is gone there is nobody left to tell.
    match answering.map(std::thread::JoinHandle::join) {
        Ok(Ok(_)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Reads and answers; `asked` is odd while it thinks.
fn answer(asked: &AtomicU64) -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let text = protocol::read(&mut input)?;
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    let filter = Filter::parse(&text).map_err(io::Error::other)?;
    output.write_all(&[READY])?;
    output.flush()?;
    loop {
        let data = protocol::read(&mut input)?;
        asked.fetch_add(1, Ordering::Relaxed);
        let outcome = filter.predicate_outcome(Some(&data));
        asked.fetch_add(1, Ordering::Relaxed);
        match outcome {
            Outcome::Satisfied => output.write_all(&[YES])?,
            Outcome::Unsatisfied => output.write_all(&[NO])?,
            Outcome::Failed(words) => {
                output.write_all(&[FAILED])?;
                protocol::write(&mut output, words.as_bytes())?;
            }
        }
        output.flush()?;
    }
}

/// Ends the process where one answer takes far too long.
fn watch(asked: &AtomicU64) {
    loop {
        let before = asked.load(Ordering::Relaxed);
        std::thread::sleep(LIMIT);
        if before % 2 == 1 && asked.load(Ordering::Relaxed) == before {
            exit(1);
        }
    }
}
