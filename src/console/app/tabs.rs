//! The line of the tabs, where Messages, Findings and Rejected share an area.
//!
//! ```text
//!  Messages ▼ 128 new     │ Findings 2                 │ Rejected 1
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::app::state::Pane;
use crate::console::panes::messages;
use crate::console::ui::pen::Pen;
use crate::console::ui::theme::{badge, strong};
use crate::ledger::format::number;

/// Draws the labels at their places.
pub(crate) fn render(cx: &Context<'_>, line: Rect, labels: &[(Pane, Rect)], buf: &mut Buffer) {
    let theme = cx.theme;
    Pen::new(buf, line, 0).fill_rest("─", theme.line);
    let shown = shown(cx);
    for (pane, area) in labels {
        let (name, mut count, mut style) = match pane {
            Pane::Findings => ("Findings", gaps(cx), theme.warn),
            Pane::Rejected => ("Rejected", number(cx.state.totals.rejected), theme.bad),
            _ => ("Messages", messages::view::standing_short(cx), theme.accent),
        };
        if count == "0" {
            style = theme.soft;
        }
        if !count.is_empty() {
            count.push(' ');
        }
        let mut pen = Pen::new(buf, *area, 0);
        let label = if *pane == shown && cx.focused(*pane) {
            badge(theme.accent)
        } else if *pane == shown {
            strong(theme.accent)
        } else {
            theme.text
        };
        // The mark says without colours which tab is open.
        let mark = if *pane == shown { "▪" } else { " " };
        pen.put(mark, label).put(name, label).put(" ", label);
        pen.put_whole(&count, strong(style));
    }
}

/// Findings, and with a plus the findings that are none.
fn gaps(cx: &Context<'_>) -> String {
    let totals = &cx.state.totals;
    let other = if totals.other_findings > 0 { format!(" +{}", number(totals.other_findings)) } else { String::new() };
    format!("{}{other}", number(cx.state.open_gaps()))
}

/// The tab that is open.
fn shown(cx: &Context<'_>) -> Pane {
    if matches!(cx.state.tab, Pane::Findings | Pane::Rejected) { cx.state.tab } else { Pane::Messages }
}
