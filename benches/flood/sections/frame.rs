//! The time of a frame of 200x60 under a flood.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use aircheck::console::app::event::Event;
use aircheck::console::app::settings::ThemeName;
use aircheck::console::app::state::{Setup, State};
use aircheck::console::app::update::{prepare, update};
use aircheck::console::app::view::draw;
use aircheck::console::ui::theme::Theme;
use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::redis::subscription::now_micros;
use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::verdict::Verdict;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::say;
use crate::Outcome;
use crate::report::{Row, Values};
use crate::terminal::SIZE;
use crate::traffic::{CHANNEL, Payloads, keyring};

/// The number of frames.
const FRAMES: u64 = 1500;
/// The number of messages between two frames, at 30 frames and 300,000 messages a second.
const MESSAGES: u64 = 10_000;

pub(super) fn rows() -> Outcome<Vec<Row>> {
    let (columns, lines) = SIZE;
    let viewport = Viewport::Fixed(Rect::new(0, 0, columns, lines));
    let mut terminal = Terminal::with_options(CrosstermBackend::new(io::sink()), TerminalOptions { viewport })?;
    let mut state = State::new(setup());
    state.size = SIZE;
    let mut payloads = Payloads::new()?;
    let template = (0..MESSAGES).map(|_| payloads.next()).collect::<Outcome<Vec<_>>>()?;
    let mut millis = Values::default();
    for frame in 0..FRAMES {
        let now = now_micros();
        let interval = interval(&template, frame * MESSAGES, now);
        let _ = update(&mut state, Event::Clock(now));
        let _ = update(&mut state, Event::Interval(Arc::new(interval)));
        let began = Instant::now();
        prepare(&mut state);
        terminal.draw(|frame| draw(frame, &state, Theme::named(ThemeName::Dark)))?;
        millis.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let (median, most) = (millis.median(), millis.at(99));
    say(&format!("frame: {median:.2} ms, {most:.2} ms at the 99th percentile"));
    let measured = format!("{most:.2} ms; median {median:.2} ms");
    Ok(vec![Row::new("a frame at 200x60 under the flood", "at most 4 ms at the 99th percentile", measured)])
}

fn setup() -> Setup {
    Setup {
        profile: String::new(),
        colour: None,
        target: "127.0.0.1:6379".to_owned(),
        url: "redis://127.0.0.1:6379/0".to_owned(),
        read_only: false,
        confirm: false,
        keyring: Arc::new(keyring()),
        channels: vec![CHANNEL.to_owned()],
        max_rows: 100_000,
        max_bytes: 64 << 20,
        utc: true,
        demo: false,
    }
}

fn interval(payloads: &[Vec<u8>], first: u64, now: i64) -> Interval {
    let mut interval = Interval::default();
    let channel = Channel::new(CHANNEL.as_bytes());
    for (payload, number) in payloads.iter().zip(first + 1..) {
        let (algorithm, timestamp) = (Some(Algorithm::Sha256), Some(now / 1_000_000));
        let sequence = Sequence::Exact(number);
        interval.push_message(payload, now, channel.clone(), sequence, Verdict::Verified, algorithm, timestamp);
    }
    interval
}
