//! The mouse.

use super::*;
use crate::console_popups::samples;
use aircheck::console::app::view::draw_into;
use aircheck::console::keymap::context::Context;
use aircheck::console::keymap::hints;
use aircheck::console::keymap::table::Action;
use aircheck::console::panes::compose::state::Sent;
use aircheck::console::popups::series::{Progress, SeriesEnd};
use aircheck::console::ui::theme::BASIC;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

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
    assert_eq!((state.focus, state.channels.position.cursor), (Pane::Channels, 2));
    click(&mut state, Pane::Messages, 15);
    assert_eq!(state.messages.cursor, Some(3), "there is no row");
    click(&mut state, Pane::Detail, 0);
    assert_eq!(state.focus, Pane::Detail);
}

#[test]
fn a_second_click_does_what_enter_does() {
    let mut state = lively();
    click(&mut state, Pane::Findings, 0);
    assert_eq!(state.focus, Pane::Findings);
    click(&mut state, Pane::Findings, 0);
    assert_eq!((state.focus, state.messages.cursor), (Pane::Messages, Some(GAP_ROW)));
    click(&mut state, Pane::Rejected, 0);
    // The clock of a replay can be stopped or fast.
    state.set_wall_clock(state.wall_clock + SECOND);
    click(&mut state, Pane::Rejected, 0);
    assert_eq!(state.focus, Pane::Rejected, "too late for a double click");
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
fn the_wheel_scrolls_the_pane_under_it_and_the_bottom_follows() {
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

#[test]
fn a_click_chooses_a_field_of_compose_and_a_line_of_a_list() {
    let mut state = lively();
    press(&mut state, "c");
    let layout = Layout::for_state(&state);
    let areas = ComposeAreas::of(layout.inner(Pane::Compose).unwrap());
    for (area, field) in
        [(areas.data, Field::Data), (areas.key, Field::Key), (areas.channel, Field::Channel), (areas.name, Field::Name)]
    {
        mouse(&mut state, MouseEventKind::Down(MouseButton::Left), area.x, area.y);
        assert_eq!((state.focus, state.compose.field), (Pane::Compose, field));
    }
    press(&mut state, "Ctrl-N");
    let rows = popup_rows(state.size, state.popup.as_ref().unwrap());
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), rows.x, rows.y - 1);
    assert!(state.popup.is_some(), "the first line is what was typed");
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), rows.x, rows.y + 1);
    assert_eq!((state.compose.name_text().as_str(), &state.popup), ("bad", &None));
}

#[test]
fn a_click_in_the_palette_runs_the_command_and_a_click_outside_closes_it() {
    let mut state = lively();
    press(&mut state, ": \"bookmark\"");
    let rows = popup_rows(state.size, state.popup.as_ref().unwrap());
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), rows.x + 4, rows.y + 40);
    assert!(state.popup.is_none());
    press(&mut state, ": \"bookmark\"");
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), rows.x + 4, rows.y);
    assert!(state.popup.is_none() && state.messages.bookmarks.contains(&LAST_ROW));
    press(&mut state, ":");
    mouse(&mut state, MouseEventKind::ScrollDown, rows.x + 4, rows.y);
    assert!(matches!(&state.popup, Some(Popup::Palette(palette)) if palette.position.top == 3));
}

#[test]
fn next_to_a_prompt_the_wheel_moves_the_rows() {
    let mut state = lively();
    take(&mut state, messages(&setup(), 60));
    press(&mut state, "f");
    let inner = Layout::for_state(&state).inner(Pane::Messages).unwrap();
    let before = window(&state);
    mouse(&mut state, MouseEventKind::ScrollUp, inner.x, inner.y);
    assert!(window(&state)[0] < before[0] && matches!(state.popup, Some(Popup::Filter(_))));
}

/// Presses the left button on a line of Detail, counted from the top of the pane.
fn click_detail(state: &mut State, line: usize, column: u16) {
    let inner = Layout::for_state(state).inner(Pane::Detail).unwrap();
    let row = inner.y + u16::try_from(line).unwrap();
    mouse(state, MouseEventKind::Down(MouseButton::Left), inner.x + 1 + column, row);
}

