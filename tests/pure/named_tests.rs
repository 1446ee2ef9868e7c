//! Finds the tests that a document names as `tests/DIR/FILE.rs::NAME`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use regex::Regex;

/// The tests that a text names.
pub(crate) fn named(text: &str) -> Vec<String> {
    let pattern = Regex::new(r"`(tests/[a-z_/]+\.rs::[a-z_0-9]+)`").unwrap();
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// Whether the named test exists and runs.
pub(crate) fn exists(test: &str) -> bool {
    let (file, name) = test.split_once("::").unwrap();
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).is_ok_and(|text| is_test(&text, name))
}

/// Whether a file has a test function with this name that is neither ignored nor commented out.
fn is_test(text: &str, name: &str) -> bool {
    let pattern = format!(
        r"(?m)^ *#\[(tokio::)?test\b[^\]]*\]\n(^ *(///.*|#\[(expect|rstest|case)[^\n]*)\n)*^ *(async )?fn {name}\("
    );
    Regex::new(&pattern).unwrap().is_match(text)
}

#[test]
fn only_tests_that_run_exist() {
    let text = "#[test]\nfn one() {}\n    #[tokio::test]\n    async fn two() {}\nfn three() {}\n#[test]\n#[ignore]\nfn four() {}\n// #[test]\n// fn five() {}\n";
    for (name, expected) in [("one", true), ("two", true), ("three", false), ("four", false), ("five", false)] {
        assert_eq!(is_test(text, name), expected, "{name}");
    }
    assert!(exists("tests/pure/named_tests.rs::only_tests_that_run_exist"));
    assert!(!exists("tests/pure/named_tests.rs::exists") && !exists("tests/pure/no_file.rs::exists"));
}
