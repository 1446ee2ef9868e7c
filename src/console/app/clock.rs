//! Time goes by.

use crate::console::app::link::Phase;
use crate::console::app::state::{Pane, State};
use crate::console::filter::age;
use crate::console::panes::compose;
use crate::console::popups::Popup;
use crate::console::popups::names;

/// Microseconds in a second.
pub(crate) const SECOND: i64 = 1_000_000;

/// How long the echo of a sent message is waited for, in microseconds.
const ECHO_WAIT: i64 = 30 * SECOND;

pub(crate) fn tick(state: &mut State, now: i64) {
    let started = state.now != 0;
    let seconds = now.div_euclid(SECOND) - state.now.div_euclid(SECOND);
    state.now = now;
    state.timeline.tick(now, state.link.phase == Phase::Down);
    // A clock that was set back counts no seconds: what came stays where it is.
    let Some(seconds) = usize::try_from(seconds).ok().filter(|seconds| started && *seconds > 0) else { return };
    state.per_second.advance(seconds);
    for channel in &mut state.channels.list {
        channel.per_second.advance(seconds);
    }
    count_awaited(state);
    age::expire_since(state);
    names::refresh(state);
    if state.focus == Pane::Compose || matches!(state.popup, Some(Popup::ConfirmSend | Popup::ConfirmSeries(_))) {
        compose::update::preview(state);
    }
}

/// Looks again for how many sent messages an echo is expected.
pub(crate) fn count_awaited(state: &mut State) {
    let since = state.now.saturating_sub(ECHO_WAIT);
    state.compose.awaiting = state.compose.sent.iter().filter(|sent| sent.awaits_echo() && sent.at >= since).count();
}
