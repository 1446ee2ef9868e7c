//! Rows are saved as JSON lines.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use aircheck::console::runtime::save::save;
use aircheck::filter::jq_worker::Answer;

use super::*;

#[test]
fn marked_rows_are_saved_for_their_owner_only_and_nothing_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("incident.jsonl");
    let mut state = lively();
    press(&mut state, "G :mark k k k :save");
    update(&mut state, Event::Paste(path.display().to_string()));
    let effects = press(&mut state, "Enter");
    let [Effect::Save { path: typed, rows }] = &effects[..] else { panic!("{effects:?}") };
    let result = save(typed, rows);
    assert_eq!(result, Ok((4, path.display().to_string())));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines.iter().map(|line| &line["type"]).collect::<Vec<_>>(),
        ["finding", "message", "message", "message"]
    );
    assert_eq!(lines[3]["name"], "paid");
    update(&mut state, Event::Saved(result));
    assert!(state.popup.is_none() && state.messages.mark.is_none() && notice(&state).starts_with("4 rows saved in "));

    let again = save(typed, &rows[..1]).unwrap_err();
    assert!(again.contains("is there already"), "{again}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    press(&mut state, ":save");
    update(&mut state, Event::Saved(Err(again)));
    assert!(matches!(state.popup, Some(Popup::Save(_))) && notice(&state).contains("is there already"));
    assert!(save("/nowhere/at\u{1b}all", rows).unwrap_err().contains(r"at\x1ball"));
}

#[test]
fn the_view_is_saved_as_filtered_with_all_copies_and_what_the_filter_could_not_decide() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("view.jsonl");
    let mut state = empty(setup());
    let mut interval = Interval::default();
    for (sequence, name) in (1..).zip(["evt", "evt", "evt", "other", "paid"]) {
        let payload = setup().keyring.payload(name.as_bytes(), b"[1]", &SignWith::SigningKey, START / SECOND).unwrap();
        raw_message(&mut interval, &setup(), "ops", &payload, sequence);
    }
    take(&mut state, interval);
    press(&mut state, "f");
    update(&mut state, Event::Paste("-name:other | .a".to_owned()));
    press(&mut state, "Enter");
    let effects = update(&mut state, Event::Work);
    let [Effect::Ask { id, rows, .. }] = &effects[..] else { panic!("{effects:?}") };
    let failed = |(row_id, _): &(u64, _)| {
        (*row_id, if *row_id == 1 { Answer::Failed("too slow".to_owned()) } else { Answer::Yes })
    };
    let answers = rows.iter().filter(|(row_id, _)| *row_id < 4).map(failed).collect();
    update(&mut state, Event::Answered { id: *id, answers, stopped: None });
    press(&mut state, "3 :save-view");
    assert!(matches!(&state.popup, Some(Popup::Save(prompt)) if prompt.rows == 4), "{:?}", state.popup);
    update(&mut state, Event::Paste(path.display().to_string()));
    let effects = press(&mut state, "Enter");
    let [Effect::Save { path: typed, rows }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(save(typed, rows).map(|saved| saved.0), Ok(4));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fields = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(fields("sequence"), [1, 2, 3, 5]);
    let null = serde_json::Value::Null;
    assert_eq!(fields("filter_error"), [null.clone(), "too slow".into(), null, "not evaluated yet".into()]);
}

#[test]
fn a_view_is_not_saved_before_the_filter_has_examined_it() {
    let mut state = empty(setup());
    take(&mut state, messages(&setup(), 900));
    let mut long = Interval::default();
    for sequence in 1..=9 {
        raw_message(&mut long, &setup(), "ops", format!("evt::{sequence}{}", " ".repeat(60_000)).as_bytes(), sequence);
    }
    take(&mut state, long);
    press(&mut state, "f \"name:evt\" Enter :save-view \"a.jsonl\"");
    assert_eq!(press(&mut state, "Enter"), []);
    assert_eq!(notice(&state), "the filter has not examined all rows yet");
    while aircheck::console::app::background::has_work(&state) {
        update(&mut state, Event::Work);
    }
    let effects = press(&mut state, "Enter");
    assert!(
        matches!(&effects[..], [Effect::Save { rows, .. }] if rows.len() == state.messages.rows.len()),
        "{effects:?}"
    );
}

#[test]
fn hidden_rows_are_not_saved() {
    let mut state = lively();
    press(&mut state, "f \"name:paid\" Enter g :mark G");
    assert_eq!(state.messages.selection().len(), 4);
}

#[test]
fn a_warning_is_shown_as_a_notice() {
    let mut state = lively();
    update(&mut state, Event::Warning("the counters cannot be kept".to_owned()));
    assert!(state.notice.as_ref().is_some_and(|notice| notice.is_error));
    assert_eq!(notice(&state), "the counters cannot be kept");
}
