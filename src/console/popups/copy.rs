//! Copies to the clipboard.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64_simd::STANDARD;
use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::scrollback::Row;
use crate::console::app::state::{Notice, State};
use crate::console::keymap::copies;
use crate::console::keymap::key::Key;
use crate::console::panes::compose::state::key_name;
use crate::console::panes::detail::state::{DetailView, LAID_OUT_BYTES};
use crate::console::panes::detail::tree::{Node, Tree, Value};
use crate::console::popups::Popup;
use crate::console::ui::json_pretty::{JsonStyle, restyled};
use crate::console::ui::list;
use crate::console::ui::list_cursor::ListCursor;
use crate::console::ui::pen::Align;
use crate::console::ui::popup_frame;
use crate::console::ui::shell::word;
use crate::ledger::interval::{Entry, Message};
use crate::output::json::JsonLines;
use crate::wire::envelope::Envelope;
use crate::wire::json;

/// A text for the clipboard and its notice, or the reason why there is none.
type Copied = Result<(String, Cow<'static, str>), &'static str>;

/// The maximum bytes of a text for the clipboard. Terminals drop longer ones silently.
const MAX_LENGTH: usize = 64 << 10;

const NO_MESSAGE: &str = "no message is selected";
const TOO_LONG: &str = "it is too long for the clipboard (64 KiB)";

/// Copies the payload: unchanged, or as Base64 if it is not UTF-8 or could act on a terminal when pasted.
pub(crate) fn payload(state: &mut State) -> Vec<Effect> {
    let text = message(state).and_then(|(row, message)| {
        let bytes = within(row.interval.payload(message))?;
        Ok(match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains(acts) => (text.to_owned(), "payload copied".into()),
            Ok(_) => (STANDARD.encode_to_string(bytes), "payload copied as Base64: it has control characters".into()),
            Err(_) => (STANDARD.encode_to_string(bytes), "payload copied as Base64: it is not UTF-8".into()),
        })
    });
    copy(state, text)
}

/// Copies the data, indented. Its values stay as written.
pub(crate) fn pretty(state: &mut State) -> Vec<Effect> {
    let text =
        data(state).map(|data| json_text(&restyled(data, JsonStyle::Indented, MAX_LENGTH), "JSON copied, indented"));
    copy(state, text)
}

/// Copies the data in one line. Its values stay as written.
pub(crate) fn compact(state: &mut State) -> Vec<Effect> {
    let text =
        data(state).map(|data| json_text(&restyled(data, JsonStyle::OneLine, MAX_LENGTH), "JSON copied, in one line"));
    copy(state, text)
}

/// Copies the value under the cursor of Detail, as written.
pub(crate) fn value(state: &mut State) -> Vec<Effect> {
    let text = under_the_cursor(state);
    copy(state, text)
}

/// Copies the path of the value under the cursor of Detail.
pub(crate) fn path(state: &mut State) -> Vec<Effect> {
    let text = state.detail.path().map(|path| json_text(&path, "path copied")).ok_or(NO_VALUE);
    copy(state, text)
}

/// Copies the line that `aircheck tail --format json` prints for the row, and those of the copies that share it.
pub(crate) fn copy_line(state: &mut State) -> Vec<Effect> {
    let text = state.row_at_hand().ok_or("no row is selected").and_then(|row| {
        let (mut json, mut lines) = (JsonLines::default(), Vec::new());
        for row in std::iter::once(row).chain(sharing(state, row)) {
            let size = row.message().map_or(0, |message| row.interval.payload(message).len());
            if lines.len() + size > MAX_LENGTH {
                return Err(TOO_LONG);
            }
            if !json.entry(&mut lines, &row.interval, row.entry()) {
                return Err("there is no line for it");
            }
        }
        let lines = String::from_utf8_lossy(lines.trim_ascii_end()).into_owned();
        Ok((lines, "JSON line copied, as tail prints it".into()))
    });
    copy(state, text)
}

/// The copies that share the row, if it is the selected one.
fn sharing<'a>(state: &'a State, row: &Row) -> impl Iterator<Item = &'a Row> {
    let messages = &state.messages;
    let row_id = state.selected_row_id().filter(|row_id| messages.row(*row_id) == Some(row));
    let copies = row_id.and_then(|row_id| messages.copies.sharing(row_id));
    copies.into_iter().flatten().filter_map(|row_id| messages.row(*row_id))
}

/// Copies the explanation of a finding.
pub(crate) fn explanation(state: &mut State) -> Vec<Effect> {
    let text = match state.row_at_hand().map(Row::entry) {
        Some(Entry::Finding(finding)) => Ok((finding.explain(), "explanation copied".into())),
        Some(Entry::Dropped(dropped)) => Ok((dropped.explain(), "explanation copied".into())),
        _ => Err("no finding is selected"),
    };
    copy(state, text)
}

/// Copies a shell line that publishes the message with a new signature.
pub(crate) fn command(state: &mut State) -> Vec<Effect> {
    let text = message(state).and_then(|(row, message)| {
        within(row.interval.payload(message))?;
        let envelope = row.interval.envelope(message);
        if !envelope.data.is_empty() && json::check(envelope.data).is_err() {
            return Err("its data is not JSON, so it cannot be published");
        }
        if state.setup.profile.is_empty() && state.setup.url.is_empty() {
            return Err("the recording does not name its server, so a shell line could publish to another one");
        }
        let line = shell_line(state, row.interval.channel(message).as_bytes(), &envelope);
        Ok((line.ok_or("it has a NUL byte, which no shell line can hold")?, "shell line copied".into()))
    });
    copy(state, text)
}

