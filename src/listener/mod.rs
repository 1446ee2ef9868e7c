//! The application behind `listen`: runs a command for each accepted broadcast of a name.
//!
//! | file | holds |
//! |---|---|
//! | `handlers` | which command is run for which message |
//! | `intake` | from what comes to what is run |
//! | `job_queues` | the runs, and what waits for its turn |
//! | `facts` | what a command learns of a message |
//! | `progress` | how far each channel is handled, and that it is kept |
//! | `recovery` | what was missed, from a recording |
//! | `output` | a line for each run |
//! | `alone` | one listener for one name under which numbers are kept |

mod handler_env;
mod handlers;
mod intake;
mod job_queues;
mod output;
mod progress;
mod recovery;
mod row;
mod state_lock;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::{Instant, sleep_until};

pub(crate) use self::handlers::Handlers;
use self::intake::NoRoom;
use self::job_queues::{JobQueues, Runner};
use self::output::Output;
use self::progress::Progress;
use self::recovery::{Recorded, Recovery};
use self::state_lock::StateLock;
use crate::config::Profile;
use crate::failure::{Failure, Status, runtime, to_stderr};
use crate::ledger::duplicates::Duplicates;
use crate::ledger::interval::Interval;
use crate::live::signals::Signals;
use crate::live::stop_conditions::StopConditions;
use crate::live::{self, CounterFile};
use crate::redis::queue::{Receiver, queue};
use crate::stdout::{Format, Printer, Writer};
use crate::wire::signature::Keyring;

/// What may wait between the subscription and the commands, in bytes.
const HAND_OVER: usize = 64 << 20;
/// How long running commands may take to end after a signal.
const GRACE: Duration = Duration::from_secs(10);
/// When there is nothing to wake up for.
const LONG: Duration = Duration::from_hours(1);

/// What to run, for which messages, and for how long.
pub(crate) struct Settings {
    /// The channels and patterns.
    pub(crate) channels: Vec<Vec<u8>>,
    pub(crate) handlers: Handlers,
    pub(crate) parallel: u64,
    pub(crate) time_limit: Duration,
    pub(crate) retry: u32,
    pub(crate) queue: u64,
    pub(crate) skip_duplicates: bool,
    /// The recording that missed messages come from.
    pub(crate) recover: Option<PathBuf>,
    pub(crate) same_server: bool,
    /// The name under which the last handled numbers are kept.
    pub(crate) state: Option<String>,
    pub(crate) format: Format,
    pub(crate) count: Option<u64>,
    pub(crate) duration: Option<Duration>,
    pub(crate) idle: Option<Duration>,
    pub(crate) strict: bool,
}

/// Runs commands until a limit is reached or a signal comes.
///
/// # Errors
/// Where the recording or the counters cannot be used, or the server not be reached at first.
pub(crate) fn run(settings: Settings, profile: &Profile) -> Result<Status, Failure> {
    if profile.keyring.accepts_unsigned() && settings.handlers.has_message_handler() {
        to_stderr(
            "Warning: no signing key is configured, so unsigned messages are accepted: anyone who can publish can run these \
             commands",
        );
    }
    let recover = settings.recover.as_deref();
    let recorded = recover.map(|path| Recorded::open(path, profile, settings.same_server)).transpose()?;
    runtime()?.block_on(listen(settings, profile, recorded))
}

async fn listen(settings: Settings, profile: &Profile, recorded: Option<Recorded>) -> Result<Status, Failure> {
    let signals = Signals::catch();
    let writer = Writer::start().map_err(|error| Failure::failed(format!("cannot start: {error}")))?;
    let state = settings.state.unwrap_or_else(|| settings.handlers.state_name());
    let (counters, known) =
        CounterFile::open_for(profile, &format!("listen {state}"), live::warn).map_err(Failure::failed)?;
    let _lock = StateLock::as_state(profile, &state)?;
    let (sender, receiver) = queue(HAND_OVER);
    let runner = Runner {
        commands: settings.handlers.commands.clone(),
        withheld: profile.secret_variables.clone(),
        limit: settings.time_limit,
        retry: settings.retry,
    };
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let mut listen = Listen {
        signals,
        receiver,
        handlers: settings.handlers,
        keyring: Arc::clone(&profile.keyring),
        job_queues: JobQueues::new(runner, count(settings.parallel), count(settings.queue)),
        progress: Progress::new(counters),
        duplicates: recorded
            .as_ref()
            .map(|_| Duplicates::new(live::MAX_SIGNED_MESSAGES, profile.keyring.time_tolerance())),
        recorded,
        recovery: None,
        pending: VecDeque::new(),
        output: Output::new(Printer::new(settings.format), writer),
        stop: StopConditions::new(settings.count, settings.duration, settings.idle, settings.channels.clone()),
        skip_duplicates: settings.skip_duplicates,
        no_room: NoRoom::default(),
        trouble: false,
        phase: Phase::Open,
    };
    let subscription = live::subscribe(profile, settings.channels, &known, vec![sender])?;
    let followed = listen.follow().await;
    drop(subscription);
    let Listen { job_queues, progress, mut output, trouble, .. } = listen;
    if job_queues.running() > 0 {
        to_stderr(&format!("Warning: {} commands were killed: they had not ended in time", job_queues.running()));
    }
    drop(job_queues);
    progress.close();
    output.finish().await?;
    followed.map(|()| if settings.strict && trouble { Status::Found } else { Status::Success })
}

