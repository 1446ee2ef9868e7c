//! The filter prompt: errors, completions and history.

use crate::console::app::state::State;
use crate::console::filter;
use crate::console::filter::state::{Completion, FilterPrompt, MAX_HISTORY};
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::filter::{Filter, words};

/// Opens the prompt, with the filter in it.
pub(crate) fn open(state: &mut State) {
    let text = state.filtering.filter.as_ref().map(Filter::to_string).unwrap_or_default();
    show(state, FilterPrompt { line: LineEdit::prefilled(&text), ..FilterPrompt::default() });
}

/// The text was edited, or the cursor in it moved.
pub(crate) fn edited(state: &mut State, changed: bool) {
    let Some(Popup::Filter(mut prompt)) = state.popup.take() else { return };
    if changed {
        prompt.recalled = None;
    }
    show(state, prompt);
}

/// Applies the next completion. If there is only one, its continuations are offered at once.
pub(crate) fn complete(state: &mut State) {
    let Some(Popup::Filter(prompt)) = &mut state.popup else { return };
    let next = prompt.taken.map_or(0, |taken| (taken + 1) % prompt.completions.len().max(1));
    let Some(completion) = prompt.completions.get(next) else { return };
    let cursor = prompt.line.halves().0.len();
    prompt.line.replace(completion.from..cursor, &completion.text);
    prompt.taken = Some(next);
    prompt.recalled = None;
    prompt.error = Filter::parse(prompt.line.text()).err();
    if prompt.completions.len() == 1
        && let Some(Popup::Filter(prompt)) = state.popup.take()
    {
        show(state, prompt);
    }
}

/// Shows the previous or next filter of the history.
pub(crate) fn recall(state: &mut State, older: bool) {
    let history = &state.filtering.history;
    let Some(Popup::Filter(prompt)) = &mut state.popup else { return };
    let now = prompt.recalled.as_ref().map(|(index, _)| *index);
    let next = match (older, now) {
        (true, None) => Some(0),
        (true, Some(index)) => Some(index + 1),
        (false, None | Some(0)) => None,
        (false, Some(index)) => Some(index - 1),
    };
    let typed = prompt.recalled.as_ref().map_or_else(|| prompt.line.text().to_owned(), |(_, typed)| typed.clone());
    let (text, recalled) = match next {
        None => (typed, None),
        Some(index) => match history.len().checked_sub(index + 1).and_then(|at| history.get(at)) {
            Some(text) => (text.clone(), Some((index, typed))),
            None => return,
        },
    };
    show(state, FilterPrompt { line: LineEdit::new(&text), recalled, ..FilterPrompt::default() });
}

/// Applies the typed filter. An empty text shows everything.
pub(crate) fn apply(state: &mut State) {
    let Some(Popup::Filter(prompt)) = &mut state.popup else { return };
    let text = prompt.line.text().trim().to_owned();
    // The error is already shown.
    let Ok(filter) = Filter::parse(&text) else { return };
    state.popup = None;
    if !text.is_empty() {
        let history = &mut state.filtering.history;
        history.retain(|before| *before != text);
        history.push(text);
        let extra = history.len().saturating_sub(MAX_HISTORY);
        history.drain(..extra);
    }
    filter::update::set(state, filter);
}

fn show(state: &mut State, prompt: FilterPrompt) {
    let error = Filter::parse(prompt.line.text()).err();
    let completions = completions(state, &prompt.line);
    state.popup = Some(Popup::Filter(FilterPrompt { error, completions, taken: None, ..prompt }));
}

/// The completions at the cursor: terms, the values of a term and, at the start, the saved filters.
fn completions(state: &State, line: &LineEdit) -> Vec<Completion> {
    let before = line.halves().0;
    if before.contains('|') {
        return Vec::new();
    }
    let from = before.rfind(char::is_whitespace).map_or(0, |space| before.ceil_char_boundary(space + 1));
    let from = from + usize::from(before[from..].starts_with('-'));
    let word = &before[from..];
    if let Some(sign) = word.find([':', '~']) {
        let (term, value) = word.split_at(sign + 1);
        let from = from + term.len();
        let values = values(state, term).into_iter().filter(|known| known.starts_with(value) && known != value);
        return values.map(|text| Completion { label: text.clone(), help: String::new(), from, text }).collect();
    }
    let saved = state.filtering.saved.iter().filter(|(name, _)| from == 0 && name.starts_with(word));
    let saved =
        saved.map(|(name, text)| Completion { label: name.clone(), help: text.clone(), from: 0, text: text.clone() });
    let terms = words::TERMS.into_iter().filter(|term| term.word.starts_with(word));
    let terms = terms.map(|term| Completion {
        label: term.word.to_owned(),
        help: term.help.to_owned(),
        from,
        text: term.word.to_owned(),
    });
    saved.chain(terms).collect()
}

/// The known values of a term: its words, or the channels that need no quotes.
fn values(state: &State, term: &str) -> Vec<String> {
    if term != "channel:" {
        return words::values(term).into_iter().map(str::to_owned).collect();
    }
    let names = state.channels.list.iter().filter_map(|channel| std::str::from_utf8(channel.channel.as_bytes()).ok());
    names.filter(|name| name.chars().all(|c| c.is_alphanumeric() || "-_.:/".contains(c))).map(str::to_owned).collect()
}
