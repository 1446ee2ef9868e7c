//! Sends a message many times.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::state::{Notice, State};
use crate::console::panes::compose;
use crate::console::panes::compose::draft::Source;
use crate::console::panes::compose::echoes::{Echoes, SentCopy};
use crate::console::panes::compose::history::{HistoryEntry, remember};
use crate::console::panes::compose::state::Sent;
use crate::console::panes::compose::{buffer_limit, send};
use crate::console::popups::{Popup, confirm, template};
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::panel::Words;
use crate::console::ui::pen::{Align, Pen};
use crate::console::ui::theme::strong;
use crate::console::ui::{popup_frame, text};
use crate::ledger::format::{bytes, counted, duration, number};
use crate::template::Values;
use crate::wire::signature::{Keyring, SignWith};

/// The maximum number of messages in a series.
pub const MAX: u64 = 1_000_000;

/// The maximum messages per second.
pub(crate) const FASTEST: u64 = 1_000_000;

/// A higher rate needs a second confirmation.
pub(crate) const MAX_UNASKED_RATE: u64 = 1_000;

/// The form for the count and the rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesForm {
    /// How many messages.
    pub count: LineEdit,
    /// Messages per second. Empty: as fast as the server accepts them.
    pub rate: LineEdit,
    /// Whether the rate has the focus.
    pub in_rate: bool,
    /// The error, escaped.
    pub error: Option<String>,
    /// When the first question was last answered with yes, if the rate needs a second one.
    pub confirmed_at: Option<i64>,
}

impl SeriesForm {
    /// Ten messages, one per second.
    #[must_use]
    pub fn new() -> Self {
        let (count, rate) = (LineEdit::number("10"), LineEdit::number("1"));
        Self { count, rate, in_rate: false, error: None, confirmed_at: None }
    }

    /// The count, and the messages per second if they are limited.
    ///
    /// # Errors
    /// If a number is missing or too large.
    pub fn read(&self) -> Result<(u64, Option<u64>), String> {
        let count = self.count.text().parse().ok().filter(|count| (1..=MAX).contains(count));
        let count = count.ok_or("the count must be a number from 1 to 1,000,000")?;
        if self.rate.text().is_empty() {
            return Ok((count, None));
        }
        let rate = self.rate.text().parse().ok().filter(|rate| (1..=FASTEST).contains(rate));
        Ok((count, Some(rate.ok_or("the rate must be from 1 to 1,000,000 a second, or empty")?)))
    }

    /// The field that has the focus.
    pub(crate) fn field_mut(&mut self) -> &mut LineEdit {
        if self.in_rate { &mut self.rate } else { &mut self.count }
    }
}

impl Default for SeriesForm {
    fn default() -> Self {
        Self::new()
    }
}

/// A message to send many times. Each copy is signed when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The channel.
    pub channel: String,
    /// The message's name.
    pub name: String,
    /// The JSON text.
    pub data: String,
    /// How to sign.
    pub sign_with: SignWith,
    /// The template whose placeholders are evaluated again for each message after the first.
    pub source: Option<Source>,
    /// The number of messages.
    pub count: u64,
    /// Messages per second. `None`: as fast as the server accepts them.
    pub rate: Option<u64>,
}

impl Series {
    /// The channel and payload of the message at `index`. `now` is in Unix seconds. `random` makes the `{{uuid}}`, except in
    /// the first message.
    ///
    /// # Errors
    /// If the message cannot be signed or is not JSON. The text is escaped.
    pub fn message(
        &self,
        keyring: &Arc<Keyring>,
        index: u64,
        now: i64,
        random: u128,
    ) -> Result<(Vec<u8>, Vec<u8>), String> {
        let (channel, name, data) = match &self.source {
            None => (self.channel.clone(), self.name.clone(), self.data.clone()),
            Some(source) => {
                let values = source.values;
                let random = if index == 0 { values.random } else { random };
                let values = Values { now, random, seq: values.seq.saturating_add(index) };
                let (channel, name, data) = source.fill(values);
                (if channel.is_empty() { self.channel.clone() } else { channel }, name, data)
            }
        };
        let payload = keyring.payload(name.as_bytes(), data.as_bytes(), &self.sign_with, now);
        Ok((channel.into_bytes(), payload.map_err(|error| error.to_string())?))
    }
}

