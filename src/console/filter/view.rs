//! Draws the filter prompt, and the status of the filter and the search.
//!
//! ```text
//! ╭ Filter ─────────────────────────────────── 1 204 hidden by filter ╮
//! │ f channel:ops* nam▏                                               │
//! │                ^ did you mean name: · nam is not a term           │
//! │ Tab name:  messages of these names                                │
//! │  Up Down used before  Tab complete  Enter accept  Esc cancel      │
//! ╰───────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;

use crate::console::app::background::has_work;
use crate::console::app::context::Context;
use crate::console::app::footer;
use crate::console::filter::state::FilterPrompt;
use crate::console::popups::Popup;
use crate::console::ui::panel::Words;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::text::{cells, cut, row};
use crate::console::ui::theme::{badge, strong};
use crate::console::ui::{popup_frame, prompt};
use crate::ledger::format::{counted, number};

/// Draws the prompt.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, typed: &FilterPrompt, buf: &mut Buffer) {
    let inner = popup_frame::draw(cx, popup, "Filter", filter(cx), cx.theme.accent, buf);
    let mut pen = Pen::new(buf, inner, 0);
    let label = footer::filter_label(cx);
    pen.skip(1).put(&label, strong(cx.theme.accent)).skip(1);
    let hidden = prompt::line(cx, &mut pen, &typed.line);
    mistake(cx, typed, hidden, cells(&label) + 2, &mut Pen::new(buf, inner, 1));
    completions(cx, typed, &mut Pen::new(buf, inner, 2));
}

/// Draws the error after a caret under its place, or before the caret if there is more space. The text starts after `indent`
/// cells, and `hidden` cells of it are out of sight.
fn mistake(cx: &Context<'_>, typed: &FilterPrompt, hidden: usize, indent: usize, pen: &mut Pen<'_>) {
    let Some(error) = &typed.error else {
        if typed.line.text().is_empty() && cx.state.filtering.filter.is_some() {
            pen.skip(indent).put("without terms, everything is shown again", cx.theme.soft);
        } else if typed.line.text().is_empty() {
            pen.skip(indent)
                .put("terms that must all hold, e.g. channel:ops* -name:heartbeat | .sku == \"A-17\"", cx.theme.soft);
        }
        return;
    };
    // The most helpful part comes first, so it is cut last.
    let meant = error.suggestion.map(|meant| format!("did you mean {meant} · ")).unwrap_or_default();
    let words = meant + &error.message;
    let caret = (indent + cells(&error.pointer())).saturating_sub(hidden + 1).min(pen.room().saturating_sub(1));
    let behind = pen.room().saturating_sub(caret + 2);
    if cells(&words) > behind && caret > behind {
        let room = caret.saturating_sub(1);
        pen.skip(room.saturating_sub(cells(&words))).column(&words, room.min(cells(&words)), Align::Left, cx.theme.bad);
        pen.skip(1).put("^", strong(cx.theme.bad));
    } else {
        pen.skip(caret).put("^", strong(cx.theme.bad)).skip(1).put(&words, cx.theme.bad);
    }
}

/// Draws the completions for Tab. The applied one is highlighted, and comes first if not all fit.
fn completions(cx: &Context<'_>, typed: &FilterPrompt, pen: &mut Pen<'_>) {
    if typed.completions.is_empty() {
        return;
    }
    pen.skip(1).put(&footer::key_of_completion(cx), strong(cx.theme.accent)).skip(1);
    let first = typed.taken.filter(|taken| *taken > 2).unwrap_or(0);
    for (index, completion) in typed.completions.iter().enumerate().skip(first) {
        let label = row(completion.label.as_bytes(), 32);
        if pen.room() < cells(&label) {
            return;
        }
        let taken = typed.taken == Some(index);
        pen.put(&label, if taken { badge(cx.theme.accent) } else { cx.theme.text }).skip(1);
        if (taken || typed.completions.len() == 1) && !completion.help.is_empty() {
            pen.put(&row(completion.help.as_bytes(), 60), cx.theme.soft).skip(1);
        }
        pen.skip(1);
    }
}

/// The separator.
const BETWEEN: &str = " · ";

/// The number of rows that `clear` hides; empty if there are none.
pub(crate) fn cleared(cx: &Context<'_>) -> Words {
    let rows = cx.state.messages.cleared_len();
    if rows == 0 {
        return Words::new();
    }
    vec![(format!("{} hidden", counted(rows, "earlier row")), cx.theme.warn)]
}

/// The number of hidden rows and the errors of jq; empty without a filter.
pub(crate) fn filter(cx: &Context<'_>) -> Words {
    let filtering = &cx.state.filtering;
    let mut words = Words::new();
    if filtering.filter.is_none() {
        return words;
    }
    words.push((format!("{} hidden by filter", number(filtering.hidden.len() as u64)), cx.theme.warn));
    let rows = cx.state.messages.row_ids();
    if filtering.scan_range.ahead(&rows).is_some() {
        words.push((format!("{BETWEEN}filtering {} %", filtering.scan_range.percent(&rows)), cx.theme.soft));
    }
    let jq = &filtering.jq;
    if let Some(why) = &jq.stopped {
        words.push((format!("{BETWEEN}jq: {why}"), strong(cx.theme.bad)));
    } else if !jq.failed.is_empty() {
        let failed = format!("{BETWEEN}jq failed for {}: {}", number(jq.failed.len() as u64), cut(&jq.failure, 40));
        words.push((failed, strong(cx.theme.bad)));
    }
    words
}

/// The selected hit and the number of hits; empty without a search.
pub(crate) fn hits(cx: &Context<'_>) -> Words {
    let Some(search) = &cx.state.search else { return Words::new() };
    let count = number(search.hits.len() as u64);
    let position = cx.state.messages.cursor.and_then(|row_id| search.position(row_id));
    let rows = cx.state.messages.row_ids();
    let searching = has_work(cx.state) && search.scan_range.ahead(&rows).is_some();
    let (text, style) = match (position, search.hits.len()) {
        (_, 0) if searching => (String::from("searching"), cx.theme.soft),
        (_, 0) => (String::from("✗ not found"), cx.theme.warn),
        (Some(position), _) => (format!("hit {} of {count}", number(position as u64)), cx.theme.own),
        (None, 1) => (String::from("1 hit"), cx.theme.own),
        (None, _) => (format!("{count} hits"), cx.theme.own),
    };
    let mut words = vec![(text, style)];
    if searching {
        words.push((format!("{BETWEEN}{} %", search.scan_range.percent(&rows)), cx.theme.soft));
    }
    words
}

/// What is hidden, and the search, for a narrow screen without frames.
pub(crate) fn all(cx: &Context<'_>, room: usize) -> Words {
    let mut words = cleared(cx);
    let filter = filter(cx);
    if !words.is_empty() && !filter.is_empty() {
        words.push((String::from(BETWEEN), cx.theme.soft));
    }
    words.extend(filter);
    if let Some(search) = &cx.state.search {
        if !words.is_empty() {
            words.push((String::from(BETWEEN), cx.theme.soft));
        }
        let key = footer::search_label(cx);
        words.push((format!("{key}{} ", row(search.needle.text().as_bytes(), room / 5)), cx.theme.text));
        words.extend(hits(cx));
    }
    words
}
