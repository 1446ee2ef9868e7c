//! The console's settings and the settings file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;

use crate::console_fixture::{lively, press};
use aircheck::console::app::event::{Effect, Event};
use aircheck::console::app::settings::{Border, MessageColumn, Settings, ShownColumns, Sizes, ThemeName, TimeFormat};
use aircheck::console::app::state::State;
use aircheck::console::app::update::update;
use aircheck::console::layout::Layout;
use aircheck::console::panes::Pane;
use aircheck::console::runtime::settings_file::{parse, read, to_text, write};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

fn chosen() -> Settings {
    Settings {
        theme: Some(ThemeName::Light),
        utc: true,
        time_format: TimeFormat::Date,
        columns: ShownColumns([MessageColumn::Age, MessageColumn::Size].into()),
        sizes: Sizes { left: Some(40), detail: None, findings: Some(9), rejected: Some(3) },
        hidden: [Pane::Timeline, Pane::Detail].into(),
    }
}

#[test]
fn settings_are_read_as_written_and_only_their_owner_can_read_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new/settings.toml");
    assert_eq!(read(&path), (Settings::default(), None));
    for settings in [chosen(), Settings::default()] {
        write(&path, &settings).unwrap();
        assert_eq!(read(&path), (settings, None));
    }
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(directory.path().join("new").metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn unknown_keys_and_invalid_values_are_ignored_and_reported() {
    let good = to_text(&chosen()).unwrap();
    for (more, named) in [("\"\\u001b[31m\" = 1\n", "\\x1b[31m"), ("zebra = true\n", "zebra")] {
        assert_eq!(parse(&format!("{more}{good}")), (chosen(), Some(named.to_owned())));
    }
    let wrong = [
        ("theme = \"pink\"", "theme"),
        ("theme = 7", "theme"),
        ("utc = \"yes\"", "utc"),
        ("time_format = \"hours\"", "time_format"),
        ("columns = \"age\"", "columns"),
        ("columns = [\"age\", 7]", "columns"),
        ("hidden = [\"zebra\"]", "hidden"),
        ("hidden = [\"messages\"]", "hidden"),
        ("sizes = { left = -1 }", "sizes"),
        ("sizes = { left = 70000, zebra = 1 }", "sizes"),
    ];
    for (text, named) in wrong {
        assert_eq!(parse(text), (Settings::default(), Some(named.to_owned())), "{text}");
    }
    assert_eq!(parse("= no TOML"), (Settings::default(), Some("invalid TOML".to_owned())));
}

#[test]
fn every_name_is_that_of_the_file() {
    for theme in ThemeName::ALL {
        assert_eq!(parse(&format!("theme = {:?}", theme.name())).0.theme, Some(theme));
    }
    for format in TimeFormat::ALL {
        assert_eq!(parse(&format!("time_format = {:?}", format.name())).0.time_format, format);
    }
    for column in MessageColumn::ALL {
        assert_eq!(parse(&format!("columns = [{:?}]", column.name())).0.columns, ShownColumns([*column].into()));
    }
    for pane in Pane::hideable() {
        assert_eq!(parse(&format!("hidden = [{:?}]", pane.name())).0.hidden, [pane].into());
    }
}

#[test]
fn a_broken_file_does_not_keep_the_console_from_starting() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("settings\u{1b}.toml");
    for bytes in [b"\xff\xfe".as_slice(), b"theme = ", b"\0"] {
        std::fs::write(&path, bytes).unwrap();
        let (settings, notice) = read(&path);
        assert_eq!(settings, Settings::default());
        let notice = notice.unwrap();
        assert!(notice.starts_with("settings: ") && notice.contains("settings\\x1b.toml"), "{notice}");
    }
    assert!(read(directory.path()).1.is_some(), "a directory is no file");
}

#[test]
fn each_change_is_kept_once() {
    let mut state = lively();
    assert_eq!(press(&mut state, ":next-theme"), [Effect::Keep(state.settings.clone())]);
    assert_eq!(press(&mut state, "j :choose-panes Esc"), []);
    update(&mut state, Event::NotKept("disk full".to_owned()));
    assert!(state.notice.as_ref().unwrap().text.contains("disk full"));
}

fn mouse(state: &mut State, kind: MouseEventKind, column: u16, row: u16) -> Vec<Effect> {
    update(state, Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
}

#[test]
fn borders_follow_the_mouse() {
    let mut state = lively();
    update(&mut state, Event::Resize(160, 50));
    let extent = |state: &State, border| Layout::for_state(state).extent(border).unwrap();
    for (border, pane, from, by) in [
        (Border::Left, Pane::Messages, (0, 5), (4, 0)),
        (Border::Detail, Pane::Detail, (5, 0), (0, -6)),
        (Border::Findings, Pane::Findings, (5, 0), (0, -2)),
        (Border::Rejected, Pane::Rejected, (5, 0), (0, 2)),
    ] {
        let area = Layout::for_state(&state).pane(pane).unwrap();
        let before = extent(&state, border);
        let (x, y) = (area.x + from.0, area.y + from.1);
        assert_eq!(Layout::for_state(&state).border_at(x, y), Some(border));
        mouse(&mut state, MouseEventKind::Down(MouseButton::Left), x, y);
        let (to_x, to_y) = (x.saturating_add_signed(by.0), y.saturating_add_signed(by.1));
        mouse(&mut state, MouseEventKind::Drag(MouseButton::Left), to_x, to_y);
        let effects = mouse(&mut state, MouseEventKind::Up(MouseButton::Left), to_x, to_y);
        assert_eq!((effects, state.held), (Vec::new(), None));
        let moved = i32::from(extent(&state, border)) - i32::from(before);
        assert_eq!(moved.abs(), i32::from(by.0.abs() + by.1.abs()), "{border:?}");
        mouse(&mut state, MouseEventKind::Drag(MouseButton::Left), 0, 0);
        assert_eq!(i32::from(extent(&state, border)) - i32::from(before), moved, "let go is let go");
    }
    let area = Layout::for_state(&state).pane(Pane::Messages).unwrap();
    assert_eq!(Layout::for_state(&state).border_at(area.x + 9, area.y + 9), None);
}

#[test]
fn a_border_dragged_beyond_the_screen_keeps_the_other_panes_at_their_minimum() {
    let mut state = lively();
    let detail = Layout::for_state(&state).pane(Pane::Detail).unwrap();
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), detail.x + 3, detail.y);
    mouse(&mut state, MouseEventKind::Drag(MouseButton::Left), detail.x + 3, 0);
    let layout = Layout::for_state(&state);
    assert_eq!(layout.pane(Pane::Messages).unwrap().height, 3);
    let extent = layout.extent(Border::Detail).unwrap();
    assert_eq!(state.settings.sizes.detail, layout.share(Border::Detail, extent), "what is kept is what there is");
}

#[test]
fn a_hidden_pane_is_shown_while_it_has_the_focus() {
    let mut state = lively();
    state.settings.hidden = [Pane::Findings, Pane::Detail].into();
    let is_shown = |state: &State, pane| Layout::for_state(state).pane(pane).is_some();
    assert!(!is_shown(&state, Pane::Findings) && !is_shown(&state, Pane::Detail));
    press(&mut state, "3");
    assert!(is_shown(&state, Pane::Findings));
    press(&mut state, "2 Enter");
    assert!(is_shown(&state, Pane::Detail) && state.focus == Pane::Detail);
    press(&mut state, "2 Tab");
    assert_eq!(state.focus, Pane::Rejected, "Tab goes by what is hidden");
}
