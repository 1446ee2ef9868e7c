//! A recording begins, fails, and ends.

use aircheck::console::popups::record::{Phase, RecordingStatus};

use super::*;

fn status(failure: Option<&str>) -> Event {
    Event::Recording(RecordingStatus {
        file: "a.db".to_owned(),
        phase: Phase::Recording,
        committed: 7,
        not_recorded: 2,
        failure: failure.map(|why| (START, why.to_owned())),
        shipping: None,
    })
}

#[test]
fn the_start_and_end_of_a_recording_are_reported() {
    let mut state = lively();
    press(&mut state, "r Ctrl-U \"a.db\" Enter");
    update(&mut state, status(None));
    assert_eq!(notice(&state), "recording to a.db");
    update(&mut state, status(Some("the disk is full")));
    assert!(state.recording.as_ref().unwrap().failure.is_some());
    update(&mut state, status(None));
    assert!(state.recording.as_ref().unwrap().failure.is_none(), "it resumes by itself");
    assert_eq!(press(&mut state, "r"), []);
    assert_eq!(state.popup, Some(Popup::ConfirmStop));
    // A status that arrives before the answer does not close the question.
    update(&mut state, status(None));
    assert_eq!(press(&mut state, "y"), [Effect::StopRecording]);
    // A status that the writer sent before it was stopped is ignored.
    update(&mut state, status(None));
    assert_eq!(state.recording.as_ref().unwrap().phase, Phase::Stopping);
    update(&mut state, Event::RecordingEnded(Ok(7)));
    assert_eq!((notice(&state), &state.recording), ("recorded 7 messages to a.db", &None));
    // The recording is appended to the same file.
    let effects = press(&mut state, "r");
    assert!(matches!(&effects[..], [Effect::Record { path, .. }] if path == "a.db"), "{effects:?}");
}

#[test]
fn every_key_but_y_continues_the_recording() {
    for key in ["Esc", "Enter", "r", "n", "q"] {
        let mut state = lively();
        update(&mut state, status(None));
        press(&mut state, "r");
        assert_eq!(press(&mut state, key), [], "{key}");
        assert_eq!((&state.popup, notice(&state)), (&None, "not stopped"), "{key}");
        assert_eq!(state.recording.as_ref().unwrap().phase, Phase::Recording, "{key}");
    }
}

#[test]
fn a_file_that_cannot_be_recorded_to_is_asked_for_again() {
    let mut state = lively();
    press(&mut state, "r Enter");
    update(&mut state, Event::RecordingEnded(Err("aircheck-test.db is being recorded by another process".to_owned())));
    assert!(state.recording.is_none() && notice(&state).contains("by another process"));
    assert_eq!(press(&mut state, "r"), []);
    assert!(matches!(state.popup, Some(Popup::Record(_))));
}

#[test]
fn not_recorded_is_counted_apart_from_missed_and_dropped() {
    let mut state = lively();
    let before = state.totals;
    update(&mut state, status(None));
    assert_eq!(state.totals, before);
}
