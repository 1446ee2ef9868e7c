//! The documents: every command line in them is one that the program understands, and every link leads somewhere.
#![expect(clippy::unwrap_used, reason = "a document that cannot be read is a failure")]

use std::path::{Path, PathBuf};

use aircheck::commands::cli::Cli;
use clap::Parser as _;

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

/// The calls of the program in a line: behind a pipe or `&&` there may be another.
fn calls(line: &str) -> Vec<Vec<String>> {
    let words = shlex::split(line).unwrap_or_else(|| panic!("no shell takes {line}"));
    words
        .split(|word| ["|", "||", "&&"].contains(&word.as_str()))
        .map(|call| &call[call.iter().take_while(|word| word.contains('=')).count()..])
        .filter(|call| call.first().is_some_and(|program| program == "aircheck"))
        .map(|call| call.iter().take_while(|word| !["&", "<", ">", "2>"].contains(&word.as_str())).cloned().collect())
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
            }
        }
    }
    assert!(found > 40, "only {found} command lines were found");
}

#[test]
fn every_link_leads_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#\s]+)(#[^)]*)?\)").unwrap();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for found in link.captures_iter(&text) {
            let to = &found[1];
            if !to.contains("://") {
                let path = document.parent().unwrap().join(to);
                assert!(path.exists(), "{}: {to} leads nowhere", document.display());
            }
        }
    }
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
