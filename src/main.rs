//! The program: parses the command line, runs the command, and ends with its status.

use std::process::ExitCode;

use aircheck::commands::{self, cli::Cli, judge};
use clap::Parser;

fn main() -> ExitCode {
    if judge::is_asked_for(std::env::args_os().next().as_deref()) {
        return judge::run();
    }
    commands::run(&Cli::parse())
}