#[test]
fn a_click_in_detail_moves_the_cursor_and_folds_at_the_mark() {
    let setup = setup();
    let mut state = lively();
    let mut interval = Interval::default();
    message(&mut interval, &setup, "ops", "evt", r#"{"a":[1,2],"b":3}"#, 11);
    take(&mut state, interval);
    let first = state.detail.lines.heading + state.detail.lines.before;
    click_detail(&mut state, first + 2, 12);
    assert_eq!((state.focus, state.detail.path().as_deref()), (Pane::Detail, Some(".a[0]")));
    click_detail(&mut state, first + 1, 12);
    assert_eq!((state.detail.path().as_deref(), state.detail.lines.parts.len()), (Some(".a"), 7));
    click_detail(&mut state, first + 1, 2);
    assert_eq!((state.detail.path().as_deref(), state.detail.lines.parts.len()), (Some(".a"), 4));
    click_detail(&mut state, 0, 0);
    assert_eq!(state.detail.path().as_deref(), Some(".a"), "the heading takes no cursor");
}

#[test]
fn the_views_of_detail_are_chosen_by_a_click_on_their_names() {
    let mut state = lively();
    for size in [(120, 30), (80, 24), (200, 60)] {
        update(&mut state, Event::Resize(size.0, size.1));
        press(&mut state, "5");
        for index in [1, 3, 2, 0] {
            let (view, area) = Layout::for_state(&state).view_names(state.detail.view)[index];
            mouse(&mut state, MouseEventKind::Down(MouseButton::Left), area.x, area.y);
            assert_eq!((state.focus, state.detail.view), (Pane::Detail, view));
        }
    }
}

#[test]
fn the_wheel_scrolls_detail_without_the_focus() {
    let setup = setup();
    let mut state = lively();
    let mut interval = Interval::default();
    message(&mut interval, &setup, "ops", "evt", &format!("[{}1]", "1,".repeat(100)), 11);
    take(&mut state, interval);
    let area = Layout::for_state(&state).inner(Pane::Detail).unwrap();
    mouse(&mut state, MouseEventKind::ScrollDown, area.x, area.y);
    assert_eq!((state.focus, state.detail.position.top), (Pane::Messages, 3));
    mouse(&mut state, MouseEventKind::ScrollUp, area.x, area.y);
    assert_eq!(state.detail.position.top, 0);
}

#[test]
fn a_click_in_the_copy_menu_copies_and_a_click_outside_closes_it() {
    let mut state = lively();
    press(&mut state, "y");
    let rows = popup_rows(state.size, state.popup.as_ref().unwrap());
    let event = |row| MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: rows.x,
        row,
        modifiers: KeyModifiers::NONE,
    };
    assert_eq!(update(&mut state, Event::Mouse(event(rows.y + 2))), [Effect::Copy(r#"["a"]"#.to_owned())]);
    assert_eq!(state.popup, None);
    press(&mut state, "y");
    assert_eq!(update(&mut state, Event::Mouse(event(0))), []);
    assert_eq!(state.popup, None);
}

/// The ways to close a popup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Esc,
    Q,
    ClickOutside,
    ClickOnHint,
}

/// The place of the hint for Esc, as it is drawn.
fn closing_hint(state: &State) -> Option<(u16, u16)> {
    let hint = hints(state).into_iter().find(|hint| hint.action == Action::Close).unwrap();
    let words = format!(" {} {} ", hint.keys, hint.text);
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.size.0, state.size.1));
    draw_into(&mut buffer, state, &BASIC);
    (0..state.size.1).rev().find_map(|row| {
        let line: Vec<_> = (0..state.size.0).map(|column| buffer[(column, row)].symbol().to_owned()).collect();
        let column = (0..line.len()).find(|start| line[*start..].concat().starts_with(&words))?;
        Some((u16::try_from(column).unwrap() + 1, row))
    })
}

fn ended_series() -> Sent {
    let progress = Progress {
        channel: "ops".to_owned(),
        echoes: None,
        count: 3,
        rate: None,
        sent: 3,
        last: None,
        began: START,
        at: START,
        stopping: false,
        end: Some(SeriesEnd::Done),
    };
    let sent = Sent::new(b"ops".to_vec(), b"evt".to_vec(), b"evt::".to_vec(), START);
    Sent { series: Some(progress), ..sent }
}

#[test]
fn every_popup_closes_in_the_same_ways() {
    for popup in samples() {
        for way in [Way::Esc, Way::Q, Way::ClickOutside, Way::ClickOnHint] {
            let mut state = lively();
            state.popup = Some(popup.clone());
            state.compose.add(ended_series());
            let click = |state: &mut State, (column, row)| {
                let kind = MouseEventKind::Down(MouseButton::Left);
                update(state, Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
            };
            match way {
                Way::Esc => drop(press(&mut state, "Esc")),
                Way::Q => drop(press(&mut state, "q")),
                Way::ClickOutside => click(&mut state, (0, 0)),
                Way::ClickOnHint if popup.is_prompt() => continue,
                Way::ClickOnHint => {
                    let place =
                        closing_hint(&state).unwrap_or_else(|| panic!("{popup:?} does not show how to close it"));
                    click(&mut state, place);
                }
            }
            let stays = match way {
                Way::Esc | Way::ClickOnHint => false,
                Way::Q => popup.spec().contexts.contains(&Context::Text),
                Way::ClickOutside => popup.is_prompt(),
            };
            assert_eq!(state.popup.is_some(), stays, "{popup:?} by {way:?}");
        }
    }
}

#[test]
fn a_click_outside_does_not_stop_a_series() {
    let mut state = lively();
    press(&mut state, "c \"evt\" Ctrl-R Enter y");
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), 0, 0);
    assert_eq!(state.popup, Some(Popup::Series));
    press(&mut state, "q");
    assert!(state.compose.series().unwrap().stopping);
    update(&mut state, Event::Series { sent: 3, last: None, end: Some(SeriesEnd::Stopped), at: START });
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), 0, 0);
    assert_eq!(state.popup, None);
}
