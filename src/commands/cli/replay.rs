//! The command line of `replay`.

use std::path::PathBuf;

use clap::Args;

use crate::console::app::replay::Speed;

pub(super) const REPLAY_HELP: &str = "\
Examples:
  aircheck replay ops.db                 Replay from the start
  aircheck replay ops.db --at 12:31      Start at a time
  aircheck replay ops.db --around last   Start paused at the last finding of any kind

Exit status:
  0  done
  1  there is no such finding
  2  wrong usage, or FILE is not a recording";

/// The arguments of `replay`.
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    /// The recording; it can be in progress
    pub file: PathBuf,
    /// Start at this time, e.g. 2026-11-24T12:00:00Z, 2026-11-24 12:00 (local time), 12:31 for the last time it was 12:31 in the
    /// recording, or 10m for 10 minutes before now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Start paused at a finding: `last`, `N` for the Nth of any kind by time, or `id:N` for the one with this id in the SQL view
    /// `findings`
    #[arg(long, value_name = "FINDING", conflicts_with = "at")]
    pub around: Option<String>,
    /// Replay at this speed: a number from 0.5 to 100000 (1 is real time), or `max`
    #[arg(long, value_name = "SPEED", default_value = "1", value_parser = speed)]
    pub speed: Speed,
}

/// `max`, or a number of at least 0.5.
fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed(None));
    }
    let tenths = text.parse::<f64>().ok().map(|times| (times * 10.0).round());
    match tenths.filter(|tenths| (5.0..=1e6).contains(tenths)) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
        Some(tenths) => Ok(Speed(Some(tenths as u32))),
        None => Err("write a number from 0.5 to 100000, or max".to_owned()),
    }
}
