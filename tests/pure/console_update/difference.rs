//! The difference from the previous message of the same name.

use super::*;
use aircheck::console::panes::detail::state::{Difference, Outcome};

/// The changes from one data to another, a line each.
fn changes(old: &str, new: &str) -> Vec<String> {
    let setup = setup();
    let mut state = empty(setup.clone());
    let mut interval = Interval::default();
    message(&mut interval, &setup, "ops", "evt", old, 1);
    message(&mut interval, &setup, "ops", "other", r#"{"other":1}"#, 2);
    message(&mut interval, &setup, "billing", "evt", r#"{"other":1}"#, 1);
    message(&mut interval, &setup, "ops", "evt", new, 3);
    take(&mut state, interval);
    press(&mut state, "v v v");
    let Some(Difference::To { row_id: 0, outcome: Outcome::Changes { list, cut: false }, .. }) =
        &state.detail.difference
    else {
        panic!("{:?}", state.detail.difference)
    };
    list.iter().map(aircheck::console::panes::detail::state::Change::text).collect()
}

#[test]
fn changes_are_named_by_their_paths() {
    for (old, new, expected) in [
        (r#"{"price":{"net":19.9},"a":1}"#, r#"{"a":1,"price":{"net":21.5}}"#, vec!["~ .price.net 19.9 → 21.5"]),
        (r#"{"tags":["a","b"]}"#, r#"{"tags":["a","b","c"]}"#, vec![r#"+ .tags[2] "c""#]),
        (r#"{"old":true,"b":2}"#, r#"{"b":2}"#, vec!["- .old true"]),
        (r#"{"a":{"b":1,"c":2}}"#, r#"{"a":[1]}"#, vec!["~ .a {… 2 keys} → [… 1]"]),
        (r#"{"a":null}"#, r#"{"a":{"b":{}}}"#, vec!["~ .a null → {… 1 key}"]),
        (r#"{"a":[]}"#, r#"{"a":[[],{}]}"#, vec!["+ .a[0] []", "+ .a[1] {}"]),
        (r#"{"a":{}}"#, r#"{"a":{"x":[1,2]}}"#, vec!["+ .a.x [… 2]"]),
        (r#"{"a":"\u0061"}"#, r#"{ "a" : "a" }"#, vec![]),
        (r#"{"a":1}"#, r#"{"a":"1"}"#, vec![r#"~ .a 1 → "1""#]),
        (r#"{"a":1,"a":2}"#, r#"{"a":3,"a":2}"#, vec![]),
        ("", "[1]", vec!["+ . [… 1]"]),
        ("[1]", "", vec!["- . [… 1]"]),
        ("1", "2", vec!["~ . 1 → 2"]),
        ("", "", vec![]),
        ("{\"\\u001b\":1}", "{}", vec![r#"- .["\u001b"] 1"#]),
    ] {
        assert_eq!(changes(old, new), expected, "{old} to {new}");
    }
}

#[test]
fn the_difference_explains_missing_and_invalid_data() {
    let mut state = lively();
    press(&mut state, "v v v");
    assert_eq!(state.detail.difference, Some(Difference::NoEarlier { searched: None }));
    let setup = setup();
    let mut interval = Interval::default();
    raw_message(&mut interval, &setup, "ops", b"evt::{no", 11);
    message(&mut interval, &setup, "ops", "evt", "{}", 12);
    take(&mut state, interval);
    let outcome = |state: &State| match &state.detail.difference {
        Some(Difference::To { row_id, outcome, .. }) => (*row_id, outcome.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(outcome(&state), (LAST_ROW + 1, Outcome::NotJson { same: false }));
}

#[test]
fn the_value_and_path_of_a_change_can_be_copied() {
    let setup = setup();
    let mut state = empty(setup.clone());
    let mut interval = Interval::default();
    message(&mut interval, &setup, "ops", "evt", r#"{"a":1,"b":2}"#, 1);
    message(&mut interval, &setup, "ops", "evt", r#"{"a": [1, 2]}"#, 2);
    take(&mut state, interval);
    press(&mut state, "5 v v v");
    assert_eq!(press(&mut state, ":copy-value"), [Effect::Copy("[1, 2]".to_owned())]);
    assert_eq!(press(&mut state, ":copy-path"), [Effect::Copy(".a".to_owned())]);
    press(&mut state, "j");
    assert_eq!(press(&mut state, ":copy-path"), [Effect::Copy(".b".to_owned())]);
    assert_eq!(press(&mut state, ":copy-value"), [], "it is not there any more");
}

#[test]
fn a_deep_text_is_compared_without_recursion() {
    let deep = |inner: &str| "[".repeat(500) + inner + &"]".repeat(500);
    assert_eq!(changes(&deep("1"), &deep("2")).len(), 1);
}
