//! How far the filter and the search have come, in a few words.

use crate::console::app::background::has_work;
use crate::console::app::context::Context;
use crate::console::ui::panel::Words;
use crate::console::ui::text::{cut, row};
use crate::console::ui::theme::strong;
use crate::ledger::format::number;

/// The words between two facts.
const BETWEEN: &str = " · ";

/// What the filter hides, and what became of its jq predicate; nothing without a filter.
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

/// Which hit is selected, and how many there are; nothing without a search.
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

/// What is filtered and searched for, where no frame says it.
pub(crate) fn both(cx: &Context<'_>, room: usize) -> Words {
    let mut words = filter(cx);
    if let Some(search) = &cx.state.search {
        if !words.is_empty() {
            words.push((String::from(BETWEEN), cx.theme.soft));
        }
        words.push((format!("/{} ", row(search.needle.text().as_bytes(), room / 5)), cx.theme.text));
        words.extend(hits(cx));
    }
    words
}
