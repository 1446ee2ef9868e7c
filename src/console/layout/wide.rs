//! The areas of the panes on a screen that shows all of them.

use ratatui::layout::{Position, Rect};

use crate::console::app::settings::{Border, Sizes};
use crate::console::layout::{Arrangement, DETAIL_COLUMN, Layout, cut_bottom, cut_right, grown};
use crate::console::panes::Pane;

/// The rows of Timeline: bars and marks.
pub(crate) const TIMELINE: u16 = 2;
/// The minimum number of rows of every other pane: its border and one line.
const MIN_ROWS: u16 = 3;
/// The minimum number of columns of the sidebar and of Detail.
const MIN_SIDE: u16 = 20;
/// The minimum number of columns of Messages.
const MIN_MESSAGES: u16 = 40;

/// The panes of the sidebar, from top to bottom.
const SIDEBAR: [Pane; 3] = [Pane::Channels, Pane::Findings, Pane::Rejected];

pub(crate) fn wide(body: Rect, arrangement: &Arrangement<'_>) -> Vec<(Pane, Rect)> {
    let Arrangement { focus, sizes, hidden, .. } = *arrangement;
    let is_shown = |pane: Pane| pane == focus || !hidden.contains(&pane);
    let compose = match (focus, body.height) {
        (Pane::Compose, 0..38) => grown(5, arrangement.compose_lines, body.height / 3),
        (Pane::Compose, 38..48) => grown(6, arrangement.compose_lines, body.height / 3),
        (Pane::Compose, _) => grown(7, arrangement.compose_lines, body.height / 3),
        _ => 0,
    };
    let (upper, compose) = cut_bottom(body, compose);
    let (upper, timeline) = cut_bottom(upper, if is_shown(Pane::Timeline) { TIMELINE } else { 0 });
    let sidebar: Vec<Pane> = SIDEBAR.into_iter().filter(|pane| is_shown(*pane)).collect();
    let detail = focus == Pane::Detail || (is_shown(Pane::Detail) && arrangement.detail.unwrap_or(true));
    let in_column = body.width >= DETAIL_COLUMN;
    let room = upper.width - MIN_MESSAGES;
    let side = |chosen: Option<u16>, usual: u16, most: u16| share(upper.width, chosen, usual).min(most).max(MIN_SIDE);
    let left_least = if sidebar.is_empty() { 0 } else { MIN_SIDE };
    let right = if detail && in_column { side(sizes.detail, upper.width / 4, room - left_least) } else { 0 };
    let left = if sidebar.is_empty() { 0 } else { side(sizes.left, 25 + upper.width / 20, room - right) };
    let (rest, column) = cut_right(upper, right);
    let (left, messages) = cut_right(rest, rest.width - left);
    let below = share(messages.height, sizes.detail, messages.height * 2 / 5);
    let below = below.min(messages.height - MIN_ROWS).max(MIN_ROWS);
    let (messages, below) = cut_bottom(messages, if detail && !in_column { below } else { 0 });
    let side = stacked(left, &sidebar, arrangement.channel_lines, sizes);
    let area = |pane: Pane| match pane {
        Pane::Channels | Pane::Findings | Pane::Rejected => {
            side.iter().find(|(shown, _)| *shown == pane).map_or(Rect::ZERO, |(_, area)| *area)
        }
        Pane::Messages => messages,
        Pane::Detail if in_column => column,
        Pane::Detail => below,
        Pane::Timeline => timeline,
        Pane::Compose => compose,
    };
    Pane::ALL.iter().map(|pane| (*pane, area(*pane))).filter(|(_, area)| !area.is_empty()).collect()
}

/// The number of cells of a chosen share of `total`, in thousandths, rounded down. If none was chosen, `usual`.
fn share(total: u16, chosen: Option<u16>, usual: u16) -> u16 {
    chosen.map_or(usual, |thousandths| {
        u16::try_from(u32::from(total) * u32::from(thousandths) / 1_000).unwrap_or(u16::MAX)
    })
}

