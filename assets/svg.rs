//! A terminal's screen as an SVG picture.

use std::fmt::Write as _;

const WIDTH: f64 = 8.4;
const HEIGHT: u16 = 18;
const MARGIN: u16 = 10;

/// How a terminal looks.
pub(crate) struct Look {
    foreground: &'static str,
    background: &'static str,
    /// The first sixteen colours, as most terminals show them.
    named: [&'static str; 16],
}

/// A dark terminal.
pub(crate) const DARK: Look = Look {
    foreground: "#d4d4d4",
    background: "#16181d",
    named: [
        "#1e1e1e", "#e05561", "#8cc265", "#d7a65f", "#4aa5f0", "#c162de", "#42b3c2", "#d4d4d4", "#7a8290", "#ff616e",
        "#a5e075", "#f0a45d", "#4dc4ff", "#de73ff", "#4cd1e0", "#ffffff",
    ],
};

/// A light terminal.
pub(crate) const LIGHT: Look = Look {
    foreground: "#24292f",
    background: "#ffffff",
    named: [
        "#24292f", "#cf222e", "#116329", "#4d2d00", "#0969da", "#8250df", "#1b7c83", "#6e7781", "#57606a", "#a40e26",
        "#1a7f37", "#633c01", "#218bff", "#a475f9", "#3192aa", "#8c959f",
    ],
};

/// Draws what the screen shows, colours and all.
pub(crate) fn draw(screen: &vt100::Screen, terminal: &Look) -> String {
    let (rows, columns) = screen.size();
    let mut svg = head((columns.get(), rows.get()), terminal);
    for row in 0..rows.get() {
        for run in line(screen, terminal, row) {
            let _ = writeln!(svg, "{}", run.at(row));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The beginning of a picture of so many columns and rows.
pub(crate) fn head((columns, rows): (u16, u16), terminal: &Look) -> String {
    let background = terminal.background;
    let (width, height) = (f64::from(columns) * WIDTH + f64::from(2 * MARGIN), rows * HEIGHT + 2 * MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height}\" width=\"{width:.0}\" \
         font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{background}\"/>\n"
    )
}

/// Cells of a row that look alike, in the first row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Run {
    /// Without the height.
    Background { left: String, width: String, fill: String },
    /// Where it begins, and all the rest.
    Text { left: String, rest: String },
}

impl Run {
    /// The run in a row.
    pub(crate) fn at(&self, row: u16) -> String {
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
pub(crate) fn line(screen: &vt100::Screen, terminal: &Look, row: u16) -> Vec<Run> {
    let columns = screen.size().1.get();
    let (mut runs, mut column) = (Vec::new(), 0);
    while column < columns {
        column = run(&mut runs, screen, terminal, (row, column));
    }
    runs
}

/// Draws the cells that look alike from `first` on; gives the column after them.
fn run(runs: &mut Vec<Run>, screen: &vt100::Screen, terminal: &Look, (row, first): (u16, u16)) -> u16 {
    let columns = screen.size().1.get();
    let look = |column| screen.cell(row, column).map(|cell| Style::of(cell, terminal));
    let Some(this) = look(first) else { return columns };
    let mut text = String::new();
    let mut end = first;
    while end < columns && look(end) == Some(this.clone()) {
        if let Some(cell) = screen.cell(row, end)
            && !cell.is_wide_continuation()
        {
            text.push_str(if cell.has_contents() { cell.contents() } else { " " });
        }
        end += 1;
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

/// What tells the looks of cells apart.
#[derive(Clone, PartialEq)]
struct Style {
    foreground: String,
    background: Option<String>,
    bold: bool,
    dim: bool,
}

impl Style {
    fn of(cell: &vt100::Cell, terminal: &Look) -> Self {
        let (foreground, background) = (colour(cell.fgcolor(), terminal), colour(cell.bgcolor(), terminal));
        let (foreground, background) = if cell.inverse() {
            (background.or(Some(terminal.background.to_owned())), foreground.or(Some(terminal.foreground.to_owned())))
        } else {
            (foreground, background)
        };
        let foreground = foreground.unwrap_or_else(|| terminal.foreground.to_owned());
        Self { foreground, background, bold: cell.bold(), dim: cell.dim() }
    }
}

fn colour(colour: vt100::Color, terminal: &Look) -> Option<String> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Idx(index @ 0..=15) => Some(terminal.named[usize::from(index)].to_owned()),
        vt100::Color::Idx(index @ 16..=231) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + step * 40 };
            let cube = index - 16;
            Some(format!("#{:02x}{:02x}{:02x}", level(cube / 36), level(cube / 6 % 6), level(cube % 6)))
        }
        vt100::Color::Idx(index) => {
            let grey = 8 + (index - 232) * 10;
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
        vt100::Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
    }
}
