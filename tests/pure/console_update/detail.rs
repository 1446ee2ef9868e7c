//! The selected row taken apart.

use super::*;

fn json_of(data: &str) -> Vec<String> {
    let setup = Setup { keyring: Arc::new(Keyring::new(KeyringSettings::default())), ..setup() };
    let mut state = empty(setup.clone());
    let mut interval = Interval::default();
    raw_message(&mut interval, &setup, "ops", format!("evt::{data}").as_bytes(), 1);
    take(&mut state, interval);
    state.detail.json
}

#[test]
fn the_failed_check_is_there() {
    let mut state = lively();
    press(&mut state, "k");
    assert_eq!(state.detail.serial, Some(REFUSED_ROW));
    let hmac = state.detail.checks.iter().find(|check| check.kind == CheckKind::Hmac).unwrap();
    assert_eq!(hmac.outcome, CheckOutcome::Failed);
    press(&mut state, "k");
    assert!(state.detail.checks.iter().all(|check| check.outcome == CheckOutcome::Passed));
    press(&mut state, "k");
    assert_eq!((state.detail.serial, state.detail.checks.len()), (Some(GAP_ROW), 0));
}

#[test]
fn data_is_laid_out_in_lines() {
    let lines = json_of(r#"{"a":[1,-2.5e3, true],"b":{},"c":[ ],"caf\u00e9":"say \"hi\"\\","d":{"e":null}}"#);
    let expected = [
        "{",
        r#"  "a": ["#,
        "    1,",
        "    -2.5e3,",
        "    true",
        "  ],",
        r#"  "b": {},"#,
        r#"  "c": [],"#,
        r#"  "café": "say \"hi\"\\","#,
        r#"  "d": {"#,
        r#"    "e": null"#,
        "  }",
        "}",
    ];
    assert_eq!(lines, expected);
    assert_eq!(json_of("12"), ["12"]);
    assert_eq!(json_of(r#""a\u001b[31m""#), [r#""a\x1b[31m""#]);
    assert!(json_of("").is_empty() && json_of("{no").is_empty());
}

#[test]
fn depth_length_and_lines_are_bounded() {
    let deep = json_of(&("[".repeat(500) + &"]".repeat(500)));
    assert_eq!(deep.len(), 999);
    assert!(deep.iter().all(|line| line.len() < 100));
    assert_eq!(json_of(&format!("[{}1]", "1,".repeat(5_000))).len(), 2_000);
    for (length, end) in [(20_000, "\"…"), (200_000, "…")] {
        let long = json_of(&format!(r#"["{}"]"#, "é".repeat(length)));
        assert!(long.iter().all(|line| line.len() < 5_000) && long[1].ends_with(end), "{}", long[1].len());
    }
}

#[test]
fn the_selection_is_taken_apart_anew_while_following() {
    let setup = setup();
    let mut state = lively();
    let mut interval = Interval::default();
    message(&mut interval, &setup, "ops", "evt", "[7]", 11);
    take(&mut state, interval);
    assert_eq!((state.detail.serial, state.detail.json.len()), (Some(LAST_ROW + 1), 3));
}

#[test]
fn the_list_is_where_it_was_when_detail_has_covered_it() {
    let setup = setup();
    let mut state = empty(setup.clone());
    update(&mut state, Event::Resize(80, 24));
    take(&mut state, messages(&setup, 100));
    press(&mut state, "k k k k k");
    let before = window(&state);
    press(&mut state, "Enter");
    assert!(window(&state).is_empty());
    press(&mut state, "Left Right Esc");
    assert_eq!((window(&state), state.messages.cursor), (before, Some(94)));
}

#[test]
fn scrolling_ends_at_the_last_line() {
    let mut state = lively();
    press(&mut state, "5 v v G j j j");
    assert!(state.detail.scroll < state.detail.lines.max(1));
    press(&mut state, "g");
    assert_eq!(state.detail.scroll, 0);
}
