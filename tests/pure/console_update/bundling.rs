//! A bundle is written around the selected finding, from the recording that has it.

use aircheck::console::popups::bundle::BundleOrder;
use aircheck::console::runtime::backfill::look;
use aircheck::console::runtime::bundle::write;
use aircheck::ledger::finding::{Acknowledgement, Acknowledgements};
use aircheck::recording::reader::RecordingReader;

use super::*;
use crate::record::{record, record_all, settings};

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
    let order =
        BundleOrder { recording: recording.clone(), others: Vec::new(), finding: finding.clone(), acknowledgements };
    let words = write(out.to_str().unwrap(), &order).unwrap();
    assert!(words.starts_with("wrote ") && words.ends_with("out.db: 0 messages on 1 channel, and 1 finding"));
    let report = std::fs::read_to_string(directory.path().join("out.html")).unwrap();
    assert!(report.contains("2026-11-24T10:32:32Z for Bo"), "{report}");
    assert_eq!(RecordingReader::open(&out).unwrap().acknowledgements().unwrap()[&finding].note, "for Bo");
    let error = write(out.to_str().unwrap(), &order).unwrap_err();
    assert!(error.contains("out.db"), "{error}");

    let later = Finding { at: finding.at + 1, ..finding };
    // The name of the report can be typed too.
    write(directory.path().join("second.html").to_str().unwrap(), &order).unwrap();
    assert!(["second.db", "second.html"].iter().all(|name| directory.path().join(name).exists()));

    let order = BundleOrder { recording, finding: later, ..order };
    let error = write(directory.path().join("other.db").to_str().unwrap(), &order).unwrap_err();
    assert!(error.ends_with("does not contain this finding; it may have been found before the recording started"));
    drop(sender);
    assert_eq!(recorder.close().failure(), None);
}

#[test]
fn a_bundle_has_the_messages_that_were_found_in_other_recordings() {
    let directory = tempfile::tempdir().unwrap();
    let [recording, other, out] = ["a.db", "b.db", "out.db"].map(|name| directory.path().join(name));
    let mut state = lively();
    state.recorded_to = recording.to_str().map(str::to_owned);
    let received = |numbers: std::ops::RangeInclusive<u64>| {
        let mut interval = Interval::default();
        for number in numbers {
            message(&mut interval, &state.setup, "ops", "flush", &format!(r#"{{"n":{number}}}"#), number);
        }
        interval
    };
    let mut before = received(1..=5);
    before.push(state.findings.list.get(GAP_ROW).unwrap().finding.clone().into());
    record_all(&recording, vec![before, received(9..=10)]);
    record_all(&other, vec![received(1..=7)]);

    let effects = press(&mut state, &format!("3 F \"{}\" Enter", other.display()));
    let Some(Effect::LookIn { path, wanted, known }) = effects.last() else { panic!("{effects:?}") };
    let found = look(path, wanted, known).unwrap();
    update(&mut state, Event::BackfillResult(wanted.clone(), Ok(Box::new(found))));
    let effects = press(&mut state, "Esc b Enter");
    let Some(Effect::Bundle { order, .. }) = effects.last() else { panic!("{effects:?}") };
    let words = write(out.to_str().unwrap(), order).unwrap();
    assert!(words.ends_with(", with the content of 2 of 3 numbers"), "{words}");
    let bundle = RecordingReader::open(&out).unwrap();
    assert_eq!(bundle.numbers(&channel("ops"), 1, (6, 8)).unwrap(), [(6, 7)]);
}

#[test]
fn the_prompt_names_both_files() {
    for (typed, second) in [
        ("", "and the report bundle-ops-6-8.html"),
        ("\"dir/x.db\"", "and the report x.html"),
        ("\"x.HTML\"", "and the recording x.db"),
        ("\"x\"", "and the report x.html"),
    ] {
        let mut state = lively();
        state.recorded_to = Some("a.db".to_owned());
        press(&mut state, &format!("3 b {typed}"));
        let shown = screen(&state);
        assert!(shown.contains("write a bundle to ") && shown.contains(second), "{second}: {shown}");
    }
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
