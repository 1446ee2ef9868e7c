//! Draws a state and reads the screen back.

use std::fmt::Write as _;

use aircheck::console::app::settings::ThemeName;
use aircheck::console::app::state::State;
use aircheck::console::app::update::prepare;
use aircheck::console::app::view::draw_into;
use aircheck::console::layout::{Layout, popup_area};
use aircheck::console::panes::Pane;
use aircheck::console::ui::theme;
use aircheck::console::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// The screen as cells.
pub(super) fn buffer(state: &State, theme: &Theme) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.size.0, state.size.1));
    draw_into(&mut buffer, state, theme);
    buffer
}

/// A part of the screen. A snapshot holds only the part that its test is about, so that a change elsewhere keeps it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Area {
    /// Everything but the footer.
    Screen,
    Header,
    /// The last line: the footer, or a prompt in its place.
    Footer,
    /// The tabs of a narrow screen.
    Tabs,
    /// The upper border of a pane.
    Title(Pane),
    /// A pane below its title.
    Pane(Pane),
    /// A popup above the line of its keys.
    Popup,
    /// The line of keys in a popup.
    PopupKeys,
}

/// Where a part of the screen is; empty if it is not shown.
pub(super) fn area_of(state: &State, area: Area) -> Rect {
    let layout = Layout::for_state(state);
    let (width, height) = state.size;
    let pane = |pane| layout.pane(pane).unwrap_or_default();
    let popup = state.popup.as_ref().map(|popup| popup_area(state.size, popup)).unwrap_or_default();
    match area {
        Area::Screen => Rect::new(0, 0, width, height.saturating_sub(1)),
        Area::Header => layout.header,
        Area::Footer => layout.footer,
        Area::Tabs => layout.tabs.unwrap_or_default(),
        Area::Title(of) => Rect { height: 1, ..pane(of) },
        Area::Pane(of) if layout.bordered(of) => {
            let pane = pane(of);
            Rect { y: pane.y + 1, height: pane.height - 1, ..pane }
        }
        Area::Pane(of) => pane(of),
        Area::Popup => Rect { height: popup.height.saturating_sub(2), ..popup },
        Area::PopupKeys => Rect { y: popup.bottom().saturating_sub(2), height: 1, ..popup },
    }
}

/// The text of a part of the screen. A wide character fills two cells.
pub(super) fn text(state: &State, area: Area) -> String {
    let buffer = buffer(state, &theme::GREYS);
    let area = area_of(state, area);
    let mut out = String::new();
    for y in area.y..area.bottom() {
        let mut line = String::new();
        let mut covered = 0;
        for x in area.x..area.right() {
            let symbol = buffer[(x, y)].symbol();
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = symbol.width().saturating_sub(1);
            line.push_str(symbol);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Compares a part of the screen with its snapshot, at each of the sizes. A size that looks like the one before it is left
/// out. Every theme shows the same text.
pub(super) fn check(name: &str, area: Area, sizes: &[(u16, u16)], make: impl Fn((u16, u16)) -> State) {
    let mut out = String::new();
    let mut before = String::new();
    for &size in sizes {
        let mut state = make(size);
        prepare(&mut state);
        assert_same_text_in_each_theme(&state);
        let text = text(&state, area);
        assert!(!text.trim().is_empty(), "{area:?} is not shown at {size:?}");
        if text != before {
            let _ = write!(out, "{}x{}\n{text}", size.0, size.1);
        }
        before = text;
    }
    compare(name, &out);
}

/// Compares a line of several states with one snapshot.
pub(super) fn check_lines(name: &str, lines: Vec<(&str, Area, State)>) {
    let mut out = String::new();
    for (label, area, mut state) in lines {
        prepare(&mut state);
        let text = text(&state, area);
        assert!(!text.trim().is_empty(), "{label}: {area:?} is not shown");
        let _ = write!(out, "{label}\n{text}");
    }
    compare(name, &out);
}

pub(super) fn compare(name: &str, text: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!(name, text);
    });
}

pub(super) fn assert_same_text_in_each_theme(state: &State) {
    let words = |theme| {
        let cells = buffer(state, Theme::named(theme)).content;
        cells.iter().map(|cell| cell.symbol().to_owned()).collect::<String>()
    };
    let plain = words(ThemeName::None);
    for theme in ThemeName::ALL {
        assert_eq!(words(theme), plain, "{theme:?} shows something by colour alone");
    }
}
