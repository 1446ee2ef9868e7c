//! Runs the fuzz targets on the inputs in their corpus, which includes every input that once caused a failure.
//!
//! `cargo fuzz` adds inputs to `tests/fuzz/corpus/TARGET`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "also a library of the fuzzer")]
pub(crate) mod targets;

use std::fs;
use std::path::Path;

/// Runs a target on each of its inputs. A failure names the input.
fn replay(target: &str, run: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 5, "{} holds {} inputs", directory.display(), paths.len());
    for path in paths {
        let bytes = fs::read(&path).unwrap();
        let outcome = std::panic::catch_unwind(|| run(&bytes));
        assert!(outcome.is_ok(), "{} is at fault", path.display());
    }
}

#[test]
fn no_corpus_is_without_a_test() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let mut directories: Vec<_> =
        fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    directories.sort();
    assert_eq!(directories, ["config", "envelope", "escape", "filter", "json", "record", "resp"]);
}

#[test]
fn config() {
    replay("config", targets::config::run);
}

#[test]
fn envelope() {
    replay("envelope", targets::envelope::run);
}

#[test]
fn escape() {
    replay("escape", targets::escape::run);
}

#[test]
fn filter() {
    replay("filter", targets::filter::run);
}

#[test]
fn json() {
    replay("json", targets::json::run);
}

#[test]
fn record() {
    replay("record", targets::record::run);
}

#[test]
fn resp() {
    replay("resp", targets::resp::run);
}
