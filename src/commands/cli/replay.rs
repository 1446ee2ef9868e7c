//! The command line of `replay`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::console::app::replay::Speed;

pub(super) const REPLAY_HELP: &str = "\
Examples:
  aircheck replay ops.db                                   Replay from the start
  aircheck replay ops.db --at 12:31                        Start at a time
  aircheck replay ops.db --around last                     Start paused at the last finding
  aircheck replay ops.db --channel ops --around seq:1042   Start paused at a sequence number

Exit status:
  0  done
  1  the recording does not have the place of --around
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
    /// Start paused at this place: `last` for the last finding of any kind, `N` for the Nth by time, `id:N` for the finding with
    /// this id in the SQL view `findings`, `seq:A-B` or `seq:A` for sequence numbers, or a time, e.g. 10m for 10 minutes ago
    #[arg(long, value_name = "PLACE", conflicts_with = "at")]
    pub around: Option<String>,
    /// The channel of the sequence numbers, if the recording has several
    #[arg(long, value_name = "CHANNEL", requires = "around")]
    pub channel: Option<OsString>,
    /// Select the Nth counter epoch (period between two resets)
    #[arg(long, value_name = "N", requires = "channel", value_parser = clap::value_parser!(i64).range(1..))]
    pub epoch: Option<i64>,
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
