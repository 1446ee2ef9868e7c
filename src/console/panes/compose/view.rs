//! The composed message, and the result of the last one.
//!
//! ```text
//! ╭ Compose to ops · PROD · 97 B ─────────────────── Ctrl-S send · Alt-K key ╮
//! │ channel ops            name cache-flush         sign default (sha256)    │
//! │ data    {"tag": "cart"}                                     ✓ valid JSON │
//! │ payload cache-flush:sha256|default|1795516352|…:{"tag": "cart"}          │
//! ╰ ops #1048 · ✓ verified · 3 receivers, 2 besides this console · echo 0.6 ms ─╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui_textarea::TextArea;

use crate::console::app::context::Context;
use crate::console::keymap::contexts;
use crate::console::layout::ComposeAreas;
use crate::console::layout::Layout;
use crate::console::panes::Pane;
use crate::console::panes::compose::state::Field;
use crate::console::panes::compose::{buffer_limit, receipt};
use crate::console::ui::panel;
use crate::console::ui::panel::{Panel, Words};
use crate::console::ui::pen::Align;
use crate::console::ui::pen::Pen;
use crate::console::ui::text::cells;
use crate::console::ui::theme::strong;
use crate::console::ui::{editor, list, text};
use crate::ledger::format::bytes;

/// The width of a label before a field, in cells.
const LABEL: u16 = 9;

/// The maximum width of the channel in the title, in cells.
const MAX_CHANNEL: usize = 32;

/// Draws the pane.
pub(crate) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let focused = cx.focused(Pane::Compose);
    let setup = &cx.state.setup;
    let mut title = vec![panel::name(theme, "Compose", focused)];
    let channel = cx.state.compose.channel_text();
    if !channel.is_empty() {
        title.push((String::from(" to "), theme.soft));
        title.push((text::row(channel.as_bytes(), MAX_CHANNEL), strong(theme.text)));
    }
    if !setup.profile.is_empty() {
        title.push((String::from(" · "), theme.line));
        title.push((text::row(setup.profile.as_bytes(), 20), strong(cx.profile())));
    }
    if let Some(source) = &cx.state.compose.source {
        title.push((String::from(" · template "), theme.soft));
        title.push((text::row(source.template.title.as_bytes(), 20), theme.accent));
    } else if cx.state.compose.original.is_some() {
        title.push((String::from(" · from a message"), theme.soft));
    }
    if cx.state.compose.preview.is_some() {
        let size = cx.state.compose.size;
        title.push((format!(" · {}", bytes(size)), theme.soft));
        if let Some(warning) = buffer_limit::warning(size) {
            title.push((format!(" ⚠ {warning}"), strong(theme.warn)));
        }
    }
    let last = receipt::newest(cx).unwrap_or_default();
    let panel = Panel {
        // The border has the profile's colour while the pane has the focus, because messages are sent to this profile.
        border: if focused { cx.profile() } else { theme.line },
        title,
        right: if focused && !setup.read_only { keys(cx) } else { Vec::new() },
        below: last,
        below_right: Vec::new(),
    };
    let inner = panel.draw(area, buf);
    if cx.state.replay.is_some() {
        list::empty(cx, inner, buf, "REPLAY", "You cannot send from a replay.");
        return;
    }
    if setup.read_only {
        let advice = "This profile is read_only: nothing can be sent from here.";
        list::empty(cx, inner, buf, "READ-ONLY", advice);
        return;
    }
    fields(cx, inner, buf, focused);
}

/// The part of the data's area that the text takes. The rest is for the label and the error.
fn text_area(cx: &Context<'_>, data: Rect) -> Rect {
    let room = data.width.saturating_sub(LABEL + status_cells(cx, data.width) + 2);
    Rect { x: data.x + LABEL.min(data.width), width: room, ..data }
}

/// The position of the cursor on the screen, if a field of Compose has it.
pub(crate) fn cursor(cx: &Context<'_>, screen: Rect) -> Option<Position> {
    if !cx.focused(Pane::Compose) || cx.state.setup.read_only {
        return None;
    }
    let inner = Layout::for_state(cx.state).inner(Pane::Compose)?.intersection(screen);
    let areas = ComposeAreas::of(inner);
    let compose = &cx.state.compose;
    match compose.field {
        Field::Channel => editor::cursor(&compose.channel, behind_label(areas.channel)),
        Field::Name => editor::cursor(&compose.name, behind_label(areas.name)),
        Field::Data => editor::cursor(&compose.data, text_area(cx, areas.data)),
        Field::Key => None,
    }
}

fn behind_label(area: Rect) -> Rect {
    Rect { x: area.x + LABEL.min(area.width), width: area.width.saturating_sub(LABEL), ..area }
}

fn status_cells(cx: &Context<'_>, width: u16) -> u16 {
    u16::try_from(cells(&status(cx).0).min(usize::from(width / 2))).unwrap_or(0)
}

