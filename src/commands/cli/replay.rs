//! The command line of `replay`.

use std::path::PathBuf;

use clap::Args;

use crate::console::app::replay::Speed;

/// Which recording, and from where on.
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    /// The recording; it may be under way
    pub file: PathBuf,
    /// From this time on: 2026-11-24T12:00:00Z, 2026-11-24 12:00, 12:31 for the last time it was so late, or 10m for ten
    /// minutes ago
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Around a finding, with the clock stopped: its number among the findings by their time, from 1 on; last; or id:N with
    /// the id that the view findings has
    #[arg(long, value_name = "FINDING", conflicts_with = "at")]
    pub around: Option<String>,
    /// How fast: 0.5 and more, 1 for real time, or max
    #[arg(long, value_name = "X", default_value = "1", value_parser = speed)]
    pub speed: Speed,
}

/// `max`, or a number from 0.5 on.
fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed(None));
    }
    let tenths = text.parse::<f64>().ok().map(|times| (times * 10.0).round());
    match tenths.filter(|tenths| (5.0..=1e6).contains(tenths)) {
        // Between 5 and a million.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "its range was looked at")]
        Some(tenths) => Ok(Speed(Some(tenths as u32))),
        None => Err("write 0.5 or more, up to 100000, or max".to_owned()),
    }
}
