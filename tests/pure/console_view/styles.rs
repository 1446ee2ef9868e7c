//! The colours in three themes. A snapshot has one letter for each cell.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aircheck::console::app::settings::ThemeName;
use aircheck::console::app::state::State;
use aircheck::console::app::update::prepare;
use aircheck::console::panes::Pane;
use aircheck::console::ui::theme::Theme;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::fixture::{composing, hostile, lively, quiet};
use super::screen::{self, Area};
use super::{LARGE, MIDDLE, SMALL, keys, rich, sought_in, with};
use crate::console_popups::{Source, samples_of};

/// Compares the styles of a part of the screen with their snapshot.
macro_rules! coloured {
    ($($name:ident: $area:expr, $state:expr;)*) => {$(
        #[test]
        fn $name() {
            let mut state: State = $state;
            prepare(&mut state);
            screen::compare(concat!("styles_", stringify!($name)), &styles(&state, $area));
        }
    )*};
}

coloured! {
    header: Area::Header, lively(LARGE);
    header_hostile: Area::Header, hostile(SMALL);
    footer: Area::Footer, quiet(SMALL);
    tabs: Area::Tabs, quiet(SMALL);
    channels: Area::Pane(Pane::Channels), quiet(MIDDLE);
    messages: Area::Pane(Pane::Messages), hostile(SMALL);
    messages_found: Area::Pane(Pane::Messages), sought_in(quiet(SMALL), "/ \"price\" Enter N");
    rejected: Area::Pane(Pane::Rejected), quiet(MIDDLE);
    detail: Area::Pane(Pane::Detail), keys(rich(MIDDLE), "5 j j j");
    detail_raw: Area::Pane(Pane::Detail), keys(rich(SMALL), "5 v");
    timeline: Area::Pane(Pane::Timeline), quiet(MIDDLE);
    compose: Area::Pane(Pane::Compose), composing(quiet(SMALL), r#"{"sku": "A-17"}"#);
    filter_prefilled: Area::Popup, sought_in(quiet(SMALL), "f \"name:a*\" Enter f");
    filter_unknown_term: Area::Popup, sought_in(quiet(SMALL), "f \"nam\"");
    help: Area::Popup, keys(quiet(SMALL), "?");
    choose_columns: Area::Popup, keys(quiet(SMALL), ":choose-columns j");
}

/// The letters for each theme, with their meaning. A cell that shows nothing is a dot.
fn styles(state: &State, area: Area) -> String {
    let mut out = String::new();
    let area = screen::area_of(state, area);
    for theme in [ThemeName::Dark, ThemeName::Light, ThemeName::None] {
        let buffer = screen::buffer(state, Theme::named(theme));
        let looks: BTreeMap<String, char> = {
            let seen: std::collections::BTreeSet<String> =
                area.positions().filter_map(|place| look(&buffer[place])).collect();
            seen.into_iter().zip(('a'..='z').chain('A'..='Z')).collect()
        };
        let _ = writeln!(out, "theme {}", theme.name());
        for (look, letter) in &looks {
            let _ = writeln!(out, "  {letter} {look}");
        }
        for row in area.rows() {
            let line: String = row.positions().map(|place| letter(&buffer[place], &looks)).collect();
            out.push_str(line.trim_end_matches('.'));
            out.push('\n');
        }
    }
    out
}

fn letter(cell: &Cell, looks: &BTreeMap<String, char>) -> char {
    look(cell).map_or('.', |look| looks[&look])
}

/// What a cell looks like; `None` if it shows nothing.
fn look(cell: &Cell) -> Option<String> {
    let visible = Modifier::REVERSED | Modifier::UNDERLINED;
    if cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.intersects(visible) {
        return None;
    }
    let on = if cell.bg == Color::Reset { String::new() } else { format!(" on {}", cell.bg) };
    let modifiers: Vec<String> = cell.modifier.iter_names().map(|(name, _)| name.to_lowercase()).collect();
    Some(format!("{}{on} {}", cell.fg, modifiers.join(" ")).trim_end().to_owned())
}

/// WCAG 2.2, level AA: text has a contrast ratio of at least 4.5 to its background. The terminal's own sixteen colours are those
/// of xterm.
#[test]
fn every_text_on_the_screen_has_contrast_aa_in_the_light_and_the_dark_theme() {
    for (name, background) in [(ThemeName::Light, [255; 3]), (ThemeName::Dark, [0; 3])] {
        let mut low = BTreeMap::new();
        for mut state in screens_of_every_pane_and_popup() {
            // A profile's colour is the user's choice.
            state.setup.colour = None;
            prepare(&mut state);
            let buffer = screen::buffer(&state, Theme::named(name));
            for cell in buffer.content() {
                if !cell.symbol().chars().any(char::is_alphanumeric) {
                    continue;
                }
                let foreground = if background == [0; 3] { [229; 3] } else { [0; 3] };
                let mut colours = [rgb(cell.fg, foreground), rgb(cell.bg, background)];
                if cell.modifier.contains(Modifier::REVERSED) {
                    colours.reverse();
                }
                let [text, behind] = colours.map(luminance);
                if contrast(text, behind) < 4.5 {
                    let colour = (cell.fg.to_string(), cell.bg.to_string());
                    low.entry(colour).or_insert_with(|| (contrast(text, behind), String::new())).1 += cell.symbol();
                }
            }
        }
        assert!(low.is_empty(), "{name:?}: {low:#?}");
    }
}

fn screens_of_every_pane_and_popup() -> Vec<State> {
    let mut screens = Vec::new();
    for size in [SMALL, MIDDLE, LARGE] {
        for pane in Pane::hideable() {
            screens.push(with(hostile(size), |state| state.focus = pane));
            screens.push(with(lively(size), |state| state.focus = pane));
        }
        let mut source = Source::new(vec![b"ops".to_vec(), b"{\"a\":1}".to_vec()], vec![2, 3, 5, 7, 11]);
        for popup in samples_of(&mut source, &quiet(size).compose) {
            screens.push(with(quiet(size), |state| state.popup = Some(popup)));
        }
        screens.push(composing(quiet(size), r#"{"sku": "A-17"}"#));
        screens.push(keys(rich(size), "5 v"));
    }
    screens
}

/// The contrast ratio of two relative luminances.
fn contrast(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The colour on the screen. The palette of the sixteen is xterm's.
fn rgb(colour: Color, default: [u8; 3]) -> [u8; 3] {
    let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
    match colour {
        Color::Reset => default,
        Color::Black => [0, 0, 0],
        Color::Red => [205, 0, 0],
        Color::Green => [0, 205, 0],
        Color::Yellow => [205, 205, 0],
        Color::Blue => [0, 0, 238],
        Color::Magenta => [205, 0, 205],
        Color::Cyan => [0, 205, 205],
        Color::Gray => [229, 229, 229],
        Color::DarkGray => [127, 127, 127],
        Color::LightRed => [255, 0, 0],
        Color::LightGreen => [0, 255, 0],
        Color::LightYellow => [255, 255, 0],
        Color::LightBlue => [92, 92, 255],
        Color::LightMagenta => [255, 0, 255],
        Color::LightCyan => [0, 255, 255],
        Color::White => [255, 255, 255],
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Indexed(index @ 16..=231) => {
            [level((index - 16) / 36), level((index - 16) / 6 % 6), level((index - 16) % 6)]
        }
        Color::Indexed(index @ 232..) => [8 + (index - 232) * 10; 3],
        Color::Indexed(_) => panic!("{colour} is a colour of the sixteen, by its number"),
    }
}

/// The relative luminance that WCAG defines, 0.0 for black to 1.0 for white.
fn luminance(rgb: [u8; 3]) -> f64 {
    let linear = rgb.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}
