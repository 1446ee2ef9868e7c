//! SECURITY.md: each promise names tests that exist.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use super::named_tests::{exists, named};

const HEADING: &str = "| Promise | Tests |";

/// The promises of a document, and what is wrong with its tables.
fn check(document: &str) -> (usize, Vec<String>) {
    let mut promises = 0;
    let mut faults = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        let begins = line.starts_with('|') && !inside;
        inside = line.starts_with('|');
        if begins && line != HEADING {
            faults.push(format!("a table without the heading `{HEADING}`: {line}"));
        }
        if !inside || begins || line.starts_with("|---") {
            continue;
        }
        promises += 1;
        let tests = named(line);
        if tests.is_empty() {
            faults.push(format!("no test: {line}"));
        }
        faults.extend(tests.iter().filter(|test| !exists(test)).map(|test| format!("{test} is not a test: {line}")));
    }
    (promises, faults)
}

#[test]
fn every_promise_names_tests_that_exist() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md")).unwrap();
    let (promises, faults) = check(&document);
    assert!(promises > 5, "only {promises} promises were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_promise_without_a_test_is_found() {
    let this = "`tests/pure/security.rs::a_promise_without_a_test_is_found`";
    let table = |row: &str| check(&format!("{HEADING}\n|---|---|\n{row}\n")).1.len();
    assert_eq!(table(&format!("| A | {this} |")), 0);
    assert_eq!(table("| A | |"), 1);
    assert_eq!(table(&format!("| A | {this}<br>`tests/pure/security.rs::no_such_test` |")), 1);
    assert_eq!(check("text\n\n| who | can |\n|---|---|\n").1.len(), 1);
}
