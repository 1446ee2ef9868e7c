//! Each pane with the focus, and each popup, over hostile content at several sizes: every theme shows the same text.

use aircheck::console::app::settings::ThemeName;
use aircheck::console::app::update::prepare;
use aircheck::console::panes::Pane;

use super::fixture::hostile;
use super::screen::assert_same_text_in_each_theme;
use super::{LARGE, MIDDLE, SMALL, with};
use crate::console_popups::{Source, samples_of};

#[test]
fn every_theme_shows_the_same_text() {
    assert!(ThemeName::ALL.len() > 1);
    let texts = [&b"\x1b[2J\xff"[..], "rtl\u{202e}".as_bytes(), b"ops", "価格".as_bytes()].map(<[u8]>::to_vec);
    for size in [(40, 10), SMALL, (100, 34), MIDDLE, LARGE] {
        for pane in Pane::hideable() {
            let mut state = with(hostile(size), |state| state.focus = pane);
            prepare(&mut state);
            assert_same_text_in_each_theme(&state);
        }
        let mut state = hostile(size);
        let mut source = Source::new(texts.to_vec(), vec![2, 3, 5, 7, 11]);
        for popup in samples_of(&mut source, &state.compose) {
            state.popup = Some(popup);
            prepare(&mut state);
            assert_same_text_in_each_theme(&state);
        }
    }
}
