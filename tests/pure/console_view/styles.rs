//! How the screens are coloured, in three themes: a letter a cell, so that a change of a colour shows.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aircheck::console::app::settings::ThemeName;
use aircheck::console::app::state::State;
use aircheck::console::popups::Popup;
use aircheck::console::ui::theme::Theme;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::fixture::{composing, hostile, lively};
use super::{LARGE, MIDDLE, SMALL, keys, rich, screen, sought};

/// Compares the styles of a screen with their snapshot.
macro_rules! coloured {
    ($($name:ident: $state:expr;)*) => {$(
        #[test]
        fn $name() {
            let mut state: State = $state;
            aircheck::console::app::update::prepare(&mut state);
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots" }, {
                insta::assert_snapshot!(concat!("styles_", stringify!($name)), styles(&state));
            });
        }
    )*};
}

coloured! {
    small: lively(SMALL);
    middle: lively(MIDDLE);
    large: lively(LARGE);
    hostile_small: hostile(SMALL);
    detail_middle: keys(rich(MIDDLE), "5 j j j");
    detail_raw_small: keys(rich(SMALL), "5 v");
    compose_small: composing(lively(SMALL), r#"{"sku": "A-17"}"#);
    found_small: sought(SMALL, "/ \"price\" Enter N");
    filter_mistake_small: sought(SMALL, "f \"nam\"");
    help_small: super::with(lively(SMALL), |state| state.popup = Some(Popup::Help { scroll: 0 }));
    columns_small: keys(lively(SMALL), "C j");
}

/// The letters for each theme, and what they stand for. A cell that shows nothing is a dot.
fn styles(state: &State) -> String {
    let mut out = String::new();
    for theme in [ThemeName::Dark, ThemeName::Light, ThemeName::None] {
        let buffer = screen::buffer(state, Theme::named(theme));
        let looks: BTreeMap<String, char> = {
            let seen: std::collections::BTreeSet<String> = buffer.content.iter().filter_map(look).collect();
            seen.into_iter().zip(('a'..='z').chain('A'..='Z')).collect()
        };
        let _ = writeln!(out, "theme {}", theme.name());
        for (look, letter) in &looks {
            let _ = writeln!(out, "  {letter} {look}");
        }
        for y in 0..buffer.area.height {
            let line: String = (0..buffer.area.width).map(|x| letter(&buffer, x, y, &looks)).collect();
            out.push_str(line.trim_end_matches('.'));
            out.push('\n');
        }
    }
    out
}

fn letter(buffer: &Buffer, x: u16, y: u16, looks: &BTreeMap<String, char>) -> char {
    look(&buffer[(x, y)]).map_or('.', |look| looks[&look])
}

/// What a cell looks like; none where it shows nothing.
fn look(cell: &Cell) -> Option<String> {
    let visible = Modifier::REVERSED | Modifier::UNDERLINED;
    if cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.intersects(visible) {
        return None;
    }
    let on = if cell.bg == Color::Reset { String::new() } else { format!(" on {}", cell.bg) };
    let modifiers: Vec<String> = cell.modifier.iter_names().map(|(name, _)| name.to_lowercase()).collect();
    Some(format!("{}{on} {}", cell.fg, modifiers.join(" ")).trim_end().to_owned())
}

/// Against the background, as the guidelines for accessible contents reckon it: 4.5 is their least for text.
#[test]
fn the_light_theme_has_contrast_on_white_and_the_dark_one_on_black() {
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
