//! Messages a second over time, with what was found.
//!
//! ```text
//! ╭ Timeline 10 min ────────── 12:27:40 +6 s  31 msg/s  1 gap  2 rejected ╮
//! │  ▁▂▅▇▅▂▁▁▂▂▃▂╳▁··▁▂!▃▅▂▁▁▁▂▂▃▅▂◆▁▁▁▂▂▁▁▂▅▇▅▂▁▁▂▂▃▂▁▁▂▂▃▅▂▁▁▁▂▂▃▅▂▁ │
//! ╰ 12:21:07 ─────────── peak 412/s  ╳ gap  ! rejected  ◆ other  · down ─╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::console::app::context::Context;
use crate::console::app::state::Pane;
use crate::console::panes::timeline::state::{Bucket, Column, Columns, Zoom};
use crate::console::ui::panel::{Panel, Words};
use crate::console::ui::pen::Pen;
use crate::console::ui::text::Precision;
use crate::console::ui::theme::strong;
use crate::console::ui::{list, panel};
use crate::ledger::format;
use crate::ledger::format::counted;

const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// Draws the pane.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let focused = cx.focused(Pane::Timeline);
    let timeline = &cx.state.timeline;
    let width = usize::from(area.width).saturating_sub(2);
    let columns = timeline.columns(cx.state.now, width);
    let at = columns.at(timeline.cursor);
    let pointed = focused || timeline.cursor.is_some();
    let peak = columns.list.iter().filter_map(|column| column.rate(cx.state.now)).fold(0.0, f64::max);
    let from = columns.list.first().map_or(0, |column| column.from);
    let inner = Panel {
        border: panel::border(cx.theme, focused),
        title: vec![panel::name(cx.theme, "Timeline", focused), (format!(" {}", zoom(timeline.zoom)), cx.theme.soft)],
        right: if pointed { under_cursor(cx, &columns, at) } else { vec![] },
        below: vec![(time(cx, from), cx.theme.soft)],
        below_right: legend(cx, &columns, peak),
    }
    .draw(area, buf);
    let is_calm = |column: &Column| {
        let Bucket { messages, gaps, rejected, others, down, .. } = column.bucket;
        messages == 0 && [gaps, rejected, others] == [0; 3] && !down
    };
    if !pointed && columns.list.iter().all(is_calm) {
        let advice = "The messages of each second appear here as bars, with gaps and rejections in their place.";
        list::empty(cx, inner, buf, "Nothing came yet.", advice);
        return;
    }
    let used = columns.list.len() * columns.cells;
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(usize::from(inner.width).saturating_sub(used));
    for (index, column) in columns.list.iter().enumerate() {
        let (symbol, style) = symbol(cx, column, peak);
        let style = if pointed && index == at { style.add_modifier(Modifier::REVERSED) } else { style };
        // A mark is one glyph, however wide its column is.
        let is_bar = BARS.contains(&symbol) || symbol == " " || symbol == "·";
        pen.fill(symbol, if is_bar { columns.cells } else { 1 }, style);
        if !is_bar {
            pen.fill(" ", columns.cells - 1, style);
        }
    }
}

/// What one column shows: the worst that was found in it, otherwise how much came.
fn symbol(cx: &Context<'_>, column: &Column, peak: f64) -> (&'static str, Style) {
    let Bucket { messages, gaps, rejected, others, down, known } = column.bucket;
    if gaps > 0 {
        ("╳", strong(cx.theme.warn))
    } else if rejected > 0 {
        ("!", strong(cx.theme.bad))
    } else if others > 0 {
        ("◆", cx.theme.note)
    } else if down && messages == 0 {
        ("·", cx.theme.bad)
    } else if messages > 0 {
        let rate = column.rate(cx.state.now).unwrap_or(0.0);
        // Eight steps: the first tells something from nothing.
        let step = (1..8).rev().find(|step| rate * 8.0 > peak * f64::from(*step)).unwrap_or(0);
        (BARS[usize::try_from(step.max(1)).unwrap_or(0)], cx.theme.traffic)
    } else if known {
        (BARS[0], cx.theme.line)
    } else {
        (" ", cx.theme.line)
    }
}

/// Time, rate and findings of the column under the cursor.
fn under_cursor(cx: &Context<'_>, columns: &Columns, at: usize) -> Words {
    let Some(column) = columns.list.get(at) else { return Vec::new() };
    let bucket = &column.bucket;
    let mut words = vec![
        (time(cx, column.from), strong(cx.theme.text)),
        (format!(" +{}", format::seconds(0, column.seconds.saturating_mul(SECOND))), cx.theme.soft),
        (format!("  {} msg/s", format::rate(column.rate(cx.state.now))), cx.theme.text),
    ];
    let found = [(bucket.gaps, "gap", cx.theme.warn), (bucket.others, "other finding", cx.theme.note)];
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
    words
}

/// The peak, and what the marks in the window mean.
fn legend(cx: &Context<'_>, columns: &Columns, peak: f64) -> Words {
    let mut all = Bucket::default();
    for column in &columns.list {
        all.add(&column.bucket);
    }
    if !all.known {
        return Vec::new();
    }
    let mut words = vec![(format!("peak {}/s", format::rate(Some(peak))), cx.theme.soft)];
    let marks = [
        (all.gaps > 0, "  ╳ gap", cx.theme.warn),
        (all.rejected > 0, "  ! rejected", cx.theme.bad),
        (all.others > 0, "  ◆ other", cx.theme.note),
        (all.down, "  · link down", cx.theme.bad),
    ];
    words.extend(marks.into_iter().filter(|mark| mark.0).map(|(_, mark, style)| (String::from(mark), style)));
    words
}

fn time(cx: &Context<'_>, second: i64) -> String {
    cx.time(second.saturating_mul(SECOND), Precision::Seconds)
}

fn zoom(zoom: Zoom) -> &'static str {
    match zoom {
        Zoom::Minute => "1 min",
        Zoom::TenMinutes => "10 min",
        Zoom::Hour => "1 h",
        Zoom::SixHours => "6 h",
        Zoom::Day => "24 h",
    }
}
