//! The log file of `--log-file`.
//!
//! A separate thread writes the file, so that a slow disk never delays the subscription. Only aircheck's own events are logged:
//! those of other crates could contain payloads or secrets.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{Failure, to_stderr};
use crate::own_file;
use crate::wire::escape::{escape, escape_capped};

/// The level, or levels by module.
const LEVEL_VARIABLE: &str = "AIRCHECK_LOG";
/// The root of all event targets.
const ROOT_TARGET: &str = "aircheck";
/// The most lines that wait for the disk. Further lines are dropped, and counted.
const MAX_WAITING: usize = 4096;

/// A log in progress. Dropping it waits until all lines are written.
#[derive(Debug)]
pub(super) struct LogFile {
    lines: SyncSender<Vec<u8>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    name: String,
}

/// Starts to append events to the file. The level comes from `AIRCHECK_LOG`.
///
/// # Errors
/// If the file cannot be opened, or the level is invalid.
pub(super) fn start(path: &Path) -> Result<LogFile, Failure> {
    let directives = std::env::var_os(LEVEL_VARIABLE).unwrap_or_default();
    let filter = filter(&directives.to_string_lossy())?;
    let name = escape(path.as_os_str().as_encoded_bytes());
    let cannot = |error: &dyn std::fmt::Display| Failure::usage(format!("cannot log to {name}: {error}"));
    let file = open(path).map_err(|error| cannot(&error))?;
    let (lines, waiting) = sync_channel(MAX_WAITING);
    let dropped = Arc::new(AtomicU64::new(0));
    let writer = LineWriter { lines: lines.clone(), dropped: Arc::clone(&dropped) };
    let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || write_all(file, &waiting, &dropped));
    let thread = thread.map_err(|error| cannot(&error))?;
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    tracing_subscriber::registry().with(layer).with(filter).try_init().map_err(|error| cannot(&error))?;
    Ok(LogFile { lines, thread: Some(thread), name })
}

/// Opens a regular file of this user, and creates it for its owner only.
fn open(path: &Path) -> io::Result<File> {
    let file = own_file::open(path)?;
    fcntl_setfl(&file, fcntl_getfl(&file)? | OFlags::APPEND)?;
    Ok(file)
}

/// Parses levels such as `debug` or `warn,aircheck::redis=trace`.
fn filter(directives: &str) -> Result<Targets, Failure> {
    let directives = if directives.is_empty() { "info" } else { directives };
    let is_ours = |target: &str| target == ROOT_TARGET || target.starts_with("aircheck::");
    let parsed = directives.parse::<Targets>().ok();
    let Some(parsed) = parsed.filter(|parsed| parsed.iter().all(|(target, _)| is_ours(target))) else {
        return Err(Failure::usage(format!(
            "{LEVEL_VARIABLE}: invalid level \"{}\"; use off, error, warn, info, debug or trace, or levels by module such as \
             info,aircheck::redis=debug",
            escape_capped(directives.as_bytes(), 80)
        )));
    };
    let default = parsed.default_level().unwrap_or(LevelFilter::OFF);
    Ok(Targets::new().with_target(ROOT_TARGET, default).with_targets(parsed.iter()))
}

/// Passes each event to the thread. It never waits.
#[derive(Debug, Clone)]
struct LineWriter {
    lines: SyncSender<Vec<u8>>,
    dropped: Arc<AtomicU64>,
}

impl Write for LineWriter {
    /// The layer writes each event with one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.lines.try_send(line.to_vec()).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes lines until an empty one. Returns the first error, but continues after it: a full disk may have space again.
fn write_all(mut file: File, lines: &Receiver<Vec<u8>>, dropped: &AtomicU64) -> io::Result<()> {
    let mut result = Ok(());
    for line in lines.iter().take_while(|line| !line.is_empty()) {
        let lost = dropped.swap(0, Ordering::Relaxed);
        let notice =
            if lost == 0 { String::new() } else { format!("{lost} lines were dropped: the disk was too slow\n") };
        result = result.and(file.write_all(&[notice.as_bytes(), &line].concat()));
    }
    result
}

impl Drop for LogFile {
    fn drop(&mut self) {
        let _ = self.lines.send(Vec::new());
        if let Some(Ok(Err(error))) = self.thread.take().map(JoinHandle::join) {
            to_stderr(&format!("Warning: cannot log to {}: {error}", self.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn levels_apply_to_aircheck_only() {
        for (directives, redis, commands) in [
            ("", Level::INFO, Level::INFO),
            ("debug", Level::DEBUG, Level::DEBUG),
            ("warn,aircheck::redis=trace", Level::TRACE, Level::WARN),
        ] {
            let filter = filter(directives).unwrap_or_default();
            for (target, level) in [("aircheck::redis::connection", redis), ("aircheck::commands", commands)] {
                assert!(filter.would_enable(target, &level), "{directives}: {target}");
                assert!(level == Level::TRACE || !filter.would_enable(target, &Level::TRACE), "{directives}: {target}");
            }
            assert!(!filter.would_enable("redis::aio", &Level::ERROR), "{directives}");
        }
    }

    #[test]
    fn a_directive_that_has_no_effect_is_rejected() {
        for directives in ["loud", "redis=debug", "info,rustls=trace", "aircheckx=info", "aircheck=loud"] {
            assert!(filter(directives).is_err(), "{directives}");
        }
    }
}
