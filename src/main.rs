//! The program: parses the command line, runs the command, and ends with its status.

use std::process::ExitCode;

use aircheck::commands::cli::parse;
use aircheck::commands::{self, judge, protect};

fn main() -> ExitCode {
    // First of all: later there are secrets in memory.
    protect::protect();
    let args: Vec<_> = std::env::args_os().collect();
    if judge::is_asked_for(args.first().map(|name| &**name)) {
        return judge::run();
    }
    match parse(&args) {
        Ok(cli) => commands::run(&cli),
        Err(error) => {
            // A closed pipe is no reason to fail in another way.
            let _ = error.print();
            u8::try_from(error.exit_code()).unwrap_or(2).into()
        }
    }
}
