//! The list of messages and series sent in this run.

use std::collections::VecDeque;

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::state::{Notice, State};
use crate::console::app::{narrowing, navigation};
use crate::console::panes::compose::receipt;
use crate::console::panes::compose::state::Sent;
use crate::console::popups::Popup;
use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::narrowing::Narrowing;
use crate::console::ui::pen::Align;
use crate::console::ui::text::Precision;
use crate::console::ui::{list, popup_frame, text};
use crate::wire::escape::escape;

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SentList {
    /// The text that narrows the messages.
    pub narrowing: Narrowing,
    /// The cursor, in the shown messages.
    pub position: ListCursor,
}

impl SentList {
    /// The messages that match the narrowing, newest first.
    #[must_use]
    pub fn shown<'a>(&self, sent: &'a VecDeque<Sent>) -> Vec<&'a Sent> {
        let wanted = self.narrowing.wanted();
        let text = |sent: &Sent| format!("{} {}", escape(&sent.channel), escape(&sent.payload));
        let matches = |sent: &&Sent| !self.narrowing.is_narrowed() || wanted.is_in(&text(sent));
        sent.iter().rev().filter(matches).collect()
    }
}

/// Opens the list.
pub(crate) fn open(state: &mut State) {
    state.popup = Some(Popup::Sent(SentList::default()));
}

/// Goes to the echo of the chosen message in Messages.
pub(crate) fn go_to_echo(state: &mut State) {
    let Some(Popup::Sent(list)) = &state.popup else { return };
    let shown = list.shown(&state.compose.sent);
    let Some(chosen) = shown.get(list.position.cursor) else { return };
    match chosen.echo_row() {
        Some(row_id) => {
            if navigation::show_row(state, row_id) {
                state.popup = None;
            }
        }
        None => state.notice = Some(Notice::error("it has no echo to go to")),
    }
}

/// Draws the list over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, list: &SentList, buf: &mut Buffer) {
    let theme = cx.theme;
    let sent = &cx.state.compose.sent;
    let shown = list.shown(sent);
    let right = if list.narrowing.is_narrowed() {
        list.narrowing.count(shown.len(), sent.len(), theme.accent)
    } else {
        vec![(format!("{} sent", sent.len()), theme.soft)]
    };
    let inner = popup_frame::draw_narrowed(cx, popup, "Messages sent", right, &list.narrowing, buf);
    if sent.is_empty() {
        let advice = "Each message sent is listed here with its receipt and its echo.";
        list::empty(cx, inner, buf, "Nothing was sent in this run.", advice);
        return;
    }
    if shown.is_empty() {
        list::empty(cx, inner, buf, "No message matches.", &narrowing::popup_advice(cx));
        return;
    }
    list::rows(cx, inner, list.position, shown.len(), buf, |pen, index| {
        let message = shown[index];
        pen.put(&cx.time(message.at, Precision::Seconds), theme.soft).skip(1);
        pen.column(&text::row(&message.name, 14), 14, Align::Left, theme.text).skip(1);
        for (words, style) in receipt::words(cx, message) {
            pen.put(&words, style);
        }
    });
}
