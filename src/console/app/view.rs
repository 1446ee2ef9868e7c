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
use crate::console::popups;
use crate::console::ui::theme::Theme;

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
            Pane::Messages => messages::view::render(&cx, *area, buf, framed, compose::receipt::last(&cx)),
            Pane::Findings => findings::view::render(&cx, *area, buf, framed, lines),
            Pane::Rejected => rejected::view::render(&cx, *area, buf, framed, lines),
            Pane::Detail => detail::view::render(&cx, *area, buf),
            Pane::Timeline => timeline::view::render(&cx, *area, buf),
            Pane::Compose => compose::view::render(&cx, *area, buf),
        }
    }
    footer::render(&cx, layout.footer, buf);
    popups::render(&cx, buf);
}
