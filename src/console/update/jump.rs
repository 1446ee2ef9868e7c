//! Going to a sequence number.

use crate::console::state::messages::Row;
use crate::console::state::{Notice, Pane, Popup, State};
use crate::ledger::interval::Entry;
use crate::ledger::sequence::{Channel, Sequence};

/// How well a row answers; the best is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The message with exactly that number.
    Exact,
    /// The finding that says it is missing.
    Missed,
    /// A message that may have that number.
    Possible,
}

/// Takes the number typed, and selects the row that answers best, on the selected row's channel first.
pub(super) fn accept(state: &mut State) {
    let Some(Popup::Jump { text }) = &state.popup else { return };
    let Ok(number) = text.parse::<u64>() else {
        state.notice = Some(Notice::error("type a sequence number, e.g. 1046"));
        return;
    };
    state.popup = None;
    match best(state, number) {
        Some(row_id) => {
            super::findings::select(state, row_id);
            super::focus::show(state, Pane::Messages);
        }
        None => state.notice = Some(Notice::error(format!("#{number} is not among the rows shown"))),
    }
}

fn best(state: &State, number: u64) -> Option<u64> {
    let here = state.messages.selected().and_then(|row| row.channel());
    let count = state.messages.shown_len();
    let fits = (0..count).rev().filter_map(|index| {
        let row_id = state.messages.shown_serial(index)?;
        let (channel, fit) = fit(state.messages.row(row_id)?, number)?;
        Some(((here.is_some_and(|here| here != channel), fit), row_id))
    });
    fits.min_by_key(|(rank, _)| *rank).map(|(_, row_id)| row_id)
}

fn fit(row: &Row, number: u64) -> Option<(&Channel, Fit)> {
    match row.entry() {
        Entry::Message(message) => {
            let fit = match message.sequence {
                Sequence::Exact(exact) if exact == number => Fit::Exact,
                Sequence::Inferred(inferred) if inferred == number => Fit::Possible,
                Sequence::Range { from, to } if (from..=to).contains(&number) => Fit::Possible,
                _ => return None,
            };
            Some((row.interval.channel(message), fit))
        }
        Entry::Finding(finding) if finding.kind.is_gap() => {
            let (from, to) = (finding.from?, finding.to?);
            (from..=to).contains(&number).then_some((&finding.channel, Fit::Missed))
        }
        _ => None,
    }
}
