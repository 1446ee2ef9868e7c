//! Updates the state: pure, without a clock, input or output.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::console::app::event::{Effect, Event};
use crate::console::app::state::{Notice, Phase, State};
use crate::console::app::{act, alerts, background, intake, mouse, narrowing, replay};
use crate::console::keymap::context::contexts_of;
use crate::console::keymap::contexts;
use crate::console::keymap::key::Key;
use crate::console::keymap::table::Action;
use crate::console::panes::Pane;
use crate::console::panes::compose::{external_editor, history, send};
use crate::console::panes::detail::find;
use crate::console::panes::{compose, detail, timeline};
use crate::console::popups::{Popup, backfill, bundle, discover, names, profile, record, save, series};
use crate::console::ui::line_edit::{LineEdit, TextEdit};
use crate::console::{filter, panes, popups, search};

/// The effects before the first event: discovery, if no channel was named.
#[must_use]
pub fn init(state: &State) -> Vec<Effect> {
    let is_searching = matches!(&state.popup, Some(Popup::Discover(discover)) if discover.searching);
    if is_searching { vec![Effect::Discover] } else { Vec::new() }
}

/// Applies an event, and returns the effects.
///
/// Hundreds of intervals may arrive before the screen is drawn once, so an interval does not compute what is only
/// displayed: call [`prepare`] before drawing. All other events call it themselves.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    // Intervals never change the settings; comparing would cost time.
    if let Event::Interval(interval) = &event {
        return intake::interval(state, interval);
    }
    let before = state.settings.clone();
    let mut effects = handle(state, event);
    if before != state.settings {
        effects.push(Effect::Keep(state.settings.clone()));
    }
    prepare(state);
    effects
}

/// Handles an event: most change only the state.
fn handle(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Interval(interval) => return intake::interval(state, &interval),
        Event::Key(event) => return key(state, event),
        Event::Mouse(mouse) => return mouse::mouse(state, mouse),
        Event::Paste(text) => paste(state, &text),
        Event::Resize(columns, rows) => {
            state.size = (columns, rows);
            // A terminal that shrinks and grows again has lost the cells in between.
            return vec![Effect::Redraw];
        }
        Event::Published { id, result, at } => return send::published(state, id, result, at),
        Event::Series { sent, last, end, at } => return series::news(state, sent, last, end, at),
        Event::SeriesCopies { copies, at } => series::copies(state, &copies, at),
        Event::Edited(result) => external_editor::ended(state, result),
        Event::History(result) => history::loaded(state, result),
        Event::NotRemembered(why) => {
            state.notice = Some(Notice::error(format!("sent, but not kept in the history: {why}")));
        }
        Event::Discovered(result) => discover::discovered(state, result),
        Event::AlertFailed(why) => alerts::failed(state, &why),
        Event::Answered { id, answers, stopped } => filter::update::answered(state, id, answers, stopped),
        Event::Saved(result) => save::saved(state, result),
        Event::Bundled(result) => bundle::bundled(state, result),
        Event::NotKept(why) => state.notice = Some(Notice::error(format!("the settings are not saved: {why}"))),
        Event::Warning(warning) => state.notice = Some(Notice::error(warning)),
        Event::Recording(status) => record::news(state, status),
        Event::RecordingEnded(result) => record::ended(state, result),
        Event::RecordingsFound(found) => backfill::offered(state, found),
        Event::BackfillResult(wanted, result) => backfill::found(state, &wanted, result),
        Event::ProfileLoaded(result) => return profile::loaded(state, result),
        Event::Replay(status) => replay::status(state, status),
        Event::Jumped => replay::jumped(state),
        Event::Found => replay::found(state),
        Event::Work => return background::step(state),
        Event::Clock(now) => tick(state, now),
    }
    Vec::new()
}

/// Computes what is only displayed: the content of Detail and the scroll positions. Call it before drawing.
pub fn prepare(state: &mut State) {
    timeline::update::settle(state);
    state.channels.refresh();
    filter::update::forget(state);
    search::update::forget(state);
    detail::update::fill(state);
    panes::settle(state);
}

/// Microseconds in a second.
pub(crate) const SECOND: i64 = 1_000_000;

/// How long the echo of a sent message is awaited, in microseconds.
pub(crate) const ECHO_WAIT: i64 = 30 * SECOND;

