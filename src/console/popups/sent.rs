//! The list of messages sent in this run.

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::state::{Notice, State};
use crate::console::app::{focus, navigation};
use crate::console::panes::Pane;
use crate::console::panes::compose::receipt;
use crate::console::popups::Popup;
use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::narrowing::Narrowing;
use crate::console::ui::pen::Align;
use crate::console::ui::text::Precision;
use crate::console::ui::{list, popup_frame, text};

/// Opens the list.
pub(crate) fn open(state: &mut State) {
    state.popup = Some(Popup::Sent(ListCursor::default()));
}

/// Goes to the echo of the chosen message in Messages.
pub(crate) fn go_to_echo(state: &mut State) {
    let Some(Popup::Sent(position)) = &state.popup else { return };
    let sent = &state.compose.sent;
    let Some(chosen) = sent.iter().rev().nth(position.cursor) else { return };
    match chosen.echo {
        Some(echo) if state.messages.row(echo.row_id).is_some() => {
            state.popup = None;
            focus::show(state, Pane::Messages);
            navigation::select(state, echo.row_id);
        }
        Some(_) => state.notice = Some(Notice::error("its echo was trimmed from the scrollback")),
        None => state.notice = Some(Notice::error("it has no echo to go to")),
    }
}

/// Draws the list over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, position: ListCursor, buf: &mut Buffer) {
    let theme = cx.theme;
    let sent = &cx.state.compose.sent;
    let right = vec![(format!("{} sent", sent.len()), theme.soft)];
    let inner = popup_frame::draw(cx, popup, "Messages sent", right, theme.accent, buf);
    if sent.is_empty() {
        let advice = "Each message sent is listed here with its receipt and its echo.";
        list::empty(cx, inner, buf, "Nothing was sent in this run.", advice);
        return;
    }
    list::rows(cx, inner, position, sent.len(), buf, |pen, index| {
        let Some(message) = sent.iter().rev().nth(index) else { return };
        pen.put(&cx.time(message.at, Precision::Seconds), theme.soft).skip(1);
        pen.column(&text::row(&message.name, 14), 14, Align::Left, theme.text).skip(1);
        for (words, style) in receipt::words(cx, message) {
            pen.put(&words, style);
        }
    });
}
