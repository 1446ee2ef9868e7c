//! Shows or hides panes, or the columns of Messages.
//!
//! ```text
//! ╭ Columns of Messages ──────────────────────────╮
//! │▸[x] time      when it was received            │
//! │ [ ] age       time since it was received      │
//! │ x pick  Esc close                             │
//! ╰───────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::settings::{MessageColumn, SwitchList, ToggleList};
use crate::console::layout::{Layout, WIDE};
use crate::console::panes::Pane;
use crate::console::popups::Popup;
use crate::console::ui::pen::Align;
use crate::console::ui::{list, popup_frame};

/// Draws the list over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, toggle_list: ToggleList, buf: &mut Buffer) {
    let title = match toggle_list.of {
        SwitchList::Panes => "Panes",
        SwitchList::Columns => "Columns of Messages",
    };
    let right = if toggle_list.of == SwitchList::Panes && !Layout::for_state(cx.state).wide {
        let words = format!("where all have room: from {}x{} on", WIDE.0, WIDE.1);
        vec![(words, cx.theme.soft)]
    } else {
        Vec::new()
    };
    let inner = popup_frame::draw(cx, popup, title, right, cx.theme.accent, buf);
    let lines = lines(cx, toggle_list.of);
    list::rows(cx, inner, toggle_list.position, lines.len(), buf, |pen, index| {
        let (shown, name, words) = lines[index];
        pen.put(if shown { "[x] " } else { "[ ] " }, if shown { cx.theme.good } else { cx.theme.soft });
        pen.column(name, 9, Align::Left, cx.theme.text).skip(1).put(words, cx.theme.soft);
    });
}

/// For each line: whether it is shown, its name, and its content.
fn lines(cx: &Context<'_>, of: SwitchList) -> Vec<(bool, &'static str, &'static str)> {
    let settings = &cx.state.settings;
    match of {
        SwitchList::Panes => {
            Pane::hideable().map(|pane| (!settings.hidden.contains(&pane), pane.name(), pane.spec().shows)).collect()
        }
        SwitchList::Columns => {
            let line = |column: &MessageColumn| (settings.columns.has(*column), column.name(), column.words());
            MessageColumn::ALL.iter().map(line).collect()
        }
    }
}
