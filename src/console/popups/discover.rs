//! A channel found on the server.

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::popups::{Discover, Popup};
use crate::console::ui::list::MARK;
use crate::console::ui::pen::{Pen, Side};
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::text::{counted, number};
use crate::console::ui::{list, popup_frame, text};
use crate::ledger::sequence::{Channel, Reading};

/// A channel that the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveredChannel {
    /// The channel.
    pub channel: Channel,
    /// Its counter.
    pub counter: Reading,
    /// Its subscribers, where that may be asked.
    pub subscribers: Option<u64>,
}

/// Draws the list over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, discover: &Discover, buf: &mut Buffer) {
    let theme = cx.theme;
    let right = match (discover.searching, discover.picked.len()) {
        (true, _) => vec![(String::from("◌ looking"), theme.warn)],
        (false, 0) => vec![(format!("{} found", number(discover.found.len() as u64)), theme.soft)],
        (false, picked) => vec![(format!("{picked} of {} picked", number(discover.found.len() as u64)), theme.accent)],
    };
    let inner = popup_frame::draw(cx, popup, "Channels on the server", right, theme.accent, buf);
    if let Some(error) = &discover.error {
        list::empty(cx, inner, buf, &format!("✗ {error}"), "Nothing changed for the channels watched.");
        return;
    }
    if discover.found.is_empty() {
        let (headline, advice) = if discover.searching {
            ("Looking for channels …", "Counters and subscriptions on the server name them.")
        } else {
            (
                "No channel found.",
                "A channel is found once something was broadcast on it, or a client subscribes to it.",
            )
        };
        list::empty(cx, inner, buf, headline, advice);
        return;
    }
    let seen = discover.window(usize::from(inner.height));
    scrollbar(buf, inner, discover.found.len(), seen.start, theme.soft);
    let name = usize::from(inner.width).saturating_sub(32).max(8);
    for (row, index) in (0..).zip(seen) {
        let Some(channel) = discover.found.get(index) else { break };
        let selected = index == discover.cursor;
        let mut pen = Pen::new(buf, inner, row);
        pen.put(if selected { MARK } else { " " }, theme.accent);
        pen.put(if discover.picked.contains(&index) { "✓ " } else { "  " }, theme.good);
        pen.column(&text::channel(&channel.channel, name), name, Side::Left, theme.text).skip(1);
        let counter = match &channel.counter {
            Reading::Value(value) => format!("#{}", number(*value)),
            Reading::Missing => String::from("no counter"),
            Reading::Unreadable(_) => String::from("counter ?"),
        };
        pen.column(&counter, 13, Side::Right, theme.text).skip(1);
        let clients = channel.subscribers.map_or_else(|| String::from("? clients"), |count| counted(count, "client"));
        pen.column(&clients, 12, Side::Right, theme.soft);
        if selected {
            list::select(buf, list::line(inner, row), theme.accent, true);
        }
    }
}
