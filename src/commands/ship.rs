//! `ship`: copies recordings to a store.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::cli::{GlobalArgs, ShipArgs};
use super::recording_files::recordings;
use super::stores::store;
use super::{ExitStatus, Failure};
use crate::failure::runtime;
use crate::ledger::format::{counted, number};
use crate::store::ship::{BatchLimits, ShipError, ShipSettings, ship};
use crate::store::status::ShipStatus;
use crate::store::target::StoreTarget;
use crate::wire::escape::escape;

/// How often the progress is drawn.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);
/// A shorter run shows no progress.
const MIN_DURATION: Duration = Duration::from_millis(500);
/// The width of the bar.
const BAR_WIDTH: usize = 24;

/// Ships each recording until the store has all of it.
///
/// # Errors
/// Fails if a recording cannot be read, or the store cannot be used.
pub(super) fn run(args: &ShipArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let target = store(&args.to, "--to", global)?;
    let mut limits = BatchLimits::default();
    limits.rows = args.batch.unwrap_or(limits.rows);
    let runtime = runtime()?;
    for path in recordings(&args.files)? {
        let settings = ShipSettings { path, target: target.clone(), limits, file_in_use: Arc::default() };
        let (publish, status) = watch::channel(ShipStatus::default());
        let started = Instant::now();
        let shipped = runtime.block_on(async {
            let progress = Progress::new(&settings.path, status.clone());
            tokio::select! {
                shipped = ship(&settings, &publish) => shipped,
                () = progress.draw() => Ok(()),
            }
        });
        clear_line();
        shipped.map_err(Failure::from)?;
        let line = summary(&settings.path, &target, &status.borrow(), started.elapsed());
        writeln!(io::stdout().lock(), "{line}")?;
    }
    Ok(ExitStatus::Success)
}

impl From<ShipError> for Failure {
    fn from(error: ShipError) -> Self {
        match error {
            ShipError::Store(error) => error.into(),
            ShipError::File(error) => error.into(),
        }
    }
}

fn summary(path: &Path, target: &StoreTarget, status: &ShipStatus, elapsed: Duration) -> String {
    let file = escape(path.as_os_str().as_encoded_bytes());
    if status.rows == 0 {
        return format!("{target} already has all rows of {file}.");
    }
    let rate = u128::from(status.rows) * 1000 / elapsed.as_millis().max(1);
    let rate = number(u64::try_from(rate).unwrap_or(u64::MAX));
    format!("Shipped {} of {file} to {target}, {rate} a second.", counted(status.rows, "row"))
}

/// A progress bar on a terminal.
struct Progress {
    file: String,
    status: watch::Receiver<ShipStatus>,
    started: Instant,
    /// The first id that the store had.
    first: Option<i64>,
}

impl Progress {
    fn new(path: &Path, status: watch::Receiver<ShipStatus>) -> Self {
        let file = escape(path.as_os_str().as_encoded_bytes());
        Self { file, status, started: Instant::now(), first: None }
    }

    /// Draws until it is dropped.
    async fn draw(mut self) {
        let mut tick = interval(DRAW_INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let status = self.status.borrow().clone();
            self.first = self.first.or(status.through_id);
            if io::stderr().is_terminal() && self.started.elapsed() >= MIN_DURATION {
                let mut err = io::stderr().lock();
                let _ = write!(err, "\r{}\x1b[K", self.line(&status)).and_then(|()| err.flush());
            }
        }
    }

    fn line(&self, status: &ShipStatus) -> String {
        let Self { file, first, .. } = self;
        if let Some((_, reason)) = &status.failure {
            return format!("{file}  trying again: {reason}");
        }
        let (Some(first), Some(through)) = (*first, status.through_id) else { return format!("{file}  connecting") };
        let done = u64::try_from(through - first).unwrap_or(0);
        let total = done + status.pending;
        let percent = done * 100 / total.max(1);
        let filled = usize::try_from(percent).unwrap_or(0) * BAR_WIDTH / 100;
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(BAR_WIDTH - filled));
        let rate = done * 1000 / u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let left = Duration::from_secs(status.pending / rate.max(1));
        let rows = format!("{} of {} rows", number(done), number(total));
        format!("{file}  {bar} {percent} %  {rows}  {}/s  {} left", number(rate), humantime::format_duration(left))
    }
}

fn clear_line() {
    if io::stderr().is_terminal() {
        let mut err = io::stderr().lock();
        let _ = write!(err, "\r\x1b[K").and_then(|()| err.flush());
    }
}
