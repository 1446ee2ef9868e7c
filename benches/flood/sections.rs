//! The rows of the table, a section each.

mod flood;
mod frame;
mod growth;
mod idle;
mod keys;
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
    /// Every subject under a flood, in turn
    Flood,
    /// The console's memory after a long flood
    Memory,
    /// Processor time and wake-ups without traffic
    Idle,
    /// The first frame, and the size of the program
    Start,
    /// Keys under a flood
    Keys,
    /// The time that a frame takes
    Frame,
    /// The first hits of a filter and of a search
    Search,
    /// Cost a message from few to many messages, and from one channel to many
    Growth,
    /// A recording into the panes
    Replay,
    /// What watching costs the server
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
            Self::Frame => frame::rows(),
            Self::Search => search::rows(args),
            Self::Growth => growth::rows(args),
            Self::Replay => replay::rows(args),
            Self::Server => server::rows(),
        }
    }
}

/// Measures what is wanted, and prints the table. What is measured on the way is told on standard error.
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

/// One line about what goes on.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
