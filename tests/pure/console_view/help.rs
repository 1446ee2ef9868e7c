//! The help shows every line of the key table whole.

use aircheck::console::keymap::contexts_beneath;
use aircheck::console::keymap::help::{HelpLine, help_height, help_sections};
use aircheck::console::panes::Pane;
use aircheck::console::popups::Popup;
use aircheck::console::ui::narrowing::Narrowing;

use super::fixture::empty;
use super::screen::{Area, text};
use super::{LARGE, MIDDLE, SMALL, with};

#[test]
fn every_line_of_the_help_fits() {
    for size in [SMALL, (100, 30), MIDDLE, (160, 45), LARGE] {
        let mut state = with(empty(size), |state| state.focus = Pane::Messages);
        let sections = help_sections(&state.keymap, &contexts_beneath(&state), "");
        let mut shown = String::new();
        for scroll in 0..help_height(&sections) {
            state.popup = Some(Popup::Help { scroll, narrowing: Narrowing::default() });
            shown.push_str(&text(&state, Area::Popup));
        }
        let lines = sections.iter().flat_map(|section| &section.lines);
        let cut: Vec<&HelpLine> = lines
            .filter(|line| {
                let mouse = line.mouse.map(|mouse| format!("  ({mouse})")).unwrap_or_default();
                let keys = shown.contains(&format!("  {}  ", line.keys));
                !keys || !shown.contains(&format!("  {}{mouse}", line.text))
            })
            .collect();
        assert!(cut.is_empty(), "cut at {size:?}: {cut:#?}");
    }
}
