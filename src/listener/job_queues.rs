//! The runs: each command has a lane, in which what is to be run waits its turn.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::task::JoinSet;

use super::handler_env::HandlerEnv;
use super::progress::Ticket;
use crate::child::{self, Outcome};
use crate::ledger::sequence::{Channel, Sequence};
use crate::output::missed::Missed;
use crate::redis::subscription::now_micros;

/// What waits takes no more than this, in bytes of standard input.
const MAX_BYTES: usize = 64 << 20;
/// Pauses before further attempts are no longer than this.
const MAX_PAUSE: Duration = Duration::from_mins(1);

/// One run to be.
#[derive(Debug)]
pub(super) struct Work {
    /// The place of its command.
    pub(super) lane: usize,
    /// What is handled once it has ended.
    pub(super) ticket: Ticket,
    /// None for dropped messages of several channels.
    pub(super) channel: Option<Channel>,
    pub(super) cause: Cause,
    pub(super) recovered: bool,
    pub(super) env: HandlerEnv,
    pub(super) input: Vec<u8>,
}

/// What a command is run for.
#[derive(Debug)]
pub(super) enum Cause {
    Message { name: Vec<u8>, sequence: Sequence },
    Missed(Missed),
}

/// A run that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) work: Work,
    pub(super) outcome: Outcome,
    pub(super) attempts: u32,
    /// When it began, in microseconds since the epoch.
    pub(super) at: i64,
    pub(super) took: Duration,
}

/// How commands are run.
#[derive(Debug)]
pub(super) struct Runner {
    pub(super) commands: Vec<OsString>,
    /// The environment variables that they do not get.
    pub(super) withheld: Vec<String>,
    pub(super) limit: Duration,
    pub(super) retry: u32,
}

/// The queues of all commands.
#[derive(Debug)]
pub(super) struct JobQueues {
    runner: Arc<Runner>,
    all: Vec<Lane>,
    running: JoinSet<Ended>,
    /// So many may run at once in one lane.
    parallel: usize,
    /// So many may wait.
    most: usize,
    waiting: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Work>,
    running: usize,
}

impl JobQueues {
    pub(super) fn new(runner: Runner, parallel: usize, most: usize) -> Self {
        let all = runner.commands.iter().map(|_| Lane::default()).collect();
        Self { runner: Arc::new(runner), all, running: JoinSet::new(), parallel, most, waiting: 0, bytes: 0 }
    }

    /// Whether one more may wait; one always may where none does.
    pub(super) fn has_room(&self) -> bool {
        self.waiting < self.most && self.bytes < MAX_BYTES
    }

    /// How many wait in one lane.
    pub(super) fn waiting_in(&self, lane: usize) -> usize {
        self.all[lane].waiting.len()
    }

    /// Lets it wait for its turn, or begin at once.
    pub(super) fn push(&mut self, work: Work) {
        self.waiting += 1;
        self.bytes += work.input.len();
        let lane = work.lane;
        self.all[lane].waiting.push_back(work);
        self.start(lane);
    }

    fn start(&mut self, lane: usize) {
        while self.all[lane].running < self.parallel
            && let Some(work) = self.all[lane].waiting.pop_front()
        {
            self.waiting -= 1;
            self.bytes -= work.input.len();
            self.all[lane].running += 1;
            let runner = Arc::clone(&self.runner);
            self.running.spawn(async move { runner.run(work).await });
        }
    }

    /// Waits for a run to end; for ever, where none runs. Safe to cancel.
    pub(super) async fn ended(&mut self) -> Ended {
        loop {
            match self.running.join_next().await {
                Some(Ok(ended)) => {
                    self.all[ended.work.lane].running -= 1;
                    self.start(ended.work.lane);
                    return ended;
                }
                // A task neither panics nor is it aborted by itself.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Gives up what waits; how many they were.
    pub(super) fn give_up_waiting(&mut self) -> usize {
        for lane in &mut self.all {
            lane.waiting.clear();
        }
        self.bytes = 0;
        std::mem::take(&mut self.waiting)
    }

    /// How many run.
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }
}

impl Runner {
    async fn run(&self, work: Work) -> Ended {
        let (at, began) = (now_micros(), Instant::now());
        let mut attempts = 1;
        let mut pause = Duration::from_secs(1);
        let mut outcome = self.attempt(&work).await;
        while outcome != Outcome::Done && attempts <= self.retry {
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(MAX_PAUSE);
            attempts += 1;
            outcome = self.attempt(&work).await;
        }
        Ended { work, outcome, attempts, at, took: began.elapsed() }
    }

    async fn attempt(&self, work: &Work) -> Outcome {
        let mut command = Command::new("sh");
        command.arg("-c").arg(&self.commands[work.lane]);
        work.env.apply_to(&mut command);
        // Standard output is for our lines.
        match io::stderr().as_fd().try_clone_to_owned() {
            Ok(errors) => command.stdout(errors),
            Err(_) => command.stdout(Stdio::null()),
        };
        child::run(&mut command, &self.withheld, &work.input, self.limit).await
    }
}
