//! The file of acknowledgements.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use aircheck::ledger::finding::{Acknowledgement, Acknowledgements, Finding};
use aircheck::ledger::sequence::Channel;
use aircheck::recording::MAX_ACKNOWLEDGEMENTS;
use aircheck::recording::acknowledgements::AcknowledgementFile;

use crate::sample_lines::findings;

fn file(directory: &Path, server: &str) -> AcknowledgementFile {
    AcknowledgementFile::new(directory.join("acknowledgements.jsonl"), server.to_owned())
}

fn told(note: &str) -> Acknowledgement {
    Acknowledgement { at: 1_795_523_466_412_345, note: note.to_owned() }
}

fn known(file: &AcknowledgementFile) -> Acknowledgements {
    let mut known = Acknowledgements::new();
    file.apply(&mut known).unwrap();
    known
}

#[test]
fn every_finding_is_found_again_and_no_other_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = file(directory.path(), "redis://here/0 prefix");
    let mut all = findings();
    all.push(Finding { channel: Channel::new(b"\xff\n"), ..all[0].clone() });
    for finding in &all {
        assert_eq!(known(&file).get(finding), None, "{finding:?}");
        file.append(finding, Some(&told("to\n\u{1b}\"ops\" ü"))).unwrap();
        assert_eq!(known(&file).get(finding), Some(&told("to\n\u{1b}\"ops\" ü")));
        let later = Finding { at: finding.at + 1, ..finding.clone() };
        let other = Finding { channel: Channel::new(b"other"), ..finding.clone() };
        let longer = Finding { sequence_to: Some(99), ..finding.clone() };
        assert!([later, other, longer].iter().all(|other| !known(&file).contains_key(other)));
    }
    assert_eq!(known(&file).len(), all.len());
}

#[test]
fn the_last_line_about_a_finding_applies() {
    let directory = tempfile::tempdir().unwrap();
    let file = file(directory.path(), "here");
    let finding = &findings()[0];
    file.append(finding, Some(&told("first"))).unwrap();
    file.append(finding, Some(&told(""))).unwrap();
    assert_eq!(known(&file), Acknowledgements::from([(finding.clone(), told(""))]));
    file.append(finding, None).unwrap();
    let mut of_bundle = Acknowledgements::from([(finding.clone(), told("in the bundle"))]);
    file.apply(&mut of_bundle).unwrap();
    assert_eq!(of_bundle, Acknowledgements::new());
}

#[test]
fn servers_are_separate_and_invalid_lines_are_ignored() {
    let directory = tempfile::tempdir().unwrap();
    let [here, there] = ["here", "there"].map(|server| file(directory.path(), server));
    let finding = &findings()[0];
    fs::write(
        directory.path().join("acknowledgements.jsonl"),
        "\n{}\n{\"server\":\"here\",\"finding\":{\"type\":\"finding\"}}\n\
        {\"server\":\"here\",\"finding\":3}\nnonsense",
    )
    .unwrap();
    here.append(finding, Some(&told("ops"))).unwrap();
    assert_eq!((known(&here).len(), known(&there).len()), (1, 0));
}

#[test]
fn the_oldest_acknowledgements_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let file = file(directory.path(), "here");
    let finding = findings().remove(0);
    let at = |at| Finding { at, ..finding.clone() };
    file.append(&at(0), Some(&told(""))).unwrap();
    let path = directory.path().join("acknowledgements.jsonl");
    let line = fs::read_to_string(&path).unwrap();
    fs::write(&path, line.repeat(MAX_ACKNOWLEDGEMENTS)).unwrap();
    assert_eq!(known(&file).len(), 1);
    fs::write(&path, format!("{line}{}", "{}\n".repeat(MAX_ACKNOWLEDGEMENTS - 1))).unwrap();
    file.append(&at(1), Some(&told(""))).unwrap();
    assert_eq!(known(&file), Acknowledgements::from([(at(1), told(""))]));
}
