//! How it looks: one pane a file, each with one `render`; `theme` has every colour.
//!
//! What is untrusted is escaped here, once, when it is laid out; only what is seen is laid out.

mod add_channel;
mod channel_columns;
mod channels;
mod channels_strip;
mod columns;
mod compose;
mod confirm;
mod context;
mod detail;
mod discover;
mod editor;
mod finding;
mod footer;
mod gaps;
mod header;
mod help;
mod json;
mod jump;
mod list;
mod messages;
mod names;
mod note;
mod panel;
mod payload;
mod pen;
mod popup;
mod refused;
mod scrollbar;
mod sparkline;
mod tabs;
mod taken_apart;
mod text;
pub mod theme;
mod timeline;
mod too_small;
mod verdict;

use ratatui::Frame;
use ratatui::buffer::Buffer;

use self::context::Context;
use self::theme::Theme;
use super::layout::Layout;
use super::state::{Pane, Popup, State};

/// Draws everything.
pub fn draw(frame: &mut Frame, state: &State, theme: &Theme) {
    draw_into(frame.buffer_mut(), state, theme);
}

/// Draws everything into a buffer, which may have another size by now than the state has heard of.
pub fn draw_into(buf: &mut Buffer, state: &State, theme: &Theme) {
    let cx = Context { state, theme };
    let layout = Layout::for_state(state);
    if layout.too_small {
        too_small::render(&cx, buf.area, buf);
        return;
    }
    header::render(&cx, layout.header, buf);
    if let Some(line) = layout.tabs {
        tabs::render(&cx, line, &layout.tab_labels, buf);
    }
    for (pane, area) in &layout.panes {
        let framed = layout.bordered(*pane);
        let lines = layout.entry_lines(*pane);
        match pane {
            Pane::Channels => channels::render(&cx, *area, buf),
            Pane::Messages => messages::render(&cx, *area, buf, framed),
            Pane::Gaps => gaps::render(&cx, *area, buf, framed, lines),
            Pane::Refused => refused::render(&cx, *area, buf, framed, lines),
            Pane::Detail => detail::render(&cx, *area, buf),
            Pane::Timeline => timeline::render(&cx, *area, buf),
            Pane::Compose => compose::render(&cx, *area, buf),
        }
    }
    footer::render(&cx, layout.footer, buf);
    popups(&cx, buf);
}

fn popups(cx: &Context<'_>, buf: &mut Buffer) {
    let Some(popup) = &cx.state.popup else { return };
    match popup {
        Popup::Help { scroll } => help::render(cx, popup, *scroll, buf),
        Popup::ConfirmSend => confirm::send(cx, popup, buf),
        Popup::ConfirmQuit => confirm::quit(cx, popup, buf),
        Popup::Discover(found) => discover::render(cx, popup, found, buf),
        Popup::Jump { text } => jump::render(cx, popup, text, buf),
        Popup::Names(view) => names::render(cx, popup, view, buf),
        Popup::AddChannel(add) => add_channel::render(cx, popup, add, buf),
        Popup::Note { serial, note } => note::render(cx, popup, *serial, note, buf),
    }
}
