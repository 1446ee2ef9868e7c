//! Draws a state and reads the screen back.

use std::fmt::Write as _;

use aircheck::console::app::state::State;
use aircheck::console::app::view::draw_into;
use aircheck::console::ui::theme;
use aircheck::console::ui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

/// The screen as cells.
pub(super) fn buffer(state: &State, theme: &Theme) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.size.0, state.size.1));
    draw_into(&mut buffer, state, theme);
    buffer
}

/// The screen as text. With `AIRCHECK_SCREENS` in the environment it is also written there in colour, for the eyes.
pub(super) fn text(name: &str, state: &State) -> String {
    let buffer = buffer(state, &theme::GREYS);
    if let Some(directory) = std::env::var_os("AIRCHECK_SCREENS") {
        let file = format!("{name}.{}x{}.ansi", state.size.0, state.size.1);
        std::fs::write(std::path::Path::new(&directory).join(file), ansi(&buffer)).unwrap();
    }
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let line: String = symbols(&buffer, y).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The symbols of a line; a wide one stands for two cells.
fn symbols(buffer: &Buffer, y: u16) -> impl Iterator<Item = &str> {
    let mut covered = 0;
    (0..buffer.area.width).filter_map(move |x| {
        let symbol = buffer[(x, y)].symbol();
        if covered > 0 {
            covered -= 1;
            return None;
        }
        covered = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
        Some(symbol)
    })
}

fn ansi(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut covered = 0;
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            if covered > 0 {
                covered -= 1;
                continue;
            }
            covered = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            out.push_str("\x1b[0");
            if cell.modifier.contains(Modifier::BOLD) {
                out.push_str(";1");
            }
            if cell.modifier.contains(Modifier::UNDERLINED) {
                out.push_str(";4");
            }
            if cell.modifier.contains(Modifier::REVERSED) {
                out.push_str(";7");
            }
            colour(&mut out, cell.fg, 30);
            colour(&mut out, cell.bg, 40);
            let _ = write!(out, "m{}", cell.symbol());
        }
        out.push_str("\x1b[0m\n");
    }
    out
}

fn colour(out: &mut String, colour: Color, base: u8) {
    let named = match colour {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
        Color::Indexed(index) => {
            let _ = write!(out, ";{};5;{index}", base + 8);
            return;
        }
        Color::Rgb(r, g, b) => {
            let _ = write!(out, ";{};2;{r};{g};{b}", base + 8);
            return;
        }
        Color::Reset => return,
    };
    let _ = write!(out, ";{}", base + named);
}
