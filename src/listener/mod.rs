//! The application behind `listen`: runs a command for each accepted broadcast of a name.
//!
//! | module | content |
//! |---|---|
//! | `intake` | turns received entries into jobs |
//! | `handlers` | the commands, and the environment of each run |
//! | `job_queues` | a queue of jobs for each command |
//! | `progress` | the number up to which each channel is handled, and how it is saved |
//! | `recovery` | reads missed messages from a recording |
//! | `output` | the lines on standard output |

mod handlers;
mod intake;
mod job_queues;
mod output;
mod progress;
mod recovery;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

pub(crate) use self::handlers::Handlers;
use self::intake::QueueDrops;
use self::job_queues::{JobQueues, JobRunner};
use self::output::ListenerOutput;
use self::progress::{HandledProgress, StateLock};
use self::recovery::{Recovery, RecoverySource};
use crate::config::Profile;
use crate::failure::{ExitStatus, Failure, runtime, to_stderr};
use crate::ledger::duplicates::Duplicates;
use crate::ledger::format::counted;
use crate::ledger::interval::Interval;
use crate::live::counter_file::CounterFile;
use crate::live::stop::{Limits, Signals};
use crate::live::{Feed, FeedEvent, MAX_SIGNED_MESSAGES};
use crate::stdout::{Format, Printer, Writer};
use crate::wire::signature::Keyring;

/// The size of the queue between the subscription and the listener, in bytes.
const QUEUE_BYTES: usize = 64 << 20;
/// How long running commands may take to end after a signal.
const GRACE_PERIOD: Duration = Duration::from_secs(10);
/// The longest sleep, if there is nothing to wake up for.
const MAX_SLEEP: Duration = Duration::from_hours(1);

/// The options of `listen`.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The channels and patterns.
    pub(crate) channels: Vec<Vec<u8>>,
    pub(crate) handlers: Handlers,
    /// How many jobs of one command may run at the same time.
    pub(crate) parallel: usize,
    pub(crate) time_limit: Duration,
    /// How often a failed job is run again.
    pub(crate) retry: u32,
    /// How many jobs may wait.
    pub(crate) max_waiting: usize,
    pub(crate) skip_duplicates: bool,
    /// The recording from which missed messages are read.
    pub(crate) recording: Option<PathBuf>,
    /// Accept a recording that names its server differently.
    pub(crate) same_server: bool,
    /// The name under which the handled numbers are saved. The default is made of the names of messages.
    pub(crate) state: Option<String>,
    pub(crate) format: Format,
    pub(crate) limits: Limits,
    /// Exit with status 1 if a command failed or a message was missed.
    pub(crate) strict: bool,
}

/// Runs commands until a limit is reached or a signal is received.
///
/// # Errors
/// Fails if the recording or the saved numbers cannot be used, or if the first connection fails.
pub(crate) fn run(settings: Settings, profile: &Profile) -> Result<ExitStatus, Failure> {
    if profile.keyring.accepts_unsigned() && settings.handlers.has_message_handler() {
        to_stderr(
            "Warning: no signing key is configured, so unsigned messages are accepted: anyone who can publish can run these \
             commands",
        );
    }
    let open = |path| RecoverySource::open(path, profile, settings.same_server);
    let recovery_source = settings.recording.as_deref().map(open).transpose()?;
    runtime()?.block_on(listen(settings, profile, recovery_source))
}

async fn listen(
    settings: Settings,
    profile: &Profile,
    recovery_source: Option<RecoverySource>,
) -> Result<ExitStatus, Failure> {
    let signals = Signals::catch();
    let writer = Writer::start().map_err(|error| Failure::cannot_start("the output", &error))?;
    let state = settings.state.unwrap_or_else(|| settings.handlers.default_state());
    let opened = CounterFile::open_for(profile, &format!("listen {state}")).await;
    let (counters, known) = opened.map_err(Failure::failed)?;
    let _lock = StateLock::acquire(profile, &state)?;
    let runner = JobRunner {
        commands: settings.handlers.commands.clone(),
        withheld: profile.secret_variables.clone(),
        time_limit: settings.time_limit,
        retry: settings.retry,
    };
    let duplicates =
        recovery_source.as_ref().map(|_| Duplicates::new(MAX_SIGNED_MESSAGES, profile.keyring.time_tolerance()));
    let mut listener = Listener {
        feed: Feed::start(profile, signals, settings.channels, known, settings.limits, QUEUE_BYTES)?,
        handlers: settings.handlers,
        keyring: Arc::clone(&profile.keyring),
        job_queues: JobQueues::new(runner, settings.parallel, settings.max_waiting),
        progress: HandledProgress::new(counters),
        recovery_source,
        recovery: None,
        pending: VecDeque::new(),
        output: ListenerOutput::new(Printer::new(settings.format), writer),
        skip_duplicates: settings.skip_duplicates,
        duplicates,
        queue_drops: QueueDrops::default(),
        has_failures: false,
        phase: Phase::Receiving,
    };
    let result = listener.run().await;
    listener.discard();
    let Listener { job_queues, progress, mut output, has_failures, .. } = listener;
    let killed = job_queues.running() as u64;
    if killed > 0 {
        to_stderr(&format!("Warning: killed {}: not ended in time", counted(killed, "command")));
    }
    drop(job_queues);
    drop(progress);
    output.finish().await?;
    result.map(|()| ExitStatus::found(settings.strict && has_failures))
}