/// The progress of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The channel of the first message.
    pub channel: String,
    /// The number of messages to send.
    pub count: u64,
    /// Messages per second. `None`: as fast as the server accepts them.
    pub rate: Option<u64>,
    /// The number of messages sent.
    pub sent: u64,
    /// The receivers and sequence number of the last message.
    pub last: Option<(u64, u64)>,
    /// The time of the start, in microseconds since the epoch.
    pub began: i64,
    /// The time of the last update.
    pub at: i64,
    /// Whether it was asked to stop.
    pub stopping: bool,
    /// How it ended. `None` while it is running.
    pub end: Option<SeriesEnd>,
    /// The echoes. `None` if this console does not subscribe to the channel.
    pub echoes: Option<Echoes>,
}

impl Progress {
    /// Whether messages are still being sent.
    #[must_use]
    pub(crate) fn is_running(&self) -> bool {
        self.end.is_none()
    }
}

/// How a series ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeriesEnd {
    /// All messages were sent.
    Done,
    /// It was stopped.
    Stopped,
    /// It stopped at the first message that failed. The reason is escaped.
    Failed(String),
}

/// Opens the form, if the message can be sent.
pub(crate) fn open(state: &mut State) {
    template::refresh(state);
    compose::update::preview(state);
    match send::rejection(state) {
        Some(why) => state.notice = Some(why),
        None => state.popup = Some(Popup::SeriesForm(SeriesForm::new())),
    }
}

/// Moves the focus to the other field.
pub(crate) fn other_field(state: &mut State) {
    if let Some(Popup::SeriesForm(form)) = &mut state.popup {
        form.in_rate = !form.in_rate;
    }
}

/// Asks before sending, if the numbers are valid.
pub(crate) fn asked(state: &mut State) {
    let Some(Popup::SeriesForm(mut form)) = state.popup.take() else { return };
    match form.read() {
        Ok(_) => state.popup = Some(Popup::ConfirmSeries(form)),
        Err(error) => {
            form.error = Some(error);
            state.popup = Some(Popup::SeriesForm(form));
        }
    }
}

/// The answer was yes: starts the series. A high rate is asked about once more, and a key that is held down does not answer
/// both questions.
pub(crate) fn confirmed(state: &mut State) -> Vec<Effect> {
    let Some(Popup::ConfirmSeries(mut form)) = state.popup.take() else { return Vec::new() };
    if form.read().is_ok_and(|(_, rate)| rate.is_none_or(|rate| rate > MAX_UNASKED_RATE)) {
        let before = form.confirmed_at.replace(state.now);
        let held = before.is_some_and(|before| state.now.saturating_sub(before).abs() < send::KEY_REPEAT_TIMEOUT);
        if held {
            state.notice = Some(Notice::error("press y again after a second"));
        }
        if before.is_none() || held {
            state.popup = Some(Popup::ConfirmSeries(form));
            return Vec::new();
        }
    }
    template::refresh(state);
    compose::update::preview(state);
    if let Some(why) = send::rejection(state) {
        state.notice = Some(why);
        return Vec::new();
    }
    let Ok((count, rate)) = form.read() else { return Vec::new() };
    let sent = match send::composed(state) {
        Ok(sent) => sent,
        Err(why) => {
            state.notice = Some(why);
            return Vec::new();
        }
    };
    let is_subscribed = state.subscriptions_to(state.compose.channel_text().as_bytes()) > 0;
    let compose = &mut state.compose;
    let series = Series {
        channel: compose.channel_text(),
        name: compose.name_text(),
        data: compose.data_text(),
        sign_with: compose.sign_with.clone(),
        source: compose.source.clone(),
        count,
        rate,
    };
    if let Some(echoes) = compose.series_mut().and_then(|before| before.echoes.as_mut()) {
        echoes.give_up();
    }
    let progress = Progress {
        channel: series.channel.clone(),
        count,
        rate,
        sent: 0,
        last: None,
        began: state.now,
        at: state.now,
        stopping: false,
        end: None,
        echoes: is_subscribed.then(Echoes::default),
    };
    compose.add(Sent { series: Some(progress), ..sent });
    state.popup = Some(Popup::Series);
    vec![Effect::PublishSeries(Box::new(series))]
}

