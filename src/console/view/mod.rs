//! How it looks: one pane a file, each with one `render`; `theme` has every colour.
//!
//! What is untrusted is escaped here, once, when it is laid out; only what is seen is laid out.

mod add_channel;
mod backfill;
mod changes;
mod channel_columns;
mod channels;
mod channels_strip;
mod columns;
mod compose;
mod confirm;
mod context;
mod copy_menu;
mod detail;
mod detail_lines;
mod discover;
mod edited;
mod editor;
mod filter;
mod filter_status;
mod findings;
mod footer;
mod found;
mod header;
mod help;
mod hits;
mod json;
mod jump;
mod list;
mod messages;
mod names;
mod note;
mod palette;
mod panel;
mod payload;
mod pen;
mod pick;
mod popup;
mod prompt;
mod question;
mod receipt;
mod record;
mod recording;
mod rejected;
mod replay;
mod resend;
mod save;
mod scrollbar;
mod search;
mod sent;
mod series;
mod sparkline;
mod tabs;
pub mod theme;
mod timeline;
mod toggle_list;
mod too_small;
mod verdict;

use ratatui::Frame;
use ratatui::buffer::Buffer;

use self::context::Context;
pub(super) use self::detail::extent;
use self::theme::Theme;
use super::layout::Layout;
use super::state::{Pane, Popup, State};
use crate::ledger::interval::LinkState;

/// The words in the row of a change of the link, so that what one sees is found.
pub(in crate::console) fn words_of_link(state: LinkState) -> &'static str {
    messages::link_words(state)
}
use super::text;

/// Draws everything.
pub fn draw(frame: &mut Frame, state: &State, theme: &Theme) {
    draw_into(frame.buffer_mut(), state, theme);
    // The terminal's own cursor stands where text goes, for input methods that open a window there.
    if let Some(place) = compose::cursor(&Context { state, theme }, frame.area()) {
        frame.set_cursor_position(place);
    }
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
            Pane::Findings => findings::render(&cx, *area, buf, framed, lines),
            Pane::Rejected => rejected::render(&cx, *area, buf, framed, lines),
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
        Popup::Resend(message) => resend::render(cx, popup, message, buf),
        Popup::Pick(picker) => pick::render(cx, popup, picker, buf),
        Popup::Prompt(prompting) => question::render(cx, popup, prompting, buf),
        Popup::SeriesForm(form) => series::form(cx, popup, form, buf),
        Popup::ConfirmSeries(form) => series::confirm(cx, popup, form, buf),
        Popup::Series => series::progress(cx, popup, buf),
        Popup::Sent(list) => sent::render(cx, popup, *list, buf),
        Popup::ConfirmQuit => confirm::quit(cx, popup, buf),
        Popup::Discover(found) => discover::render(cx, popup, found, buf),
        Popup::Jump { text } => jump::render(cx, popup, text, buf),
        Popup::Names(view) => names::render(cx, popup, view, buf),
        Popup::AddChannel(add) => add_channel::render(cx, popup, add, buf),
        Popup::Note { row_id, note } => note::render(cx, popup, *row_id, note, buf),
        Popup::Search(prompt) => search::render(cx, popup, prompt, buf),
        Popup::Filter(prompt) => filter::render(cx, popup, prompt, buf),
        Popup::Palette(found) => palette::render(cx, popup, found, buf),
        Popup::Record(line) => record::render(cx, popup, line, buf),
        Popup::FillFrom(prompt) => backfill::render_prompt(cx, popup, prompt, buf),
        Popup::BackfillResult(list) => backfill::render_result(cx, popup, *list, buf),
        Popup::Save(prompt) => save::render(cx, popup, prompt, buf),
        Popup::ToggleList(toggle_list) => toggle_list::render(cx, popup, *toggle_list, buf),
        Popup::Copy { cursor } => copy_menu::render(cx, popup, *cursor, buf),
    }
}
