//! Environment variables: those that aircheck reads, and those that it sets for the commands of `listen`. From the help.

use std::fmt::Write as _;

use aircheck::commands::cli::Cli;
use clap::CommandFactory as _;

use crate::commands::{help_text, sections};
use crate::markdown::{codes, page as start, table, text};

/// Variables that other programs define too.
const COMMON: [(&str, &str); 10] = [
    ("XDG_CONFIG_HOME", "The directory of `aircheck/config.toml`; default: `~/.config`"),
    ("XDG_STATE_HOME", "The directory of `aircheck/counters.db`; default: `~/.local/state`"),
    ("VISUAL, EDITOR", "The editor of Compose"),
    ("NO_COLOR", "If it is not empty: no colours"),
    (
        "CLICOLOR, CLICOLOR_FORCE",
        "`CLICOLOR=0`: no colours; `CLICOLOR_FORCE=1`: colours, even if the output is not a terminal",
    ),
    ("TERM, COLORTERM, COLORFGBG", "The terminal's colours, and whether its background is light"),
    ("TZ", "The local time zone"),
    ("PGPASSWORD", "The password of a store, if neither the URL nor the configuration has one"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "The trusted CA certificates, instead of the system's"),
    ("NOTIFY_SOCKET, WATCHDOG_USEC", "Set by systemd for `record`"),
];

pub(crate) fn page() -> String {
    let program = Cli::command();
    let mut page = start(
        "Environment variables",
        "Options override environment variables, which override the configuration file. The exceptions are `AIRCHECK_SIGNING_KEY` \
         and `PGPASSWORD`: they are used only if the configuration has no such value.",
    );
    page.push_str("\n## Variables of aircheck\n");
    for (title, lines) in sections(&help_text(&program)) {
        if title == "Environment" {
            page.push_str(&rows(&lines));
        }
    }
    page.push_str("\n## Variables of the system\n");
    page.push_str(&table(
        ["Variable", "Meaning"],
        &COMMON.map(|(names, meaning)| [codes(names.split(", ")), meaning.to_owned()]),
    ));
    page.push_str("\n## Variables of handler commands\n\n`aircheck listen` sets these variables for the commands that it runs. [Run commands for messages](../how-to/run-commands.md) explains how to use them.\n");
    let listen = program.find_subcommand("listen").unwrap();
    for (title, lines) in sections(&help_text(listen)) {
        if title.starts_with("Environment") {
            write!(page, "\n### {}\n{}", text(&title), rows(&lines)).unwrap();
        } else if lines.is_empty() {
            write!(page, "\n{}\n", text(&title)).unwrap();
        }
    }
    page
}

fn rows(lines: &[(String, String)]) -> String {
    let rows: Vec<_> = lines.iter().map(|(names, meaning)| [codes(names.split(", ")), text(meaning)]).collect();
    table(["Variable", "Meaning"], &rows)
}

#[test]
fn every_variable_of_aircheck_in_the_sources_is_listed() {
    let page = page();
    let name = regex::Regex::new(r#""(AIRCHECK_[A-Z0-9_]+)"#).unwrap();
    let mut directories = vec![crate::root().join("src")];
    let mut found = 0;
    while let Some(directory) = directories.pop() {
        for path in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for name in name.captures_iter(&text) {
                found += 1;
                assert!(page.contains(&format!("`{}`", &name[1])), "{} of {} is not listed", &name[1], path.display());
            }
        }
    }
    assert!(found > 20, "only {found} names were found");
}
