//! What a person has chosen for the screen, and what stays from run to run: names and numbers, no styles.

use std::collections::BTreeSet;

use ratatui::layout::Position;

use crate::console::app::state::{Notice, Pane, State};
use crate::console::layout::Layout;
use crate::console::popups::Popup;

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The theme; none: as the terminal's environment says. What was chosen holds under `NO_COLOR` too, which asks for
    /// what is usual (<https://no-color.org>).
    pub theme: Option<ThemeName>,
    /// Times are shown in UTC instead of the local time zone.
    pub utc: bool,
    /// How the times of messages are written.
    pub time_format: TimeFormat,
    /// The optional columns of Messages that are shown.
    pub columns: ShownColumns,
    /// How large the panes are.
    pub sizes: Sizes,
    /// The panes that are only shown while they have the focus.
    pub hidden: BTreeSet<Pane>,
}

/// The themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThemeName {
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// The sixteen colours of the terminal's own palette.
    Sixteen,
    /// No colours.
    None,
}

impl ThemeName {
    /// All themes, in the order in which they follow each other.
    pub const ALL: [Self; 4] = [Self::Light, Self::Dark, Self::Sixteen, Self::None];

    /// Its name, as it is kept.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Sixteen => "16",
            Self::None => "none",
        }
    }
}

/// How the times of messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimeFormat {
    /// `12:31:06.412`
    #[default]
    Millis,
    /// `12:31:06`
    Seconds,
    /// `2026-07-01 12:31:06.412`
    Date,
}

impl TimeFormat {
    /// All formats, in the order in which they follow each other.
    pub const ALL: [Self; 3] = [Self::Millis, Self::Seconds, Self::Date];

    /// Its name, as it is kept.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Millis => "milliseconds",
            Self::Seconds => "seconds",
            Self::Date => "date",
        }
    }
}

/// A column of Messages that can be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageColumn {
    /// When it came.
    Time,
    /// How long ago it came.
    Age,
    /// Its channel, where several are shown.
    Channel,
    /// The bytes of its payload.
    Size,
    /// The key that it was signed with.
    Key,
}

impl MessageColumn {
    /// All of them, from left to right.
    pub const ALL: [Self; 5] = [Self::Time, Self::Age, Self::Channel, Self::Size, Self::Key];

    /// Its name, as it is kept.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Age => "age",
            Self::Channel => "channel",
            Self::Size => "size",
            Self::Key => "key",
        }
    }

    /// Its content.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Time => "when it came",
            Self::Age => "how long ago it came",
            Self::Channel => "its channel, where several are shown",
            Self::Size => "the bytes of its payload",
            Self::Key => "the key that it was signed with",
        }
    }
}

/// The columns that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownColumns(pub BTreeSet<MessageColumn>);

impl ShownColumns {
    /// Whether a column is shown, where it has room.
    #[must_use]
    pub fn has(&self, column: MessageColumn) -> bool {
        self.0.contains(&column)
    }
}

impl Default for ShownColumns {
    fn default() -> Self {
        Self([MessageColumn::Time, MessageColumn::Channel, MessageColumn::Key].into())
    }
}

/// How large the panes are, in cells with their borders, where every pane is shown at once; none: as the screen suggests.
/// What a screen has no room for is cut when it is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sizes {
    /// The columns of the left side: Channels, Findings, Rejected.
    pub left: Option<u16>,
    /// The columns of Detail.
    pub detail: Option<u16>,
    /// The rows of Findings.
    pub findings: Option<u16>,
    /// The rows of Rejected.
    pub rejected: Option<u16>,
}

/// A border that can be moved, by the pane that it sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Border {
    /// Between the left side and Messages.
    Left,
    /// Between Messages and Detail.
    Detail,
    /// Above Findings.
    Findings,
    /// Above Rejected.
    Rejected,
}

impl Border {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Left, Self::Detail, Self::Findings, Self::Rejected];

    /// Whether it is moved from side to side.
    #[must_use]
    pub fn is_upright(self) -> bool {
        matches!(self, Self::Left | Self::Detail)
    }
}

/// The panes that can be hidden; Messages always stays.
pub const HIDEABLE: [Pane; 6] =
    [Pane::Channels, Pane::Findings, Pane::Rejected, Pane::Detail, Pane::Timeline, Pane::Compose];

/// A pane's name, as it is kept.
#[must_use]
pub fn pane_name(pane: Pane) -> &'static str {
    match pane {
        Pane::Channels => "channels",
        Pane::Messages => "messages",
        Pane::Findings => "findings",
        Pane::Rejected => "rejected",
        Pane::Detail => "detail",
        Pane::Timeline => "timeline",
        Pane::Compose => "compose",
    }
}

/// A list of things that are shown or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToggleList {
    /// What is listed.
    pub of: SwitchList,
    /// The line under the cursor.
    pub cursor: usize,
}

/// What can be shown or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchList {
    /// The panes.
    Panes,
    /// The columns of Messages.
    Columns,
}

impl SwitchList {
    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Panes => HIDEABLE.len(),
            Self::Columns => MessageColumn::ALL.len(),
        }
    }

    /// Never: there is always something to choose.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// The columns by which a key moves a border.
const COLUMNS: i32 = 2;

/// A border and a line.
const MIN_ROWS: u16 = 3;

/// The next theme; after the last one, as the terminal's environment says.
pub(crate) fn next_theme(state: &mut State) {
    state.settings.theme = match state.settings.theme {
        None => Some(ThemeName::ALL[0]),
        Some(theme) => ThemeName::ALL.into_iter().skip_while(|known| *known != theme).nth(1),
    };
    state.notice = Some(match state.settings.theme {
        Some(theme) => Notice::done(format!("theme: {}", theme.name())),
        None => Notice::done("theme: as the terminal's environment says"),
    });
}