/// Stops the series, or closes the popup if it has ended.
pub(crate) fn stop(state: &mut State) -> Vec<Effect> {
    match state.compose.series_mut() {
        Some(progress) if progress.end.is_none() => {
            progress.stopping = true;
            vec![Effect::StopSeries]
        }
        _ => {
            state.popup = None;
            Vec::new()
        }
    }
}

/// Takes the report of messages that were sent.
pub(crate) fn copies(state: &mut State, copies: &[SentCopy], at: i64) {
    if let Some(echoes) = state.compose.series_mut().and_then(|progress| progress.echoes.as_mut()) {
        for row_id in echoes.sent(copies, at) {
            state.messages.mark_own(row_id);
        }
    }
}

/// The echoes of the series, if more are awaited.
pub(crate) fn awaited(state: &mut State) -> Option<&mut Echoes> {
    let progress = state.compose.series_mut()?;
    let is_running = progress.is_running();
    progress.echoes.as_mut().filter(|echoes| is_running || echoes.is_awaited())
}

/// Messages were dropped, which may have been echoes.
pub(crate) fn dropped(state: &mut State) {
    if let Some(echoes) = awaited(state) {
        echoes.is_lower_bound = true;
    }
}

/// Stops waiting for echoes some time after the end, in microseconds.
pub(crate) fn expire(state: &mut State, wait: i64) {
    if let Some(progress) = state.compose.series_mut()
        && progress.end.is_some()
        && state.now.saturating_sub(progress.at) > wait
        && let Some(echoes) = &mut progress.echoes
    {
        echoes.give_up();
    }
}

/// How many of the sent messages were received here and verified: `received 998 of 1 000, 998 verified`.
pub(crate) fn echo_words(cx: &Context<'_>, progress: &Progress) -> Words {
    let theme = cx.theme;
    let Some(echoes) = &progress.echoes else {
        return vec![(String::from("received unknown: not subscribed here"), theme.warn)];
    };
    // A message whose sending failed may still have been sent.
    let of = progress.sent.max(echoes.received);
    let bound = if echoes.is_lower_bound { "≥" } else { "" };
    let missing = progress.end.is_some() && echoes.received < of;
    let received = format!("received {bound}{} of {}", number(echoes.received), number(of));
    let verified = format!(", {bound}{} verified", number(echoes.verified));
    let style = |warn| if warn { strong(theme.warn) } else { theme.text };
    vec![(received, style(missing)), (verified, style(echoes.verified < echoes.received))]
}

/// The latency of the echoes: `echo median 0.6 ms, p99 2.1 ms`.
pub(crate) fn latency_words(progress: &Progress) -> Option<String> {
    let echoes = progress.echoes.as_ref()?;
    let (median, p99) = (echoes.percentile(50)?, echoes.percentile(99)?);
    Some(format!("echo median {}, p99 {}", duration(median), duration(p99)))
}

/// Takes an update of the series. Its first receipt adds it to the history, once.
pub(crate) fn news(
    state: &mut State,
    sent: u64,
    last: Option<(u64, u64)>,
    end: Option<SeriesEnd>,
    at: i64,
) -> Vec<Effect> {
    let compose = &mut state.compose;
    let Some(progress) = compose.series_mut().filter(|progress| progress.is_running()) else { return Vec::new() };
    let first_receipt = last.filter(|_| progress.last.is_none());
    (progress.sent, progress.at) = (sent, at);
    progress.last = last.or(progress.last);
    let series = compose.series_index().map(|index| &compose.sent[index]);
    let entry = series.zip(first_receipt).and_then(|(series, receipt)| HistoryEntry::of(series, receipt));
    if let Some(entry) = &entry {
        remember(&mut compose.history, entry.clone());
    }
    if let Some(end) = end {
        ended(state, sent, end);
    }
    entry.map(Effect::Remember).into_iter().collect()
}

