//! Runs the jobs. Each command has a queue of jobs, which run in order.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::task::JoinSet;

use super::handlers::HandlerEnv;
use super::progress::ProgressHold;
use crate::child::{self, CommandOutcome};
use crate::ledger::sequence::{Channel, Sequence};
use crate::output::missed::Missed;
use crate::redis::subscription::now_micros;

/// The most bytes of standard input that wait in all queues together.
const MAX_BYTES: usize = 64 << 20;
/// The longest pause before another attempt.
const MAX_PAUSE: Duration = Duration::from_mins(1);

/// One run of a command, with its retries.
#[derive(Debug)]
pub(super) struct Job {
    /// The index of the command in [`JobRunner::commands`].
    pub(super) command: usize,
    /// Holds back the saved number of the channel until the job has finished.
    pub(super) hold: ProgressHold,
    /// None for dropped messages of several channels.
    pub(super) channel: Option<Channel>,
    pub(super) cause: JobCause,
    /// Whether the message was read from a recording.
    pub(super) recovered: bool,
    pub(super) env: HandlerEnv,
    pub(super) input: Vec<u8>,
}

/// Why a job is run.
#[derive(Debug)]
pub(super) enum JobCause {
    Message { name: Vec<u8>, sequence: Sequence },
    Missed(Missed),
}

/// A job that has finished.
#[derive(Debug)]
pub(super) struct FinishedJob {
    pub(super) job: Job,
    pub(super) outcome: CommandOutcome,
    pub(super) attempts: u32,
    /// When it started, in microseconds since the epoch.
    pub(super) at: i64,
    pub(super) duration: Duration,
}

/// How jobs are run.
#[derive(Debug)]
pub(super) struct JobRunner {
    pub(super) commands: Vec<OsString>,
    /// The environment variables that commands do not inherit.
    pub(super) withheld: Vec<String>,
    pub(super) time_limit: Duration,
    pub(super) retry: u32,
}

/// The queues of all commands.
#[derive(Debug)]
pub(super) struct JobQueues {
    runner: Arc<JobRunner>,
    /// One queue for each command.
    queues: Vec<JobQueue>,
    running: JoinSet<FinishedJob>,
    /// How many jobs of one command may run at the same time.
    parallel: usize,
    /// How many jobs may wait in all queues together.
    max_waiting: usize,
    waiting: usize,
    waiting_bytes: usize,
}

#[derive(Debug, Default)]
struct JobQueue {
    waiting: VecDeque<Job>,
    running: usize,
}

impl JobQueues {
    pub(super) fn new(runner: JobRunner, parallel: usize, max_waiting: usize) -> Self {
        let queues = runner.commands.iter().map(|_| JobQueue::default()).collect();
        let (runner, running) = (Arc::new(runner), JoinSet::new());
        Self { runner, queues, running, parallel, max_waiting, waiting: 0, waiting_bytes: 0 }
    }

    /// Whether another job may wait.
    pub(super) fn has_capacity(&self) -> bool {
        self.waiting < self.max_waiting && self.waiting_bytes < MAX_BYTES
    }

    /// How many jobs of a command wait.
    pub(super) fn waiting_for(&self, command: usize) -> usize {
        self.queues[command].waiting.len()
    }

    /// Starts a job, or adds it to the queue of its command.
    pub(super) fn push(&mut self, job: Job) {
        self.waiting += 1;
        self.waiting_bytes += job.input.len();
        let command = job.command;
        self.queues[command].waiting.push_back(job);
        self.start(command);
    }

    /// Starts jobs of a command until as many run as may.
    fn start(&mut self, command: usize) {
        let queue = &mut self.queues[command];
        while queue.running < self.parallel
            && let Some(job) = queue.waiting.pop_front()
        {
            self.waiting -= 1;
            self.waiting_bytes -= job.input.len();
            queue.running += 1;
            let runner = Arc::clone(&self.runner);
            self.running.spawn(async move { runner.run(job).await });
        }
    }

    /// Waits until a job has finished. Waits forever if none runs. Safe to cancel.
    pub(super) async fn finished(&mut self) -> FinishedJob {
        loop {
            match self.running.join_next().await {
                Some(Ok(finished)) => {
                    self.queues[finished.job.command].running -= 1;
                    self.start(finished.job.command);
                    return finished;
                }
                // A task does not panic, and is only aborted when the queues are dropped.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Whether no job runs.
    pub(super) fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Discards the waiting jobs. Returns their number.
    pub(super) fn discard_waiting(&mut self) -> usize {
        for queue in &mut self.queues {
            queue.waiting.clear();
        }
        self.waiting_bytes = 0;
        std::mem::take(&mut self.waiting)
    }

    /// How many jobs run.
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }
}

impl JobRunner {
    /// Runs a job, and retries it if it fails.
    async fn run(&self, job: Job) -> FinishedJob {
        let (at, started) = (now_micros(), Instant::now());
        let mut attempts = 1;
        let mut pause = Duration::from_secs(1);
        let mut outcome = self.attempt(&job).await;
        while outcome != CommandOutcome::Done && attempts <= self.retry {
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(MAX_PAUSE);
            attempts += 1;
            outcome = self.attempt(&job).await;
        }
        FinishedJob { job, outcome, attempts, at, duration: started.elapsed() }
    }

    async fn attempt(&self, job: &Job) -> CommandOutcome {
        let mut command = Command::new("sh");
        command.arg("-c").arg(&self.commands[job.command]);
        job.env.apply_to(&mut command);
        // Standard output is reserved for the lines of aircheck.
        match io::stderr().as_fd().try_clone_to_owned() {
            Ok(stderr) => command.stdout(stderr),
            Err(_) => command.stdout(Stdio::null()),
        };
        child::run(&mut command, &self.withheld, &job.input, self.time_limit).await
    }
}
