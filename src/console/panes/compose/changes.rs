//! Compares the composed message with the message that was loaded.

use similar::{ChangeTag, TextDiff};

use crate::console::app::state::State;
use crate::console::panes::compose::draft::{Change, DiffLine};
use crate::console::panes::compose::state::key_name;
use crate::console::ui::json_pretty::indented;
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape;
use crate::wire::json;

/// The number of unchanged lines that are shown before and after a changed one.
const CONTEXT_LINES: usize = 1;

/// The difference between the loaded message and the one to be sent. `None` if none was loaded.
pub(crate) fn of(state: &State) -> Option<Vec<DiffLine>> {
    let compose = &state.compose;
    let original = compose.original.as_ref()?;
    let envelope = Envelope::parse(&original.payload);
    let old = lines(&original.channel, envelope.name, key_name(envelope.signature), envelope.data);
    let key = compose.signing_key(&state.setup.keyring);
    let new = lines(
        compose.channel_text().as_bytes(),
        compose.name_text().as_bytes(),
        key.as_deref(),
        compose.data_text().as_bytes(),
    );
    let old: Vec<&str> = old.iter().map(String::as_str).collect();
    let new: Vec<&str> = new.iter().map(String::as_str).collect();
    let diff = TextDiff::from_slices(&old, &new);
    let all: Vec<DiffLine> = diff
        .iter_all_changes()
        .map(|line| DiffLine { change: change(line.tag()), text: line.value().to_owned() })
        .collect();
    let near = |at: usize| {
        let around = at.saturating_sub(CONTEXT_LINES)..(at + CONTEXT_LINES + 1).min(all.len());
        all[around].iter().any(|line| line.change != Change::Same)
    };
    let mut shown: Vec<_> = (0..all.len()).filter(|at| near(*at)).map(|at| all[at].clone()).collect();
    if shown.is_empty() && envelope.data != compose.data_text().as_bytes() {
        shown.push(DiffLine { change: Change::Added, text: String::from(UNSEEN) });
    }
    Some(shown)
}

/// The maximum number of lines of the data that are compared.
const MAX_LINES: usize = 2_000;

/// Shown if the lines are equal but the bytes are not.
const UNSEEN: &str = "other bytes: in spaces, escapes or beyond what is laid out";

/// A message as lines, escaped. The data is indented if it is JSON.
fn lines(channel: &[u8], name: &[u8], key: Option<&[u8]>, data: &[u8]) -> Vec<String> {
    let key = key.map_or_else(|| String::from("unsigned"), |key| format!("signed with {}", escape(key)));
    let mut lines = vec![format!("channel {}", escape(channel)), format!("name {}", escape(name)), key];
    let text = String::from_utf8_lossy(data);
    let text = if json::check(data).is_ok() { indented(&text) } else { text.into_owned() };
    lines.extend(text.lines().take(MAX_LINES).map(|line| escape(line.as_bytes())));
    lines
}

fn change(tag: ChangeTag) -> Change {
    match tag {
        ChangeTag::Equal => Change::Same,
        ChangeTag::Delete => Change::Removed,
        ChangeTag::Insert => Change::Added,
    }
}