/// The line names the profile or server in use, so that it cannot publish to another one.
fn shell_line(state: &State, channel: &[u8], envelope: &Envelope<'_>) -> Option<String> {
    let mut words = vec!["aircheck".to_owned(), "publish".to_owned()];
    if state.setup.profile.is_empty() {
        words.extend(["--url".to_owned(), word(state.setup.url.as_bytes())?]);
    } else {
        words.extend(["--profile".to_owned(), word(state.setup.profile.as_bytes())?]);
    }
    if envelope.signature.is_empty() {
        words.push("--no-sign".to_owned());
    } else if let Some(key) = key_name(envelope.signature)
        && state.setup.keyring.signing_keys().contains(&key)
    {
        words.extend(["--key".to_owned(), word(key)?]);
    }
    words.push("--".to_owned());
    words.extend([word(channel)?, word(envelope.name)?]);
    if !envelope.data.is_empty() {
        words.push(word(envelope.data)?);
    }
    Some(words.join(" "))
}

const NO_VALUE: &str = "no value is under the cursor: it moves in Detail, in the views JSON and diff";

fn under_the_cursor(state: &State) -> Copied {
    let detail = &state.detail;
    let span = match (detail.node(), detail.shown_view()) {
        (Some(node), _) => {
            let close = matches!(detail.tree.nodes.get(node).map(|node| &node.value), Some(Value::Close(_)));
            let node = if close { detail.opener(node) } else { node };
            detail.tree.nodes.get(node).map(|node| node.span.clone())
        }
        (None, DetailView::Diff) => {
            let part = detail.part().ok_or(NO_VALUE)?;
            let change = detail.difference.as_ref().and_then(|difference| difference.changes().get(part.item));
            change.ok_or(NO_VALUE)?.span.clone()
        }
        _ => None,
    };
    let row = state.detail_row().ok_or(NO_VALUE)?;
    let message = row.message().ok_or(NO_VALUE)?;
    let data = row.interval.envelope(message).data;
    let span = span.ok_or(NO_VALUE)?;
    let Tree { nodes, cut } = &detail.tree;
    let open = |node: &Node| matches!(node.value, Value::Open { end, .. } if end == nodes.len());
    if *cut && (span.end == LAID_OUT_BYTES || nodes.iter().any(|node| node.span == span && open(node))) {
        return Err("the value goes on past what is laid out: copy the payload");
    }
    let value = within(data.get(span).ok_or(NO_VALUE)?)?;
    Ok(match std::str::from_utf8(value) {
        Ok(text) => json_text(text, "value copied"),
        Err(_) => (STANDARD.encode_to_string(value), "value copied as Base64: it is not UTF-8".into()),
    })
}

fn message(state: &State) -> Result<(&Row, &Message), &'static str> {
    let row = state.row_at_hand().ok_or(NO_MESSAGE)?;
    row.message().map(|message| (row, message)).ok_or(NO_MESSAGE)
}

/// The data of the message at hand, if it is JSON.
fn data(state: &State) -> Result<&[u8], &'static str> {
    let (row, message) = message(state)?;
    let data = within(row.interval.envelope(message).data)?;
    if data.is_empty() {
        return Err("it has no data");
    }
    json::check(data).map_err(|_| "its data is not JSON: copy the payload")?;
    Ok(data)
}

fn within(bytes: &[u8]) -> Result<&[u8], &'static str> {
    if bytes.len() > MAX_LENGTH { Err(TOO_LONG) } else { Ok(bytes) }
}

/// Whether a character could act on a terminal when pasted, e.g. as part of the sequence that ends a bracketed paste.
fn acts(char: char) -> bool {
    char.is_control() && !matches!(char, '\t' | '\n' | '\r')
}

/// JSON or a path, unchanged except that characters that could act on a terminal are escaped. JSON has such characters only
/// in
/// strings, so no value changes.
fn json_text(json: &str, notice: &'static str) -> (String, Cow<'static, str>) {
    if !json.contains(acts) {
        return (json.to_owned(), notice.into());
    }
    let mut text = String::with_capacity(json.len() + 64);
    for char in json.chars() {
        if acts(char) {
            let _ = write!(text, "\\u{:04x}", u32::from(char));
        } else {
            text.push(char);
        }
    }
    (text, format!("{notice}, control characters escaped").into())
}

fn copy(state: &mut State, copied: Copied) -> Vec<Effect> {
    if matches!(state.popup, Some(Popup::Copy(_))) {
        state.popup = None;
    }
    match copied {
        Ok((text, _)) if text.len() > MAX_LENGTH => {
            state.notice = Some(Notice::error(TOO_LONG));
            Vec::new()
        }
        Ok((text, notice)) => {
            state.notice = Some(Notice::done(notice));
            vec![Effect::Copy(text)]
        }
        Err(why) => {
            state.notice = Some(Notice::error(why));
            Vec::new()
        }
    }
}

/// Draws the menu over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, position: ListCursor, buf: &mut Buffer) {
    let limit = vec![(String::from("64 KiB at most"), cx.theme.soft)];
    let inner = popup_frame::draw(cx, popup, "Copy", limit, cx.theme.accent, buf);
    let lines = copies();
    list::rows(cx, inner, position, lines.len(), buf, |pen, index| {
        let key = cx.state.keymap.keys(lines[index]).first().map(Key::label).unwrap_or_default();
        pen.column(&key, 2, Align::Left, cx.theme.accent).skip(1).put(lines[index].help, cx.theme.text);
    });
}
