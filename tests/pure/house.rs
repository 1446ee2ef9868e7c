//! The rules of the house: which room may use which, and what a pure room must not touch.
//!
//! The rules are those of the map in `src/lib.rs`. They are read off the paths that begin with `crate::` or name another
//! crate, comments left out.
#![expect(clippy::unwrap_used, reason = "a source file that cannot be read is a failure")]

use std::fs;
use std::path::{Path, PathBuf};

/// A room, the rooms that it may use besides itself, and whether it is pure.
struct Rule {
    room: &'static str,
    may_use: &'static [&'static str],
    pure: bool,
}

/// The first rule whose room a file stands in decides.
const RULES: &[Rule] = &[
    Rule { room: "wire", may_use: &[], pure: true },
    Rule { room: "ledger", may_use: &["wire"], pure: true },
    Rule { room: "filter/jq_worker", may_use: &["wire"], pure: false },
    Rule { room: "filter", may_use: &["wire", "ledger"], pure: true },
    Rule { room: "output", may_use: &["wire", "ledger"], pure: true },
    Rule { room: "own_file", may_use: &[], pure: false },
    Rule { room: "record", may_use: &["wire", "ledger", "own_file"], pure: false },
    Rule { room: "redis", may_use: &["wire", "ledger"], pure: false },
    Rule { room: "broadcast", may_use: &["wire", "ledger", "redis"], pure: false },
    Rule { room: "template", may_use: &["wire"], pure: true },
    Rule { room: "config", may_use: &["wire", "ledger", "template", "redis"], pure: false },
    Rule { room: "demo", may_use: &["wire", "redis"], pure: false },
    Rule { room: "console/run", may_use: &["wire", "ledger", "filter", "template", "record", "redis"], pure: false },
    Rule { room: "child", may_use: &["wire"], pure: false },
    Rule { room: "console/alert_command", may_use: &["wire", "ledger", "output", "child"], pure: false },
    Rule { room: "console/judge", may_use: &["wire", "filter"], pure: false },
    Rule { room: "console/save", may_use: &["wire", "output"], pure: false },
    Rule { room: "console/settings_file", may_use: &["wire"], pure: false },
    Rule { room: "console/terminal", may_use: &[], pure: false },
    Rule { room: "console/clipboard", may_use: &[], pure: false },
    Rule { room: "console", may_use: &["wire", "ledger", "filter", "output", "template"], pure: false },
    Rule {
        room: "commands",
        may_use: &[
            "wire", "ledger", "filter", "template", "output", "own_file", "record", "redis", "config", "demo", "child",
            "console",
        ],
        pure: false,
    },
];

/// What would make a pure room depend on the world.
const WORLD: &[&str] = &[
    "tokio",
    "redis::",
    "ratatui",
    "crossterm",
    "clap",
    "rusqlite",
    "SystemTime",
    "Instant",
    "std::env",
    "std::fs",
    "std::net",
    "std::io",
    "std::process",
    "std::thread",
];

/// What the parts of the console that draw and decide must not touch.
const CONSOLE_WORLD: &[&str] = &["tokio", "SystemTime", "Instant", "std::env", "std::fs", "std::net", "std::process"];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
}

/// The rooms that a line names with `crate::`.
fn rooms(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").map(|(at, prefix)| {
        let rest = &line[at + prefix.len()..];
        &rest[..rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len())]
    })
}

fn breaches(file: &str, text: &str) -> Vec<String> {
    let Some(rule) = RULES
        .iter()
        .find(|rule| file.strip_prefix(rule.room).is_some_and(|rest| rest.starts_with('/') || rest.starts_with('.')))
    else {
        return vec![format!("{file} stands in no room that has a rule")];
    };
    let own = rule.room.split('/').next().unwrap();
    let world: &[&str] = match rule.room {
        _ if rule.pure => WORLD,
        "console" => CONSOLE_WORLD,
        _ => &[],
    };
    let mut found = Vec::new();
    for (number, line) in code_lines(text) {
        for room in rooms(line).filter(|room| *room != own && !rule.may_use.contains(room)) {
            found.push(format!("{file}:{number}: `{}` must not use `{room}`", rule.room));
        }
        for word in world.iter().filter(|word| line.contains(**word)) {
            found.push(format!("{file}:{number}: `{}` must not touch `{word}`", rule.room));
        }
    }
    found
}

#[test]
fn every_room_uses_only_what_it_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let mut found = Vec::new();
    for file in files {
        let name = file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
        if name != "lib.rs" && name != "main.rs" {
            found.extend(breaches(&name, &fs::read_to_string(&file).unwrap()));
        }
    }
    assert!(found.is_empty(), "the rules of the house are broken:\n{}", found.join("\n"));
}

#[test]
fn a_broken_rule_is_found_and_named() {
    let cases = [
        ("wire/json.rs", "use crate::ledger::finding::Finding;"),
        ("ledger/channel.rs", "let now = std::time::Instant::now();"),
        ("console/view/mod.rs", "use crate::redis::target::Target;"),
        ("console/update/keys.rs", "let now = SystemTime::now();"),
        ("redis/resp/mod.rs", "use crate::{console::run};"),
        ("attic/mod.rs", ""),
    ];
    for (file, line) in cases {
        assert_eq!(breaches(file, line).len(), 1, "{file}: {line}");
    }
    assert!(breaches("wire/json.rs", "// like crate::ledger, tokio has one").is_empty());
    assert!(breaches("console/run.rs", "use crate::redis::target::Target;").is_empty());
}

#[test]
fn only_the_worker_evaluates_predicates() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let evaluates = |file: &PathBuf| fs::read_to_string(file).unwrap().contains(".predicate_outcome(");
    let found: Vec<_> = files.into_iter().filter(evaluates).collect();
    assert_eq!(
        found,
        [src.join("commands/judge.rs")],
        "a message must not take the time and memory of another process"
    );
}

#[test]
fn every_file_has_at_most_800_lines() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let long: Vec<_> = files
        .iter()
        .map(|file| (file, fs::read_to_string(file).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > 800)
        .collect();
    assert!(long.is_empty(), "files of more than 800 lines: {long:?}");
}

/// The target directory is where `CARGO_TARGET_DIR` says.
#[test]
fn no_source_assumes_the_target_directory() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for directory in ["src", "tests", "benches", "assets"] {
        sources(&root.join(directory), &mut files);
    }
    let found: Vec<_> = files
        .iter()
        .filter(|file| {
            let text = fs::read_to_string(file).unwrap();
            ["debug", "release", "dist"].iter().any(|profile| text.contains(&format!("target/{profile}")))
        })
        .collect();
    assert!(found.is_empty(), "{found:?}");
}
