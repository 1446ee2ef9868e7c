//! The commands, from the definition of the command line.

use std::fmt::Write as _;

use aircheck::commands::cli::Cli;
use clap::{Arg, Command, CommandFactory as _};

use crate::markdown::{code, page as start, table, text};

pub(crate) fn page() -> String {
    let mut program = Cli::command();
    program.build();
    let mut page = start(
        "Commands",
        "`aircheck COMMAND --help` prints the same. `aircheck man COMMAND` prints a manual page.\n\n\
         The [options of every command](#options-of-every-command) are listed once, at the end.",
    );
    page.push_str(&section(&program, "aircheck"));
    for command in program.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help") {
        page.push_str(&section(command, &format!("aircheck {}", command.get_name())));
        for inner in command.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help")
        {
            page.push_str(&section(inner, &format!("aircheck {} {}", command.get_name(), inner.get_name())));
        }
    }
    page.push_str("\n## Options of every command\n");
    page.push_str(&options(program.get_arguments().filter(|arg| arg.is_global_set())));
    page
}

fn section(command: &Command, name: &str) -> String {
    let mut section = format!("\n## {name}\n\n");
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let mut paragraphs = about.split("\n\n");
    let summary = paragraphs.next().unwrap_or_default();
    writeln!(section, "{}.", text(summary.trim_end_matches('.'))).unwrap();
    for paragraph in paragraphs {
        write!(section, "\n{}\n", text(paragraph)).unwrap();
    }
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").lines().map(str::trim).collect::<Vec<_>>().join("\n");
    write!(section, "\n```text\n{usage}\n```\n").unwrap();
    let own = || command.get_arguments().filter(|arg| !arg.is_global_set() && !arg.is_hide_set());
    let positional: Vec<_> =
        own().filter(|arg| arg.is_positional()).map(|arg| [code(&value(arg)), description(arg)]).collect();
    if !positional.is_empty() {
        section.push_str(&table(["Argument", "Meaning"], &positional));
    }
    section.push_str(&options(own().filter(|arg| !arg.is_positional())));
    section.push_str(&after_help(command));
    section
}

fn options<'a>(args: impl Iterator<Item = &'a Arg>) -> String {
    let rows: Vec<_> = args
        .filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()))
        .map(|arg| {
            let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
            let value = if arg.get_action().takes_values() { format!(" {}", value(arg)) } else { String::new() };
            [code(&format!("{short}--{}{value}", arg.get_long().unwrap_or_default())), description(arg)]
        })
        .collect();
    if rows.is_empty() { String::new() } else { table(["Option", "Meaning"], &rows) }
}

fn value(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn description(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut parts = vec![text(&help.replace("\n\n", ". "))];
    let values: Vec<_> = arg.get_possible_values().iter().map(|value| code(value.get_name())).collect();
    if !values.is_empty() && arg.get_action().takes_values() {
        parts.push(format!("Values: {}", values.join(", ")));
    }
    let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if !default.is_empty() && arg.get_action().takes_values() {
        parts.push(format!("Default: {}", code(&default.join(" "))));
    }
    parts.join(". ")
}

/// The examples as shell lines, and the exit statuses as a table. Other sections have pages of their own.
fn after_help(command: &Command) -> String {
    let mut shown = String::new();
    for (title, lines) in sections(&help_text(command)) {
        match title.as_str() {
            "Examples" => {
                let width = lines.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
                let lines = lines.iter().map(|(command, meaning)| match meaning.as_str() {
                    "" => command.clone(),
                    meaning => format!("{command:width$}  # {meaning}"),
                });
                write!(shown, "\n```sh\n{}\n```\n", lines.collect::<Vec<_>>().join("\n")).unwrap();
            }
            title if title.starts_with("Exit status") => {
                let rows: Vec<_> = lines.iter().map(|(status, meaning)| [status.clone(), text(meaning)]).collect();
                shown.push_str(&table([title, "Meaning"], &rows));
            }
            _ => {}
        }
    }
    shown
}

/// The text after the options, in its longest form.
pub(crate) fn help_text(command: &Command) -> String {
    command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string).unwrap_or_default()
}

/// The sections of such a text: the title, and lines of a term and its meaning.
pub(crate) fn sections(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let indent = line.len() - line.trim_start().len();
        let (term, meaning) = line.trim().split_once("  ").unwrap_or((line.trim(), ""));
        match (indent, sections.last_mut()) {
            (0, _) => sections.push((line.trim_end_matches(':').to_owned(), Vec::new())),
            (1..=4, Some((_, lines))) => lines.push((term.to_owned(), meaning.trim().to_owned())),
            (_, Some((_, lines))) => {
                if let Some((_, meaning)) = lines.last_mut() {
                    meaning.push(' ');
                    meaning.push_str(line.trim());
                }
            }
            (_, None) => {}
        }
    }
    sections
}
