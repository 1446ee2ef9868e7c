//! The mouse.

use super::*;

fn mouse(state: &mut State, kind: MouseEventKind, column: u16, row: u16) {
    let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    assert_eq!(update(state, Event::Mouse(event)), []);
}

fn click(state: &mut State, pane: Pane, entry: u16) {
    let layout = Layout::for_state(state);
    let inner = layout.inner(pane).unwrap();
    mouse(state, MouseEventKind::Down(MouseButton::Left), inner.x + 2, inner.y + entry * layout.entry_lines(pane));
}

#[test]
fn a_click_focuses_and_selects() {
    let mut state = lively();
    click(&mut state, Pane::Messages, 3);
    assert_eq!((state.focus, state.messages.cursor, state.messages.follow), (Pane::Messages, Some(3), false));
    click(&mut state, Pane::Channels, 2);
    assert_eq!((state.focus, state.channels.cursor), (Pane::Channels, 2));
    click(&mut state, Pane::Messages, 15);
    assert_eq!(state.messages.cursor, Some(3), "there is no row");
    click(&mut state, Pane::Compose, 0);
    assert_eq!(state.focus, Pane::Compose);
}

#[test]
fn a_second_click_does_what_enter_does() {
    let mut state = lively();
    click(&mut state, Pane::Gaps, 0);
    assert_eq!(state.focus, Pane::Gaps);
    click(&mut state, Pane::Gaps, 0);
    assert_eq!((state.focus, state.messages.cursor), (Pane::Messages, Some(GAP_ROW)));
    click(&mut state, Pane::Refused, 0);
    let later = state.now + SECOND;
    update(&mut state, Event::Clock(later));
    click(&mut state, Pane::Refused, 0);
    assert_eq!(state.focus, Pane::Refused, "too late for a double click");
}

#[test]
fn tabs_are_chosen_by_a_click() {
    let mut state = lively();
    update(&mut state, Event::Resize(80, 24));
    for (pane, area) in Layout::for_state(&state).tab_labels {
        mouse(&mut state, MouseEventKind::Down(MouseButton::Left), area.x + 1, area.y);
        assert_eq!((state.focus, state.tab), (pane, pane));
    }
}

#[test]
fn the_wheel_scrolls_what_it_points_at_and_back_down_follows() {
    let setup = setup();
    let mut state = empty(setup.clone());
    take(&mut state, messages(&setup, 100));
    press(&mut state, "1");
    let area = Layout::for_state(&state).inner(Pane::Messages).unwrap();
    let end = window(&state);
    mouse(&mut state, MouseEventKind::ScrollUp, area.x, area.y);
    assert_eq!((window(&state)[0], state.messages.follow), (end[0] - 3, false));
    assert_eq!(state.focus, Pane::Channels);
    mouse(&mut state, MouseEventKind::ScrollDown, area.x, area.y);
    assert_eq!(window(&state), end);
    mouse(&mut state, MouseEventKind::ScrollDown, area.x, area.y);
    assert!(state.messages.follow);
}
