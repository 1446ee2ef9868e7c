//! Acknowledges a finding or all findings of a group, with a note.

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::state::{FindingCounts, Notice, State};
use crate::console::panes::findings::state::FindingEntry;
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::pen::Pen;
use crate::console::ui::{popup_frame, prompt, text};
use crate::ledger::finding::Acknowledgement;
use crate::ledger::format::counted;

/// Asks for the note of the selected finding, or of the open findings of a group. If the group has none, withdraws the
/// acknowledgements.
pub(crate) fn ask(state: &mut State) -> Vec<Effect> {
    let chosen = match state.findings_at_hand() {
        Ok(chosen) => chosen,
        Err(why) => {
            state.notice = Some(Notice::error(why));
            return Vec::new();
        }
    };
    if let [entry] = chosen[..] {
        let note = LineEdit::prefilled(state.findings.note(entry).unwrap_or_default());
        state.popup = Some(Popup::Note { row_ids: vec![entry.row_id], note });
        return Vec::new();
    }
    let is_open = |entry: &&&FindingEntry| state.findings.note(entry).is_none();
    let open: Vec<u64> = chosen.iter().filter(is_open).map(|entry| entry.row_id).collect();
    if open.is_empty() {
        return reopen(state);
    }
    state.popup = Some(Popup::Note { row_ids: open, note: LineEdit::default() });
    Vec::new()
}

/// Acknowledges the findings, except those that have left the list meanwhile.
pub(crate) fn accept(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Note { row_ids, note }) = state.popup.take() else { return Vec::new() };
    let note = note.text().trim();
    let effects: Vec<Effect> = row_ids.iter().filter_map(|row_id| acknowledge(state, *row_id, note)).collect();
    if effects.is_empty() {
        state.notice = Some(Notice::error("not acknowledged: the finding was trimmed from the list"));
        return Vec::new();
    }
    let what = if row_ids.len() == 1 { String::new() } else { counted(effects.len() as u64, "finding") + " " };
    let kept = if state.keeps_acknowledgements { "" } else { " for this session" };
    state.notice = Some(Notice::done(format!("{what}acknowledged{kept}")));
    effects
}

/// Acknowledges the finding with this row ID. `None` if it is not in the list.
fn acknowledge(state: &mut State, row_id: u64, note: &str) -> Option<Effect> {
    let finding = state.findings.list.get(row_id)?.finding.clone();
    // In a replay, `now` is the time in the recording.
    let acknowledgement = Acknowledgement { at: state.wall_clock, note: note.to_owned() };
    state.acknowledgements.insert(finding.clone(), acknowledgement.clone());
    if state.findings.acknowledged.insert(row_id, acknowledgement.clone()).is_none() {
        count(state, row_id, true);
    }
    Some(Effect::Acknowledge(Box::new(finding), Some(acknowledgement)))
}

/// Withdraws the acknowledgement of the selected finding, or those of the group.
pub(crate) fn reopen(state: &mut State) -> Vec<Effect> {
    let chosen = match state.findings_at_hand() {
        Ok(chosen) => chosen,
        Err(why) => {
            state.notice = Some(Notice::error(why));
            return Vec::new();
        }
    };
    let is_group = chosen.len() > 1;
    let acknowledged = chosen.into_iter().filter(|entry| state.findings.note(entry).is_some());
    let acknowledged: Vec<FindingEntry> = acknowledged.cloned().collect();
    state.notice = Some(match acknowledged.len() as u64 {
        0 => Notice::error("it is not acknowledged"),
        count if is_group => Notice::done(format!("{} open again", counted(count, "finding"))),
        _ => Notice::done("open again"),
    });
    let mut effects = Vec::new();
    for FindingEntry { finding, row_id } in acknowledged {
        state.findings.acknowledged.remove(&row_id);
        state.acknowledgements.remove(&finding);
        count(state, row_id, false);
        effects.push(Effect::Acknowledge(Box::new(finding), None));
    }
    effects
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
    let (all, one) = (state.findings.acknowledged_counts, FindingCounts::of(finding));
    state.findings.acknowledged_counts = if acknowledged { all.with(one) } else { all.without(one) };
    state.channels.count_acknowledged(&finding.channel, finding.kind, row_id, acknowledged);
}

/// Draws the question over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, row_ids: &[u64], note: &LineEdit, buf: &mut Buffer) {
    let single = |row_id| cx.state.findings.list.get(row_id).map(|entry| &entry.finding);
    let title = match row_ids {
        [row_id] => single(*row_id).map_or_else(
            || String::from("Acknowledge"),
            |found| {
                let channel = text::channel(&found.channel, 20);
                format!("Acknowledge: {} on {channel} {}", found.headline(), found.range())
            },
        ),
        _ => format!("Acknowledge {}", counted(row_ids.len() as u64, "finding")),
    };
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