/// UTC, or the local time zone.
pub(crate) fn toggle_zone(state: &mut State) {
    state.settings.utc = !state.settings.utc;
    state.notice = Some(Notice::done(if state.settings.utc { "times: UTC" } else { "times: local time zone" }));
}

/// The next way to write the times of messages.
pub(crate) fn next_time_format(state: &mut State) {
    let format = state.settings.time_format;
    let next = TimeFormat::ALL.into_iter().skip_while(|known| *known != format).nth(1);
    state.settings.time_format = next.unwrap_or_default();
    state.notice = Some(Notice::done(format!("times of messages: {}", state.settings.time_format.name())));
}

/// Opens the list of the panes or of the columns.
pub(crate) fn open(state: &mut State, of: SwitchList) {
    state.popup = Some(Popup::ToggleList(ToggleList { of, cursor: 0 }));
}

/// Shows what is under the cursor, or not.
pub(crate) fn switch(state: &mut State) {
    let Some(Popup::ToggleList(toggle_list)) = state.popup else { return };
    match toggle_list.of {
        SwitchList::Panes => {
            if let Some(pane) = HIDEABLE.get(toggle_list.cursor) {
                let hidden = &mut state.settings.hidden;
                if !hidden.remove(pane) {
                    hidden.insert(*pane);
                }
            }
        }
        SwitchList::Columns => {
            if let Some(column) = MessageColumn::ALL.get(toggle_list.cursor) {
                let shown = &mut state.settings.columns.0;
                if !shown.remove(column) {
                    shown.insert(*column);
                }
            }
        }
    }
}

/// What is listed is as at first; with the panes, their sizes too.
pub(crate) fn reset(state: &mut State) {
    let Some(Popup::ToggleList(toggle_list)) = state.popup else { return };
    match toggle_list.of {
        SwitchList::Panes => {
            state.settings.hidden.clear();
            state.settings.sizes = Sizes::default();
        }
        SwitchList::Columns => state.settings.columns = ShownColumns::default(),
    }
}

/// The pane with the focus gets narrower or wider.
pub(crate) fn widen(state: &mut State, steps: i32) {
    let by = steps * COLUMNS;
    match state.focus {
        Pane::Channels | Pane::Findings | Pane::Rejected => change(state, Border::Left, by),
        Pane::Detail => change(state, Border::Detail, by),
        // It takes the cells from the left side, or from Detail if there is no left side.
        Pane::Messages if Layout::for_state(state).extent(Border::Left).is_some() => change(state, Border::Left, -by),
        Pane::Messages => change(state, Border::Detail, -by),
        Pane::Timeline | Pane::Compose => state.notice = Some(Notice::done("it is as wide as the screen")),
    }
}

/// The pane with the focus gets lower or higher.
pub(crate) fn heighten(state: &mut State, rows: i32) {
    match state.focus {
        Pane::Findings => change(state, Border::Findings, rows),
        Pane::Rejected => change(state, Border::Rejected, rows),
        // What it gains it takes from the pane below it.
        Pane::Channels if Layout::for_state(state).extent(Border::Findings).is_some() => {
            change(state, Border::Findings, -rows);
        }
        Pane::Channels => change(state, Border::Rejected, -rows),
        Pane::Messages | Pane::Detail | Pane::Timeline | Pane::Compose => {
            let name = pane_name(state.focus);
            state.notice = Some(Notice::done(format!("{name} is as high as the others leave it: L hides panes")));
        }
    }
}

/// Moves a border, from where it stands now.
fn change(state: &mut State, border: Border, by: i32) {
    match Layout::for_state(state).extent(border) {
        Some(extent) => set(state, border, i32::from(extent) + by),
        None => state.notice = Some(Notice::done("sizes are chosen where all panes are shown: from 120x30 on")),
    }
}

/// A border is taken hold of, if there is one at that place.
pub(crate) fn take_hold(state: &mut State, place: Position) {
    if state.popup.is_some() {
        return;
    }
    let layout = Layout::for_state(state);
    state.held = layout.border_at(place.x, place.y).and_then(|border| {
        let extent = i32::from(layout.extent(border)?);
        Some((border, extent - layout.extent_to(border, place.x, place.y)?))
    });
}

/// The border that is held follows the mouse.
pub(crate) fn drag(state: &mut State, place: Position) {
    let Some((border, beside)) = state.held else { return };
    if let Some(extent) = Layout::for_state(state).extent_to(border, place.x, place.y) {
        set(state, border, extent + beside);
    }
}

/// Gives a pane `extent` cells; the size that the screen has room for is kept.
fn set(state: &mut State, border: Border, extent: i32) {
    let wanted = u16::try_from(extent.max(0)).unwrap_or(u16::MAX);
    let layout = Layout::for_state(state);
    if let (Border::Rejected, Some(gaps), Some(rejected)) =
        (border, layout.extent(Border::Findings), layout.extent(Border::Rejected))
    {
        // Only that border moves: what Rejected gains, Findings loses.
        let both = gaps + rejected;
        let rejected = wanted.max(MIN_ROWS).min(both - MIN_ROWS);
        state.settings.sizes.rejected = Some(rejected);
        state.settings.sizes.findings = Some(both - rejected);
        return;
    }
    *place(&mut state.settings.sizes, border) = Some(wanted);
    let got = Layout::for_state(state).extent(border);
    *place(&mut state.settings.sizes, border) = got;
}

fn place(sizes: &mut Sizes, border: Border) -> &mut Option<u16> {
    match border {
        Border::Left => &mut sizes.left,
        Border::Detail => &mut sizes.detail,
        Border::Findings => &mut sizes.findings,
        Border::Rejected => &mut sizes.rejected,
    }
}
