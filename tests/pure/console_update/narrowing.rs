//! Narrowing a list with `/`.

use aircheck::console::panes::channels::rows::ChannelRow;

use super::*;

/// A console that is subscribed to ten thousand channels.
fn ten_thousand() -> State {
    let channels = (0..10_000).map(|number| format!("shop:{}:{number:04}", number % 100)).collect();
    empty(Setup { channels, ..setup() })
}

#[test]
fn ten_thousand_channels_are_narrowed_to_each_of_them() {
    let mut state = ten_thousand();
    assert_eq!(state.channels.list.len(), 10_000);
    press(&mut state, "1 G");
    assert_eq!(state.channels.position.cursor, state.channels.lines().len() - 1, "the last line is reached");
    for number in (0..10_000).step_by(1_111) {
        press(&mut state, &format!("1 / Ctrl-U \"{}:{number:04}\"", number % 100));
        assert_eq!(state.channels.found(), (1, 10_000), "{number}");
        press(&mut state, "Enter Enter");
        assert!(state.channels.picked.iter().eq([&number]), "{number}: {:?}", state.channels.picked);
    }
    press(&mut state, "Esc");
    assert!(state.channels.lines().len() > 10_000);
    assert_eq!(state.channels.selected().unwrap().channel, channel("shop:99:9999"), "the cursor stays on its channel");
}

#[test]
fn channels_of_folded_groups_are_found_and_new_channels_too() {
    let setup = setup();
    let mut state = ten_thousand();
    press(&mut state, "1 j Enter");
    assert_eq!(state.channels.lines().len(), 2, "all channels, and the folded group");
    press(&mut state, "/ \"4321\" Enter");
    assert!(matches!(state.channels.lines(), [ChannelRow::All, ChannelRow::Channel { index: 4_321, .. }]));
    let mut interval = Interval::default();
    message(&mut interval, &setup, "new:4321", "evt", "", 1);
    message(&mut interval, &setup, "new:1234", "evt", "", 1);
    take(&mut state, interval);
    assert_eq!((state.channels.found(), state.channels.lines().len()), ((2, 10_002), 3));
    press(&mut state, "Esc");
    assert_eq!(state.channels.position.cursor, 1, "the cursor is on the folded group of its channel");
}

#[test]
fn a_narrowed_list_takes_new_entries_and_changes_no_count() {
    let setup = setup();
    let mut state = lively();
    press(&mut state, "3 / \"bil\" Enter");
    assert_eq!((state.findings.list.found(), state.findings.list.len()), ((0, 1), 0));
    let mut interval = Interval::default();
    for name in ["billing", "ops", "billing"] {
        interval.push(gap(name, 20, 21));
        raw_message(&mut interval, &setup, name, b"bad:sha256|default|1795516352|00:{}", 22);
    }
    take(&mut state, interval);
    assert_eq!((state.findings.list.found(), state.findings.list.len()), ((2, 4), 2));
    assert_eq!((state.open_gaps(), state.totals.findings.gaps, state.totals.rejected), (4, 4, 4));
    press(&mut state, "G");
    assert_eq!(state.findings.selected().unwrap().finding.channel, channel("billing"));
    press(&mut state, "Esc");
    assert_eq!((state.findings.list.len(), state.findings.list.position.cursor), (4, 3), "it stays on its finding");
    press(&mut state, "4 / \"billing\" Space \"mism\"");
    assert_eq!(state.rejections.list.found(), (1, 2));
    press(&mut state, "Tab Ctrl-U");
    assert_eq!(state.rejections.list.found(), (2, 2));
}

#[test]
fn a_narrowing_ends_with_the_focus_but_keeps_its_text() {
    let mut state = lively();
    press(&mut state, "1 / \"op\"");
    focus_by_click(&mut state, Pane::Findings);
    assert_eq!((state.focus, state.channels.narrowing.typing), (Pane::Findings, false));
    assert_eq!(state.channels.found(), (1, 2));
    press(&mut state, "j");
    assert_eq!(state.channels.narrowing.line.text(), "op");
}

fn focus_by_click(state: &mut State, pane: Pane) {
    let area = Layout::for_state(state).pane(pane).unwrap();
    let kind = MouseEventKind::Down(MouseButton::Left);
    update(state, Event::Mouse(MouseEvent { kind, column: area.x + 2, row: area.y, modifiers: KeyModifiers::NONE }));
}

#[test]
fn the_lists_in_popups_are_narrowed() {
    let mut state = lively();
    press(&mut state, "1 :show-names");
    let names = |state: &State| match &state.popup {
        Some(Popup::Names(view)) => view.rows.iter().map(|row| row.name.clone().unwrap()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(names(&state).len(), 3);
    press(&mut state, "/ \"LU\" Enter");
    assert_eq!(names(&state), [b"flush"]);
    let later = state.now + 2 * SECOND;
    update(&mut state, Event::Clock(later));
    assert_eq!(names(&state), [b"flush"], "new counts do not end it");
    press(&mut state, "Esc");
    assert_eq!(names(&state).len(), 3);
    press(&mut state, "Esc d");

    let found = ["apes", "zebra", "zoo"];
    let found =
        found.map(|name| DiscoveredChannel { channel: channel(name), counter: Reading::Value(3), subscribers: None });
    update(&mut state, Event::Discovered(Ok(found.into())));
    press(&mut state, "/ \"z\" Enter j x / Ctrl-U \"apes\" Enter x");
    let Some(Popup::Discover(discover)) = &state.popup else { panic!("{:?}", state.popup) };
    assert_eq!((discover.shown(), &discover.picked), (vec![0], &[0, 2].into()), "picked channels stay picked");
    assert_eq!(press(&mut state, "Enter"), [Effect::Subscribe(vec!["apes".to_owned(), "zoo".to_owned()])]);

    press(&mut state, "2 c \"one\" Ctrl-S");
    update(&mut state, Event::Published { id: 1, result: Ok((1, 1)), at: START });
    press(&mut state, "Backspace Backspace Backspace \"two\" Ctrl-S Ctrl-O / \"one\" Enter");
    let Some(Popup::Sent(list)) = &state.popup else { panic!("{:?}", state.popup) };
    let shown: Vec<_> = list.shown(&state.compose.sent).iter().map(|sent| sent.name.clone()).collect();
    assert_eq!((shown, state.compose.sent.len()), (vec![b"one".to_vec()], 2));
}
