//! What watching costs, in one run: aircheck, what people use otherwise, and the floor of this machine.
//!
//! `cargo bench --bench flood` prints the whole table as Markdown; `-- --help` tells how to choose a part of it.
//!
//! | file | holds |
//! |---|---|
//! | `args` | what can be chosen |
//! | `server` | a real `redis-server` with its default limits |
//! | `traffic` | signed broadcasts as bytes, and the writer that sends them as fast as the server takes them |
//! | `process` | what a process used: processor time, wake-ups, memory |
//! | `terminal` | a pseudo-terminal that is read |
//! | `subject` | the programs that are measured |
//! | `inner` | those of them that are this very executable, started again |
//! | `floor` | those of them that do no more than they must |
//! | `floor_record` | the one of them that records |
//! | `trial` | one subject under one flood |
//! | `report` | medians, spread, and Markdown |
//! | `sections` | the rows of the table |

mod args;
mod floor;
mod floor_record;
mod inner;
mod process;
mod report;
mod sections;
mod server;
mod subject;
mod terminal;
mod traffic;
mod trial;

use std::error::Error;

use clap::Parser as _;

use self::args::Args;

/// What goes wrong ends the run, with the reason.
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let args = Args::parse();
    match &args.inner {
        Some(inner) => inner::run(*inner, &args),
        None => sections::run(&args),
    }
}
