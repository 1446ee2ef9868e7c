//! The areas of the panes for each terminal size. Drawing and the mouse use the same layout.
//!
//! ```text
//! wide: 120 x 30 and more              below that
//! ┌ header ──────────────────────┐     ┌ header ──────────────────┐
//! │ Channels │ Messages │ Detail │     │ Channels, one line       │
//! │ Findings │          │        │     │ Messages | Findings | Rejected│
//! │ Rejected  │          │        │     │ the list of the tab, or  │
//! ├──────────┴──────────┴────────┤     │ Detail over it or beside │
//! │ Timeline                     │     │ Timeline or Compose,     │
//! │ Compose                      │     │ while it is on           │
//! └ footer ──────────────────────┘     └ footer ──────────────────┘
//! ```

pub mod wide;

use ratatui::layout::{Margin, Position, Rect};

use crate::console::app::state::{Pane, State};
use crate::console::layout::wide::{Arrangement, TIMELINE, wide};
use crate::console::panes::compose::state::Field;
use crate::console::panes::detail::state::DetailView;
use crate::console::popups::{Popup, PopupKind};

/// From this size on, all panes are visible at once.
pub const WIDE: (u16, u16) = (120, 30);
/// Below this size, only a line about the size is shown.
pub const SMALLEST: (u16, u16) = (40, 10);

/// The minimum rows of a list. If there are fewer, the list is hidden.
const MIN_LIST: u16 = 3;

/// The areas of one screen. A pane without space is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// The header, one line.
    pub header: Rect,
    /// The footer with the keys, one line.
    pub footer: Rect,
    /// The panes with their borders.
    pub panes: Vec<(Pane, Rect)>,
    /// The line of the tabs, if Messages, Findings and Rejected share an area.
    pub tabs: Option<Rect>,
    /// The tabs on this line: the pane and the area of its label.
    pub tab_labels: Vec<(Pane, Rect)>,
    /// All panes are visible, each with a border. Otherwise only Detail, Timeline and Compose have a border.
    pub wide: bool,
    /// The terminal is smaller than 40x10: one line says so, and nothing else is drawn.
    pub too_small: bool,
}

impl Layout {
    /// The layout for a terminal of `size` columns and rows. `tab` is the last focused list
    /// (Messages, Findings or Rejected). `detail_open` is whether Detail was opened.
    #[must_use]
    pub fn of(size: (u16, u16), focus: Pane, tab: Pane, detail_open: bool) -> Self {
        Self::with_data(size, focus, tab, detail_open, 1)
    }

    /// The layout with this many lines of data in Compose, which grows up to a part of the screen.
    #[must_use]
    pub fn with_data(size: (u16, u16), focus: Pane, tab: Pane, detail_open: bool, lines: usize) -> Self {
        Self::arranged(size, focus, tab, detail_open, lines, Arrangement::default())
    }

    /// The layout with chosen sizes and hidden panes. Sizes are limited to the screen, and Messages is always visible.
    #[must_use]
    pub fn arranged(
        size: (u16, u16),
        focus: Pane,
        tab: Pane,
        detail_open: bool,
        lines: usize,
        chosen: Arrangement<'_>,
    ) -> Self {
        let (width, height) = size;
        if width < SMALLEST.0 || height < SMALLEST.1 {
            return Self { too_small: true, ..Self::default() };
        }
        let header = Rect::new(0, 0, width, 1);
        let footer = Rect::new(0, height - 1, width, 1);
        let body = Rect::new(0, 1, width, height - 2);
        let frame = Self { header, footer, ..Self::default() };
        if width >= WIDE.0 && height >= WIDE.1 {
            Self { panes: wide(body, focus, lines, chosen), wide: true, ..frame }
        } else {
            Self { panes: narrow(body, focus, tab, detail_open, lines), ..with_tabs(frame, body) }
        }
    }

    /// The layout for the state.
    #[must_use]
    pub fn for_state(state: &State) -> Self {
        let lines = state.compose.data.lines().len();
        let chosen = Arrangement { sizes: state.settings.sizes, hidden: &state.settings.hidden };
        Self::arranged(state.size, state.focus, state.tab, state.detail.open, lines, chosen)
    }

