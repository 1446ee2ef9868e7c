//! Subscribes and unsubscribes while running.

use std::collections::HashSet;

use crate::console::app::event::Effect;
use crate::console::app::state::{Notice, State, is_pattern};
use crate::console::panes::channels::rows::ChannelRow;
use crate::console::popups::Popup;
use crate::console::popups::add_channel::AddChannel;
use crate::console::popups::discover::literal_pattern;
use crate::console::ui::line_edit::LineEdit;
use crate::wire::escape::escape;

/// Asks for a channel or pattern, and searches the server's channels for completions. If the selected channel is
/// unsubscribed, its name is filled in.
pub(crate) fn ask(state: &mut State) -> Vec<Effect> {
    let channels = &state.channels;
    let again = match channels.line() {
        ChannelRow::Pattern(index) => {
            channels.patterns.get(*index).filter(|pattern| pattern.unsubscribed).map(|p| p.name.clone())
        }
        _ => channels
            .selected()
            .filter(|channel| channel.unsubscribed)
            .and_then(|channel| String::from_utf8(channel.channel.as_bytes().to_vec()).ok()),
    };
    let typed = again.unwrap_or_default();
    state.popup = Some(Popup::AddChannel(AddChannel { line: LineEdit::prefilled(&typed), typed, chosen: None }));
    vec![Effect::Discover]
}

/// The text was edited.
pub(crate) fn edited(state: &mut State, changed: bool) {
    if let Some(Popup::AddChannel(add)) = state.popup.as_mut().filter(|_| changed) {
        add.line.text().clone_into(&mut add.typed);
        add.chosen = None;
    }
}

/// Completes the line with the next name offered.
pub(crate) fn complete(state: &mut State) {
    let Some(Popup::AddChannel(add)) = &state.popup else { return };
    let offered = state.offered(&add.typed);
    let next = add.chosen.map_or(0, |chosen| chosen + 1);
    let Some(Popup::AddChannel(add)) = &mut state.popup else { return };
    let next = if next < offered.len() { next } else { 0 };
    if let Some(name) = offered.get(next) {
        add.line = LineEdit::new(name);
        add.chosen = Some(next);
    }
}

/// Subscribes to the typed channel or pattern.
pub(crate) fn accept(state: &mut State) -> Vec<Effect> {
    let Some(Popup::AddChannel(add)) = &state.popup else { return Vec::new() };
    let name = add.line.text().to_owned();
    if name.is_empty() {
        state.notice = Some(Notice::error("type a channel, or a pattern such as billing:*"));
        return Vec::new();
    }
    state.popup = None;
    let kind = if is_pattern(&name) { "pattern" } else { "channel" };
    let shown = escape(name.as_bytes());
    if state.subscribed.contains(&name) {
        state.notice = Some(Notice::done(format!("subscribed to the {kind} {shown} already")));
        return Vec::new();
    }
    note(state, std::slice::from_ref(&name));
    state.notice = Some(Notice::done(format!("subscribing to the {kind} {shown}")));
    vec![Effect::Subscribe(vec![name])]
}

/// Records that channels or patterns are subscribed.
pub(crate) fn note(state: &mut State, names: &[String]) {
    for name in names {
        state.subscribed.push(name.clone());
        state.channels.note(name, true);
    }
    mark_unsubscribed(state);
}

/// Unsubscribes from the selected channel or pattern, or shows why that is not possible.
pub(crate) fn drop_selected(state: &mut State) -> Vec<Effect> {
    let channels = &state.channels;
    let name = match channels.line() {
        ChannelRow::All => return reject(state, "select one channel or pattern to drop"),
        ChannelRow::Group(_) => {
            return reject(state, "a group is no subscription: drop its channels, or their pattern");
        }
        ChannelRow::Pattern(index) => channels.patterns.get(*index).map(|pattern| pattern.name.clone()),
        ChannelRow::Channel { index, .. } => channels
            .list
            .get(*index)
            .and_then(|channel| String::from_utf8(channel.channel.as_bytes().to_vec()).ok())
            .map(|name| if is_pattern(&name) { literal_pattern(&name) } else { name }),
    };
    match name {
        Some(name) if state.subscribed.contains(&name) => drop_name(state, name),
        _ => not_subscribed(state),
    }
}

fn drop_name(state: &mut State, name: String) -> Vec<Effect> {
    state.subscribed.retain(|subscribed| *subscribed != name);
    state.channels.note(&name, false);
    mark_unsubscribed(state);
    let shown = escape(name.as_bytes());
    let brought = (!is_pattern(&name)).then(|| bringing(state)).flatten();
    state.notice = Some(Notice::done(match brought {
        Some(pattern) => format!("unsubscribed from {shown}; the pattern {pattern} still matches it"),
        None => format!(
            "unsubscribed from {shown}; its rows stay. If you add it again, messages in between are reported as missed"
        ),
    }));
    vec![Effect::Unsubscribe(vec![name])]
}

fn not_subscribed(state: &mut State) -> Vec<Effect> {
    let words = match bringing(state) {
        Some(pattern) => format!("it comes with the pattern {pattern}: drop that"),
        None => String::from("it is not subscribed to"),
    };
    reject(state, &words)
}

fn reject(state: &mut State, words: &str) -> Vec<Effect> {
    state.notice = Some(Notice::error(words));
    Vec::new()
}

/// The subscribed pattern that matches the selected channel, escaped.
fn bringing(state: &State) -> Option<String> {
    let channel = &state.channels.selected()?.channel;
    let mut patterns = state.channels.patterns.iter().filter(|pattern| !pattern.unsubscribed);
    patterns.find(|pattern| pattern.matches(channel)).map(|pattern| escape(pattern.name.as_bytes()))
}

/// Marks the channels that are no longer subscribed by name or pattern.
fn mark_unsubscribed(state: &mut State) {
    let channels = &mut state.channels;
    let patterns = channels.patterns.iter().filter(|pattern| !pattern.unsubscribed).collect::<Vec<_>>();
    let named: HashSet<&[u8]> = state.subscribed.iter().map(String::as_bytes).collect();
    for channel in &mut channels.list {
        channel.unsubscribed = !named.contains(channel.channel.as_bytes())
            && !patterns.iter().any(|pattern| pattern.matches(&channel.channel));
    }
}
