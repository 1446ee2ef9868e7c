//! Channels found on the server, to subscribe to.

use std::collections::{BTreeSet, HashSet};

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::footer;
use crate::console::app::narrowing;
use crate::console::app::state::{Notice, State, is_pattern};
use crate::console::app::subscriptions;
use crate::console::keymap::table::Action;
use crate::console::panes::channels::state::MAX_CHANNELS;
use crate::console::popups::Popup;
use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::narrowing::Narrowing;
use crate::console::ui::panel::Panel;
use crate::console::ui::pen::Align;
use crate::console::ui::theme::strong;
use crate::console::ui::{list, popup_frame, text};
use crate::ledger::format::{counted, number};
use crate::ledger::sequence::{Channel, Reading};
use crate::wire::escape::escape;

/// A channel that the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscoveredChannel {
    /// The channel.
    pub channel: Channel,
    /// Its counter.
    pub counter: Reading,
    /// Its subscribers, if the ACL permits the question.
    pub subscribers: Option<u64>,
}

/// The channels found on the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Discover {
    /// Whether the server has not answered yet.
    pub searching: bool,
    /// The channels, sorted by name.
    pub found: Vec<DiscoveredChannel>,
    /// The indices of the picked channels.
    pub picked: BTreeSet<usize>,
    /// The text that narrows the channels.
    pub narrowing: Narrowing,
    /// The cursor, in the shown channels.
    pub position: ListCursor,
    /// The error, escaped.
    pub error: Option<String>,
}

impl Discover {
    /// The indices of the channels that match the narrowing.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        if !self.narrowing.is_narrowed() {
            return (0..self.found.len()).collect();
        }
        let wanted = self.narrowing.wanted();
        (0..self.found.len()).filter(|index| wanted.is_in(&escape(self.found[*index].channel.as_bytes()))).collect()
    }

    fn under_cursor(&self) -> Option<usize> {
        self.shown().get(self.position.cursor).copied()
    }
}

/// Looks for channels on the server, or again if the popup is open. Picked channels stay picked if they are found again, and
/// the cursor stays on its channel.
pub(crate) fn open(state: &mut State) -> Vec<Effect> {
    if state.replay.is_some() {
        state.notice = Some(Notice::error("a replay has the channels that were recorded; there is no server to ask"));
        return Vec::new();
    }
    let before = match state.popup.take() {
        Some(Popup::Discover(before)) => before,
        _ => Discover::default(),
    };
    if before.searching {
        state.popup = Some(Popup::Discover(before));
        return Vec::new();
    }
    state.popup = Some(Popup::Discover(Discover { searching: true, error: None, ..before }));
    vec![Effect::Discover]
}

/// Takes the answer. It is not shown if the popup was closed meanwhile.
pub(crate) fn discovered(state: &mut State, result: Result<Vec<DiscoveredChannel>, String>) {
    if let Ok(found) = &result {
        state.channels.discovered = found.iter().take(MAX_CHANNELS).map(|found| found.channel.clone()).collect();
    }
    let Some(Popup::Discover(discover)) = &mut state.popup else { return };
    discover.searching = false;
    match result {
        Ok(mut found) => {
            found.sort_by(|a, b| a.channel.cmp(&b.channel));
            let was_picked: BTreeSet<_> = discover
                .picked
                .iter()
                .filter_map(|index| discover.found.get(*index))
                .map(|found| &found.channel)
                .collect();
            let picked = (0..found.len()).filter(|index| was_picked.contains(&found[*index].channel)).collect();
            let under_cursor = discover.under_cursor().map(|index| discover.found[index].channel.clone());
            discover.picked = picked;
            discover.found = found;
            let shown = discover.shown();
            let same = shown.iter().position(|index| Some(&discover.found[*index].channel) == under_cursor.as_ref());
            discover.position.cursor =
                same.unwrap_or_else(|| discover.position.cursor.min(shown.len().saturating_sub(1)));
            discover.error = None;
        }
        Err(error) => discover.error = Some(error),
    }
}

/// Picks the channel under the cursor, or unpicks it.
pub(crate) fn toggle_pick(discover: &mut Discover) {
    if let Some(index) = discover.under_cursor().filter(|index| !discover.picked.remove(index)) {
        discover.picked.insert(index);
    }
}

