//! The areas of the panes for a size of the terminal. Drawing and the mouse use the same areas.
//!
//! ```text
//! 120 x 30 and more                    smaller
//! ┌ header ──────────────────────┐     ┌ header ──────────────────────┐
//! │ Channels │ Messages          │     │ Channels, one line           │
//! │ Findings ├───────────────────┤     │ Messages | Findings | Rejected │
//! │ Rejected │ Detail            │     │ the list of the tab,         │
//! ├──────────┴───────────────────┤     │ or Detail over it            │
//! │ Timeline                     │     │ Timeline or Compose,         │
//! │ Compose, while in use        │     │ while in use                 │
//! └ footer ──────────────────────┘     └ footer ──────────────────────┘
//! ```
//!
//! From 240 columns on, Detail is a column to the right of Messages.

pub mod wide;

use std::collections::BTreeSet;

use ratatui::layout::{Margin, Position, Rect};

use crate::console::app::settings::Sizes;
use crate::console::app::state::State;
use crate::console::layout::wide::{TIMELINE, wide};
use crate::console::panes::compose::state::Field;
use crate::console::panes::detail::state::DetailView;
use crate::console::panes::{Bordered, Pane};
use crate::console::popups::{Popup, PopupKind};

/// From this size on, all panes are shown at once.
pub const WIDE: (u16, u16) = (120, 30);
/// From this width on, Detail is a column.
pub(crate) const DETAIL_COLUMN: u16 = 240;
/// Below this size, only a line is shown that asks for a larger window.
pub(crate) const SMALLEST: (u16, u16) = (40, 10);

/// A list with fewer rows is not shown next to Compose or Timeline.
const MIN_LIST: u16 = 3;

/// The input of the layout, in addition to the size of the terminal.
#[derive(Debug, Clone, Copy)]
pub struct Arrangement<'a> {
    /// The pane that has the focus. It is always shown.
    pub focus: Pane,
    /// The list that was shown last: Messages, Findings or Rejected.
    pub tab: Pane,
    /// Whether the user opened or closed Detail. `None`: it is open if all panes are shown at once.
    pub detail: Option<bool>,
    /// Whether the pane with the focus takes the whole screen.
    pub zoomed: bool,
    /// The number of lines of data in Compose, which grows with them.
    pub compose_lines: usize,
    /// The number of lines in Channels.
    pub channel_lines: usize,
    /// The sizes that the user chose.
    pub sizes: Sizes,
    /// The panes that are shown only while they have the focus.
    pub hidden: &'a BTreeSet<Pane>,
}

impl Default for Arrangement<'_> {
    fn default() -> Self {
        static NONE: BTreeSet<Pane> = BTreeSet::new();
        Self {
            focus: Pane::Messages,
            tab: Pane::Messages,
            detail: None,
            zoomed: false,
            compose_lines: 1,
            channel_lines: 4,
            sizes: Sizes::default(),
            hidden: &NONE,
        }
    }
}

/// The areas of one screen. A pane without room is absent.
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
    /// Whether there are no tabs: the screen is large, or one pane is zoomed. Lists then have a border.
    pub wide: bool,
    /// Whether the terminal is smaller than `SMALLEST`. Only a line that asks for a larger window is then drawn.
    pub too_small: bool,
}

impl Layout {
    /// The layout for a terminal of `size` columns and rows.
    #[must_use]
    pub fn of(size: (u16, u16), arrangement: Arrangement<'_>) -> Self {
        let (width, height) = size;
        if width < SMALLEST.0 || height < SMALLEST.1 {
            return Self { too_small: true, ..Self::default() };
        }
        let header = Rect::new(0, 0, width, 1);
        let footer = Rect::new(0, height - 1, width, 1);
        let body = Rect::new(0, 1, width, height - 2);
        let frame = Self { header, footer, ..Self::default() };
        if arrangement.zoomed {
            Self { panes: vec![(arrangement.focus, body)], wide: true, ..frame }
        } else if width >= WIDE.0 && height >= WIDE.1 {
            Self { panes: wide(body, &arrangement), wide: true, ..frame }
        } else {
            Self { panes: narrow(body, &arrangement), ..with_tabs(frame, body) }
        }
    }

