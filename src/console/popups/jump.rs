//! Goes to a sequence number.

use std::collections::BTreeSet;

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
use crate::console::ui::{popup_frame, prompt, text};
use crate::ledger::format::counted;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::notation::{parse_range, range};
use crate::ledger::sequence::{Channel, Sequence};
use crate::wire::escape::escape;

/// The maximum width of a channel name in a notice, in cells.
const MAX_NAME: usize = 32;

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

/// Selects the row that fits the typed sequence number or range best. A channel can precede the number. Otherwise, rows on
/// the channel that is selected in the focused pane come first.
pub(crate) fn accept(state: &mut State) {
    let Some(Popup::Jump(line)) = &state.popup else { return };
    match find(state, line.text()) {
        Ok(found) => {
            state.popup = None;
            navigation::select(state, found.row_id);
            focus::show(state, Pane::Messages);
            state.notice = found.notice.map(Notice::done);
        }
        Err(mistake) => state.notice = Some(Notice::error(mistake)),
    }
}

struct Found {
    row_id: u64,
    /// The channel of the row, if other channels have the number too.
    notice: Option<String>,
}

fn find(state: &State, typed: &str) -> Result<Found, String> {
    let (name, number) = typed.trim().rsplit_once(' ').map_or((None, typed.trim()), |(name, number)| {
        let name = name.trim_end();
        (Some(name), number)
    });
    let (from, to) = parse_range(number).map_err(|(_, mistake)| mistake.to_owned())?;
    let wanted = range(from, to);
    let shown = |name: &[u8]| text::row(name, MAX_NAME);
    let named = name.map(|name| {
        let channels = state.channels.list.iter().map(|known| &known.channel);
        let mut same = channels.filter(|channel| escape(channel.as_bytes()) == escape(name.as_bytes()));
        same.next().ok_or_else(|| format!("unknown channel {}", shown(name.as_bytes())))
    });
    let named = named.transpose()?;
    let here = named.or_else(|| selected_channel(state));
    let mut channels = BTreeSet::new();
    let fits = state.messages.listed_serials().rev().filter_map(|row_id| {
        let (channel, number, fit) = fit(state.messages.row(row_id)?, (from, to))?;
        if named.is_some_and(|named| named != channel) {
            return None;
        }
        channels.insert(channel);
        Some(((here.is_some_and(|here| here != channel), number, fit), row_id, channel))
    });
    let best = fits.min_by_key(|(rank, ..)| *rank);
    let Some((_, row_id, channel)) = best else {
        let on = named.map(|named| format!(" of {}", shown(named.as_bytes()))).unwrap_or_default();
        return Err(format!("{wanted}{on} is not among the rows shown"));
    };
    let others = (channels.len() as u64).saturating_sub(1);
    let notice = (others > 0).then(|| format!("{wanted} on {}; {} too", shown(channel.as_bytes()), has(others)));
    Ok(Found { row_id, notice })
}

/// `1 other channel has it`, `3 other channels have it`
fn has(others: u64) -> String {
    format!("{} {} it", counted(others, "other channel"), if others == 1 { "has" } else { "have" })
}

/// The channel of what is selected in the focused pane.
fn selected_channel(state: &State) -> Option<&Channel> {
    match state.focus {
        Pane::Channels => state.channels.selected().map(|known| &known.channel),
        Pane::Findings => Some(&state.findings.list.selected()?.newest()?.finding.channel),
        Pane::Rejected => Some(&state.rejections.list.selected()?.newest()?.channel),
        _ => None,
    }
    .or_else(|| state.messages.selected().and_then(|row| row.channel()))
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
    let mut pen = Pen::new(buf, inner, 1);
    pen.skip(1).put("e.g. 1046, 1040-1046 or ops 1046", cx.theme.soft);
}
