//! Tests of drawing: panes, popups, whole screens, themes, and that no message can act on the terminal.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

/// Compares a part of the screen with its snapshot, at each of the sizes.
macro_rules! looks {
    ($($name:ident: $area:expr, $sizes:expr, $state:expr;)*) => {$(
        #[test]
        fn $name() {
            $crate::console_view::screen::check(stringify!($name), $area, &$sizes, $state);
        }
    )*};
}

mod any_state;
mod fixture;
mod help;
mod lines;
mod panes;
mod popups;
mod screen;
mod sizes;
mod space;
mod styles;

use aircheck::console::app::event::Event;
use aircheck::console::app::settings::ThemeName;
use aircheck::console::app::state::State;
use aircheck::console::app::update::{prepare, update};
use aircheck::console::ui::theme;
use aircheck::console::ui::theme::Theme;
use aircheck::ledger::finding::Acknowledgement;
use aircheck::ledger::sequence::Sequence;
use aircheck::wire::verdict::Verdict;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use self::fixture::{composing, empty, hostile, lively, quiet};
use self::screen::Area;
use crate::console_fixture::press;

const SMALL: (u16, u16) = (80, 24);
const MIDDLE: (u16, u16) = (120, 40);
const LARGE: (u16, u16) = (200, 60);
/// All panes, with room for a long list on the left.
const TALL: (u16, u16) = (120, 110);

// Whole screens: one of each class of layouts, each with other content.
looks! {
    screen_40x10: Area::Screen, [(40, 10)], quiet;
    screen_80x24: Area::Screen, [SMALL], lively;
    screen_100x30: Area::Screen, [(100, 30)], |size| composing(quiet(size), r#"{"sku": "A-17"}"#);
    screen_120x40: Area::Screen, [MIDDLE], |size| with(lively(size), acknowledge_some);
    screen_160x45: Area::Screen, [(160, 45)], |size| keys(empty(size), "5");
    screen_200x60: Area::Screen, [LARGE], hostile;
    screen_260x60: Area::Screen, [(260, 60)], |size| keys(quiet(size), ":show-timeline");
}

#[test]
fn a_window_below_40x10_shows_one_line() {
    for (size, words) in [((39, 9), "window too small: 39x9, needs 40x10"), ((16, 5), "needs 40x10"), ((6, 1), "small")]
    {
        let buffer = screen::buffer(&lively(size), &theme::BASIC);
        let text: String = buffer.content.iter().map(Cell::symbol).collect();
        assert_eq!(text.trim(), words);
    }
}

#[test]
fn the_plain_theme_uses_no_colour() {
    let states: [fn() -> State; 3] = [|| lively(MIDDLE), || composing(lively(SMALL), "{}"), || hostile(LARGE)];
    for state in states {
        let plain = screen::buffer(&state(), &theme::PLAIN);
        assert!(plain.content.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
    }
}

#[test]
fn only_the_signed_bytes_are_underlined() {
    let state = keys(rich(LARGE), "5 v");
    let buffer = screen::buffer(&state, &theme::PLAIN);
    let underlined: String =
        buffer.content.iter().filter(|cell| cell.modifier.contains(Modifier::UNDERLINED)).map(Cell::symbol).collect();
    assert!(underlined.starts_with("underlinedprice-update1782909066{\"sku\":\"A-17\""), "{underlined}");
    assert!(!underlined.contains("ab12") && !underlined.contains("sha256"));
}

#[test]
fn hits_in_detail_are_reversed_without_colours() {
    let state = keys(rich(LARGE), "5 / \"sale\" Enter");
    let buffer = screen::buffer(&state, &theme::PLAIN);
    let reversed: String =
        buffer.content.iter().filter(|cell| cell.modifier.contains(Modifier::REVERSED)).map(Cell::symbol).collect();
    assert_eq!(reversed.matches("sale").count(), 2, "{reversed}");
}

#[test]
fn the_selected_row_has_a_mark_and_is_reversed() {
    let buffer = screen::buffer(&lively(SMALL), &theme::PLAIN);
    let marked: Vec<u16> = (3..23).filter(|y| buffer[(0, *y)].symbol() == "▸").collect();
    assert_eq!(marked, [22]);
    assert!(buffer[(20, 22)].modifier.contains(Modifier::REVERSED));
    assert!(!buffer[(20, 21)].modifier.contains(Modifier::REVERSED));
}

#[test]
fn the_basic_theme_uses_only_16_colours() {
    let buffer = screen::buffer(&lively(LARGE), &theme::BASIC);
    assert!(buffer.content.iter().all(|cell| !matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_))));
}

