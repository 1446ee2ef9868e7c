//! The documents: every command line, link, option, key, action, configuration key, environment variable, filter and file in them
//! exists.
#![expect(clippy::unwrap_used, reason = "a document that cannot be read is a failure")]

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use aircheck::commands::cli::Cli;
use aircheck::config::{Environment, check};
use aircheck::console::keymap::key::Key;
use aircheck::console::keymap::table::{Action, TABLE};
use aircheck::filter::Filter;
use aircheck::wire::envelope::Envelope;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret};
use aircheck::wire::verdict::Verdict;
use clap::{CommandFactory as _, Parser as _};
use regex::Regex;

/// The documents at the root and in the guide.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = Vec::new();
    let mut directories = vec![root.join("assets/guide")];
    while let Some(directory) = directories.pop() {
        let entries = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
        let (inner, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        directories.extend(inner);
        documents.extend(files);
    }
    documents.extend(std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()));
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(documents.len() > 7, "the documents are elsewhere: {documents:?}");
    documents
}

/// The lines of shell blocks, with their numbers.
fn shell_lines(text: &str) -> Vec<(usize, &str)> {
    let mut inside = None;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        match (line.strip_prefix("```"), inside) {
            (Some(language), None) => inside = Some(language),
            (Some(_), Some(_)) => inside = None,
            (None, Some("sh")) => lines.push((number, line)),
            (None, Some("console")) => lines.extend(line.strip_prefix("$ ").map(|line| (number, line))),
            _ => {}
        }
    }
    lines
}

/// The calls of the program in a line. More calls can follow after a pipe or `&&`.
fn calls(line: &str) -> Vec<Vec<String>> {
    let words = shlex::split(line).unwrap_or_else(|| panic!("no shell takes {line}"));
    words
        .split(|word| ["|", "||", "&&"].contains(&word.as_str()))
        .map(|call| &call[call.iter().take_while(|word| word.contains('=')).count()..])
        .filter(|call| call.first().is_some_and(|program| program == "aircheck"))
        .map(|call| {
            call.iter().take_while(|word| !["&", "<", ">", ">>", "2>", ";"].contains(&word.as_str())).cloned().collect()
        })
        .collect()
}

#[test]
fn every_command_line_is_understood() {
    let mut found = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for (number, line) in shell_lines(&text) {
            for call in calls(line) {
                found += 1;
                if let Err(error) = Cli::try_parse_from(&call) {
                    panic!("{}:{number}: {line}\n{error}", document.display());
                }
                let mut filters = call.windows(2).filter(|words| ["--filter", "-f"].contains(&words[0].as_str()));
                if let Some(error) = filters.find_map(|words| Filter::parse(&words[1]).err()) {
                    panic!("{}:{number}: {line}\n{error}", document.display());
                }
            }
        }
    }
    assert!(found > 40, "only {found} command lines were found");
}

/// The anchors of a page: its headings, as GitHub and mdBook name them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings
        .map(|heading| {
            let kept = heading.to_lowercase().replace(' ', "-");
            kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
        })
        .collect()
}

#[test]
fn every_link_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)#\s]*)(?:#([^)]*))?\)").unwrap();
    let mut found = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for target in link.captures_iter(&text).filter(|target| !target[1].contains("://")) {
            let page =
                if target[1].is_empty() { document.clone() } else { document.parent().unwrap().join(&target[1]) };
            assert!(page.exists(), "{}: {} leads nowhere", document.display(), &target[0]);
            if let Some(anchor) = target.get(2) {
                let headings = anchors(&std::fs::read_to_string(&page).unwrap());
                let has = headings.iter().any(|heading| heading == anchor.as_str());
                assert!(has, "{}: {} has no such heading", document.display(), &target[0]);
            }
            found += 1;
        }
    }
    assert!(found > 80, "only {found} links were found");
}

