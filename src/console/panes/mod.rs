//! The panes. Each has its state, its update and its view; panes call each other only through `app`.
//!
//! This module is the only one that names all panes, except for the layout, which places them.

pub mod channels;
pub mod compose;
pub mod detail;
pub mod findings;
pub mod messages;
pub mod rejected;
pub mod timeline;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::console::app::context::Context;
use crate::console::app::settings::Border;
use crate::console::app::state::State;
use crate::console::keymap::context::Context as C;
use crate::console::keymap::table::Action;
use crate::console::layout::{ComposeAreas, Layout};
use crate::console::panes::detail::fold;
use crate::console::panes::timeline::state::bars;
use crate::console::ui::list_cursor::{ListCursor, Move};
use crate::console::ui::narrowing::Narrowing;
use crate::ledger::format::number;

/// The panes, in the order of Tab.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::IntoStaticStr,
    strum::VariantArray,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[expect(missing_docs, reason = "the variants are the panes' titles")]
pub enum Pane {
    Channels,
    Messages,
    Findings,
    Rejected,
    Detail,
    Timeline,
    Compose,
}

/// The properties of a pane that do not depend on the state.
#[derive(Debug, Clone, Copy)]
pub struct PaneSpec {
    /// The title.
    pub title: &'static str,
    /// What it shows, in a few words.
    pub shows: &'static str,
    /// The contexts of its keys. Keys of the first contexts take precedence.
    pub contexts: &'static [C],
    /// Whether it can be hidden while it does not have the focus.
    pub can_hide: bool,
    /// Whether Tab goes to it.
    pub has_tab_stop: bool,
    /// Whether it is a list that shares an area with the other lists on a small screen.
    pub is_tab: bool,
    /// When it has a border.
    pub bordered: Bordered,
}

/// When a pane has a border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bordered {
    /// At every size.
    Always,
    /// In the layout without tabs.
    Wide,
    /// At no size.
    Never,
}

impl PaneSpec {
    const fn new(title: &'static str, shows: &'static str, bordered: Bordered, contexts: &'static [C]) -> Self {
        Self { title, shows, contexts, can_hide: true, has_tab_stop: true, is_tab: false, bordered }
    }

    const fn tab(self) -> Self {
        Self { is_tab: true, ..self }
    }

    const fn never_hidden(self) -> Self {
        Self { can_hide: false, ..self }
    }

    const fn without_tab_stop(self) -> Self {
        Self { has_tab_stop: false, ..self }
    }
}

impl Pane {
    /// All panes.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The table of all panes.
    #[must_use]
    pub const fn spec(self) -> PaneSpec {
        let spec = PaneSpec::new;
        match self {
            Self::Channels => spec(
                "Channels",
                "each channel's number, rate, gaps, rejections",
                Bordered::Wide,
                &[C::Channels, C::Picking, C::Sorting, C::Moving, C::Panes, C::Everywhere],
            ),
            Self::Messages => spec(
                "Messages",
                "messages, gaps and rejections in order",
                Bordered::Wide,
                // A narrow footer omits the hints of a finding first.
                &[C::Messages, C::Row, C::Copy, C::Moving, C::Panes, C::Finding, C::Gap, C::Everywhere],
            )
            .tab()
            .never_hidden(),
            Self::Findings => spec(
                "Findings",
                "what was missed, and other findings",
                Bordered::Wide,
                &[C::FindingsAndRejected, C::Finding, C::Gap, C::Moving, C::Panes, C::Everywhere],
            )
            .tab(),
            Self::Rejected => spec(
                "Rejected",
                "the messages that were rejected, and why",
                Bordered::Wide,
                &[C::FindingsAndRejected, C::Moving, C::Panes, C::Everywhere],
            )
            .tab(),
            Self::Detail => spec(
                "Detail",
                "the checks and the data of the selected row",
                Bordered::Always,
                &[C::Detail, C::Finding, C::Gap, C::Row, C::Copy, C::Moving, C::Panes, C::Everywhere],
            ),
            Self::Timeline => spec(
                "Timeline",
                "messages per second over time",
                Bordered::Never,
                &[C::Timeline, C::Messages, C::Moving, C::Panes, C::Everywhere],
            ),
            // It appears only while it is in use, and Tab moves between its fields.
            Self::Compose => spec(
                "Compose",
                "the message being composed",
                Bordered::Always,
                &[C::Send, C::Compose, C::Fields, C::Text, C::Everywhere],
            )
            .never_hidden()
            .without_tab_stop(),
        }
    }

    /// The name in the settings file.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The panes that can be hidden.
    pub fn hideable() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|pane| pane.spec().can_hide)
    }

    /// All panes. If several panes have a context, the first of them is used: for a finding Findings, because the selected row of
    /// Messages can be a message, otherwise Messages.
    pub(crate) fn by_preference() -> impl Iterator<Item = Self> {
        let first = [Self::Findings, Self::Messages];
        first.into_iter().chain(Self::ALL.iter().copied().filter(move |pane| !first.contains(pane)))
    }
}

