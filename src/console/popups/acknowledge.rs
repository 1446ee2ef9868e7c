//! Acknowledges a finding, with a note.

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::state::{Notice, State};
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::pen::Pen;
use crate::console::ui::{popup_frame, prompt, text};

/// Asks for the note of the finding under the cursor.
pub(crate) fn ask(state: &mut State) {
    let entry = match state.findings.selected() {
        Ok(entry) => entry,
        Err(why) => {
            state.notice = Some(Notice::error(why));
            return;
        }
    };
    let note = LineEdit::prefilled(state.findings.note(entry).unwrap_or_default());
    state.popup = Some(Popup::Note { row_id: entry.row_id, note });
}

/// Acknowledges the finding, unless it has left the list meanwhile.
pub(crate) fn accept(state: &mut State) {
    let Some(Popup::Note { row_id, note }) = state.popup.take() else { return };
    if state.findings.list.get(row_id).is_none() {
        state.notice = Some(Notice::error("not acknowledged: the finding was trimmed from the list"));
        return;
    }
    let note = note.text().trim().to_owned();
    if state.findings.acknowledged.insert(row_id, note).is_none() {
        count(state, row_id, true);
    }
    state.notice = Some(Notice::done("acknowledged for this session; it is not stored"));
}

/// Withdraws the acknowledgement of the finding under the cursor.
pub(crate) fn reopen(state: &mut State) {
    let row_id = match state.findings.selected() {
        Ok(entry) => entry.row_id,
        Err(why) => {
            state.notice = Some(Notice::error(why));
            return;
        }
    };
    if state.findings.acknowledged.remove(&row_id).is_none() {
        state.notice = Some(Notice::error("it is not acknowledged"));
        return;
    }
    count(state, row_id, false);
    state.notice = Some(Notice::done("open again"));
}

/// Counts a gap as acknowledged or as open, in the total and for its channel.
fn count(state: &mut State, row_id: u64, acknowledged: bool) {
    let Some(finding) = state.findings.list.get(row_id).map(|entry| &entry.finding) else { return };
    if !finding.kind.is_gap() {
        return;
    }
    let change = |count: &mut u64| *count = if acknowledged { *count + 1 } else { count.saturating_sub(1) };
    change(&mut state.findings.acknowledged_gaps);
    if let Some(index) = state.channels.find(&finding.channel) {
        change(&mut state.channels.list[index].acknowledged);
        state.channels.note_numbers();
    }
}

/// Draws the question over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, row_id: u64, note: &LineEdit, buf: &mut Buffer) {
    let found = cx.state.findings.list.get(row_id).map(|entry| &entry.finding);
    let title = found.map_or_else(
        || String::from("Acknowledge"),
        |found| {
            let channel = text::channel(&found.channel, 20);
            format!("Acknowledge: {} on {channel} {}", found.headline(), found.range())
        },
    );
    let inner = popup_frame::draw(cx, popup, title.trim_end(), Vec::new(), cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    pen.skip(1).put("note  ", cx.theme.soft);
    prompt::line(cx, &mut pen, note);
    Pen::new(buf, inner, 1).skip(1).put("Kept for this session only.", cx.theme.soft);
}
