//! The list of messages sent in this run.

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::state::{Notice, Pane, State};
use crate::console::app::{focus, navigation};
use crate::console::panes::compose::receipt;
use crate::console::popups::Popup;
use crate::console::ui::list::MARK;
use crate::console::ui::pen::{Pen, Side};
use crate::console::ui::scroll::Scroll;
use crate::console::ui::scrollbar::scrollbar;
use crate::console::ui::text::Precision;
use crate::console::ui::{list, popup_frame, text};

/// The cursor in the list of messages sent, which starts with the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SentList {
    /// The line under the cursor.
    pub cursor: usize,
    /// The first line shown.
    pub top: usize,
}

impl SentList {
    pub(crate) fn scroll(self, len: usize, height: usize) -> Scroll {
        Scroll { len, top: self.top, cursor: self.cursor, height }
    }
}

/// Opens the list.
pub(crate) fn open(state: &mut State) {
    state.popup = Some(Popup::Sent(SentList::default()));
}

/// Goes to the echo of the chosen message in Messages.
pub(crate) fn go_to_echo(state: &mut State) {
    let Some(Popup::Sent(list)) = &state.popup else { return };
    let sent = &state.compose.sent;
    let Some(chosen) = sent.iter().rev().nth(list.cursor) else { return };
    match chosen.echo {
        Some(echo) if state.messages.row(echo.row_id).is_some() => {
            state.popup = None;
            focus::show(state, Pane::Messages);
            navigation::select(state, echo.row_id);
        }
        Some(_) => state.notice = Some(Notice::error("its echo left the scrollback")),
        None => state.notice = Some(Notice::error("it has no echo to go to")),
    }
}

/// Draws the list over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, at: SentList, buf: &mut Buffer) {
    let theme = cx.theme;
    let sent = &cx.state.compose.sent;
    let right = vec![(format!("{} sent", sent.len()), theme.soft)];
    let inner = popup_frame::draw(cx, popup, "Messages sent", right, theme.accent, buf);
    if sent.is_empty() {
        let advice = "Each message sent is listed here with its receipt and its echo.";
        list::empty(cx, inner, buf, "Nothing was sent in this run.", advice);
        return;
    }
    let seen = at.scroll(sent.len(), usize::from(inner.height)).range();
    scrollbar(buf, inner, sent.len(), seen.start, theme.soft);
    for (row, index) in (0..).zip(seen) {
        let Some(message) = sent.iter().rev().nth(index) else { break };
        let selected = index == at.cursor;
        let mut pen = Pen::new(buf, inner, row).reserve(1);
        pen.put(if selected { MARK } else { " " }, theme.accent);
        pen.put(&cx.time(message.at, Precision::Seconds), theme.soft).skip(1);
        pen.column(&text::row(&message.channel, 14), 14, Side::Left, theme.text).skip(1);
        for (words, style) in receipt::words(cx, message) {
            pen.put(&words, style);
        }
        if selected {
            list::select(buf, list::line(inner, row), theme.accent, true);
        }
    }
}