    /// The layout for a state.
    #[must_use]
    pub fn for_state(state: &State) -> Self {
        let arrangement = Arrangement {
            focus: state.focus,
            tab: state.tab,
            detail: state.detail.open,
            zoomed: state.zoomed,
            compose_lines: state.compose.data.lines().len(),
            channel_lines: state.channels.all_lines(),
            sizes: state.settings.sizes,
            hidden: &state.settings.hidden,
        };
        Self::of(state.size, arrangement)
    }

    /// The area of a pane with its border, if it is visible.
    #[must_use]
    pub fn pane(&self, pane: Pane) -> Option<Rect> {
        self.panes.iter().find(|(shown, _)| *shown == pane).map(|(_, area)| *area)
    }

    /// Whether a pane is drawn with a border.
    #[must_use]
    pub fn bordered(&self, pane: Pane) -> bool {
        match pane.spec().bordered {
            Bordered::Always => true,
            Bordered::Wide => self.wide,
            Bordered::Never => false,
        }
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
        match pane {
            Pane::Findings | Pane::Rejected if self.wide => 2,
            _ => 1,
        }
    }

    /// How many entries of a list fit; 0 if it is hidden. `panes::entries` takes wrapped payloads into
    /// account.
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

/// The line of hints inside a popup's border.
#[must_use]
pub(crate) fn popup_hints(size: (u16, u16), popup: &Popup) -> Rect {
    let inner = popup_area(size, popup).inner(Margin::new(1, 1));
    let height = inner.height.min(1);
    Rect { y: inner.bottom() - height, height, ..inner }
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

/// The number of rows of Compose for `lines` lines of data, from `least` to `most`. The borders, the fields and the payload take
/// four rows.
fn grown(least: u16, lines: usize, most: u16) -> u16 {
    u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(4).min(most).max(least)
}

/// Adds the line of the tabs, below the line of the channels.
fn with_tabs(frame: Layout, body: Rect) -> Layout {
    let tabs = Rect { y: body.y + 1, height: 1, ..body };
    Layout { tabs: Some(tabs), tab_labels: tab_labels(tabs), ..frame }
}

fn narrow(body: Rect, arrangement: &Arrangement<'_>) -> Vec<(Pane, Rect)> {
    let mut panes = vec![(Pane::Channels, Rect { height: 1, ..body })];
    let mut rest = Rect { y: body.y + 2, height: body.height - 2, ..body };
    match arrangement.focus {
        Pane::Compose => {
            let least = if body.height < 18 { 5 } else { 7 };
            let (above, compose) = cut_bottom(rest, grown(least, arrangement.compose_lines, body.height / 2));
            panes.push((Pane::Compose, compose));
            rest = above;
        }
        Pane::Timeline => {
            let (above, timeline) = cut_bottom(rest, TIMELINE);
            panes.push((Pane::Timeline, timeline));
            rest = above;
        }
        _ => {}
    }
    if rest.height >= MIN_LIST {
        let tab = if arrangement.tab.spec().is_tab { arrangement.tab } else { Pane::Messages };
        let is_placed = panes.iter().any(|(pane, _)| *pane == arrangement.focus) || arrangement.focus.spec().is_tab;
        let shown = match arrangement.focus {
            Pane::Compose if arrangement.detail == Some(true) => Pane::Detail,
            // A pane without a place of its own opens over the list.
            focus if !is_placed => focus,
            _ => tab,
        };
        panes.push((shown, rest));
    }
    panes
}

fn tab_labels(tabs: Rect) -> Vec<(Pane, Rect)> {
    let width = (tabs.width / 3).min(24);
    let tab_panes = Pane::ALL.iter().filter(|pane| pane.spec().is_tab);
    tab_panes.zip(0..).map(|(pane, index)| (*pane, Rect { x: tabs.x + index * width, width, ..tabs })).collect()
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
    pub(crate) fn field_at(&self, column: u16, row: u16) -> Option<Field> {
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
