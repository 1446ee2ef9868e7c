//! How it looks: one pane a file, each with one `render`; `theme` has every colour.
//!
//! What is untrusted is escaped here, once, when it is laid out; only what is seen is laid out.

use ratatui::Frame;
use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::state::{Pane, State};
use crate::console::app::{footer, header, tabs, too_small};
use crate::console::layout::Layout;
use crate::console::panes::{channels, compose, detail, findings, messages, rejected, timeline};
use crate::console::popups::{
    Popup, acknowledge, add_channel, backfill, confirm, copy, discover, help, jump, names, palette, pick, record,
    resend, save, sent, series, template, toggle_list,
};
use crate::console::ui::theme::Theme;
use crate::console::{filter, search};

/// Draws everything.
pub fn draw(frame: &mut Frame, state: &State, theme: &Theme) {
    draw_into(frame.buffer_mut(), state, theme);
    // The terminal's own cursor stands where text goes, for input methods that open a window there.
    if let Some(place) = compose::view::cursor(&Context { state, theme }, frame.area()) {
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
            Pane::Channels => channels::view::render(&cx, *area, buf),
            Pane::Messages => messages::view::render(&cx, *area, buf, framed),
            Pane::Findings => findings::view::render(&cx, *area, buf, framed, lines),
            Pane::Rejected => rejected::view::render(&cx, *area, buf, framed, lines),
            Pane::Detail => detail::view::render(&cx, *area, buf),
            Pane::Timeline => timeline::view::render(&cx, *area, buf),
            Pane::Compose => compose::view::render(&cx, *area, buf),
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
        Popup::Prompt(prompting) => template::render(cx, popup, prompting, buf),
        Popup::SeriesForm(form) => series::form(cx, popup, form, buf),
        Popup::ConfirmSeries(form) => series::confirm(cx, popup, form, buf),
        Popup::Series => series::progress(cx, popup, buf),
        Popup::Sent(list) => sent::render(cx, popup, *list, buf),
        Popup::ConfirmQuit => confirm::quit(cx, popup, buf),
        Popup::Discover(found) => discover::render(cx, popup, found, buf),
        Popup::Jump { text } => jump::render(cx, popup, text, buf),
        Popup::Names(view) => names::render(cx, popup, view, buf),
        Popup::AddChannel(add) => add_channel::render(cx, popup, add, buf),
        Popup::Note { row_id, note } => acknowledge::render(cx, popup, *row_id, note, buf),
        Popup::Search(prompt) => search::view::render(cx, popup, prompt, buf),
        Popup::Filter(prompt) => filter::view::render(cx, popup, prompt, buf),
        Popup::Palette(found) => palette::render(cx, popup, found, buf),
        Popup::Record(line) => record::render(cx, popup, line, buf),
        Popup::FillFrom(prompt) => backfill::render_prompt(cx, popup, prompt, buf),
        Popup::BackfillResult(list) => backfill::render_result(cx, popup, *list, buf),
        Popup::Save(prompt) => save::render(cx, popup, prompt, buf),
        Popup::ToggleList(toggle_list) => toggle_list::render(cx, popup, *toggle_list, buf),
        Popup::Copy { cursor } => copy::render(cx, popup, *cursor, buf),
    }
}
