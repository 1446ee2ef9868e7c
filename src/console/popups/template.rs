//! Asks a template's questions, and fills the fields of Compose.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::app::state::{Notice, State};
use crate::console::app::update::SECOND;
use crate::console::panes::compose::draft::{Prompting, Source};
use crate::console::panes::compose::load::{fill, with_way_back};
use crate::console::panes::compose::update::{preview, set_text};
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::pen::Pen;
use crate::console::ui::{popup_frame, prompt, text};
use crate::template::{Template, Values};
use crate::wire::escape::escape;

/// Asks the first question, or fills the fields if there is none.
pub(crate) fn begin(state: &mut State, template: Arc<Template>) {
    go_on(state, Prompting { template, answers: Vec::new(), text: LineEdit::default() });
}

/// Takes an answer.
pub(crate) fn answered(state: &mut State) {
    let Some(Popup::Prompt(mut prompting)) = state.popup.take() else { return };
    let answer = std::mem::take(&mut prompting.text).text().to_owned();
    prompting.answers.push(answer);
    go_on(state, prompting);
}

fn go_on(state: &mut State, prompting: Prompting) {
    if prompting.answers.len() < prompting.template.prompts().len() {
        state.popup = Some(Popup::Prompt(prompting));
        return;
    }
    let Prompting { template, answers, .. } = prompting;
    let values = next_values(state);
    let (channel, name, data) = template.fill(&values, &answers);
    fill(state, &channel, &name, &data);
    state.compose.unsent |= !answers.is_empty();
    let words = format!("filled from the template {}", escape(template.title.as_bytes()));
    state.compose.source = Some(Source { template, answers, values, laid_out: false });
    preview(state);
    state.notice = Some(Notice::done(with_way_back(state, &words)));
}

fn next_values(state: &mut State) -> Values {
    let compose = &mut state.compose;
    let (random, seq) = (compose.random.0.u128(..), compose.seq.saturating_add(1));
    Values { now: state.now.div_euclid(SECOND), random, seq }
}

/// Sets the current time in the text that is about to be sent.
pub(crate) fn refresh(state: &mut State) {
    if let Some(source) = &mut state.compose.source {
        source.values.now = state.now.div_euclid(SECOND);
        refill(state);
    }
}

/// Sets new values for the next message, after messages were sent.
pub(crate) fn used(state: &mut State, messages: u64) {
    if let Some(source) = &state.compose.source {
        state.compose.seq = source.values.seq.saturating_add(messages.saturating_sub(1));
        let values = next_values(state);
        if let Some(source) = &mut state.compose.source {
            source.values = values;
        }
        refill(state);
        preview(state);
    }
}

fn refill(state: &mut State) {
    let Some(source) = state.compose.source.clone() else { return };
    let (channel, name, data) = source.fill(source.values);
    let compose = &mut state.compose;
    if !channel.is_empty() && compose.channel_text() != channel {
        set_text(&mut compose.channel, &channel);
    }
    if compose.name_text() != name {
        set_text(&mut compose.name, &name);
    }
    if compose.data_text() != data {
        set_text(&mut compose.data, &data);
    }
}

/// Draws the question over the panes.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, prompting: &Prompting, buf: &mut Buffer) {
    let theme = cx.theme;
    let title = format!("Template {}", text::row(prompting.template.title.as_bytes(), 40));
    let count = format!("{} of {}", prompting.answers.len() + 1, prompting.template.prompts().len());
    let inner = popup_frame::draw(cx, popup, &title, vec![(count, theme.soft)], theme.accent, buf);
    let label = text::row(prompting.label().as_bytes(), usize::from(inner.width));
    Pen::new(buf, inner, 0).skip(1).put(&label, theme.text);
    let below = Rect { y: inner.y.saturating_add(1), height: inner.height.saturating_sub(1), ..inner };
    line(cx, "> ", &prompting.text, below, buf);
}

/// Draws a text field with its label.
pub(crate) fn line(cx: &Context<'_>, label: &str, typed: &LineEdit, area: Rect, buf: &mut Buffer) {
    let mut pen = Pen::new(buf, area, 0);
    pen.skip(1).put(label, cx.theme.soft);
    prompt::line(cx, &mut pen, typed);
}
