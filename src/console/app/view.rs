//! Draws the screen. Each pane and popup has a `render` function.
//!
//! Untrusted text is escaped once, before layout. Only visible text is laid out.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::app::state::State;
use crate::console::app::{footer, header};
use crate::console::layout::{Layout, SMALLEST};
use crate::console::panes::Pane;
use crate::console::panes::compose;
use crate::console::ui::pen::Pen;
use crate::console::ui::text::cells;
use crate::console::ui::theme::{Theme, badge, strong};
use crate::console::{panes, popups};

/// Draws everything.
pub fn draw(frame: &mut Frame, state: &State, theme: &Theme) {
    draw_into(frame.buffer_mut(), state, theme);
    // Input methods open their window at the terminal's cursor, so it is placed in the text.
    if let Some(place) = compose::view::cursor(&Context { state, theme }, frame.area()) {
        frame.set_cursor_position(place);
    }
}

/// Draws everything into a buffer. Its size may differ from the state's, right after a resize.
pub fn draw_into(buf: &mut Buffer, state: &State, theme: &Theme) {
    let cx = Context { state, theme };
    let layout = Layout::for_state(state);
    if layout.too_small {
        too_small(&cx, buf.area, buf);
        return;
    }
    header::render(&cx, layout.header, buf);
    if let Some(line) = layout.tabs {
        tabs(&cx, line, &layout.tab_labels, buf);
    }
    for (pane, area) in &layout.panes {
        panes::render(&cx, &layout, *pane, *area, buf);
    }
    footer::render(&cx, layout.footer, buf);
    popups::render(&cx, buf);
}

/// Draws the tabs of a narrow screen.
fn tabs(cx: &Context<'_>, line: Rect, labels: &[(Pane, Rect)], buf: &mut Buffer) {
    let theme = cx.theme;
    Pen::new(buf, line, 0).fill_rest("─", theme.line);
    for (pane, area) in labels {
        let Some((mut count, mut style)) = panes::tab_number(cx, *pane) else { continue };
        if count == "0" {
            style = theme.soft;
        }
        if !count.is_empty() {
            count.push(' ');
        }
        let mut pen = Pen::new(buf, *area, 0);
        let label = if *pane == cx.state.tab && cx.focused(*pane) {
            badge(theme.accent)
        } else if *pane == cx.state.tab {
            strong(theme.accent)
        } else {
            theme.text
        };
        // The marks show the open tab and the focus without colours.
        let mark = match *pane == cx.state.tab {
            true if cx.focused(*pane) => "▪",
            true => "▫",
            false => " ",
        };
        pen.put(mark, label).put(pane.spec().title, label).put(" ", label);
        pen.put_whole(&count, strong(style));
    }
}

/// Shows that the window is too small, as a text that fits.
fn too_small(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let (columns, rows) = SMALLEST;
    let wordings = [
        format!("window too small: {}x{}, needs {columns}x{rows}", area.width, area.height),
        format!("needs {columns}x{rows}"),
        String::from("small"),
        String::from("…"),
    ];
    let room = usize::from(area.width);
    if let Some(words) = wordings.iter().find(|words| cells(words) <= room) {
        let mut pen = Pen::new(buf, area, area.height / 2);
        pen.skip((room - cells(words)) / 2).put(words, cx.theme.warn);
    }
}
