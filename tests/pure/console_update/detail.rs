//! Detail: the checks, the tree and the other views of the selected row.

use super::*;
use aircheck::console::app::replay::{Replay, ReplayStatus, Speed};
use aircheck::console::panes::detail::raw::signed;
use aircheck::console::panes::detail::state::DetailView;
use aircheck::console::panes::detail::tree::{Step, Value as NodeValue};
use aircheck::wire::signature::Secret;
use proptest::prelude::*;

/// A console of 120x40 whose newest message has that data, not signed.
fn with_data(data: &str) -> State {
    let setup = Setup { keyring: Arc::new(Keyring::new(KeyringSettings::default())), ..setup() };
    let mut state = empty(setup.clone());
    update(&mut state, Event::Resize(120, 40));
    let mut interval = Interval::default();
    raw_message(&mut interval, &setup, "ops", format!("evt::{data}").as_bytes(), 1);
    take(&mut state, interval);
    state
}

/// The lines of the tree, without what is folded.
fn lines(state: &State) -> Vec<String> {
    let detail = &state.detail;
    let text = |part: &aircheck::console::panes::detail::state::Part| {
        let text = detail.tree.text(part.item, detail.is_folded(part.item), detail.lines.width);
        text[part.from..part.to].to_owned()
    };
    detail.lines.parts.iter().map(text).collect()
}

fn unfolded(data: &str) -> Vec<String> {
    let mut state = with_data(data);
    press(&mut state, "5 :unfold-all");
    lines(&state)
}

#[test]
fn detail_shows_the_failed_check() {
    let mut state = lively();
    press(&mut state, "k");
    assert_eq!(state.detail.row_id, Some(REJECTED_ROW));
    let hmac = state.detail.checks.iter().find(|check| check.kind == CheckKind::Hmac).unwrap();
    assert_eq!(hmac.outcome, CheckOutcome::Failed);
    press(&mut state, "k");
    assert!(state.detail.checks.iter().all(|check| check.outcome == CheckOutcome::Passed));
    press(&mut state, "k");
    assert_eq!((state.detail.row_id, state.detail.checks.len()), (Some(GAP_ROW), 0));
}

