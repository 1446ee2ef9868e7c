//! Shows the key table.
//!
//! ```text
//! ╭ Keys ────────────────────────────────────────────────╮
//! │ Messages                                             ┃
//! │   Enter        show the selected row in Detail       ┃
//! │  Esc close  / search                                 │
//! ╰ /det ────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::state::State;
use crate::console::keymap::contexts_beneath;
use crate::console::keymap::help;
use crate::console::keymap::help::HelpLine;
use crate::console::popups::Popup;
use crate::console::ui::narrowing::Narrowing;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::text::cells;
use crate::console::ui::theme::strong;
use crate::console::ui::{list, popup_frame};

/// A line of the help.
enum Line<'a> {
    Blank,
    Title(&'static str),
    Keys(&'a HelpLine),
}

/// Opens the help.
pub(crate) fn open(state: &mut State) {
    state.popup = Some(Popup::Help { scroll: 0, narrowing: Narrowing::default() });
}

/// Draws the help over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, scroll: usize, narrowing: &Narrowing, buf: &mut Buffer) {
    let theme = cx.theme;
    let here = contexts_beneath(cx.state);
    let sections = help::help_sections(&cx.state.keymap, &here, narrowing.line.text());
    let all = help::help_lines(&help::help_sections(&cx.state.keymap, &here, ""));
    let right = narrowing.count(help::help_lines(&sections), all, theme.accent);
    let inner = popup_frame::draw_narrowed(cx, popup, "Keys", right, narrowing, buf);
    if sections.is_empty() {
        list::empty(cx, inner, buf, "No key matches.", "The palette searches all commands.");
        return;
    }
    let mut lines = Vec::new();
    for section in &sections {
        if !lines.is_empty() {
            lines.push(Line::Blank);
        }
        lines.push(Line::Title(section.title));
        lines.extend(section.lines.iter().map(Line::Keys));
    }
    let keys = sections.iter().flat_map(|section| &section.lines).map(|line| cells(&line.keys)).max().unwrap_or(0);
    let keys = keys.min(usize::from(inner.width) / 3);
    let height = usize::from(inner.height);
    let first = scroll.min(lines.len().saturating_sub(height));
    scrollbar(buf, inner, lines.len(), first, cx.theme.soft);
    for (row, line) in (0..inner.height).zip(lines.iter().skip(first)) {
        let mut pen = Pen::new(buf, inner, row);
        match line {
            Line::Blank => {}
            Line::Title(title) => {
                pen.skip(1).put(title, strong(cx.theme.text));
            }
            Line::Keys(line) => {
                pen.skip(3)
                    .column(&line.keys, keys, Align::Left, cx.theme.accent)
                    .skip(2)
                    .put(line.text, cx.theme.text);
                if let Some(mouse) = line.mouse {
                    pen.put_whole(&format!("  ({mouse})"), cx.theme.soft);
                }
            }
        }
    }
}
