//! Goes to a sequence number.

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::focus;
use crate::console::app::navigation;
use crate::console::app::scrollback::Row;
use crate::console::app::state::{Notice, State};
use crate::console::panes::Pane;
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::pen::Pen;
use crate::console::ui::{popup_frame, prompt};
use crate::ledger::interval::Entry;
use crate::ledger::sequence::notation::{parse_range, range};
use crate::ledger::sequence::{Channel, Sequence};

/// How well a row matches, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// A message with exactly that sequence number.
    Exact,
    /// A gap that includes it.
    Missed,
    /// A message that may have that number.
    Possible,
}

/// Selects the row that fits the typed sequence number or range best. Rows on the selected row's channel come first.
pub(crate) fn accept(state: &mut State) {
    let Some(Popup::Jump(line)) = &state.popup else { return };
    let (from, to) = match parse_range(line.text()) {
        Ok(range) => range,
        Err((_, mistake)) => {
            state.notice = Some(Notice::error(mistake));
            return;
        }
    };
    state.popup = None;
    match best(state, (from, to)) {
        Some(row_id) => {
            navigation::select(state, row_id);
            focus::show(state, Pane::Messages);
        }
        None => state.notice = Some(Notice::error(format!("{} is not among the rows shown", range(from, to)))),
    }
}

fn best(state: &State, wanted: (u64, u64)) -> Option<u64> {
    let here = state.messages.selected().and_then(|row| row.channel());
    let fits = state.messages.listed_serials().rev().filter_map(|row_id| {
        let (channel, number, fit) = fit(state.messages.row(row_id)?, wanted)?;
        Some(((here.is_some_and(|here| here != channel), number, fit), row_id))
    });
    fits.min_by_key(|(rank, _)| *rank).map(|(_, row_id)| row_id)
}

/// The row's channel, its lowest sequence number in the range, and how well it fits. `None` if no number is in the range.
fn fit(row: &Row, (from, to): (u64, u64)) -> Option<(&Channel, u64, Fit)> {
    let (channel, (low, high), fit) = match row.entry() {
        Entry::Message(message) => {
            let fit = if matches!(message.sequence, Sequence::Exact(_)) { Fit::Exact } else { Fit::Possible };
            (row.interval.channel(message), message.sequence.range()?, fit)
        }
        Entry::Finding(finding) if finding.kind.is_gap() => {
            (&finding.channel, (finding.sequence_from?, finding.sequence_to?), Fit::Missed)
        }
        _ => return None,
    };
    (low <= to && high >= from).then_some((channel, low.max(from), fit))
}

/// Draws the question over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, typed: &LineEdit, buf: &mut Buffer) {
    let inner = popup_frame::draw(cx, popup, "Go to a sequence number", Vec::new(), cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(1);
    prompt::line(cx, &mut pen, typed);
}
