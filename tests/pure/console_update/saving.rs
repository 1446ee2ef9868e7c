//! Rows are saved as JSON lines.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use aircheck::console::runtime::save::save;

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