/// The code spans outside blocks, with the line that each is in.
fn spans(text: &str) -> Vec<(usize, &str)> {
    let mut spans = Vec::new();
    let mut is_block = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("```") {
            is_block = !is_block;
        } else if !is_block {
            spans.extend(line.split('`').skip(1).step_by(2).map(|span| (number, span)));
        }
    }
    spans
}

#[test]
fn every_option_exists() {
    let mut program = Cli::command();
    program.build();
    let commands =
        program.get_subcommands().flat_map(|command| command.get_subcommands().chain([command])).chain([&program]);
    let known: Vec<&str> =
        commands.flat_map(|command| command.get_arguments().filter_map(clap::Arg::get_long)).collect();
    // Options of cargo, its test runner, the benchmarks and the packaging script.
    let others = ["test", "section", "only"];
    let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
    let is_ours = |span: &str| {
        let first = span.split(' ').next().unwrap_or_default();
        first.starts_with('-') || first == "aircheck" || names.contains(&first)
    };
    let option = Regex::new(r"(?:^|[\s(])--([a-z][a-z-]+)").unwrap();
    let mut found = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for (number, span) in spans(&text).into_iter().filter(|(_, span)| is_ours(span)) {
            for name in option.captures_iter(span) {
                let exists = known.contains(&&name[1]) || others.contains(&&name[1]);
                assert!(exists, "{}:{number}: there is no option --{}", document.display(), &name[1]);
                found += 1;
            }
        }
    }
    assert!(found > 100, "only {found} options were found");
}

#[test]
fn every_key_and_command_of_the_console_exists() {
    let labels: Vec<String> = TABLE.iter().flat_map(|binding| binding.keys.iter().map(Key::label)).collect();
    let chord = Regex::new(r"^(Ctrl|Alt)-[A-Z]$").unwrap();
    let command = Regex::new(r"^:([a-z]+(?:-[a-z]+)+)$").unwrap();
    let mut found = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for (number, span) in spans(&text) {
            if chord.is_match(span) {
                let known = labels.iter().any(|label| label.eq_ignore_ascii_case(span));
                assert!(known, "{}:{number}: no action has the key {span}", document.display());
                found += 1;
            }
            if let Some(name) = command.captures(span) {
                let known = Action::from_name(&name[1]).is_some();
                assert!(known, "{}:{number}: there is no action {}", document.display(), &name[1]);
                found += 1;
            }
        }
    }
    assert!(found > 20, "only {found} keys were found");
}

/// The first cells of the tables whose first heading is `heading`, with the line that each is in.
fn first_cells<'a>(text: &'a str, heading: &str) -> Vec<(usize, &'a str)> {
    let mut is_inside = false;
    let mut cells = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let cell = line.strip_prefix("| ").and_then(|row| row.split(" | ").next());
        is_inside = cell == Some(heading) || is_inside && line.starts_with('|');
        cells.extend(cell.filter(|cell| is_inside && *cell != heading).map(|cell| (number, cell)));
    }
    cells
}

#[test]
fn every_key_and_action_in_a_table_exists() {
    let labels: Vec<String> = TABLE.iter().flat_map(|binding| binding.keys.iter().map(Key::label)).collect();
    let is_known = |span: &str| match span.strip_prefix(':') {
        Some(action) if !action.is_empty() => Action::from_name(action).is_some(),
        _ => labels.iter().any(|label| label == span) || Action::from_name(span).is_some(),
    };
    let mut found = 0;
    for document in documents() {
        // The reference is generated from the sources, and has tables of other keys.
        if document.parent().unwrap().ends_with("reference") {
            continue;
        }
        let text = std::fs::read_to_string(&document).unwrap();
        for heading in ["Key", "Action"] {
            for (number, cell) in first_cells(&text, heading) {
                for span in cell.split('`').skip(1).step_by(2) {
                    assert!(is_known(span), "{}:{number}: no key or action {span}", document.display());
                    found += 1;
                }
            }
        }
    }
    assert!(found > 50, "only {found} keys and actions were found");
}

