//! The message being composed, and what became of the last one.
//!
//! ```text
//! ╭ Compose · PROD ──────────────────────────────── Ctrl-S send · Ctrl-K key ╮
//! │ channel ops            name cache-flush         sign default (sha256)    │
//! │ data    {"tag": "cart"}                                     ✓ valid JSON │
//! │ payload cache-flush:sha256|default|1795516352|…:{"tag": "cart"}          │
//! ╰ last: #1048 to 3 receivers · echo 0.6 ms ✓ verified ─────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui_textarea::TextArea;

use super::context::Context;
use super::editor;
use super::panel::{Panel, Words};
use super::pen::Pen;
use super::text::{self, cells, counted, duration};
use super::theme::strong;
use super::{list, verdict};
use crate::console::keymap::{Mode, hints};
use crate::console::state::Pane;
use crate::console::state::compose::{Field, Sent};
use crate::wire::verdict::Verdict;

/// The cells of a label in front of a field.
const LABEL: u16 = 9;

/// Draws the pane.
pub(super) fn render(cx: &Context<'_>, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let focused = cx.focused(Pane::Compose);
    let setup = &cx.state.setup;
    let mut title = vec![super::panel::name(theme, "Compose", focused)];
    if !setup.profile.is_empty() {
        title.push((String::from(" · "), theme.line));
        title.push((text::row(setup.profile.as_bytes(), 20), strong(cx.profile())));
    }
    let last = cx.state.compose.sent.back().map(|sent| receipt(cx, sent)).unwrap_or_default();
    let panel = Panel {
        // What is sent goes to this profile: the border says so where it can be sent.
        border: if focused { cx.profile() } else { theme.line },
        title,
        right: if focused && !setup.read_only { keys(cx) } else { Vec::new() },
        below: last,
        below_right: Vec::new(),
    };
    let inner = panel.draw(area, buf);
    if setup.read_only {
        let advice = "This profile is read_only: nothing can be sent from here.";
        list::empty(cx, inner, buf, "READ-ONLY", advice);
        return;
    }
    let editors = [&cx.state.compose.channel, &cx.state.compose.name, &cx.state.compose.data];
    if !focused && editors.iter().all(|editor| editor.lines().iter().all(String::is_empty)) {
        let key = super::footer::key_of(crate::console::action::Action::Compose);
        let advice =
            format!("Press {key} to write one: it is checked and signed as it will be sent, and its echo is awaited.");
        list::empty(cx, inner, buf, "No message is being composed.", &advice);
        return;
    }
    let inner = Rect { x: inner.x + inner.width.min(1), width: inner.width.saturating_sub(2), ..inner };
    fields(cx, inner, buf, focused);
}

fn fields(cx: &Context<'_>, inner: Rect, buf: &mut Buffer, focused: bool) {
    if inner.height == 0 {
        return;
    }
    let compose = &cx.state.compose;
    let top = Rect { height: 1, ..inner };
    let third = inner.width / 3;
    let channel = Rect { width: third.saturating_sub(2), ..top };
    let name = Rect { x: inner.x + third, width: third.saturating_sub(2), ..top };
    let key = Rect { x: inner.x + third * 2, width: inner.width - third * 2, ..top };
    field(cx, channel, buf, "channel", &compose.channel, focused && compose.field == Field::Channel);
    field(cx, name, buf, "name", &compose.name, focused && compose.field == Field::Name);
    signing(cx, key, buf, focused && compose.field == Field::Key);
    let preview = u16::from(inner.height >= 3);
    let data = Rect { y: inner.y + 1, height: (inner.height - 1).saturating_sub(preview), ..inner };
    if data.height > 0 {
        data_field(cx, data, buf, focused && compose.field == Field::Data);
    }
    if preview > 0 {
        let mut pen = Pen::new(buf, inner, inner.height - 1);
        label(cx, &mut pen, "payload", false);
        match &compose.preview {
            Some(preview) => pen.put(preview, cx.theme.soft),
            None => pen.put("cannot be sent as it stands", cx.theme.soft),
        };
    }
}