struct Listener {
    feed: Feed,
    handlers: Handlers,
    keyring: Arc<Keyring>,
    job_queues: JobQueues,
    progress: HandledProgress,
    recovery_source: Option<RecoverySource>,
    /// The gap that is being recovered. The entries after it wait in `pending`.
    recovery: Option<Recovery>,
    /// Received intervals, each with the index of the first entry that is not processed yet.
    pending: VecDeque<(Arc<Interval>, usize)>,
    output: ListenerOutput,
    skip_duplicates: bool,
    /// The handled signed messages, to detect duplicates among recovered messages. None without a recording.
    duplicates: Option<Duplicates>,
    queue_drops: QueueDrops,
    /// A command failed, or messages were missed.
    has_failures: bool,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Entries are received and handled.
    Receiving,
    /// Nothing more is received. Entries that were received are handled.
    Draining,
    /// A signal was received. Running jobs may end until this time. No further job is started.
    Stopping(Instant),
}

impl Listener {
    async fn run(&mut self) -> Result<(), Failure> {
        let mut batch = Vec::new();
        loop {
            self.advance()?;
            self.output.write();
            if self.is_finished() {
                return Ok(());
            }
            let give_up = match self.phase {
                Phase::Stopping(give_up) => give_up,
                Phase::Receiving | Phase::Draining => Instant::now() + MAX_SLEEP,
            };
            let wake_up = self.wake_up();
            let receive = self.is_caught_up();
            tokio::select! {
                () = sleep_until(give_up) => if self.phase == Phase::Stopping(give_up) {
                    return Ok(());
                },
                written = self.output.written() => written?,
                finished = self.job_queues.finished() => self.job_finished(&finished),
                () = sleep_until(wake_up) => {}
                event = self.feed.next(&mut batch, receive) => match (event?, self.phase) {
                    (FeedEvent::Received, _) => {}
                    (FeedEvent::LimitReached, _) => self.phase = Phase::Draining,
                    (FeedEvent::Signal, Phase::Stopping(_)) => return Ok(()),
                    (FeedEvent::Signal, Phase::Receiving | Phase::Draining) => self.stop(&mut batch),
                },
            }
            self.pending.extend(batch.drain(..).map(|interval| (interval, 0)));
        }
    }

    /// Whether all received entries are processed.
    fn is_caught_up(&self) -> bool {
        self.pending.is_empty() && self.recovery.is_none()
    }

    fn is_finished(&self) -> bool {
        match self.phase {
            Phase::Receiving => false,
            Phase::Draining => self.is_caught_up() && self.queue_drops.is_empty() && self.job_queues.is_idle(),
            Phase::Stopping(_) => self.job_queues.is_idle(),
        }
    }

    /// When there is something to do, even if nothing is received.
    fn wake_up(&self) -> Instant {
        // After a signal, nothing is recovered or reported, so being due must not wake the loop up again and again.
        let is_stopping = matches!(self.phase, Phase::Stopping(_));
        let recovery = self.recovery.as_ref().filter(|_| !is_stopping && self.job_queues.has_capacity());
        let recovery = recovery.map(|recovery| recovery.retry_at);
        let drops = self.queue_drops.due().filter(|_| !is_stopping);
        let first = [drops, recovery].into_iter().flatten().min();
        first.unwrap_or_else(|| Instant::now() + MAX_SLEEP)
    }

    /// Receives nothing more, and discards the entries that are not handled. Their messages are not saved as handled.
    fn discard(&mut self) {
        let mut intervals = self.pending.drain(..).map(|(interval, _)| interval).collect();
        self.feed.close(&mut intervals);
        for interval in intervals {
            self.progress.subscribed_until(&interval);
        }
    }

    /// Lets running jobs end, and starts no others.
    fn stop(&mut self, batch: &mut Vec<Arc<Interval>>) {
        self.feed.close(batch);
        self.phase = Phase::Stopping(Instant::now() + GRACE_PERIOD);
        let discarded = self.job_queues.discard_waiting() as u64;
        if discarded > 0 {
            to_stderr(&format!(
                "stopped by a signal: {} not started; the next run reports their messages as missed",
                counted(discarded, "command")
            ));
        }
    }
}