/// The blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

#[test]
fn every_configuration_in_the_documents_is_valid() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.toml");
    let environment = Environment::default();
    let mut found = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for block in blocks(&text, "toml") {
            std::fs::write(&path, block).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            let report = check(&path, &environment);
            let errors = report.map_or_else(|error| vec![error], |report| report.errors);
            assert!(errors.is_empty(), "{}: {errors:?}\n{block}", document.display());
            found += 1;
        }
    }
    assert!(found > 5, "only {found} configurations were found");
}

#[test]
fn every_configuration_key_and_environment_variable_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = std::fs::read_to_string(root.join("assets/config.schema.json")).unwrap();
    let sources = sources();
    let assignment = Regex::new(r"^([a-z]+(?:_[a-z]+)*) = ").unwrap();
    let variable = Regex::new(r"\bAIRCHECK_[A-Z0-9_]*[A-Z0-9]\b").unwrap();
    let mut found = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for (number, span) in spans(&text) {
            if let Some(key) = assignment.captures(span) {
                let exists = schema.contains(&format!("\"{}\":", &key[1]));
                assert!(exists, "{}:{number}: no configuration key {}", document.display(), &key[1]);
                found += 1;
            }
        }
        for name in variable.find_iter(&text) {
            // The soak test has variables of its own.
            let exists = sources.contains(name.as_str()) || name.as_str().starts_with("AIRCHECK_SOAK");
            assert!(exists, "{}: no environment variable {}", document.display(), name.as_str());
            found += 1;
        }
    }
    assert!(found > 60, "only {found} keys and variables were found");
}

#[test]
fn every_filter_is_understood() {
    let term = Regex::new(r"^-?(?:channel|name|verdict|rejection|key|seq|since|kind):\S|^-?text~").unwrap();
    let mut found = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for line in blocks(&text, "text").into_iter().flat_map(str::lines).filter(|line| term.is_match(line)) {
            let parsed = Filter::parse(line);
            assert!(parsed.is_ok(), "{}: {line}: {:?}", document.display(), parsed.err());
            found += 1;
        }
    }
    assert!(found > 2, "only {found} filters were found");
}

#[test]
fn the_signed_message_in_the_guide_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("assets/guide/explanation/message-format.md")).unwrap();
    let payload = page.lines().find(|line| line.starts_with("cache-flush:sha256|")).unwrap();
    let signing_key = Some(Secret::new(b"secret".to_vec()));
    let keyring = Keyring::new(KeyringSettings { signing_key, ..KeyringSettings::default() });
    let verification = keyring.verify(&Envelope::parse(payload.as_bytes()), 1_795_516_352);
    assert_eq!(verification.verdict, Verdict::Verified);
}

/// All source files of the program, joined.
fn sources() -> String {
    let mut sources = String::new();
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(directory) = directories.pop() {
        for path in std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                directories.push(path);
            } else {
                sources.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    sources
}

#[test]
fn every_error_of_the_troubleshooting_page_is_in_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources();
    let page = std::fs::read_to_string(root.join("assets/guide/troubleshooting/errors.md")).unwrap();
    let place = Regex::new(r"[A-Z]{3,}").unwrap();
    let mut found = 0;
    for heading in page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')) {
        for part in place.split(heading).map(str::trim).filter(|part| part.len() > 3) {
            assert!(sources.contains(part), "no source has the text {part:?} of {heading}");
            found += 1;
        }
    }
    assert!(found > 20, "only {found} errors were found");
}

#[test]
fn every_source_file_that_the_documents_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for path in text.split('`').filter(|words| words.starts_with("src/") || words.starts_with("tests/")) {
            let path = Path::new(path.split("::").next().unwrap_or(path));
            if path.extension().is_some() {
                assert!(root.join(path).exists(), "{}: no file {}", document.display(), path.display());
                found += 1;
            }
        }
    }
    assert!(found > 40, "only {found} files were found");
}