fn label(cx: &Context<'_>, pen: &mut Pen<'_>, words: &str, active: bool) {
    let (mark, style) = if active { ("▸", strong(cx.theme.accent)) } else { (" ", cx.theme.soft) };
    pen.put(mark, style).column(words, usize::from(LABEL) - 1, super::pen::Side::Left, style);
}

fn field(cx: &Context<'_>, area: Rect, buf: &mut Buffer, words: &str, editor: &TextArea<'_>, active: bool) {
    let mut pen = Pen::new(buf, area, 0);
    label(cx, &mut pen, words, active);
    let area = Rect { x: area.x + LABEL.min(area.width), width: area.width.saturating_sub(LABEL), ..area };
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
    let key = cx.state.compose.key_label(&cx.state.setup.keyring);
    let style = if active { strong(cx.theme.accent) } else { cx.theme.text };
    pen.put(&key, style);
    if active {
        pen.put_whole(" ▸ next", cx.theme.soft);
    }
}

fn data_field(cx: &Context<'_>, area: Rect, buf: &mut Buffer, active: bool) {
    let compose = &cx.state.compose;
    let mut pen = Pen::new(buf, area, 0);
    label(cx, &mut pen, "data", active);
    let (words, style) = standing(cx);
    let status = cells(&words).min(usize::from(area.width / 2));
    let status_cells = u16::try_from(status).unwrap_or(0);
    let room = area.width.saturating_sub(LABEL + status_cells + 2);
    let text = Rect { x: area.x + LABEL.min(area.width), width: room, ..area };
    let mistake =
        compose.data_error.as_ref().map(|error| (error.line.saturating_sub(1), error.column.saturating_sub(1)));
    look(cx, active, mistake).draw(&compose.data, text, buf);
    if compose.data.lines().iter().all(String::is_empty) && !active {
        Pen::new(buf, text, 0).put("no data", cx.theme.soft);
    }
    let right = Rect { x: area.right() - status_cells, width: status_cells, ..area };
    Pen::new(buf, right, 0).put(&words, style);
}

/// What is wrong with the fields, or that nothing is.
fn standing(cx: &Context<'_>) -> (String, Style) {
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

/// What became of a message that was sent.
fn receipt(cx: &Context<'_>, sent: &Sent) -> Words {
    let theme = cx.theme;
    let name = text::row(&sent.name, 20);
    let mut words = vec![(format!("{name} "), theme.text)];
    match &sent.result {
        None => words.push((format!("… sending for {}", text::age(sent.at, cx.state.now)), theme.warn)),
        Some(Err(error)) => words.push((format!("✗ {error}"), strong(theme.bad))),
        Some(Ok((receivers, sequence))) => {
            words.push((format!("#{sequence}"), strong(theme.accent)));
            let style = if *receivers == 0 { theme.warn } else { theme.text };
            words.push((format!(" to {}", counted(*receivers, "receiver")), style));
        }
    }
    if let Some(echo) = &sent.echo {
        words.push((format!(" · echo {} ", duration(echo.latency)), theme.soft));
        let outcome = match echo.verdict {
            Verdict::Refused(refusal) => refusal.words(),
            other => other.name(),
        };
        let style = verdict::style(cx, echo.verdict);
        words.push((format!("{} {outcome}", verdict::glyph(echo.verdict)), strong(style)));
    } else if matches!(sent.result, Some(Ok(_))) {
        words.push((String::from(" · no echo yet"), theme.soft));
    }
    words
}

fn keys(cx: &Context<'_>) -> Words {
    let mut words = Vec::new();
    for hint in hints(Mode::of(cx.state)).iter().take(2) {
        if !words.is_empty() {
            words.push((String::from(" · "), cx.theme.line));
        }
        words.push((hint.keys.clone(), cx.theme.accent));
        words.push((format!(" {}", hint.text), cx.theme.soft));
    }
    words
}
