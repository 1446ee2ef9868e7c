//! The options that end a command which otherwise runs until it is stopped.

use std::time::Duration;

use clap::Args;

use super::duration;
use crate::live::stop::Limits;

/// The limits of `tail` and `listen`. The texts are those of `tail`; `listen` replaces them.
#[derive(Debug, Clone, Default, Args)]
pub struct LimitArgs {
    /// Exit after N messages
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Exit after this time, e.g. 10s
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Exit if no message was printed for this time, e.g. 5s
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub idle: Option<Duration>,
    /// Use exit status 1 if there was a finding; does not exit earlier
    #[arg(long)]
    pub strict: bool,
}

impl LimitArgs {
    pub(in crate::commands) fn limits(&self) -> Limits {
        Limits { count: self.count, duration: self.duration, idle: self.idle }
    }
}
