//! The sections of the table.

pub(crate) mod cluster;
mod flood;
mod frame;
mod growth;
mod idle;
mod keys;
mod latency;
mod memory;
mod replay;
mod search;
mod server;
mod start;

use std::io::Write as _;

use clap::ValueEnum;

use crate::Outcome;
use crate::args::Args;
use crate::report::{Row, table};

/// A part of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    /// Measure every subject under a flood
    Flood,
    /// Measure the console's memory after a long flood
    Memory,
    /// Measure CPU time and wake-ups without traffic
    Idle,
    /// Measure the time to the first frame and the size of the program
    Start,
    /// Measure the reaction to keys under a flood
    Keys,
    /// Measure the time from PUBLISH to the terminal
    Latency,
    /// Measure the time of a frame
    Frame,
    /// Measure the time to the first hits of a filter and of a search
    Search,
    /// Measure the cost per message for few and many messages, and for one and many channels
    Growth,
    /// Measure three primaries of a cluster that are flooded together
    Cluster,
    /// Measure the speed of a replay
    Replay,
    /// Measure the cost of watching for the server
    Server,
}

impl Section {
    fn rows(self, args: &Args) -> Outcome<Vec<Row>> {
        match self {
            Self::Flood => flood::rows(args),
            Self::Memory => memory::rows(args),
            Self::Idle => idle::rows(),
            Self::Start => start::rows(),
            Self::Keys => keys::rows(args),
            Self::Latency => latency::rows(),
            Self::Frame => frame::rows(),
            Self::Search => search::rows(args),
            Self::Growth => growth::rows(args),
            Self::Cluster => cluster::rows(args),
            Self::Replay => replay::rows(args),
            Self::Server => server::rows(),
        }
    }
}

/// Measures the selected sections, and prints the table. Details go to standard error.
pub(crate) fn run(args: &Args) -> Outcome<()> {
    let mut rows = Vec::new();
    for section in Section::value_variants() {
        if args.wants(*section) {
            say(&format!("# {section:?}"));
            match section.rows(args) {
                Ok(measured) => rows.extend(measured),
                Err(error) => say(&format!("{section:?} failed: {error}")),
            }
        }
    }
    Ok(std::io::stdout().write_all(table(&rows).as_bytes())?)
}

/// Prints a line to standard error.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
