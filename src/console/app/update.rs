//! How one state follows from another: pure, without clock, input or output.

use crate::console::app::event::{Effect, Event};
use crate::console::app::state::{Notice, State};
use crate::console::app::{alerts, background, clock, intake, keys, mouse, moving, replay};
use crate::console::filter::requests;
use crate::console::panes::compose::{external_editor, history, send};
use crate::console::panes::{detail, timeline};
use crate::console::popups::{Popup, backfill, discover, record, save, series};
use crate::console::{filter, search};

/// What to ask of the world before the first event: channels to choose from, where none was named.
#[must_use]
pub fn init(state: &State) -> Vec<Effect> {
    match &state.popup {
        Some(Popup::Discover(discover)) if discover.searching => vec![Effect::Discover],
        _ => Vec::new(),
    }
}

/// Takes in what happened, and says what to do.
///
/// Intervals may come by the hundred before the screen is drawn once: what is computed only to be looked at is left
/// to [`prepare`], which every other event does by itself, and which is to be called before drawing.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    // A flood of intervals changes no setting.
    let before = (!matches!(event, Event::Interval(_))).then(|| state.settings.clone());
    let mut effects = match event {
        Event::Interval(interval) => {
            return intake::interval(state, &interval);
        }
        Event::Key(key) => keys::key(state, key),
        Event::Mouse(mouse) => mouse::mouse(state, mouse),
        Event::Paste(text) => {
            keys::paste(state, &text);
            Vec::new()
        }
        Event::Resize(columns, rows) => {
            state.size = (columns, rows);
            // A terminal forgets what did not fit in between, also where it ends with the size that it had.
            vec![Effect::Redraw]
        }
        Event::Published { id, result, at } => send::published(state, id, result, at),
        Event::Series { sent, last, end, at } => {
            series::news(state, sent, last, end, at);
            Vec::new()
        }
        Event::Edited(result) => {
            external_editor::ended(state, result);
            Vec::new()
        }
        Event::History(result) => {
            history::loaded(state, result);
            Vec::new()
        }
        Event::NotRemembered(why) => {
            state.notice = Some(Notice::error(format!("sent, but not kept in the history: {why}")));
            Vec::new()
        }
        Event::Discovered(result) => {
            discover::discovered(state, result);
            Vec::new()
        }
        Event::AlertFailed(why) => {
            alerts::failed(state, &why);
            Vec::new()
        }
        Event::Answered { id, answers, stopped } => {
            requests::answered(state, id, answers, stopped);
            Vec::new()
        }
        Event::Saved(result) => {
            save::saved(state, result);
            Vec::new()
        }
        Event::NotKept(why) => {
            state.notice = Some(Notice::error(format!("the settings are not kept: {why}")));
            Vec::new()
        }
        Event::Warning(warning) => {
            state.notice = Some(Notice::error(warning));
            Vec::new()
        }
        Event::Recording(status) => {
            record::news(state, status);
            Vec::new()
        }
        Event::RecordingEnded(result) => {
            record::ended(state, result);
            Vec::new()
        }
        Event::RecordingsFound(found) => {
            backfill::offered(state, found);
            Vec::new()
        }
        Event::BackfillResult(wanted, result) => {
            backfill::found(state, &wanted, result);
            Vec::new()
        }
        Event::Replay(status) => {
            replay::status(state, status);
            Vec::new()
        }
        Event::Jumped => {
            replay::jumped(state);
            Vec::new()
        }
        Event::Found => {
            replay::found(state);
            Vec::new()
        }
        Event::Work => background::step(state),
        Event::Clock(now) => {
            clock::tick(state, now);
            Vec::new()
        }
    };
    if before.is_some_and(|before| before != state.settings) {
        effects.push(Effect::Keep(state.settings.clone()));
    }
    prepare(state);
    effects
}

/// Computes what is only looked at: the selected row taken apart, and the windows of the lists. Call it before drawing.
pub fn prepare(state: &mut State) {
    timeline::update::settle(state);
    state.channels.refresh();
    filter::update::forget(state);
    search::update::forget(state);
    detail::update::fill(state);
    moving::settle(state);
}
