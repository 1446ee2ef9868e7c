//! One frame of the whole console, and of each pane.

use aircheck::console::app::settings::ThemeName;
use aircheck::console::app::view::draw_into;
use aircheck::console::panes::Pane;
use aircheck::console::ui::theme::Theme;
use divan::Bencher;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::material::{PANES, console};

#[divan::bench]
fn console_200x60(bencher: Bencher<'_, '_>) {
    frame(bencher, None);
}

#[divan::bench(args = PANES)]
fn pane(bencher: Bencher<'_, '_>, pane: Pane) {
    frame(bencher, Some(pane));
}

fn frame(bencher: Bencher<'_, '_>, only: Option<Pane>) {
    let state = console(only);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 200, 60));
    bencher.bench_local(|| {
        buffer.reset();
        draw_into(&mut buffer, &state, Theme::named(ThemeName::Dark));
    });
}
