//! The program: parses the command line, runs the command, and returns its exit status.

use std::process::ExitCode;

use aircheck::commands::cli::parse;
use aircheck::commands::{self, completions, jq_worker};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

fn main() -> ExitCode {
    // This comes first, before any secret is in memory.
    protect_memory();
    let args: Vec<_> = std::env::args_os().collect();
    if jq_worker::is_requested_by(args.first().map(|name| &**name)) {
        return jq_worker::run();
    }
    let parsed = match completions::answer_shell(&args) {
        Ok(true) => return ExitCode::SUCCESS,
        Ok(false) => parse(&args),
        Err(error) => Err(error),
    };
    match parsed {
        Ok(cli) => commands::run(&cli),
        Err(error) => commands::reject(&args, &error),
    }
}

/// Prevents core dumps, and access by debuggers of the same user. The memory holds keys and passwords.
///
/// Only the soft limit is set, so that started programs can raise it again. They inherit nothing else.
fn protect_memory() {
    // A process may always lower its own limits, so neither call fails.
    let maximum = getrlimit(Resource::Core).maximum;
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum });
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }
}
