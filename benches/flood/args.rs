//! What can be chosen.

use clap::{Parser, ValueEnum};

use crate::inner::Inner;
use crate::sections::Section;
use crate::subject::Subject;

/// Measures aircheck next to redis-cli and redis-rs on this machine, and prints the table as Markdown.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// How often each subject is measured, in turn; the table shows medians
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// How many broadcasts a flood has
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) messages: u64,
    /// How many broadcasts the long runs of `memory` and `growth` have
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
    pub(crate) long: u64,
    /// Only these sections; without: all of them
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    section: Vec<Section>,
    /// Only these subjects of the flood, and redis-cli, with which the others are compared
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<Subject>,
    /// What this executable is to be, instead: a subject of the flood
    #[arg(long, hide = true)]
    pub(crate) inner: Option<Inner>,
    /// Where the inner subject finds the server
    #[arg(long, hide = true, default_value_t = 0)]
    pub(crate) port: u16,
    /// cargo gives this to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    /// Whether a section is wanted.
    pub(crate) fn wants(&self, section: Section) -> bool {
        self.section.is_empty() || self.section.contains(&section)
    }

    /// The subjects of the flood, redis-cli first.
    pub(crate) fn subjects(&self) -> Vec<Subject> {
        let wanted = |subject: &Subject| self.only.is_empty() || self.only.contains(subject);
        let others = Subject::value_variants().iter().copied().filter(|subject| *subject != Subject::RedisCli);
        [Subject::RedisCli].into_iter().chain(others.filter(wanted)).collect()
    }
}