#[test]
fn json_is_shown_in_lines() {
    let lines = unfolded(r#"{"a":[1,-2.5e3, true],"b":{},"c":[ ],"caf\u00e9":"say \"hi\"\\","d":{"e":null}}"#);
    let expected = [
        "▾ {",
        r#"  ▾ "a": ["#,
        "      1,",
        "      -2.5e3,",
        "      true",
        "    ],",
        r#"    "b": {},"#,
        r#"    "c": [],"#,
        r#"    "café": "say \"hi\"\\\\","#,
        r#"  ▾ "d": {"#,
        r#"      "e": null"#,
        "    }",
        "  }",
    ];
    assert_eq!(lines, expected.map(|line| line.replace(r"\\\\", r"\\")));
    assert_eq!(unfolded("12"), ["  12"]);
    assert_eq!(unfolded(r#""a\u001b[31m""#), [r#"  "a\x1b[31m""#]);
    for data in ["", "{no"] {
        assert!(with_data(data).detail.tree.nodes.is_empty());
    }
}

#[test]
fn deep_values_are_folded_and_show_their_size() {
    let mut state = with_data(r#"{"a":{"b":{"c":{"d":1,"e":2,"f":3},"g":[1,2],"h":{"i":1}}},"j":0}"#);
    let folded = ["▾ {", r#"  ▾ "a": {"#, r#"    ▾ "b": {"#];
    assert_eq!(lines(&state)[..3], folded);
    assert_eq!(
        lines(&state)[3..7],
        [r#"      ▸ "c": {… 3 keys},"#, r#"      ▸ "g": [… 2],"#, r#"      ▸ "h": {… 1 key}"#, "      }"]
    );
    press(&mut state, "5 :fold-all");
    assert_eq!(lines(&state), ["▾ {", r#"  ▸ "a": {… 1 key},"#, r#"    "j": 0"#, "  }"]);
}

#[test]
fn depth_length_and_lines_are_bounded() {
    let deep = unfolded(&("[".repeat(500) + &"]".repeat(500)));
    assert_eq!(deep.len(), 999);
    assert!(deep.iter().all(|line| line.len() < 100));
    let state = with_data(&format!("[{}1]", "1,".repeat(5_000)));
    assert_eq!((state.detail.lines.parts.len(), state.detail.lines.after > 0), (2_000, true));
    let mut state = state;
    press(&mut state, "5 g");
    state.detail.position.cursor = state.detail.lines.before;
    press(&mut state, "Enter");
    assert_eq!(lines(&state), ["▸ [… 1999+]"]);
}

#[test]
fn a_long_string_is_cut_with_its_length_and_can_be_unfolded() {
    let text = "é".repeat(1_000);
    let mut state = with_data(&format!(r#"["{text}"]"#));
    assert_eq!(state.detail.lines.parts.len(), 3);
    assert!(state.detail.lines.parts[1].cut);
    press(&mut state, "5 j Enter");
    let whole: String = lines(&state)[1..state.detail.lines.parts.len() - 1].concat();
    assert_eq!(whole.trim(), format!("\"{text}\""));
    press(&mut state, "Left");
    assert_eq!((state.detail.lines.parts.len(), state.detail.path().as_deref()), (3, Some(".[0]")));
}

#[test]
fn paths_are_what_jq_reads_and_safe_to_show() {
    let paths = |data: &str| {
        let mut state = with_data(data);
        press(&mut state, "5 :unfold-all");
        let nodes = 0..state.detail.tree.nodes.len();
        nodes.map(|node| state.detail.tree.path(node)).collect::<Vec<_>>()
    };
    assert_eq!(paths(r#"{"price":{"net":1}}"#)[..3], [".", ".price", ".price.net"]);
    assert!(paths(r#"{"tags":[1,[2]]}"#).contains(&".tags[1][0]".to_owned()));
    assert_eq!(paths(r#"[{"a b":0}]"#)[2], r#".[0]["a b"]"#);
    assert_eq!(paths(r#"{"1":0}"#)[1], r#".["1"]"#);
    assert_eq!(paths(r#"{"\"\\":0}"#)[1], r#".["\"\\"]"#);
    assert_eq!(paths(r#"{"é":0}"#)[1], r#".["é"]"#);
    assert_eq!(paths("{\"\\u001b[31m\u{202e}é\":0}")[1], r#".["\u001b[31m\u202e\u00e9"]"#);
}

#[test]
fn the_cursor_stays_on_its_value_when_others_fold() {
    let mut state = with_data(r#"{"a":{"b":{"c":{"d":1}}},"z":[1,2]}"#);
    press(&mut state, "5 G");
    assert_eq!(state.detail.path().as_deref(), Some("."), "a closing bracket belongs to what it closes");
    press(&mut state, "k k");
    assert_eq!(state.detail.path().as_deref(), Some(".z[1]"));
    press(&mut state, ":unfold-all");
    assert_eq!(state.detail.path().as_deref(), Some(".z[1]"));
    press(&mut state, ":fold-all");
    assert_eq!(state.detail.path().as_deref(), Some(".z"));
    update(&mut state, Event::Resize(80, 24));
    assert_eq!(state.detail.path().as_deref(), Some(".z"));
}

#[test]
fn detail_follows_the_newest_row() {
    let setup = setup();
    let mut state = lively();
    let mut interval = Interval::default();
    message(&mut interval, &setup, "ops", "evt", "[7]", 11);
    take(&mut state, interval);
    assert_eq!((state.detail.row_id, state.detail.tree.nodes.len()), (Some(LAST_ROW + 1), 3));
}

#[test]
fn actions_in_detail_act_on_the_pinned_message() {
    let mut state = lively();
    press(&mut state, "2 g j :pin");
    press(&mut state, "G 5 e");
    assert_eq!(state.compose.data_text(), r#"{"n":1}"#);
    press(&mut state, "Esc 5 :bookmark");
    assert_eq!(state.messages.bookmarks.iter().collect::<Vec<_>>(), [&1]);
}

#[test]
fn commands_act_on_the_row_that_detail_shows() {
    let mut state = lively();
    press(&mut state, "2 g j 4 :load-message");
    assert_eq!(state.compose.name_text(), "bad", "the rejected message, not the one under the cursor of Messages");
    let mut state = lively();
    press(&mut state, "2 g j 4 :pin");
    let pinned = state.detail.pinned.as_ref().and_then(|row| row.message()).unwrap();
    assert!(matches!(pinned.verdict, Verdict::Rejected(_)), "{pinned:?}");
    assert_eq!(state.detail.row_id, Some(REJECTED_ROW));
}

#[test]
fn a_pinned_row_stays_when_it_is_trimmed() {
    let setup = Setup { max_rows: 5, ..setup() };
    let mut state = lively_with(setup.clone());
    press(&mut state, ":pin");
    take(&mut state, messages(&setup, 20));
    assert!(state.messages.row(LAST_ROW).is_none());
    assert_eq!(state.detail.row_id, Some(LAST_ROW));
    let copied = press(&mut state, "5 :copy-compact");
    assert_eq!(copied, [Effect::Copy(r#"["a"]"#.to_owned())], "what Detail shows is copied");
    let copied = press(&mut state, "2 y y");
    assert_eq!(copied, [Effect::Copy("evt::20".to_owned())], "in Messages, what is selected");
    press(&mut state, ":pin");
    assert_eq!(state.detail.row_id, state.messages.cursor);
}

#[test]
fn closing_detail_restores_the_lists_position() {
    let setup = setup();
    let mut state = empty(setup.clone());
    update(&mut state, Event::Resize(80, 24));
    take(&mut state, messages(&setup, 100));
    press(&mut state, "k k k k k");
    let before = window(&state);
    press(&mut state, "Enter");
    assert!(window(&state).is_empty());
    press(&mut state, "K J Esc");
    assert_eq!((window(&state), state.messages.cursor), (before, Some(94)));
}

#[test]
fn scrolling_ends_at_the_last_line() {
    let mut state = with_data(&format!("[{}1]", "1,".repeat(200)));
    for view in ["", "v", "v"] {
        press(&mut state, "5");
        press(&mut state, view);
        press(&mut state, "G j j j");
        let height = Layout::for_state(&state).entries(Pane::Detail);
        let seen = state.detail.window(height);
        assert_eq!(seen.end, state.detail.lines.total());
        assert_eq!(seen.len(), (height - state.detail.lines.heading).min(state.detail.lines.total()));
        press(&mut state, "g");
        assert_eq!(state.detail.position.top, 0);
    }
}

#[test]
fn the_signed_bytes_are_name_timestamp_and_data() {
    let shown = |payload: &str, timestamp| {
        let ranges = signed(payload.as_bytes(), timestamp);
        ranges.into_iter().map(|range| payload[range].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        shown("evt:sha256|default|1795516352|ab:{\"a\":1}", Some(1_795_516_352)),
        ["evt", "1795516352", "{\"a\":1}"]
    );
    assert_eq!(shown("evt:sha256|k| 1795516352.7|ab:", Some(1_795_516_352)), ["evt", "1795516352"]);
    assert_eq!(shown("evt:sha256|k|1e3|ab:[1:2]", Some(1_000)), ["evt", "1e3", "[1:2]"]);
    assert_eq!(shown("evt:sha256|k:[]", None), ["evt", "[]"]);
    assert_eq!(shown("evt::[]", None), [""; 0], "not signed");
    assert_eq!(shown("evt:0:[]", None), [""; 0], "PHP reads 0 as no signature");
}

#[test]
fn search_in_detail_works_in_each_view() {
    let mut state = with_data(r#"{"Name":"needle","x":{"y":{"z":{"w":"NEEDLE"}}}}"#);
    press(&mut state, "5 / \"needle\" Enter");
    assert_eq!(state.detail.find.hits.len(), 2, "small letters find capital ones");
    press(&mut state, "n");
    assert_eq!(state.detail.path().as_deref(), Some(".x.y.z.w"), "what is folded is searched and unfolded");
    for (view, hits) in [(DetailView::Raw, 2), (DetailView::Hex, 2), (DetailView::Diff, 0), (DetailView::Json, 2)] {
        press(&mut state, "v");
        assert_eq!((state.detail.view, state.detail.find.hits.len()), (view, hits));
    }
    press(&mut state, "/ \"NEEDLE\"");
    assert_eq!(state.detail.find.hits.len(), 1, "capital letters find themselves only");
    update(&mut state, Event::Paste("\nmore".to_owned()));
    assert_eq!(state.detail.find.line.text(), "NEEDLE", "only the first line counts");
    press(&mut state, "2");
    assert_eq!(state.detail.find.line.text(), "NEEDLE2", "while typing, keys are text");
}

/// Any JSON, with keys and strings that mislead.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let text = prop_oneof![any::<String>(), "[a-c]", "[\\[\\]{}:,\"\\\\ ]{0,6}"];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        text.clone().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 60, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::vec((text.clone(), inner), 0..5)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_line_of_the_tree_is_the_value_at_its_place(value in any_json(), pretty in any::<bool>()) {
        let data = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let state = with_data(&data);
        let tree = &state.detail.tree;
        for (index, node) in tree.nodes.iter().enumerate() {
            if matches!(node.value, NodeValue::Close(_)) {
                continue;
            }
            let mut steps: Vec<_> = tree.ancestors(index).collect();
            steps.reverse();
            steps.push(index);
            let mut here = &value;
            for step in steps.into_iter().filter_map(|node| tree.nodes[node].step.as_ref()) {
                here = match step {
                    Step::Key(name) => &here[name.as_str()],
                    Step::Index(at) => &here[*at],
                };
            }
            let written: serde_json::Value = serde_json::from_str(&data[node.span.clone()]).unwrap();
            prop_assert_eq!(&written, here);
        }
    }

    #[test]
    fn folding_and_moving_never_lose_the_cursor(value in any_json(), keys in "[jkgGvpnN/x+= -]{0,30}", size in (0u16..130, 0u16..50)) {
        let mut state = with_data(&value.to_string());
        update(&mut state, Event::Resize(size.0, size.1));
        press(&mut state, "5");
        for key in keys.chars() {
            let key = if key == ' ' { "Enter".to_owned() } else { key.to_string() };
            press(&mut state, &key);
            let detail = &state.detail;
            prop_assert!(detail.position.cursor < detail.lines.total().max(1));
            let height = Layout::for_state(&state).entries(Pane::Detail);
            let window = detail.window(height);
            prop_assert!(window.is_empty() || window.contains(&detail.position.cursor));
            prop_assert!(detail.lines.parts.iter().all(|part| part.from <= part.to));
        }
    }
}

#[test]
fn detail_shows_the_selected_entry_of_the_list_that_had_the_focus_last() {
    let mut state = lively();
    let receive = |state: &mut State| {
        let mut interval = Interval::default();
        message(&mut interval, &state.setup, "ops", "evt", "1", 11);
        take(state, interval);
    };
    for (keys, row_id) in [("3", GAP_ROW), ("4", REJECTED_ROW), ("3 j", GAP_ROW), ("1", GAP_ROW), ("5", GAP_ROW)] {
        press(&mut state, keys);
        assert_eq!(state.detail.row_id, Some(row_id), "{keys}");
        receive(&mut state);
        assert_eq!(state.detail.row_id, Some(row_id), "{keys}: a new message does not replace it");
    }
    press(&mut state, "2");
    receive(&mut state);
    assert_eq!(state.detail.row_id, state.messages.cursor);
    // A row of Messages that is selected from another list.
    press(&mut state, "3 [");
    assert_eq!((state.focus, state.detail.row_id), (Pane::Findings, Some(REJECTED_ROW)));
    press(&mut state, "k");
    assert_eq!(state.detail.row_id, Some(GAP_ROW));
}

#[test]
fn actions_in_detail_apply_to_the_entry_that_it_shows() {
    let mut state = lively();
    press(&mut state, "4 5 e");
    assert!(state.compose.original.as_ref().unwrap().payload.starts_with(b"bad:"));
    let mut state = lively();
    let findings = (1..=3).map(|number| gap("billing", number, number));
    let mut interval = Interval::default();
    findings.for_each(|finding| interval.push(finding));
    take(&mut state, interval);
    press(&mut state, "3 g 5 J");
    assert_eq!((state.detail.row_id, state.findings.list.position.cursor), (Some(LAST_ROW + 1), 1));
    press(&mut state, "K");
    assert_eq!((state.detail.row_id, state.findings.list.position.cursor), (Some(GAP_ROW), 0));
}

#[test]
fn detail_shows_that_the_row_of_a_finding_was_trimmed() {
    let setup = Setup { max_rows: 5, ..setup() };
    let mut state = lively_with(setup.clone());
    press(&mut state, "3");
    take(&mut state, messages(&setup, 6));
    assert!(screen(&state).contains("The row was trimmed."), "{}", screen(&state));
}

/// A replay of the message in a console with other keys than the recorder's, as text.
fn replayed(payload: &[u8], recorder: &KeyringSettings, keys: KeyringSettings) -> String {
    let recorder = Setup { keyring: Arc::new(Keyring::new(recorder.clone())), ..setup() };
    let mut state = empty(Setup { keyring: Arc::new(Keyring::new(keys)), ..setup() });
    let status = ReplayStatus { is_playing: true, speed: Speed::NORMAL, at_end: false, failure: None };
    update(&mut state, Event::Resize(120, 40));
    state.replay = Some(Replay { host: String::new(), file: "a.db".into(), status });
    let mut interval = Interval::default();
    raw_message(&mut interval, &recorder, "ops", payload, 1);
    take(&mut state, interval);
    screen(&state)
}

#[test]
fn a_replay_shows_the_recorded_verdict_without_checks_that_cannot_be_repeated() {
    let keyed = |secret: &[u8]| KeyringSettings {
        signing_key: Some(Secret::new(secret.to_vec())),
        ..KeyringSettings::default()
    };
    let none = KeyringSettings::default;
    let signed = Keyring::new(keyed(b"secret")).payload(b"a", b"1", &SignWith::SigningKey, START / SECOND).unwrap();

    let shown = replayed(&signed, &keyed(b"secret"), keyed(b"secret"));
    assert!(shown.contains("✓ verified when it was recorded  key default (sha256), signed "), "{shown}");

    let shown = replayed(&signed, &keyed(b"secret"), none());
    assert!(shown.contains("✓ verified when it was recorded"), "{shown}");
    assert!(shown.contains("the checks cannot be repeated: key default is not set"), "{shown}");
    assert!(!shown.contains('✗') && !shown.contains("unknown"), "{shown}");

    let shown = replayed(b"a::1", &keyed(b"secret"), none());
    assert!(shown.contains("✗ rejected when it was recorded: not signed"), "{shown}");
    assert!(shown.contains("the checks cannot be repeated: no signing key is set"), "{shown}");
    assert!(!shown.contains("not required"), "{shown}");

    let shown = replayed(b"a::1", &none(), keyed(b"secret"));
    assert!(shown.contains("· accepted unsigned when it was recorded"), "{shown}");
    assert!(shown.contains("the keys and settings here give another verdict: not signed"), "{shown}");

    let shown = replayed(&signed, &keyed(b"secret"), keyed(b"other"));
    assert!(shown.contains("the keys and settings here give another verdict: signature mismatch"), "{shown}");

    // The same verdict: the checks explain it.
    let shown = replayed(&signed, &keyed(b"other"), keyed(b"other"));
    assert!(shown.contains("✗ rejected when it was recorded: signature mismatch"), "{shown}");
    assert!(shown.contains("✗ hmac"), "{shown}");
}
