//! The console receives messages while its scrollback is full, so each new message removes an old one.

use std::sync::Arc;

use aircheck::console::app::event::Event;
use aircheck::console::app::update::update;
use divan::Bencher;
use divan::counter::ItemsCount;

use crate::material::{console, interval};

/// The number of messages in one measurement. The results are for all of them.
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