pub(crate) fn tick(state: &mut State, now: i64) {
    let started = state.now != 0;
    let seconds = now.div_euclid(SECOND) - state.now.div_euclid(SECOND);
    state.now = now;
    state.timeline.tick(now, state.link.phase == Phase::Down);
    // If the clock was set back, no second has passed.
    let Some(seconds) = usize::try_from(seconds).ok().filter(|seconds| started && *seconds > 0) else { return };
    state.per_second.advance(seconds);
    for channel in &mut state.channels.list {
        channel.per_second.advance(seconds);
    }
    state.channels.note_numbers();
    count_awaited(state);
    series::expire(state, ECHO_WAIT);
    filter::update::expire_since(state);
    names::refresh(state);
    if state.focus == Pane::Compose || matches!(state.popup, Some(Popup::ConfirmSend | Popup::ConfirmSeries(_))) {
        compose::update::preview(state);
    }
}

/// Counts the sent messages whose echo is awaited.
pub(crate) fn count_awaited(state: &mut State) {
    let since = state.now.saturating_sub(ECHO_WAIT);
    state.compose.awaiting = state.compose.sent.iter().filter(|sent| sent.awaits_echo() && sent.at >= since).count();
}

pub(crate) fn key(state: &mut State, event: KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    state.notice = None;
    if let Some(action) = state.keymap.lookup(&contexts(state), &event) {
        return act::act(state, action);
    }
    if state.popup.is_none() && state.focus != Pane::Compose && !is_finding(state) && !narrowing::is_typing(state) {
        state.notice = elsewhere(state, event);
        return Vec::new();
    }
    typed(state, event);
    Vec::new()
}

/// Names the pane in which a key has an action.
fn elsewhere(state: &State, event: KeyEvent) -> Option<Notice> {
    let in_replay = state.replay.is_some();
    // The keys of text fields work in many places.
    let acts = |pane: &Pane| {
        let action = state.keymap.lookup(&contexts_of(*pane, in_replay), &event);
        action.is_some_and(|action| !matches!(action, Action::EditText(_)))
    };
    let pane = Pane::by_preference().find(acts)?;
    let show = if pane == Pane::Compose { Action::Compose } else { Action::ShowPane(pane) };
    let words =
        format!("{} acts in {}: press {}", Key::of(&event).label(), pane.spec().title, state.keymap.way_to(show));
    Some(Notice::done(words))
}

/// Types a key that has no binding.
fn typed(state: &mut State, event: KeyEvent) {
    if state.popup.is_some() {
        popups::typed(state, event);
    } else if state.focus == Pane::Compose {
        compose::update::input(state, event);
    } else if let (true, KeyCode::Char(character)) = (is_text(&event), event.code) {
        edit_pane(state, |line| line.insert(character.encode_utf8(&mut [0; 4])));
    }
}

/// Whether a key types a character.
#[must_use]
pub fn is_text(event: &KeyEvent) -> bool {
    matches!(event.code, KeyCode::Char(_)) && !event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
}

/// Carries out a command in the text field that has the focus.
pub(crate) fn edit_text(state: &mut State, edit: TextEdit) {
    if state.popup.is_some() {
        popups::edit(state, |line| line.edit(edit));
    } else if state.focus == Pane::Compose {
        compose::update::edit_text(state, edit);
    } else {
        edit_pane(state, |line| line.edit(edit));
    }
}

pub(crate) fn paste(state: &mut State, text: &str) {
    if state.popup.is_some() {
        popups::edit(state, |line| line.insert(text));
    } else if state.focus == Pane::Compose {
        state.notice = None;
        compose::update::paste(state, text);
    } else {
        edit_pane(state, |line| line.insert(text.lines().next().unwrap_or_default()));
    }
}

/// Changes the text that is being typed on the border of a pane, if any: of a search in Detail, or of a narrowing.
fn edit_pane(state: &mut State, change: impl FnOnce(&mut LineEdit)) {
    if is_finding(state) {
        find::edit(state, change);
    } else if narrowing::is_typing(state) {
        narrowing::edit(state, change);
    }
}

fn is_finding(state: &State) -> bool {
    state.focus == Pane::Detail && state.detail.find.typing
}
