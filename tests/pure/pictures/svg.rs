//! The cells of a screen as an SVG picture.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

const WIDTH: f64 = 8.4;
const HEIGHT: u16 = 18;
const MARGIN: u16 = 10;

/// The colours of a terminal.
pub(super) struct Look {
    foreground: &'static str,
    background: &'static str,
    /// The sixteen colours of the palette, as most terminals show them.
    named: [&'static str; 16],
}

/// A dark terminal.
pub(super) const DARK: Look = Look {
    foreground: "#d4d4d4",
    background: "#16181d",
    named: [
        "#1e1e1e", "#e05561", "#8cc265", "#d7a65f", "#4aa5f0", "#c162de", "#42b3c2", "#d4d4d4", "#7a8290", "#ff616e",
        "#a5e075", "#f0a45d", "#4dc4ff", "#de73ff", "#4cd1e0", "#ffffff",
    ],
};

/// A light terminal.
pub(super) const LIGHT: Look = Look {
    foreground: "#24292f",
    background: "#ffffff",
    named: [
        "#24292f", "#cf222e", "#116329", "#4d2d00", "#0969da", "#8250df", "#1b7c83", "#6e7781", "#57606a", "#a40e26",
        "#1a7f37", "#633c01", "#218bff", "#a475f9", "#3192aa", "#8c959f",
    ],
};

/// Draws the screen.
pub(super) fn draw(screen: &Buffer, terminal: &Look) -> String {
    let mut svg = head((screen.area.width, screen.area.height), terminal);
    for row in 0..screen.area.height {
        for run in line(screen, terminal, row) {
            let _ = writeln!(svg, "{}", run.at(row));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The start of a picture of this many columns and rows.
pub(super) fn head((columns, rows): (u16, u16), terminal: &Look) -> String {
    let background = terminal.background;
    let (width, height) = (f64::from(columns) * WIDTH + f64::from(2 * MARGIN), rows * HEIGHT + 2 * MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height}\" width=\"{width:.0}\" \
         font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{background}\"/>\n"
    )
}

/// Adjacent cells of a row with the same style. The row is not part of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Run {
    /// The background of the cells.
    Background { left: String, width: String, fill: String },
    /// The left edge, and the other attributes with the text.
    Text { left: String, rest: String },
}

impl Run {
    /// The SVG element in this row.
    pub(super) fn at(&self, row: u16) -> String {
        let top = row * HEIGHT + MARGIN;
        match self {
            Self::Background { left, width, fill } => {
                format!("<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{HEIGHT}\" fill=\"{fill}\"/>")
            }
            Self::Text { left, rest } => format!("<text x=\"{left}\" y=\"{}\" {rest}</text>", top + 13),
        }
    }
}

/// The runs of a row of the screen.
pub(super) fn line(screen: &Buffer, terminal: &Look, row: u16) -> Vec<Run> {
    let (mut runs, mut column) = (Vec::new(), 0);
    while column < screen.area.width {
        column = run(&mut runs, screen, terminal, (row, column));
    }
    runs
}

/// Draws the run that starts at `first`. Returns the column after it.
fn run(runs: &mut Vec<Run>, screen: &Buffer, terminal: &Look, (row, first): (u16, u16)) -> u16 {
    let this = Style::of(&screen[(first, row)], terminal);
    let mut text = String::new();
    let mut end = first;
    while end < screen.area.width && Style::of(&screen[(end, row)], terminal) == this {
        let symbol = screen[(end, row)].symbol();
        text.push_str(symbol);
        // A wide character also covers the next cell.
        end += u16::try_from(symbol.width()).unwrap_or(1).max(1);
    }
    let left = f64::from(first) * WIDTH + f64::from(MARGIN);
    let width = f64::from(end - first) * WIDTH;
    if let Some(fill) = &this.background {
        let (left, width, fill) = (format!("{left:.1}"), format!("{width:.1}"), fill.clone());
        runs.push(Run::Background { left, width, fill });
    }
    if !text.trim().is_empty() {
        let blanks = |text: &str, rest: &str| u16::try_from(text.len() - rest.len()).unwrap_or(u16::MAX);
        let lead = blanks(&text, text.trim_start());
        let trail = blanks(&text, text.trim_end());
        let left = left + f64::from(lead) * WIDTH;
        let length = f64::from((end - first).saturating_sub(lead + trail)) * WIDTH;
        let text = text.trim().replace('&', "&amp;").replace('<', "&lt;");
        let weight = if this.bold { " font-weight=\"bold\"" } else { "" };
        let dim = if this.dim { " opacity=\"0.6\"" } else { "" };
        let rest = format!("textLength=\"{length:.1}\" fill=\"{}\"{weight}{dim}>{text}", this.foreground);
        runs.push(Run::Text { left: format!("{left:.1}"), rest });
    }
    end
}

/// The style of a cell.
#[derive(Clone, PartialEq)]
struct Style {
    foreground: String,
    background: Option<String>,
    bold: bool,
    dim: bool,
}

impl Style {
    fn of(cell: &Cell, terminal: &Look) -> Self {
        let (foreground, background) = (colour(cell.fg, terminal), colour(cell.bg, terminal));
        let (foreground, background) = if cell.modifier.contains(Modifier::REVERSED) {
            (background.or(Some(terminal.background.to_owned())), foreground.or(Some(terminal.foreground.to_owned())))
        } else {
            (foreground, background)
        };
        let foreground = foreground.unwrap_or_else(|| terminal.foreground.to_owned());
        let (bold, dim) = (cell.modifier.contains(Modifier::BOLD), cell.modifier.contains(Modifier::DIM));
        Self { foreground, background, bold, dim }
    }
}

fn colour(colour: Color, terminal: &Look) -> Option<String> {
    let index = match colour {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Indexed(index) => index,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
    Some(match index {
        0..=15 => terminal.named[usize::from(index)].to_owned(),
        16..=231 => {
            let cube = index - 16;
            format!("#{:02x}{:02x}{:02x}", level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        _ => {
            let grey = 8 + (index - 232) * 10;
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
    })
}