/// The panes of the sidebar. Channels takes the rows that it needs, at most half; the others share the rest.
fn stacked(column: Rect, panes: &[Pane], channel_lines: usize, sizes: Sizes) -> Vec<(Pane, Rect)> {
    let channels = u16::try_from(channel_lines).unwrap_or(u16::MAX).saturating_add(2).min(column.height / 2);
    let usual = match panes.first() {
        Some(Pane::Channels) => (column.height - channels) / 2,
        _ => column.height / 2,
    };
    let mut rest = column;
    let mut stacked = Vec::new();
    for (above, pane) in panes.iter().enumerate().rev() {
        let needed = u16::try_from(above).unwrap_or(u16::MAX).saturating_mul(MIN_ROWS);
        let rows = match pane {
            _ if above == 0 => rest.height,
            Pane::Rejected => share(column.height, sizes.rejected, usual),
            _ if panes.len() == 2 => share(column.height, sizes.findings, column.height - channels),
            _ => share(column.height, sizes.findings, column.height - channels - usual),
        };
        let most = rest.height.saturating_sub(needed);
        let (left, area) = cut_bottom(rest, rows.min(most).max(MIN_ROWS));
        stacked.push((*pane, area));
        rest = left;
    }
    stacked.reverse();
    stacked
}

impl Layout {
    /// Whether the user moves the border sideways.
    #[must_use]
    pub(crate) fn is_vertical(&self, border: Border) -> bool {
        match border {
            Border::Left => true,
            Border::Detail => self.header.width >= DETAIL_COLUMN,
            Border::Findings | Border::Rejected => false,
        }
    }

    /// The columns or rows of the pane that a border sizes. `None` if the border is not on the screen.
    #[must_use]
    pub fn extent(&self, border: Border) -> Option<u16> {
        let area = self.sized_by(border)?;
        Some(if self.is_vertical(border) { area.width } else { area.height })
    }

    /// The share, in thousandths, that gives the pane `extent` columns or rows.
    #[must_use]
    pub fn share(&self, border: Border, extent: u16) -> Option<u16> {
        self.sized_by(border)?;
        let height = |panes: &[Pane]| panes.iter().filter_map(|pane| self.pane(*pane)).map(|area| area.height).sum();
        let total: u16 = match border {
            Border::Left => self.header.width,
            Border::Detail if self.is_vertical(border) => self.header.width,
            Border::Detail => height(&[Pane::Messages, Pane::Detail]),
            Border::Findings | Border::Rejected => height(&SIDEBAR),
        };
        u16::try_from((u32::from(extent) * 1_000).div_ceil(u32::from(total.max(1)))).ok()
    }

    /// The border at a place on the screen. It is two cells wide: the panes on both sides have one each.
    #[must_use]
    pub fn border_at(&self, column: u16, row: u16) -> Option<Border> {
        let place = Position::new(column, row);
        Border::ALL.into_iter().find(|border| {
            let Some(area) = self.sized_by(*border) else { return false };
            let handle = match border {
                Border::Left => {
                    let messages = self.pane(Pane::Messages).unwrap_or_default();
                    Rect { x: area.right() - 1, width: 2, ..messages }
                }
                Border::Detail if self.is_vertical(*border) => Rect { x: area.x.saturating_sub(1), width: 2, ..area },
                Border::Detail | Border::Findings | Border::Rejected => {
                    Rect { y: area.y.saturating_sub(1), height: 2, ..area }
                }
            };
            handle.contains(place)
        })
    }

    /// The extent that a pane would have if its border were at this place. It can be more than the screen allows.
    #[must_use]
    pub(crate) fn extent_to(&self, border: Border, column: u16, row: u16) -> Option<i32> {
        let area = self.sized_by(border)?;
        let (column, row) = (i32::from(column), i32::from(row));
        Some(match border {
            Border::Left => column + 1 - i32::from(area.x),
            Border::Detail if self.is_vertical(border) => i32::from(area.right()) - column,
            Border::Detail | Border::Findings | Border::Rejected => i32::from(area.bottom()) - row,
        })
    }

    /// The area of the pane that a border sizes, if the border is on the screen.
    fn sized_by(&self, border: Border) -> Option<Rect> {
        if !self.wide {
            return None;
        }
        let below = |pane: Pane, above: &[Pane]| {
            self.pane(pane).filter(|_| above.iter().any(|other| self.pane(*other).is_some()))
        };
        // A zoomed pane has no neighbour.
        let next_to_messages = |area: &Rect| self.pane(Pane::Messages).is_some_and(|messages| messages != *area);
        match border {
            Border::Left => SIDEBAR.iter().find_map(|pane| self.pane(*pane)).filter(next_to_messages),
            Border::Detail => self.pane(Pane::Detail).filter(next_to_messages),
            Border::Findings => below(Pane::Findings, &[Pane::Channels]),
            Border::Rejected => below(Pane::Rejected, &[Pane::Channels, Pane::Findings]),
        }
    }
}