    /// The area of a pane with its border, if it is visible.
    #[must_use]
    pub fn pane(&self, pane: Pane) -> Option<Rect> {
        self.panes.iter().find(|(shown, _)| *shown == pane).map(|(_, area)| *area)
    }

    /// Whether a pane is drawn with a border.
    #[must_use]
    pub fn bordered(&self, pane: Pane) -> bool {
        self.wide || matches!(pane, Pane::Detail | Pane::Timeline | Pane::Compose)
    }

    /// The area inside a pane's border, if it is visible.
    #[must_use]
    pub fn inner(&self, pane: Pane) -> Option<Rect> {
        let area = self.pane(pane)?;
        Some(if self.bordered(pane) { area.inner(Margin::new(1, 1)) } else { area })
    }

    /// The lines of an entry: in the left column, findings and rejected messages have two.
    #[must_use]
    pub fn entry_lines(&self, pane: Pane) -> u16 {
        if self.wide && matches!(pane, Pane::Findings | Pane::Rejected) { 2 } else { 1 }
    }

    /// How many entries of a list fit; 0 if it is hidden.
    #[must_use]
    pub fn entries(&self, pane: Pane) -> usize {
        self.inner(pane).map_or(0, |area| usize::from(area.height / self.entry_lines(pane)))
    }

    /// The names of the payload views on Detail's upper border, from left to right; empty if they do not fit.
    /// The open view has a mark before its name.
    #[must_use]
    pub fn view_names(&self, open: DetailView) -> Vec<(DetailView, Rect)> {
        let Some(area) = self.pane(Pane::Detail) else { return Vec::new() };
        let width = |view: DetailView| {
            let name = u16::try_from(view.name().len()).unwrap_or(u16::MAX);
            name + u16::from(view == open)
        };
        let all = DetailView::ALL.iter().map(|view| width(*view) + 1).sum::<u16>() - 1;
        // Space for the title, the corners, and a space on both sides.
        if area.width < all + 15 {
            return Vec::new();
        }
        let mut x = area.right() - 2 - all;
        let place = |view: DetailView| {
            let place = Rect { x, width: width(view), height: 1, ..area };
            x += place.width + 1;
            (view, place)
        };
        DetailView::ALL.into_iter().map(place).collect()
    }

    /// The pane at a position.
    #[must_use]
    pub fn pane_at(&self, column: u16, row: u16) -> Option<Pane> {
        at(&self.panes, column, row)
    }

    /// The tab at a position.
    #[must_use]
    pub fn tab_at(&self, column: u16, row: u16) -> Option<Pane> {
        at(&self.tab_labels, column, row)
    }
}

/// The area of a popup with its border: in the middle of the screen, or at the bottom for a prompt.
#[must_use]
pub fn popup_area(size: (u16, u16), popup: &Popup) -> Rect {
    let spec = popup.spec();
    let (width, height) = spec.size;
    if spec.kind == PopupKind::Prompt {
        let height = height.min(size.1);
        return Rect::new(0, size.1 - height, size.0, height);
    }
    let width = width.min(size.0.saturating_sub(2));
    let height = height.min(size.1.saturating_sub(spec.margin));
    Rect::new((size.0 - width) / 2, (size.1 - height) / 2, width, height)
}

/// The rows of a popup's list: inside the border, below the heading and above the line of hints.
#[must_use]
pub fn popup_rows(size: (u16, u16), popup: &Popup) -> Rect {
    let inner = popup_area(size, popup).inner(Margin::new(1, 1));
    let height = inner.height.saturating_sub(1);
    let heading = popup.spec().heading.min(height);
    Rect { y: inner.y + heading, height: height - heading, ..inner }
}

fn at(areas: &[(Pane, Rect)], column: u16, row: u16) -> Option<Pane> {
    areas.iter().find(|(_, area)| area.contains(Position::new(column, row))).map(|(pane, _)| *pane)
}

/// Splits off `rows` at the bottom. Returns the rest and the bottom.
fn cut_bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let rest = Rect { height: area.height - rows, ..area };
    (rest, Rect { y: area.y + rest.height, height: rows, ..area })
}

/// Splits off `columns` on the right. Returns the rest and the right part.
fn cut_right(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    let rest = Rect { width: area.width - columns, ..area };
    (rest, Rect { x: area.x + rest.width, width: columns, ..area })
}

