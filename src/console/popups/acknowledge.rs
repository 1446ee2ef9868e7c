//! Acknowledges a finding, with a note.

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::state::{Notice, State};
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::pen::Pen;
use crate::console::ui::{popup_frame, prompt, text};
use crate::ledger::finding::Acknowledgement;

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
pub(crate) fn accept(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Note { row_id, note }) = state.popup.take() else { return Vec::new() };
    let Some(entry) = state.findings.list.get(row_id) else {
        state.notice = Some(Notice::error("not acknowledged: the finding was trimmed from the list"));
        return Vec::new();
    };
    let finding = entry.finding.clone();
    // In a replay, `now` is the time in the recording.
    let acknowledgement = Acknowledgement { at: state.wall_clock, note: note.text().trim().to_owned() };
    state.acknowledgements.insert(finding.clone(), acknowledgement.clone());
    if state.findings.acknowledged.insert(row_id, acknowledgement.clone()).is_none() {
        count(state, row_id, true);
    }
    let kept = if state.keeps_acknowledgements { "acknowledged" } else { "acknowledged for this session" };
    state.notice = Some(Notice::done(kept));
    vec![Effect::Acknowledge(Box::new(finding), Some(acknowledgement))]
}

/// Withdraws the acknowledgement of the finding under the cursor.
pub(crate) fn reopen(state: &mut State) -> Vec<Effect> {
    let (row_id, finding) = match state.findings.selected() {
        Ok(entry) => (entry.row_id, entry.finding.clone()),
        Err(why) => {
            state.notice = Some(Notice::error(why));
            return Vec::new();
        }
    };
    if state.findings.acknowledged.remove(&row_id).is_none() {
        state.notice = Some(Notice::error("it is not acknowledged"));
        return Vec::new();
    }
    state.acknowledgements.remove(&finding);
    count(state, row_id, false);
    state.notice = Some(Notice::done("open again"));
    vec![Effect::Acknowledge(Box::new(finding), None)]
}

/// Marks a new finding that was acknowledged before: in an earlier run, or before a jump in the replay.
pub(crate) fn restore(state: &mut State, row_id: u64) {
    if state.acknowledgements.is_empty() {
        return;
    }
    let finding = state.findings.list.get(row_id).map(|entry| &entry.finding);
    if let Some(acknowledgement) = finding.and_then(|finding| state.acknowledgements.get(finding)) {
        state.findings.acknowledged.insert(row_id, acknowledgement.clone());
        count(state, row_id, true);
    }
}

/// Counts a finding as acknowledged or as open, in the total and for its channel.
fn count(state: &mut State, row_id: u64, acknowledged: bool) {
    let Some(finding) = state.findings.list.get(row_id).map(|entry| &entry.finding) else { return };
    let findings = (&mut state.findings.acknowledged_gaps, &mut state.findings.acknowledged_others);
    let count = if finding.kind.is_gap() { findings.0 } else { findings.1 };
    *count = if acknowledged { *count + 1 } else { count.saturating_sub(1) };
    state.channels.count_acknowledged(&finding.channel, finding.kind, row_id, acknowledged);
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
    let kept = match (cx.state.keeps_acknowledgements, &cx.state.replay) {
        (false, _) => "Kept for this session only.",
        (true, None) => "Kept for later runs.",
        (true, Some(_)) => "Kept for later runs. The recording stays as it is.",
    };
    Pen::new(buf, inner, 1).skip(1).put(kept, cx.theme.soft);
}
