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
use super::{LARGE, MIDDLE, SMALL, keys, rich, sought_in};

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

/// The contrast that WCAG requires for text: at least 4.5 against the background.
#[test]
fn text_has_contrast_on_white_in_the_light_theme_and_on_black_in_the_dark_one() {
    for (name, background) in [(ThemeName::Light, 1.0), (ThemeName::Dark, 0.0)] {
        let theme = Theme::named(name);
        for style in [theme.soft, theme.json_string] {
            let Some(Color::Indexed(index)) = style.fg else { panic!("{style:?} is no colour of the cube") };
            assert!(contrast(luminance(index), background) >= 4.5, "{name:?} {index}");
        }
    }
    let light = Theme::named(ThemeName::Light);
    let styles =
        [light.accent, light.good, light.warn, light.bad, light.note, light.own, light.json_key, light.json_value];
    for style in styles {
        let Some(Color::Indexed(index)) = style.fg else { panic!("{style:?} is no colour of the cube") };
        assert!(contrast(luminance(index), 1.0) >= 4.5, "{index}: {}", contrast(luminance(index), 1.0));
    }
}

fn contrast(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The relative luminance of a colour of the 256-colour cube.
fn luminance(index: u8) -> f64 {
    let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
    let rgb = match index {
        16..=231 => [level((index - 16) / 36), level((index - 16) / 6 % 6), level((index - 16) % 6)],
        _ => [8 + (index - 232) * 10; 3],
    };
    let linear = rgb.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}
