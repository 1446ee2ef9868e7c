//! A bundle is written around the selected finding, from the recording that has it.

use aircheck::console::popups::bundle::BundleOrder;
use aircheck::console::runtime::bundle::write;
use aircheck::ledger::finding::{Acknowledgement, Acknowledgements};
use aircheck::recording::reader::RecordingReader;

use super::*;
use crate::record::{record, settings};

#[test]
fn a_bundle_is_written_around_the_finding_while_the_recording_is_in_progress() {
    let directory = tempfile::tempdir().unwrap();
    let [recording, out] = ["a.db", "out.db"].map(|name| directory.path().join(name));
    let state = lively();
    let finding = state.findings.list.get(GAP_ROW).unwrap().finding.clone();
    let (sender, recorder) = record(settings(recording.clone()));
    let mut interval = Interval::default();
    interval.push(finding.clone().into());
    sender.send(Arc::new(interval)).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while RecordingReader::open(&recording).unwrap().overview().unwrap().findings == 0 {
        assert!(std::time::Instant::now() < deadline, "not recorded");
        std::thread::yield_now();
    }

    let told = Acknowledgement { at: START, note: "for Bo".to_owned() };
    let acknowledgements = Acknowledgements::from([(finding.clone(), told)]);
    let order = BundleOrder { recording: recording.clone(), finding: finding.clone(), acknowledgements };
    let words = write(out.to_str().unwrap(), &order).unwrap();
    assert!(words.starts_with("bundled 0 messages on 1 channel, and 1 finding to ") && words.ends_with("out.html"));
    let report = std::fs::read_to_string(directory.path().join("out.html")).unwrap();
    assert!(report.contains("2026-11-24T10:32:32Z for Bo"), "{report}");
    assert_eq!(RecordingReader::open(&out).unwrap().acknowledgements().unwrap()[&finding].note, "for Bo");
    let error = write(out.to_str().unwrap(), &order).unwrap_err();
    assert!(error.contains("out.db"), "{error}");

    let later = Finding { at: finding.at + 1, ..finding };
    // The name of the report can be typed too.
    write(directory.path().join("second.html").to_str().unwrap(), &order).unwrap();
    assert!(["second.db", "second.html"].iter().all(|name| directory.path().join(name).exists()));

    let order = BundleOrder { recording, finding: later, acknowledgements: Acknowledgements::new() };
    let error = write(directory.path().join("other.db").to_str().unwrap(), &order).unwrap_err();
    assert!(error.ends_with("does not contain this finding; it may have been found before the recording started"));
    drop(sender);
    assert_eq!(recorder.close().failure(), None);
}

#[test]
fn the_prompt_stays_open_until_the_bundle_is_written() {
    let mut state = lively();
    state.recorded_to = Some("a.db".to_owned());
    press(&mut state, "3 b Enter");
    update(&mut state, Event::Bundled(Err("out.db exists".to_owned())));
    assert!(matches!(state.popup, Some(Popup::Bundle(_))) && notice(&state) == "no bundle: out.db exists");
    update(&mut state, Event::Bundled(Ok("bundled 3 messages".to_owned())));
    assert!(state.popup.is_none() && notice(&state) == "bundled 3 messages");
}
