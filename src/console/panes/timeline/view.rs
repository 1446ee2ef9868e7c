//! Messages per second over time, with a row of marks for findings.
//!
//! ```text
//!   20/s ▁▁▂▃▅▂▁▃▅▇█▅▃▂▁▂▃▅▇▅▃▂▁                           peak 32/s · 3 min
//!        ·    ╳         !        ◆                ╳ gap  ! rejected  ◆ other
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::console::app::context::Context;
use crate::console::panes::Pane;
use crate::console::panes::timeline::state::{Bucket, Column, Columns, Zoom, bars};
use crate::console::ui::panel::Words;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::text::{Precision, cells};
use crate::console::ui::theme::strong;
use crate::ledger::format;
use crate::ledger::format::counted;

const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// Draws the pane.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let focused = cx.focused(Pane::Timeline);
    let timeline = &cx.state.timeline;
    let bars = bars(area);
    let columns = timeline.columns(cx.state.now, usize::from(bars.width));
    let at = columns.at(timeline.cursor);
    let pointed = focused || timeline.cursor.is_some();
    let highest = columns.list.iter().filter_map(|column| column.rate(cx.state.now)).fold(0.0, f64::max);
    let rate = format!("{}/s", format::rate(cx.state.rate()));
    let mut pen = Pen::new(buf, Rect { width: bars.x - area.x, ..area }, 0).reserve(1);
    pen.put(if focused { "▪" } else { " " }, strong(theme.accent));
    let room = pen.room();
    pen.column(&rate, room, Align::Right, theme.text);
    // A window of a fixed length is aligned to the right.
    let used = columns.list.len() * columns.cells;
    let left = match timeline.zoom {
        Zoom::Start => 0,
        _ => usize::from(bars.width).saturating_sub(used),
    };
    for row in 0..2 {
        let mut pen = Pen::new(buf, bars, row);
        pen.skip(left);
        for (index, column) in columns.list.iter().enumerate() {
            let (symbol, style) = if row == 0 { bar(cx, column, highest) } else { mark(cx, column) };
            let style = if pointed && index == at { style.add_modifier(Modifier::REVERSED) } else { style };
            // A mark takes one cell of a wide column.
            let wide = if row == 0 { columns.cells } else { 1 };
            pen.fill(symbol, wide, style).fill(" ", columns.cells - wide, style);
        }
    }
    let side = Rect { x: bars.right(), width: area.right() - bars.right(), ..area };
    let rows = if pointed { under_cursor(cx, &columns, at) } else { legend(cx, &columns) };
    for (row, words) in (0..).zip(&rows) {
        let mut pen = Pen::new(buf, side, row).reserve(1);
        // A part that does not fit is left out, and so are those after it.
        let mut left = pen.room();
        let fits = |(words, _): &&(String, Style)| {
            let rest = left.checked_sub(cells(words));
            left = rest.unwrap_or(left);
            rest.is_some()
        };
        let words: Vec<_> = words.iter().take_while(fits).collect();
        pen.skip(left);
        for (words, style) in words {
            pen.put(words, *style);
        }
    }
}

/// The rate of a column, compared with the highest one, as one of eight bars. The lowest bar means that no message was received.
fn bar(cx: &Context<'_>, column: &Column, highest: f64) -> (&'static str, Style) {
    let Bucket { messages, down, known, .. } = column.bucket;
    if messages > 0 {
        let rate = column.rate(cx.state.now).unwrap_or(0.0);
        let step = (1..8).rev().find(|step| rate * 8.0 > highest * f64::from(*step)).unwrap_or(0);
        (BARS[usize::try_from(step.max(1)).unwrap_or(0)], cx.theme.traffic)
    } else if known && !down {
        (BARS[0], cx.theme.line)
    } else {
        (" ", cx.theme.line)
    }
}

/// The worst finding of a column.
fn mark(cx: &Context<'_>, column: &Column) -> (&'static str, Style) {
    let Bucket { gaps, rejected, others, down, .. } = column.bucket;
    if gaps > 0 {
        ("╳", strong(cx.theme.warn))
    } else if rejected > 0 {
        ("!", strong(cx.theme.bad))
    } else if others > 0 {
        ("◆", cx.theme.note)
    } else if down {
        ("·", cx.theme.bad)
    } else {
        (" ", cx.theme.line)
    }
}

/// The time, the rate and the findings of the column under the cursor.
fn under_cursor(cx: &Context<'_>, columns: &Columns, at: usize) -> [Words; 2] {
    let Some(column) = columns.list.get(at) else { return [Vec::new(), Vec::new()] };
    let bucket = &column.bucket;
    let time = vec![
        (time(cx, column.from), strong(cx.theme.text)),
        (format!(" +{}", format::seconds(0, column.seconds.saturating_mul(SECOND))), cx.theme.soft),
        (format!("  {}/s", format::rate(column.rate(cx.state.now))), cx.theme.text),
    ];
    let mut words = Vec::new();
    let found = [(bucket.gaps, "gap", cx.theme.warn), (bucket.others, "other", cx.theme.note)];
    for (count, noun, style) in found {
        if count > 0 {
            words.push((format!("  {}", counted(u64::from(count), noun)), style));
        }
    }
    if bucket.rejected > 0 {
        words.push((format!("  {} rejected", format::number(u64::from(bucket.rejected))), cx.theme.bad));
    }
    if bucket.down {
        words.push((String::from("  link down"), cx.theme.bad));
    }
    [time, words]
}

/// The peak and the length of the window, and the meaning of the marks in it.
fn legend(cx: &Context<'_>, columns: &Columns) -> [Words; 2] {
    let mut all = Bucket::default();
    for column in &columns.list {
        all.add(&column.bucket);
    }
    if !all.known {
        return [Vec::new(), Vec::new()];
    }
    let seconds: i64 = columns.list.iter().map(|column| column.seconds).sum();
    let window = format::seconds(0, cx.state.timeline.zoom.seconds().unwrap_or(seconds).saturating_mul(SECOND));
    let peak = vec![(format!("peak {}/s · {window}", format::number(all.peak)), cx.theme.soft)];
    let marks = [
        (all.gaps > 0, "  ╳ gap", cx.theme.warn),
        (all.rejected > 0, "  ! rejected", cx.theme.bad),
        (all.others > 0, "  ◆ other", cx.theme.note),
        (all.down, "  · down", cx.theme.bad),
    ];
    let marks = marks.into_iter().filter(|mark| mark.0).map(|(_, mark, style)| (String::from(mark), style));
    [peak, marks.collect()]
}

fn time(cx: &Context<'_>, second: i64) -> String {
    cx.time(second.saturating_mul(SECOND), Precision::Seconds)
}