/// Takes the end of the series.
fn ended(state: &mut State, sent: u64, end: SeriesEnd) {
    let Some(progress) = state.compose.series_mut() else { return };
    let count = progress.count;
    state.notice = Some(match &end {
        SeriesEnd::Done => Notice::done(format!("sent all {count}")),
        SeriesEnd::Stopped => Notice::done(format!("stopped: {sent} of {count} sent")),
        SeriesEnd::Failed(why) => Notice::error(format!("stopped at the first error, {sent} of {count} sent: {why}")),
    });
    progress.end = Some(end);
    if sent > 0 {
        state.compose.unsent = false;
        state.compose.original = None;
        template::used(state, sent);
    }
}

/// Draws the form.
pub(crate) fn form(cx: &Context<'_>, popup: &Popup, form: &SeriesForm, buf: &mut Buffer) {
    let theme = cx.theme;
    let title = format!("Send many times to {}", text::row(cx.state.compose.channel_text().as_bytes(), 40));
    let inner = popup_frame::draw(cx, popup, &title, Vec::new(), cx.profile(), buf);
    let fields = [("how many", &form.count, !form.in_rate), ("a second", &form.rate, form.in_rate)];
    for (row, (label, value, active)) in (0..).zip(fields) {
        let line = Rect { y: inner.y.saturating_add(row), height: u16::from(row < inner.height), ..inner };
        let label = format!("{} {label:<10}", if active { "▸" } else { " " });
        if active {
            template::line(cx, &label, value, line, buf);
        } else {
            let value = text::row(value.text().as_bytes(), 20);
            let shown = if value.is_empty() { "as fast as the server accepts them" } else { &value };
            Pen::new(buf, line, 0).skip(1).put(&label, theme.soft).put(shown, theme.text);
        }
    }
    let mut pen = Pen::new(buf, inner, 3);
    match &form.error {
        Some(error) => pen.skip(1).put(error, strong(theme.bad)),
        None if form.rate.text().is_empty() && form.in_rate => {
            pen.skip(1).put("empty: as fast as the server accepts them", theme.soft)
        }
        None => pen.skip(1).put("up to 1 000 000; it stops at the first error", theme.soft),
    };
}

/// Draws the question before sending, with the first message. The second question replaces the first.
pub(crate) fn confirm(cx: &Context<'_>, popup: &Popup, form: &SeriesForm, buf: &mut Buffer) {
    let theme = cx.theme;
    let Ok((count, rate)) = form.read() else { return };
    let profile = text::row(cx.state.setup.profile.as_bytes(), 20);
    let to = if profile.is_empty() { String::new() } else { format!(" to {profile}") };
    let messages = counted(count, "message");
    let title = match (form.confirmed_at, rate) {
        (None, _) => format!("Send {messages}{to}?"),
        (Some(_), Some(rate)) => format!("Really send {} a second{to}?", number(rate)),
        (Some(_), None) => format!("Really send without a limit{to}?"),
    };
    let inner = popup_frame::draw(cx, popup, &title, Vec::new(), cx.profile(), buf);
    let compose = &cx.state.compose;
    let below = confirm::signing(cx, confirm::facts(cx, compose.channel_text().as_bytes(), inner, buf), buf);
    let pace = match rate {
        None => String::from("as fast as the server accepts them"),
        Some(rate) => {
            let takes = duration((count - 1).saturating_mul(1_000_000) / rate);
            format!("{} a second, about {takes} in all", number(rate))
        }
    };
    let size = if compose.source.is_some() {
        format!("about {} each; the placeholders are evaluated again", bytes(compose.size))
    } else {
        format!("{} each: the same text, signed again", bytes(compose.size))
    };
    for (row, (label, words)) in (0..).zip([("count", &messages), ("pace", &pace), ("size", &size)]) {
        let mut pen = Pen::new(buf, below, row);
        pen.skip(1).column(label, 9, Align::Left, theme.soft).put(words, theme.text);
    }
    let mut warnings = Vec::new();
    if form.confirmed_at.is_some() {
        warnings
            .push(format!("more than {} a second can slow the server and its subscribers", number(MAX_UNASKED_RATE)));
    }
    warnings.extend(buffer_limit::warning_for_many(compose.size, count, rate));
    let width = usize::from(below.width).saturating_sub(4);
    let lines: Vec<(&str, String)> = warnings
        .iter()
        .flat_map(|words| std::iter::once("⚠ ").chain(std::iter::repeat("  ")).zip(text::wrap(words, width)))
        .collect();
    for (row, (mark, line)) in (3..).zip(&lines) {
        Pen::new(buf, below, row).skip(1).put(mark, strong(theme.warn)).put(line, strong(theme.warn));
    }
    let used = u16::try_from(3 + lines.len()).unwrap_or(u16::MAX).min(below.height);
    let rest = Rect { y: below.y + used, height: below.height - used, ..below };
    match &compose.preview {
        Some(preview) => confirm::payload(cx, preview, rest, buf),
        None => {
            Pen::new(buf, rest, 0).skip(1).put("The message is not valid.", theme.bad);
        }
    }
}