#[test]
fn the_theme_follows_the_environment() {
    let theme = |no_color, term, colorterm| {
        *Theme::named(theme::Terminal { no_color, term, colorterm, colorfgbg: None }.theme())
    };
    for (colours, expected) in [
        ("0;15", ThemeName::Light),
        ("0;default;7", ThemeName::Light),
        ("15;0", ThemeName::Dark),
        ("12;8", ThemeName::Dark),
        (";", ThemeName::Dark),
    ] {
        let term = Some("xterm-256color");
        assert_eq!(
            theme::Terminal { term, colorfgbg: Some(colours), ..Default::default() }.theme(),
            expected,
            "{colours}"
        );
    }
    assert_eq!(theme(Some("1"), Some("xterm-256color"), Some("truecolor")), theme::PLAIN);
    assert_eq!(theme(Some(""), Some("xterm-256color"), None), theme::GREYS);
    assert_eq!(theme(None, Some("linux"), None), theme::BASIC);
    assert_eq!(theme(None, Some("dumb"), None), theme::PLAIN);
    assert_eq!(theme::BASIC.profile(Some("#ff8800")).fg, Some(Color::Rgb(255, 136, 0)));
    assert_eq!(theme::BASIC.profile(Some("green")).fg, Some(Color::Green));
    assert_eq!(theme::BASIC.profile(Some("no colour")), theme::BASIC.accent);
}

/// Lively traffic, and the keys that were pressed.
fn sought(size: (u16, u16), keys: &str) -> State {
    sought_in(lively(size), keys)
}

fn sought_in(mut state: State, keys: &str) -> State {
    let now = state.now;
    state.filtering.saved = vec![(String::from("wrong"), String::from("verdict:rejected"))];
    press(&mut state, keys);
    let _ = update(&mut state, Event::Clock(now));
    state
}

#[test]
fn hits_in_messages_are_highlighted() {
    let state = sought(MIDDLE, "g / \"price\" Enter");
    for theme in [theme::PLAIN, theme::BASIC] {
        let buffer = screen::buffer(&state, &theme);
        let found: String = buffer
            .content
            .iter()
            .filter(|cell| cell.bg == Color::Yellow || cell.modifier.contains(Modifier::UNDERLINED))
            .map(Cell::symbol)
            .collect();
        assert!(found.len() > 10, "{found}");
        assert_eq!(found.replace("price", "").replace('…', ""), "", "{found}");
    }
}

/// Two messages of a name, with what attackers would write into JSON.
fn rich(size: (u16, u16)) -> State {
    const OLD: &str = r#"{"sku":"A-17","price":{"net":19.9,"gross":23.68,"tax":{"rate":0.19,"of":{"country":"DE"}}},
        "tags":["sale"],"old":true}"#;
    const NEW: &str = concat!(
        r#"{"sku":"A-17","price":{"net":21.5,"gross":25.58,"tax":{"rate":0.19,"of":{"country":"DE"}}},"#,
        r#""tags":["sale","summer sale"],"#,
        "\"\\u001b[31m\u{202e}key\":\"\\u001b]52;c;AAAA\\u0007 e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306} 価格\",",
        "\"text\":\"A long text that goes on and on, \u{200b}over many lines of the narrow pane, until it ends, ",
        "which it does at last, though only after it has been too long for one line of a wide pane as well.\",",
        r#""empty":{},"none":null}"#,
    );
    let mut state = lively(size);
    let mut stream = fixture::Stream::default();
    for (sequence, data) in [(1, OLD), (2, NEW)] {
        let signature = "sha256|default|1782909066|ab12";
        let sequence = Sequence::Exact(sequence);
        stream.message("ops", sequence, b"price-update", signature, data.as_bytes(), Verdict::Verified);
    }
    stream.into_state(&mut state);
    state
}

/// Presses keys.
fn keys(mut state: State, keys: &str) -> State {
    press(&mut state, keys);
    state
}

fn with(mut state: State, change: impl FnOnce(&mut State)) -> State {
    change(&mut state);
    state
}

/// An acknowledgement with this note.
fn told(note: &str) -> Acknowledgement {
    Acknowledgement { at: fixture::NOW, note: note.to_owned() }
}

fn acknowledge_some(state: &mut State) {
    state.findings.acknowledged =
        state.findings.list.iter().step_by(2).map(|entry| (entry.row_id, told("ops told\u{1b}"))).collect();
    state.findings.acknowledged_counts.gaps = 1;
}

fn select(state: &mut State, row_id: u64) {
    state.messages.follow = false;
    state.messages.cursor = Some(row_id);
    state.messages.top = 1204 + 20;
    prepare(state);
}
