//! The options.

use clap::{Parser, ValueEnum};

use crate::inner::Inner;
use crate::sections::Section;
use crate::subject::Subject;

/// Measures aircheck next to redis-cli and redis-rs on this machine, and prints the table as Markdown.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Measure each subject N times; the table shows medians
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Send N broadcasts per flood
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) messages: u64,
    /// Send N broadcasts in the long runs of the sections `memory` and `growth`
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
    pub(crate) long: u64,
    /// Run only these sections; default: all
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    section: Vec<Section>,
    /// Measure only these subjects of the flood, and redis-cli for comparison
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<Subject>,
    /// Run as this subject of the flood instead of measuring
    #[arg(long, hide = true)]
    pub(crate) inner: Option<Inner>,
    /// The server's port, for `--inner`
    #[arg(long, hide = true, default_value_t = 0)]
    pub(crate) port: u16,
    /// Cargo passes this option to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    /// Whether a section is selected.
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
