//! Measures the cost of watching: aircheck, other subscribers, and the minimum on this machine.
//!
//! `cargo bench --bench flood` prints the whole table as Markdown; `-- --help` lists the options.
//!
//! | File | Contents |
//! |---|---|
//! | `args` | the options |
//! | `server` | a real `redis-server` with its default limits |
//! | `traffic` | signed broadcasts as bytes, and the writer that sends them as fast as the server accepts them |
//! | `process` | the CPU time, wake-ups and memory of a process |
//! | `terminal` | a pseudo-terminal |
//! | `subject` | the programs that are measured |
//! | `inner` | the subjects that run in another process of this executable |
//! | `floor` | the subjects that do only the minimum |
//! | `floor_record` | the minimum of a recorder |
//! | `trial` | measures one subject under one flood |
//! | `report` | medians, minimum and maximum, Markdown |
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

/// An error ends the run.
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let args = Args::parse();
    match &args.inner {
        Some(inner) => inner::run(*inner, &args),
        None => sections::run(&args),
    }
}