fn fields(cx: &Context<'_>, inner: Rect, buf: &mut Buffer, focused: bool) {
    if inner.height == 0 {
        return;
    }
    let compose = &cx.state.compose;
    let areas = ComposeAreas::of(inner);
    field(cx, areas.channel, buf, "channel", &compose.channel, focused && compose.field == Field::Channel);
    field(cx, areas.name, buf, "name", &compose.name, focused && compose.field == Field::Name);
    signing(cx, areas.key, buf, focused && compose.field == Field::Key);
    if areas.data.height > 0 {
        data_field(cx, areas.data, buf, focused && compose.field == Field::Data);
    }
    if areas.payload.height > 0 {
        let mut pen = Pen::new(buf, areas.payload, 0);
        label(cx, &mut pen, "payload", false);
        match &compose.preview {
            Some(preview) if compose.is_signing_off() => {
                pen.put("unsigned ", strong(cx.theme.warn)).put(preview, cx.theme.soft)
            }
            Some(preview) => pen.put(preview, cx.theme.soft),
            None => pen.put("none: ", cx.theme.soft).put(&compose.mistake().unwrap_or_default(), cx.theme.soft),
        };
    }
}

fn label(cx: &Context<'_>, pen: &mut Pen<'_>, words: &str, active: bool) {
    let (mark, style) = if active { ("▸", strong(cx.theme.accent)) } else { (" ", cx.theme.soft) };
    pen.put(mark, style).column(words, usize::from(LABEL) - 1, Align::Left, style);
}

fn field(cx: &Context<'_>, area: Rect, buf: &mut Buffer, words: &str, editor: &TextArea<'_>, active: bool) {
    let mut pen = Pen::new(buf, area, 0);
    label(cx, &mut pen, words, active);
    let area = behind_label(area);
    look(cx, active, None).draw(editor, area, buf);
    if editor.lines().iter().all(String::is_empty) && !active {
        Pen::new(buf, area, 0).put("–", cx.theme.soft);
    }
}

fn look(cx: &Context<'_>, active: bool, mistake: Option<(usize, usize)>) -> editor::Field {
    editor::Field {
        text: cx.theme.text,
        replaced: cx.theme.warn,
        cursor: active,
        mistake,
        mark: strong(cx.theme.bad).add_modifier(ratatui::style::Modifier::UNDERLINED),
    }
}

fn signing(cx: &Context<'_>, area: Rect, buf: &mut Buffer, active: bool) {
    let mut pen = Pen::new(buf, area, 0);
    label(cx, &mut pen, "sign", active);
    let compose = &cx.state.compose;
    let off = compose.is_signing_off();
    let style = match (off, active) {
        (true, _) => strong(cx.theme.warn),
        (false, true) => strong(cx.theme.accent),
        (false, false) => cx.theme.text,
    };
    let keyring = &cx.state.setup.keyring;
    let label = match compose.signing_key(keyring) {
        None if off => String::from("⚠ unsigned"),
        Some(name) if active => text::row(&name, pen.room().saturating_sub(4)),
        _ => compose.key_label(keyring),
    };
    if active && compose.can_sign() {
        pen.put("◂ ", cx.theme.accent).put(&label, style).put(" ▸", cx.theme.accent);
    } else {
        pen.put(&label, style);
    }
}

fn data_field(cx: &Context<'_>, area: Rect, buf: &mut Buffer, active: bool) {
    let compose = &cx.state.compose;
    let text = text_area(cx, area);
    let mut pen = Pen::new(buf, area, 0);
    label(cx, &mut pen, "data", active);
    let mistake =
        compose.data_error.as_ref().map(|error| (error.line.saturating_sub(1), error.column.saturating_sub(1)));
    look(cx, active, mistake).draw(&compose.data, text, buf);
    if compose.data.lines().iter().all(String::is_empty) && !active {
        Pen::new(buf, text, 0).put("no data", cx.theme.soft);
    }
    let (words, style) = status(cx);
    let status = status_cells(cx, area.width);
    let right = Rect { x: area.right() - status, width: status, ..area };
    Pen::new(buf, right, 0).put(&words, style);
}

/// The first error in the fields, or that the data is valid.
fn status(cx: &Context<'_>) -> (String, Style) {
    let compose = &cx.state.compose;
    if let Some(error) = &compose.field_error {
        return (format!("✗ {error}"), strong(cx.theme.bad));
    }
    match &compose.data_error {
        Some(error) => (format!("✗ {}:{} {}", error.line, error.column, error.message), strong(cx.theme.bad)),
        None if compose.data.lines().iter().all(|line| line.trim().is_empty()) => {
            (String::from("✓ no data"), cx.theme.good)
        }
        None => (String::from("✓ valid JSON"), cx.theme.good),
    }
}

fn keys(cx: &Context<'_>) -> Words {
    let mut words = Vec::new();
    for hint in cx.state.keymap.hints(&contexts(cx.state)).iter().take(2) {
        if !words.is_empty() {
            words.push((String::from(" · "), cx.theme.line));
        }
        words.push((hint.keys.clone(), cx.theme.accent));
        words.push((format!(" {}", hint.text), cx.theme.soft));
    }
    words
}
