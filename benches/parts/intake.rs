//! Messages come into a console whose scrollback is full: each that comes makes one leave.

use std::sync::Arc;

use aircheck::console::app::event::Event;
use aircheck::console::app::update::update;
use divan::Bencher;
use divan::counter::ItemsCount;

use crate::material::{console, interval};

/// How many messages one measurement has; the figures are of them all.
const MESSAGES: u32 = 1000;

#[divan::bench]
fn intake(bencher: Bencher<'_, '_>) {
    let mut state = console(None);
    state.setup.max_rows = state.messages.rows.len();
    bencher
        .counter(ItemsCount::new(MESSAGES))
        .with_inputs(|| Event::Interval(Arc::new(interval(MESSAGES))))
        .bench_local_values(|event| update(&mut state, event));
}
