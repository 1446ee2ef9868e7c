//! The guide's list of faults: each is there, and held by tests that exist.
#![expect(clippy::unwrap_used, reason = "a document that cannot be read is a failure")]

use std::fs;
use std::path::Path;

use regex::Regex;

/// What must be in the list: a line each, the fault and what must be seen.
const FAULTS: &str = include_str!("faults.txt");

/// The rows of the guide: the fault, what is seen, and the tests.
fn rows() -> Vec<(String, String, Vec<String>)> {
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/guide/faults.md")).unwrap();
    let test = Regex::new(r"`(tests/[a-z_/]+\.rs::[a-z_0-9]+)`").unwrap();
    let mut rows = Vec::new();
    for line in guide.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| fault |")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{line}");
        let tests = test.captures_iter(cells[2]).map(|found| found[1].to_owned()).collect();
        rows.push((cells[0].to_owned(), cells[1].to_owned(), tests));
    }
    rows
}

/// Whether a file holds a test function of that name, which is neither ignored nor commented out.
fn is_test(text: &str, name: &str) -> bool {
    let pattern = format!(
        r"(?m)^ *#\[(tokio::)?test\b[^\]]*\]\n(^ *(///.*|#\[(expect|rstest|case)[^\n]*)\n)*^ *(async )?fn {name}\("
    );
    Regex::new(&pattern).unwrap().is_match(text)
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
            let (file, name) = test.split_once("::").unwrap();
            let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
            let text = text.unwrap_or_else(|error| panic!("{test}: {error}"));
            assert!(is_test(&text, name), "{test} is no test, but should hold: {fault}");
        }
    }
}

#[test]
fn what_is_no_test_is_told_from_one() {
    let text = "#[test]\nfn one() {}\n    #[tokio::test]\n    async fn two() {}\nfn three() {}\n#[test]\n#[ignore]\nfn four() {}\n// #[test]\n// fn five() {}\n";
    for (name, expected) in [("one", true), ("two", true), ("three", false), ("four", false), ("five", false)] {
        assert_eq!(is_test(text, name), expected, "{name}");
    }
}
