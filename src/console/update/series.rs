//! A message is sent many times.

use super::send;
use super::{compose, template};
use crate::console::action::Effect;
use crate::console::state::series::{Progress, Series, SeriesEnd, SeriesForm};
use crate::console::state::{Notice, Popup, State};

/// Asks how many and how fast, if the message could be sent.
pub(super) fn open(state: &mut State) {
    template::refresh(state);
    compose::preview(state);
    match send::rejection(state) {
        Some(why) => state.notice = Some(why),
        None => state.popup = Some(Popup::SeriesForm(SeriesForm::new())),
    }
}

/// The cursor goes to the other number.
pub(super) fn other_field(state: &mut State) {
    if let Some(Popup::SeriesForm(form)) = &mut state.popup {
        form.in_rate = !form.in_rate;
    }
}

/// Shows the first message and asks, where the numbers can be used.
pub(super) fn asked(state: &mut State) {
    let Some(Popup::SeriesForm(mut form)) = state.popup.take() else { return };
    match form.read() {
        Ok(_) => state.popup = Some(Popup::ConfirmSeries(form)),
        Err(error) => {
            form.error = Some(error);
            state.popup = Some(Popup::SeriesForm(form));
        }
    }
}

/// The answer is yes.
pub(super) fn confirmed(state: &mut State) -> Vec<Effect> {
    let Some(Popup::ConfirmSeries(form)) = state.popup.take() else { return Vec::new() };
    template::refresh(state);
    compose::preview(state);
    if let Some(why) = send::rejection(state) {
        state.notice = Some(why);
        return Vec::new();
    }
    let Ok((count, rate)) = form.read() else { return Vec::new() };
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
    compose.series = Some(Progress {
        count,
        rate,
        sent: 0,
        last: None,
        began: state.now,
        at: state.now,
        stopping: false,
        end: None,
    });
    state.popup = Some(Popup::Series);
    vec![Effect::PublishSeries(Box::new(series))]
}

/// Stops the series; once it has ended, its numbers are put away.
pub(super) fn stop(state: &mut State) -> Vec<Effect> {
    match &mut state.compose.series {
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

/// News of the series.
pub(super) fn news(state: &mut State, sent: u64, last: Option<(u64, u64)>, end: Option<SeriesEnd>, at: i64) {
    let Some(progress) = state.compose.series.as_mut().filter(|progress| progress.end.is_none()) else { return };
    (progress.sent, progress.at) = (sent, at);
    progress.last = last.or(progress.last);
    let Some(end) = end else { return };
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
