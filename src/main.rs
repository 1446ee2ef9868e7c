//! The program: parses the command line, runs the command, and returns its exit status.

use std::process::ExitCode;

use aircheck::commands::cli::parse;
use aircheck::commands::{self, jq_worker, protect};

fn main() -> ExitCode {
    // This comes first, before any secret is in memory.
    protect::protect();
    let args: Vec<_> = std::env::args_os().collect();
    if jq_worker::is_requested_by(args.first().map(|name| &**name)) {
        return jq_worker::run();
    }
    match parse(&args) {
        Ok(cli) => commands::run(&cli),
        Err(error) => {
            // The exit status already reports the error if standard error is closed.
            let _ = error.print();
            u8::try_from(error.exit_code()).unwrap_or(2).into()
        }
    }
}
