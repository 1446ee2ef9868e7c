//! The program: parses the command line, runs the command, and ends with its status.

use std::process::ExitCode;

use aircheck::commands::{self, cli::Cli};
use clap::Parser;

fn main() -> ExitCode {
    commands::run(&Cli::parse())
}
