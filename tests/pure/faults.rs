//! Checks that the guide lists every fault, and that the tests it names exist.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use super::named_tests;

/// The required list: one line per fault, with its expected effect.
const FAULTS: &str = include_str!("faults.txt");

/// The rows of the guide: the fault, its effect, and the tests.
fn rows() -> Vec<(String, String, Vec<String>)> {
    let guide =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/guide/development/faults.md")).unwrap();
    let mut rows = Vec::new();
    for line in guide.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fault |")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{line}");
        rows.push((cells[0].to_owned(), cells[1].to_owned(), named_tests::named(cells[2])));
    }
    rows
}

#[test]
fn each_fault_is_in_the_guide_as_it_must_be_seen() {
    let rows = rows();
    for line in FAULTS.lines() {
        let (fault, seen) = line.split_once(" | ").unwrap();
        let row = rows.iter().find(|(known, ..)| known == fault);
        assert!(row.is_some_and(|(_, said, _)| said == seen), "the guide does not have: {line}");
    }
    assert_eq!(rows.len(), FAULTS.lines().count());
}

#[test]
fn each_fault_is_held_by_tests_that_exist() {
    for (fault, _, tests) in rows() {
        assert!(!tests.is_empty(), "no test holds: {fault}");
        for test in tests {
            assert!(named_tests::exists(&test), "{test} is no test, but should hold: {fault}");
        }
    }
}