/// Subscribes to the picked channels, or to the one under the cursor if none is picked.
pub(crate) fn subscribe(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Discover(discover)) = &state.popup else { return Vec::new() };
    let under_cursor = discover.under_cursor().filter(|_| discover.picked.is_empty());
    let wanted = discover.picked.iter().copied().chain(under_cursor).filter_map(|index| discover.found.get(index));
    let channels: Vec<_> = wanted.map(|found| found.channel.clone()).collect();
    if channels.is_empty() {
        return Vec::new();
    }
    let subscribed: HashSet<String> = state.subscribed.iter().cloned().collect();
    let mut names = Vec::new();
    let mut unreadable = 0;
    for channel in channels {
        let Ok(name) = String::from_utf8(channel.as_bytes().to_vec()) else {
            unreadable += 1;
            continue;
        };
        let name = if is_pattern(&name) { literal_pattern(&name) } else { name };
        if !subscribed.contains(&name) {
            state.channels.find_or_add(&channel);
            names.push(name);
        }
    }
    subscriptions::note(state, &names);
    state.popup = None;
    state.notice = Some(match (unreadable, names.len()) {
        (0, 0) => Notice::done("subscribed already"),
        (0, count) => Notice::done(format!("subscribing to {}", counted(count as u64, "channel"))),
        (unreadable, _) => {
            Notice::error(format!("{unreadable} left out: only channels in UTF-8 can be subscribed here"))
        }
    });
    if names.is_empty() { Vec::new() } else { vec![Effect::Subscribe(names)] }
}

/// A pattern that matches only that channel.
pub(crate) fn literal_pattern(channel: &str) -> String {
    channel.chars().flat_map(|c| ['\\'].into_iter().filter(move |_| "*?[]\\".contains(c)).chain([c])).collect()
}

/// Draws the list over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, discover: &Discover, buf: &mut Buffer) {
    let theme = cx.theme;
    let shown = discover.shown();
    let right = match (discover.searching, discover.picked.len()) {
        (true, _) => vec![(String::from("◌ looking"), theme.warn)],
        (false, 0) if discover.narrowing.is_narrowed() => {
            discover.narrowing.count(shown.len(), discover.found.len(), theme.accent)
        }
        (false, 0) => vec![(format!("{} found", number(discover.found.len() as u64)), theme.soft)],
        (false, picked) => vec![(format!("{picked} of {} picked", number(discover.found.len() as u64)), theme.accent)],
    };
    let below = match discover.narrowing.words(cx) {
        words if words.is_empty() => vec![(String::from("clients of patterns are not counted"), theme.soft)],
        words => words,
    };
    let again = format!("{} looks again", footer::key_of(cx, Action::Discover));
    let panel = Panel {
        border: theme.accent,
        title: vec![(String::from("Channels on the server"), strong(theme.accent))],
        right,
        below,
        below_right: vec![(again, theme.soft)],
    };
    let inner = popup_frame::draw_panel(cx, popup, &panel, buf);
    if let Some(error) = &discover.error {
        list::empty(cx, inner, buf, &format!("✗ {error}"), "Nothing changed for the channels watched.");
        return;
    }
    if discover.found.is_empty() {
        let (headline, advice) = if discover.searching {
            ("Looking for channels …", "Counters and subscriptions on the server name them.")
        } else {
            (
                "No channel found.",
                "A channel is found once something was broadcast on it, or a client subscribes to it.",
            )
        };
        list::empty(cx, inner, buf, headline, advice);
        return;
    }
    if shown.is_empty() {
        list::empty(cx, inner, buf, "No channel matches.", &narrowing::popup_advice(cx));
        return;
    }
    let name = usize::from(inner.width).saturating_sub(32).max(8);
    list::rows(cx, inner, discover.position, shown.len(), buf, |pen, line| {
        let index = shown[line];
        let channel = &discover.found[index];
        pen.put(if discover.picked.contains(&index) { "✓ " } else { "  " }, theme.good);
        pen.column(&text::channel(&channel.channel, name), name, Align::Left, theme.text).skip(1);
        let counter = match &channel.counter {
            Reading::Value(value) => format!("#{}", number(*value)),
            Reading::Missing => String::from("no counter"),
            Reading::Unreadable(_) => String::from("counter ?"),
        };
        pen.column(&counter, 13, Align::Right, theme.text).skip(1);
        let clients = channel.subscribers.map_or_else(|| String::from("? clients"), |count| counted(count, "client"));
        pen.column(&clients, 12, Align::Right, theme.soft);
    });
}