/// Draws a pane.
pub(crate) fn render(cx: &Context<'_>, layout: &Layout, pane: Pane, area: Rect, buf: &mut Buffer) {
    let framed = layout.bordered(pane);
    let lines = layout.entry_lines(pane);
    match pane {
        Pane::Channels => channels::view::render(cx, area, buf),
        Pane::Messages => messages::view::render(cx, area, buf, framed, compose::receipt::last(cx)),
        Pane::Findings => findings::view::render(cx, area, buf, framed, lines),
        Pane::Rejected => rejected::view::render(cx, area, buf, framed, lines),
        Pane::Detail => detail::view::render(cx, area, buf),
        Pane::Timeline => timeline::view::render(cx, area, buf),
        Pane::Compose => compose::view::render(cx, area, buf),
    }
}

/// The number that the tab of a pane shows, and its style. `None` if the pane has no tab.
pub(crate) fn tab_number(cx: &Context<'_>, pane: Pane) -> Option<(String, Style)> {
    match pane {
        Pane::Messages => Some((messages::view::status_short(cx), cx.theme.accent)),
        Pane::Findings => Some(findings::view::numbers(cx)),
        Pane::Rejected => Some((number(cx.state.totals.rejected), cx.theme.bad)),
        Pane::Channels | Pane::Detail | Pane::Timeline | Pane::Compose => None,
    }
}

/// How many entries of a list are shown. Wrapped rows of Messages have different heights.
pub(crate) fn entries(state: &State, pane: Pane) -> usize {
    if pane == Pane::Messages && state.messages.wrapped {
        messages::view::drawn_now(state).len()
    } else {
        Layout::for_state(state).entries(pane)
    }
}

/// Updates the state for a pane that gets the focus.
pub(crate) fn entered(state: &mut State, pane: Pane) {
    match pane {
        Pane::Messages | Pane::Findings | Pane::Rejected => (state.tab, state.detail_list) = (pane, pane),
        Pane::Detail => state.detail.open = Some(true),
        Pane::Compose => compose::update::entered(state),
        Pane::Channels | Pane::Timeline => {}
    }
}

/// Moves the cursor or window of a pane.
pub(crate) fn go(state: &mut State, pane: Pane, step: Move) {
    match pane {
        Pane::Channels | Pane::Findings | Pane::Rejected | Pane::Detail => {
            if let Some((position, len, height)) = list_mut(state, pane) {
                *position = position.moved(step, len, height);
            }
        }
        Pane::Messages => {
            let height = entries(state, pane);
            state.messages.go(step, height);
        }
        Pane::Timeline => timeline::update::scroll(state, step),
        Pane::Compose => {}
    }
}

/// Scrolls, folds or moves in time: to the left if `step` is negative, otherwise to the right.
pub(crate) fn go_sideways(state: &mut State, pane: Pane, step: isize) {
    match pane {
        Pane::Channels => channels::update::fold_or_unfold(state, step < 0),
        Pane::Messages => state.messages.scroll_sideways(step),
        Pane::Detail if step < 0 => fold::fold(state),
        Pane::Detail => fold::unfold(state),
        Pane::Timeline => timeline::update::step(state, step),
        Pane::Findings | Pane::Rejected | Pane::Compose => {}
    }
}

/// The cursor of a pane that stores one, the number of its entries, and how many of them are shown.
fn list_mut(state: &mut State, pane: Pane) -> Option<(&mut ListCursor, usize, usize)> {
    let height = Layout::for_state(state).entries(pane);
    Some(match pane {
        Pane::Channels => {
            let len = state.channels.lines().len();
            (&mut state.channels.position, len, height)
        }
        Pane::Findings => {
            let len = state.findings.list.len();
            (&mut state.findings.list.position, len, height)
        }
        Pane::Rejected => {
            let len = state.rejections.list.len();
            (&mut state.rejections.list.position, len, height)
        }
        Pane::Detail => {
            let height = state.detail.scrolling_height(height);
            (&mut state.detail.position, state.detail.lines.total(), height)
        }
        Pane::Messages | Pane::Timeline | Pane::Compose => return None,
    })
}

/// The narrowing of a pane's list, how many entries match, and the number of all entries. `None` if the list cannot be narrowed.
pub(crate) fn narrowing(state: &State, pane: Pane) -> Option<(&Narrowing, (usize, usize))> {
    let (channels, findings, rejections) = (&state.channels, &state.findings.list, &state.rejections.list);
    match pane {
        Pane::Channels => Some((&channels.narrowing, channels.found())),
        Pane::Findings => Some((&findings.narrowing, findings.found())),
        Pane::Rejected => Some((&rejections.narrowing, rejections.found())),
        Pane::Messages | Pane::Detail | Pane::Timeline | Pane::Compose => None,
    }
}

