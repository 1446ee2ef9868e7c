//! A gap and another recording: the file being typed, and what it knows.
//!
//! ```text
//! ▌ look in b.db▏  Enter look  Tab next file  Esc close        2 here ▐
//!
//! ╭ 12 of 16 found in b.db ──────────────────────────────── ops #1031–1046 ╮
//! │ The messages next to the gap are the same in both recordings.           │
//! │▸#1031  12:31:06  cache-flush  ✓ {"tag":"cart"}                          │
//! │  Enter detail  y copy  F other file  Esc close                          │
//! ╰─────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use super::context::Context;
use super::list::{self, MARK};
use super::pen::{Pen, Side};
use super::scrollbar::scrollbar;
use super::text::{self, Precision, counted};
use super::{popup, prompt, verdict};
use crate::console::layout::{names_rows, popup_area};
use crate::console::state::Popup;
use crate::console::state::backfill::{BackfillList, BackfillPrompt};
use crate::console::state::messages::Row;

const SAME: &str = "The messages next to the gap are the same in both recordings.";

/// Draws the prompt.
pub(super) fn render_prompt(cx: &Context<'_>, popup: &Popup, asked: &BackfillPrompt, buf: &mut Buffer) {
    let known = match &asked.offered {
        None => String::from("looking for recordings"),
        Some(offered) if offered.is_empty() => String::from("no recording is here"),
        Some(offered) => format!("{} here", counted(offered.len() as u64, "recording")),
    };
    let known = vec![(known, cx.theme.soft)];
    prompt::footer(cx, popup_area(cx.state.size, popup), "look in", &asked.line, &known, buf);
}

/// Draws the list over the panes.
pub(super) fn render_result(cx: &Context<'_>, popup: &Popup, at: BackfillList, buf: &mut Buffer) {
    let theme = cx.theme;
    let Some(filled) = cx.state.findings.filled.get(&at.row_id) else {
        let inner = popup::draw(cx, popup, "Found", Vec::new(), theme.accent, buf);
        list::empty(cx, inner, buf, "The gap has left the list.", "Esc closes this.");
        return;
    };
    let gap = cx.state.findings.list.iter().find(|entry| entry.row_id == at.row_id).map(|entry| &entry.finding);
    let of = gap.map_or_else(String::new, |gap| format!("{} {}", text::channel(&gap.channel, 20), gap.range()));
    let inner = popup::draw(cx, popup, &filled.words(), vec![(of, theme.soft)], theme.accent, buf);
    let (words, style) = match filled.doubt {
        None => (SAME.to_owned(), theme.soft),
        Some(doubt) => (format!("{doubt} It names {}.", filled.source), theme.warn),
    };
    Pen::new(buf, inner, 0).skip(1).put(&words, style);
    let rows = names_rows(cx.state.size, popup).intersection(inner);
    if filled.rows.is_empty() {
        list::empty(cx, rows, buf, "It has none of these numbers.", "F looks in another recording.");
        return;
    }
    let seen = at.scroll(filled.rows.len(), usize::from(rows.height)).range();
    scrollbar(buf, rows, filled.rows.len(), seen.start, theme.soft);
    for (line, index) in (0..).zip(seen) {
        let Some(row) = filled.rows.get(index) else { break };
        let selected = index == at.cursor;
        let mut pen = Pen::new(buf, rows, line).reserve(1);
        pen.put(if selected { MARK } else { " " }, theme.accent);
        message(cx, row, &mut pen);
        if selected {
            list::select(buf, list::line(rows, line), theme.accent, true);
        }
    }
}

fn message(cx: &Context<'_>, row: &Row, pen: &mut Pen<'_>) {
    let Some(message) = row.message() else { return };
    let envelope = row.interval.envelope(message);
    pen.column(&message.sequence.to_string(), 12, Side::Left, cx.theme.accent).skip(1);
    pen.put(&cx.time(message.at, Precision::Seconds), cx.theme.soft).skip(1);
    pen.column(&text::row(envelope.name, 20), 20, Side::Left, cx.theme.text).skip(1);
    pen.put(verdict::glyph(message.verdict), verdict::style(cx, message.verdict)).skip(1);
    let room = pen.room();
    pen.put(&text::row(envelope.data, room), cx.theme.soft);
}
