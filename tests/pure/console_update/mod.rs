//! Tests of `update`: the state after events and keys.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acknowledging;
mod alerts;
mod bulk;
mod bundling;
mod chance;
mod composing;
mod copies;
mod copying;
mod detail;
mod difference;
mod discovery;
mod filtering;
mod grouping;
mod intake;
mod jumping;
mod lists;
mod mouse;
mod narrowing;
mod recording;
mod saving;
mod searching;
mod sending;
mod switching;

use std::sync::Arc;

use crate::console_fixture::{
    GAP_ROW, LAST_ROW, REJECTED_ROW, SECOND, START, by_name, channel, empty, gap, link, lively, lively_with, message,
    press, raw_message, setup, take,
};
use aircheck::console::app::event::{Effect, Event};
use aircheck::console::app::state::Phase;
use aircheck::console::app::state::{FindingCounts, Setup, State};
use aircheck::console::app::update::{prepare, update};
use aircheck::console::layout::ComposeAreas;
use aircheck::console::layout::{Layout, popup_rows};
use aircheck::console::panes::Pane;
use aircheck::console::panes::channels::state::MAX_CHANNELS;
use aircheck::console::panes::compose::state::Field;
use aircheck::console::popups::Popup;
use aircheck::console::popups::discover::DiscoveredChannel;
use aircheck::console::ui::grouped_list::{MAX_IN_GROUP, MAX_LISTED};
use aircheck::ledger::dropped::Dropped;
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::interval::{Entry, Interval, Link, LinkState, ServerInfo};
use aircheck::ledger::sequence::{Reading, Sequence};
use aircheck::wire::envelope::Envelope;
use aircheck::wire::signature::{Keyring, KeyringSettings, SignWith};
use aircheck::wire::verdict::{CheckKind, CheckOutcome, Verdict};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// An interval with this number of messages on ops. No two are copies.
fn messages(setup: &Setup, count: u64) -> Interval {
    let mut interval = Interval::default();
    for sequence in 1..=count {
        raw_message(&mut interval, setup, "ops", format!("evt::{sequence}").as_bytes(), sequence);
    }
    interval
}

fn window(state: &State) -> Vec<u64> {
    let height = Layout::for_state(state).entries(Pane::Messages);
    let shown = state.messages.position(height).range(state.messages.shown_len(), height);
    shown.filter_map(|index| state.messages.shown_row_id(index)).collect()
}

fn notice(state: &State) -> &str {
    state.notice.as_ref().map_or("", |notice| &notice.text)
}

/// The screen as text.
fn screen(state: &State) -> String {
    let (width, height) = state.size;
    let mut buffer = ratatui::buffer::Buffer::empty(ratatui::layout::Rect::new(0, 0, width, height));
    aircheck::console::app::view::draw_into(&mut buffer, state, &aircheck::console::ui::theme::PLAIN);
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>() + "\n";
    (0..height).map(line).collect()
}

#[test]
fn dropped_messages_are_counted_and_a_row_at_their_position() {
    let mut state = lively();
    let rows = state.messages.rows.len();
    for count in [5, 2] {
        let mut interval = Interval::default();
        let dropped = Dropped { count, ..Dropped::new(Some(channel("ops")), Some((1, count)), START) };
        interval.push(dropped.into());
        take(&mut state, interval);
    }
    assert_eq!((state.totals.dropped, state.messages.rows.len()), (7, rows + 2));
    let mut interval = Interval::default();
    interval.push(link(LinkState::Stale));
    take(&mut state, interval);
    assert_eq!(state.totals.received, 8);
}