/// Draws the progress.
pub(crate) fn progress(cx: &Context<'_>, popup: &Popup, buf: &mut Buffer) {
    let theme = cx.theme;
    let Some(progress) = cx.state.compose.series() else { return };
    let profile = text::row(cx.state.setup.profile.as_bytes(), 20);
    let verb = if progress.end.is_some() { "Sent" } else { "Sending" };
    let title = if profile.is_empty() { verb.to_owned() } else { format!("{verb} to {profile}") };
    let inner = popup_frame::draw(cx, popup, &title, Vec::new(), cx.profile(), buf);
    let done = format!(" {} of {}", number(progress.sent), number(progress.count));
    let width = usize::from(inner.width).saturating_sub(text::cells(&done) + 3);
    let share = u128::from(progress.sent) * width as u128 / u128::from(progress.count.max(1));
    let full = usize::try_from(share).unwrap_or(width).min(width);
    Pen::new(buf, inner, 0)
        .skip(1)
        .fill("█", full, theme.accent)
        .fill("░", width - full, theme.line)
        .put(&done, strong(theme.text));
    let micros = u64::try_from(progress.at.saturating_sub(progress.began)).unwrap_or(0);
    let pace = u128::from(progress.sent) * 1_000_000 / u128::from(micros.max(1));
    let failed = u64::from(matches!(progress.end, Some(SeriesEnd::Failed(_))));
    let mut pen = Pen::new(buf, inner, 1);
    pen.skip(1).put(&format!("sent {}", number(progress.sent)), theme.text).skip(2);
    let style = if failed > 0 { strong(theme.bad) } else { theme.text };
    pen.put(&format!("failed {failed}"), style).skip(2);
    if progress.sent > 1 && micros > 0 {
        let pace = number(u64::try_from(pace).unwrap_or(u64::MAX));
        pen.put(&format!("{pace} a second, {}", duration(micros)), theme.soft);
    }
    if let Some((receivers, sequence)) = progress.last {
        let mut pen = Pen::new(buf, inner, 2);
        pen.skip(1).put(&format!("last #{sequence} to {}", counted(receivers, "receiver")), theme.text);
        if receivers == 0 {
            pen.put(" ⚠ nobody listens", strong(theme.warn));
        }
    }
    let mut pen = Pen::new(buf, inner, 3);
    pen.skip(1);
    for (words, style) in echo_words(cx, progress) {
        pen.put(&words, style);
    }
    if let Some(words) = latency_words(progress) {
        Pen::new(buf, inner, 4).skip(1).put(&words, theme.text);
    }
    let (words, style) = match &progress.end {
        None if progress.stopping => (String::from("stopping after this message"), theme.warn),
        None => (String::from("closing this stops the series"), theme.soft),
        Some(SeriesEnd::Done) => (String::from("✓ all sent"), strong(theme.good)),
        Some(SeriesEnd::Stopped) => (String::from("stopped"), strong(theme.warn)),
        Some(SeriesEnd::Failed(why)) => (format!("✗ stopped at the first error: {why}"), strong(theme.bad)),
    };
    for (row, line) in (5..).zip(text::wrap(&words, usize::from(inner.width).saturating_sub(2))) {
        Pen::new(buf, inner, row).skip(1).put(&line, style);
    }
}