struct Listen {
    signals: Signals,
    receiver: Receiver,
    handlers: Handlers,
    keyring: Arc<Keyring>,
    job_queues: JobQueues,
    progress: Progress,
    recorded: Option<Recorded>,
    /// The gap that is being filled; what came after it waits in `pending`.
    recovery: Option<Recovery>,
    /// What came, from which entry on.
    pending: VecDeque<(Arc<Interval>, usize)>,
    output: Output,
    stop: StopConditions,
    skip_duplicates: bool,
    /// The signed messages that were handled, to recognise duplicates among recovered ones; none without a recording.
    duplicates: Option<Duplicates>,
    no_room: NoRoom,
    /// A command failed, or something was missed.
    trouble: bool,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// What comes is taken.
    Open,
    /// Nothing more is taken; what came is handled to its end.
    Draining,
    /// A signal came: what runs may end until then.
    Halted(Instant),
}

impl Listen {
    async fn follow(&mut self) -> Result<(), Failure> {
        let mut batch = Vec::new();
        loop {
            self.advance()?;
            self.progress.store();
            self.output.write();
            if self.is_over() {
                return Ok(());
            }
            let open = self.phase == Phase::Open;
            let give_up = if let Phase::Halted(give_up) = self.phase { give_up } else { Instant::now() + LONG };
            let due = self.due();
            tokio::select! {
                biased;
                () = self.signals.next() => match self.phase {
                    Phase::Halted(_) => return Ok(()),
                    Phase::Open | Phase::Draining => self.halt(),
                },
                () = sleep_until(give_up) => if self.phase == Phase::Halted(give_up) {
                    return Ok(());
                },
                written = self.output.written() => written?,
                ended = self.job_queues.ended() => self.ended(&ended),
                () = sleep_until(self.stop.end), if open => {
                    self.stop.time_is_up()?;
                    self.close(&mut batch);
                },
                () = sleep_until(due) => {}
                open = self.receiver.drain(&mut batch), if open && self.is_ready() => {
                    if !open {
                        return Err(live::ended());
                    }
                    self.take(&mut batch);
                }
                () = sleep_until(self.stop.idle_end()), if open => self.close(&mut batch),
            }
        }
    }

    /// Whether nothing that came waits.
    fn is_ready(&self) -> bool {
        self.pending.is_empty() && self.recovery.is_none()
    }

    fn is_over(&self) -> bool {
        match self.phase {
            Phase::Open => false,
            Phase::Draining => self.is_ready() && self.no_room.is_empty() && self.job_queues.is_idle(),
            Phase::Halted(_) => self.job_queues.is_idle(),
        }
    }

    /// When to wake up, though nothing comes.
    fn due(&self) -> Instant {
        let stored = self.progress.due().map(Instant::from_std);
        // After a signal nothing more is recovered or reported, however long it has been due.
        let open = !matches!(self.phase, Phase::Halted(_));
        let recovery =
            self.recovery.as_ref().filter(|_| open && self.job_queues.has_room()).map(|recovery| recovery.at);
        let no_room = self.no_room.due().filter(|_| open);
        let due = [stored, no_room, recovery].into_iter().flatten().min();
        due.unwrap_or_else(|| Instant::now() + LONG)
    }

    fn take(&mut self, batch: &mut Vec<Arc<Interval>>) {
        self.pending.extend(batch.drain(..).map(|interval| (interval, 0)));
    }

    /// Nothing more is taken; what came until now is handled still.
    fn close(&mut self, batch: &mut Vec<Arc<Interval>>) {
        self.phase = Phase::Draining;
        let _ = self.receiver.drain(batch).now_or_never();
        self.take(batch);
    }

    /// What runs may end, and nothing else is begun.
    fn halt(&mut self) {
        self.phase = Phase::Halted(Instant::now() + GRACE);
        let waiting = self.job_queues.give_up_waiting();
        if waiting > 0 {
            to_stderr(&format!("{waiting} runs that waited were not begun: the next start says them to be missed"));
        }
    }
}
