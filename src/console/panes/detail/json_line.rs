//! Draws a line of the tree. Keys, strings and other values have different colours.

use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::panes::detail::found;
use crate::console::panes::detail::state::Part;
use crate::console::panes::detail::tree::{Role, Value, rest};
use crate::console::ui::pen::Pen;
use crate::console::ui::theme::Theme;

/// Writes the part of a tree line that is on this screen line.
pub(crate) fn put(cx: &Context<'_>, pen: &mut Pen<'_>, part: &Part, width: usize) {
    let detail = &cx.state.detail;
    let folded = detail.is_folded(part.item);
    if part.from > 0 {
        pen.skip(detail.tree.hang(part.item, width));
    }
    let mut at = 0;
    for (role, text) in detail.tree.pieces(part.item, folded, width) {
        let end = at + text.len();
        let (from, to) = (part.from.clamp(at, end), part.to.clamp(at, end));
        if let Some(seen) = text.get(from - at..to - at).filter(|seen| !seen.is_empty()) {
            found::put(cx, pen, part.item, from, seen, style(cx.theme, role));
        }
        at = end;
    }
    if let (true, Some(Value::Text(_, bytes))) = (part.cut, detail.tree.nodes.get(part.item).map(|node| &node.value)) {
        pen.put(&rest(*bytes), cx.theme.soft);
    }
}

/// The colours of JSON.
pub(crate) fn style(theme: &Theme, role: Role) -> Style {
    match role {
        Role::Frame => theme.soft,
        Role::Key => theme.json_key,
        Role::Text => theme.json_string,
        Role::Plain => theme.json_value,
    }
}