/// The rows of Compose for this many lines of data, with two borders, the fields and the payload.
fn grown(least: u16, lines: usize, most: u16) -> u16 {
    u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(4).min(most).max(least)
}

/// Adds the line of the tabs, below the line of the channels.
fn with_tabs(frame: Layout, body: Rect) -> Layout {
    let tabs = Rect { y: body.y + 1, height: 1, ..body };
    Layout { tabs: Some(tabs), tab_labels: tab_labels(tabs), ..frame }
}

fn narrow(body: Rect, focus: Pane, tab: Pane, detail_open: bool, lines: usize) -> Vec<(Pane, Rect)> {
    let mut panes = vec![(Pane::Channels, Rect { height: 1, ..body })];
    let mut rest = Rect { y: body.y + 2, height: body.height - 2, ..body };
    if focus == Pane::Compose {
        let least = if body.height < 18 { 5 } else { 7 };
        let (above, compose) = cut_bottom(rest, grown(least, lines, body.height / 2));
        panes.push((Pane::Compose, compose));
        rest = above;
    }
    if focus == Pane::Timeline {
        let (above, timeline) = cut_bottom(rest, TIMELINE);
        panes.push((Pane::Timeline, timeline));
        rest = above;
    }
    let tab = if matches!(tab, Pane::Findings | Pane::Rejected) { tab } else { Pane::Messages };
    panes.extend(list_and_detail(rest, focus, tab, detail_open || focus == Pane::Detail));
    panes
}

/// Detail next to the list or below it if both fit; otherwise the focused one.
fn list_and_detail(area: Rect, focus: Pane, tab: Pane, detail: bool) -> Vec<(Pane, Rect)> {
    if area.height < MIN_LIST {
        return Vec::new();
    }
    if !detail {
        return vec![(tab, area)];
    }
    if area.width >= 110 {
        let (list, detail) = cut_right(area, area.width * 2 / 5);
        return vec![(tab, list), (Pane::Detail, detail)];
    }
    if area.height >= 32 {
        let (list, detail) = cut_bottom(area, area.height / 2);
        return vec![(tab, list), (Pane::Detail, detail)];
    }
    if matches!(focus, Pane::Detail | Pane::Compose) { vec![(Pane::Detail, area)] } else { vec![(tab, area)] }
}

fn tab_labels(tabs: Rect) -> Vec<(Pane, Rect)> {
    let width = (tabs.width / 3).min(24);
    [Pane::Messages, Pane::Findings, Pane::Rejected]
        .into_iter()
        .zip(0..)
        .map(|(pane, index)| (pane, Rect { x: tabs.x + index * width, width, ..tabs }))
        .collect()
}

/// The areas of Compose's fields, with their labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComposeAreas {
    /// The channel.
    pub channel: Rect,
    /// The message's name.
    pub name: Rect,
    /// The key to sign with.
    pub key: Rect,
    /// The data, with its error on the right.
    pub data: Rect,
    /// The payload that would be sent; empty if it does not fit.
    pub payload: Rect,
}

impl ComposeAreas {
    /// The fields share the first line. The payload is in the last line, and the data between them.
    #[must_use]
    pub fn of(inner: Rect) -> Self {
        let inner = Rect { x: inner.x + inner.width.min(1), width: inner.width.saturating_sub(2), ..inner };
        let top = Rect { height: inner.height.min(1), ..inner };
        let third = inner.width / 3;
        let payload = u16::from(inner.height >= 3);
        let below = inner.height.saturating_sub(1);
        let data = Rect { y: inner.y + top.height, height: below - payload, ..inner };
        Self {
            channel: Rect { width: third.saturating_sub(2), ..top },
            name: Rect { x: inner.x + third, width: third.saturating_sub(2), ..top },
            key: Rect { x: inner.x + third * 2, width: inner.width - third * 2, ..top },
            data,
            payload: Rect { y: data.bottom(), height: payload, ..inner },
        }
    }

    /// The field at a position.
    #[must_use]
    pub fn field_at(&self, column: u16, row: u16) -> Option<Field> {
        let fields = [
            (Field::Channel, self.channel),
            (Field::Name, self.name),
            (Field::Key, self.key),
            (Field::Data, self.data),
        ];
        let place = Position::new(column, row);
        fields.into_iter().find(|(_, area)| area.contains(place)).map(|(field, _)| field)
    }
}
