//! The layout of a wide screen, with chosen sizes and hidden panes.

use std::collections::BTreeSet;

use ratatui::layout::{Position, Rect};

use crate::console::app::settings::{Border, Sizes};
use crate::console::app::state::Pane;
use crate::console::layout::{Layout, cut_bottom, cut_right, grown};

/// The rows of the timeline, with its border.
pub(crate) const TIMELINE: u16 = 3;
/// The minimum rows of a pane: its border and one line.
const MIN_ROWS: u16 = 3;
/// The minimum columns of the left side and of Detail.
const MIN_SIDE: u16 = 20;
/// The minimum columns of Messages.
const MIN_MESSAGES: u16 = 40;

/// The display settings.
#[derive(Debug, Clone, Copy)]
pub struct Arrangement<'a> {
    /// The sizes of the panes.
    pub sizes: Sizes,
    /// The panes that are only shown while they have the focus.
    pub hidden: &'a BTreeSet<Pane>,
}

impl Default for Arrangement<'_> {
    fn default() -> Self {
        static NOTHING: BTreeSet<Pane> = BTreeSet::new();
        Self { sizes: Sizes::default(), hidden: &NOTHING }
    }
}

/// The panes of the left side, from top to bottom.
const LEFT: [Pane; 3] = [Pane::Channels, Pane::Findings, Pane::Rejected];

/// The areas of all visible panes. Compose has one line for the last result, and grows with its data when focused.
pub(crate) fn wide(body: Rect, focus: Pane, lines: usize, chosen: Arrangement<'_>) -> Vec<(Pane, Rect)> {
    let is_shown = |pane: Pane| pane == focus || !chosen.hidden.contains(&pane);
    let rows = if focus == Pane::Compose {
        let least = match body.height {
            0..38 => 5,
            38..48 => 6,
            48.. => 7,
        };
        grown(least, lines, body.height / 3)
    } else if is_shown(Pane::Compose) {
        3
    } else {
        0
    };
    let (upper, compose) = cut_bottom(body, rows);
    let (upper, timeline) = cut_bottom(upper, if is_shown(Pane::Timeline) { TIMELINE } else { 0 });
    let in_column: Vec<Pane> = LEFT.into_iter().filter(|pane| is_shown(*pane)).collect();
    let room = upper.width - MIN_MESSAGES;
    let side = |shown: bool, chosen: Option<u16>, usual: u16, most: u16| {
        if shown { chosen.unwrap_or(usual).min(most).max(MIN_SIDE) } else { 0 }
    };
    let usual = (upper.width / 100 * 28 + upper.width % 100 * 28 / 100).clamp(34, 64);
    let left_least = if in_column.is_empty() { 0 } else { MIN_SIDE };
    let detail = side(is_shown(Pane::Detail), chosen.sizes.detail, usual, room - left_least);
    let left = side(!in_column.is_empty(), chosen.sizes.left, (upper.width / 4).clamp(32, 50), room - detail);
    let (rest, detail) = cut_right(upper, detail);
    let (column, messages) = cut_right(rest, rest.width - left);
    let mut panes = vec![(Pane::Messages, messages)];
    panes.extend(stacked(column, &in_column, chosen.sizes));
    panes.extend([(Pane::Detail, detail), (Pane::Timeline, timeline), (Pane::Compose, compose)]);
    panes.retain(|(_, area)| !area.is_empty());
    panes
}

/// Stacks panes in a column. The lower ones have their chosen rows, the first one the rest.
fn stacked(column: Rect, panes: &[Pane], sizes: Sizes) -> Vec<(Pane, Rect)> {
    let share = column.height * 3 / 10;
    let mut rest = column;
    let mut stacked = Vec::new();
    for (above, pane) in panes.iter().enumerate().rev() {
        let needed = u16::try_from(above).unwrap_or(u16::MAX).saturating_mul(MIN_ROWS);
        let chosen = match pane {
            _ if above == 0 => rest.height,
            Pane::Rejected => sizes.rejected.unwrap_or(share),
            _ => sizes.findings.unwrap_or(share),
        };
        let most = rest.height.saturating_sub(needed);
        let (left, area) = cut_bottom(rest, chosen.min(most).max(MIN_ROWS));
        stacked.push((*pane, area));
        rest = left;
    }
    stacked.reverse();
    stacked
}

impl Layout {
    /// The size of the pane that a border resizes; `None` if the border is not visible.
    #[must_use]
    pub fn extent(&self, border: Border) -> Option<u16> {
        let area = self.sized_by(border)?;
        Some(if border.is_upright() { area.width } else { area.height })
    }

    /// The border at a position. It is two cells wide: one of each pane.
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
                Border::Detail => Rect { x: area.x.saturating_sub(1), width: 2, ..area },
                Border::Findings | Border::Rejected => Rect { y: area.y.saturating_sub(1), height: 2, ..area },
            };
            handle.contains(place)
        })
    }

    /// The size that a pane would have with its border at a position. It may be too large for the screen.
    #[must_use]
    pub fn extent_to(&self, border: Border, column: u16, row: u16) -> Option<i32> {
        let area = self.sized_by(border)?;
        let (column, row) = (i32::from(column), i32::from(row));
        Some(match border {
            Border::Left => column + 1 - i32::from(area.x),
            Border::Detail => i32::from(area.right()) - column,
            Border::Findings | Border::Rejected => i32::from(area.bottom()) - row,
        })
    }

    /// The area of the pane that a border resizes, if the border is visible.
    fn sized_by(&self, border: Border) -> Option<Rect> {
        if !self.wide {
            return None;
        }
        let below = |pane: Pane, above: &[Pane]| {
            self.pane(pane).filter(|_| above.iter().any(|other| self.pane(*other).is_some()))
        };
        match border {
            Border::Left => LEFT.iter().find_map(|pane| self.pane(*pane)),
            Border::Detail => self.pane(Pane::Detail),
            Border::Findings => below(Pane::Findings, &[Pane::Channels]),
            Border::Rejected => below(Pane::Rejected, &[Pane::Channels, Pane::Findings]),
        }
    }
}