/// The narrowing of a pane's list, to change it. [`narrow`] applies the change.
pub(crate) fn narrowing_mut(state: &mut State, pane: Pane) -> Option<&mut Narrowing> {
    match pane {
        Pane::Channels => Some(&mut state.channels.narrowing),
        Pane::Findings => Some(&mut state.findings.list.narrowing),
        Pane::Rejected => Some(&mut state.rejections.list.narrowing),
        Pane::Messages | Pane::Detail | Pane::Timeline | Pane::Compose => None,
    }
}

/// Applies the narrowing of a pane's list.
pub(crate) fn narrow(state: &mut State, pane: Pane) {
    match pane {
        Pane::Channels => state.channels.refresh(),
        Pane::Findings => state.findings.list.narrow(),
        Pane::Rejected => state.rejections.list.narrow(),
        Pane::Messages | Pane::Detail | Pane::Timeline | Pane::Compose => {}
    }
}

/// Moves each window to its cursor, so that it does not jump while rows are added or removed.
pub(crate) fn settle(state: &mut State) {
    for pane in Pane::ALL {
        if let Some((position, len, height)) = list_mut(state, *pane) {
            *position = position.settled(len, height);
        }
    }
    if !state.messages.wrapped {
        let height = Layout::for_state(state).entries(Pane::Messages);
        state.messages.settle(height);
        return;
    }
    // The heights depend on the widths of the columns, and these on the first row: the second time is exact.
    for _ in 0..2 {
        let drawn = messages::view::drawn_now(state);
        if let (Some(first), Some(last)) = (drawn.first(), drawn.last()) {
            state.messages.settle_at(first.index..last.index + 1);
        }
    }
}

/// Selects what is at a place in a pane. Returns the action of a double click there.
pub(crate) fn click(state: &mut State, layout: &Layout, pane: Pane, place: Position) -> Option<Action> {
    let inner = layout.inner(pane).filter(|inner| inner.contains(place))?;
    let (line, column) = (place.y - inner.y, place.x - inner.x);
    let entry = usize::from(line / layout.entry_lines(pane));
    let height = layout.entries(pane);
    match pane {
        // On a small screen all channels share one line.
        Pane::Channels if !layout.wide => None,
        Pane::Channels => {
            state.channels.position.cursor = state.channels.window(height).nth(entry)?;
            Some(Action::PickOnly)
        }
        Pane::Messages => {
            let drawn = messages::view::drawn_now(state);
            let cursor = drawn.iter().find(|row| (row.y..row.y + row.lines).contains(&line))?.index;
            state.messages.set_position(ListCursor { cursor, top: drawn.first()?.index });
            Some(Action::OpenDetail)
        }
        Pane::Findings => {
            state.findings.list.position.cursor = state.findings.list.window(height).nth(entry)?;
            Some(Action::GoToRow)
        }
        Pane::Rejected => {
            state.rejections.list.position.cursor = state.rejections.list.window(height).nth(entry)?;
            Some(Action::GoToRow)
        }
        Pane::Detail => {
            detail::update::click(state, usize::from(line), usize::from(column).saturating_sub(1), height);
            None
        }
        Pane::Timeline => {
            timeline::update::point(state, usize::from(place.x.saturating_sub(bars(inner).x)));
            None
        }
        Pane::Compose => {
            state.compose.field = ComposeAreas::of(inner).field_at(place.x, place.y).unwrap_or(state.compose.field);
            None
        }
    }
}

/// The border that makes a pane wider, and whether the border sizes a neighbour, which then becomes narrower. `None` if the pane
/// is as wide as the screen.
pub(crate) fn side_border(layout: &Layout, pane: Pane) -> Option<(Border, bool)> {
    match pane {
        Pane::Channels | Pane::Findings | Pane::Rejected => Some((Border::Left, false)),
        Pane::Detail if layout.is_vertical(Border::Detail) => Some((Border::Detail, false)),
        Pane::Detail => Some((Border::Left, true)),
        // Messages takes the columns from the left side, or from Detail if there is no left side.
        Pane::Messages if layout.extent(Border::Left).is_some() => Some((Border::Left, true)),
        Pane::Messages => Some((Border::Detail, true)),
        Pane::Timeline | Pane::Compose => None,
    }
}

/// The border that makes a pane higher, and whether the border sizes a neighbour, which then becomes lower.
pub(crate) fn top_border(layout: &Layout, pane: Pane) -> Option<(Border, bool)> {
    match pane {
        Pane::Findings => Some((Border::Findings, false)),
        Pane::Rejected => Some((Border::Rejected, false)),
        // Channels takes the rows from the pane below.
        Pane::Channels if layout.extent(Border::Findings).is_some() => Some((Border::Findings, true)),
        Pane::Channels => Some((Border::Rejected, true)),
        Pane::Detail if !layout.is_vertical(Border::Detail) => Some((Border::Detail, false)),
        Pane::Messages if !layout.is_vertical(Border::Detail) => Some((Border::Detail, true)),
        Pane::Messages | Pane::Detail | Pane::Timeline | Pane::Compose => None,
    }
}
