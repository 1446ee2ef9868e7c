//! The settings of the screen that are kept between runs: names and numbers, no styles.

use std::collections::BTreeSet;

use ratatui::layout::Position;
use serde::{Deserialize, Deserializer, Serialize};

use crate::console::app::state::{Notice, State};
use crate::console::layout::Layout;
use crate::console::panes;
use crate::console::panes::Pane;
use crate::console::popups::Popup;
use crate::console::ui::list_cursor::ListCursor;

/// The settings, as the settings file has them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The theme; if none, it depends on the terminal's environment. A theme overrides `NO_COLOR`, which only sets the default
    /// (<https://no-color.org>).
    pub theme: Option<ThemeName>,
    /// Whether times are shown in UTC instead of the local time zone.
    pub utc: bool,
    /// The format of message times.
    pub time_format: TimeFormat,
    /// The optional columns of Messages that are shown.
    pub columns: ShownColumns,
    /// The panes that are only shown while they have the focus.
    #[serde(deserialize_with = "hideable")]
    pub hidden: BTreeSet<Pane>,
    /// The sizes of the panes.
    pub sizes: Sizes,
}

/// The themes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum ThemeName {
    /// For dark backgrounds.
    Dark,
    /// For light backgrounds.
    Light,
    /// The sixteen colours of the terminal's own palette.
    #[serde(rename = "16")]
    #[strum(serialize = "16")]
    Sixteen,
    /// No colours.
    None,
}

impl ThemeName {
    /// All themes, in the order of the key that changes the theme.
    pub const ALL: [Self; 4] = [Self::Light, Self::Dark, Self::Sixteen, Self::None];

    /// The name in the settings file.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A format of message times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, strum::IntoStaticStr, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum TimeFormat {
    /// `12:31:06.412`
    #[default]
    #[serde(rename = "milliseconds")]
    #[strum(serialize = "milliseconds")]
    Millis,
    /// `12:31:06`
    Seconds,
    /// `2026-07-01 12:31:06.412`
    Date,
}

impl TimeFormat {
    /// All formats, in the order of the key that changes the format.
    pub const ALL: [Self; 3] = [Self::Millis, Self::Seconds, Self::Date];

    /// The name in the settings file.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// An optional column of Messages.
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
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum MessageColumn {
    /// The time of receipt.
    Time,
    /// The time since receipt.
    Age,
    /// The channel, if several are shown.
    Channel,
    /// The payload's size in bytes.
    Size,
    /// The name of the key that signed the message.
    Key,
}

impl MessageColumn {
    /// All columns, from left to right.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name in the settings file.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// A description of the content.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Time => "when it was received",
            Self::Age => "time since it was received",
            Self::Channel => "the channel, if several are shown",
            Self::Size => "the size of the payload in bytes",
            Self::Key => "the key of its signature",
        }
    }
}

/// The optional columns that are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownColumns(pub BTreeSet<MessageColumn>);

impl ShownColumns {
    /// Whether a column is shown if there is space.
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

/// The sizes of the panes on a screen that shows all of them, in thousandths of the screen. `None`: the default of the
/// layout, which also limits the sizes to the room on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// The width of the sidebar.
    pub left: Option<u16>,
    /// The width of Detail, or its height below Messages.
    pub detail: Option<u16>,
    /// The height of Findings.
    pub findings: Option<u16>,
    /// The height of Rejected.
    pub rejected: Option<u16>,
}

/// A border that can be moved, named after the pane that it resizes.
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
    /// All borders.
    pub const ALL: [Self; 4] = [Self::Left, Self::Detail, Self::Findings, Self::Rejected];
}

fn hideable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Pane>, D::Error> {
    let panes = BTreeSet::<Pane>::deserialize(deserializer)?;
    if panes.iter().any(|pane| !pane.spec().can_hide) {
        return Err(serde::de::Error::custom("Messages and Compose cannot be hidden"));
    }
    Ok(panes)
}

/// A list of items that can be shown or hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToggleList {
    /// The items.
    pub of: SwitchList,
    /// The cursor.
    pub position: ListCursor,
}

/// The items that can be shown or hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchList {
    /// The panes.
    Panes,
    /// The columns of Messages.
    Columns,
}

impl SwitchList {
    /// The number of items.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::Panes => Pane::hideable().count(),
            Self::Columns => MessageColumn::ALL.len(),
        }
    }

    /// Always false.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// How many columns a key moves a border.
const COLUMNS: i32 = 2;

/// The minimum height of a pane: two border lines and one line of content.
const MIN_ROWS: u16 = 3;

/// Selects the next theme. After the last theme, the terminal's environment determines it.
pub(crate) fn next_theme(state: &mut State) {
    state.settings.theme = match state.settings.theme {
        None => Some(ThemeName::ALL[0]),
        Some(theme) => ThemeName::ALL.into_iter().skip_while(|known| *known != theme).nth(1),
    };
    state.notice = Some(match state.settings.theme {
        Some(theme) => Notice::done(format!("theme: {}", theme.name())),
        None => Notice::done("theme: chosen by the terminal's environment"),
    });
}

/// Switches between UTC and the local time zone.
pub(crate) fn toggle_zone(state: &mut State) {
    state.settings.utc = !state.settings.utc;
    state.notice = Some(Notice::done(if state.settings.utc { "times: UTC" } else { "times: local time zone" }));
}

/// Selects the next format of message times.
pub(crate) fn next_time_format(state: &mut State) {
    let format = state.settings.time_format;
    let next = TimeFormat::ALL.into_iter().skip_while(|known| *known != format).nth(1);
    state.settings.time_format = next.unwrap_or_default();
    state.notice = Some(Notice::done(format!("times of messages: {}", state.settings.time_format.name())));
}

/// Opens the list of the panes or of the columns.
pub(crate) fn open(state: &mut State, of: SwitchList) {
    state.popup = Some(Popup::ToggleList(ToggleList { of, position: ListCursor::default() }));
}

/// Shows or hides the item under the cursor.
pub(crate) fn switch(state: &mut State) {
    let Some(Popup::ToggleList(toggle_list)) = state.popup else { return };
    match toggle_list.of {
        SwitchList::Panes => {
            if let Some(pane) = Pane::hideable().nth(toggle_list.position.cursor) {
                let hidden = &mut state.settings.hidden;
                if !hidden.remove(&pane) {
                    hidden.insert(pane);
                }
            }
        }
        SwitchList::Columns => {
            if let Some(column) = MessageColumn::ALL.get(toggle_list.position.cursor) {
                let shown = &mut state.settings.columns.0;
                if !shown.remove(column) {
                    shown.insert(*column);
                }
            }
        }
    }
}

/// Resets the hidden panes, the sizes and the columns to the defaults.
pub(crate) fn reset(state: &mut State) {
    state.settings.hidden.clear();
    state.settings.sizes = Sizes::default();
    state.settings.columns = ShownColumns::default();
}

/// Makes the focused pane wider or narrower.
pub(crate) fn widen(state: &mut State, steps: i32) {
    let by = steps * COLUMNS;
    match panes::side_border(&Layout::for_state(state), state.focus) {
        Some((border, is_neighbour)) => change(state, border, if is_neighbour { -by } else { by }),
        None => state.notice = Some(Notice::done("the pane is as wide as the screen")),
    }
}

/// Makes the focused pane higher or lower.
pub(crate) fn heighten(state: &mut State, rows: i32) {
    let Some((border, is_neighbour)) = panes::top_border(&Layout::for_state(state), state.focus) else {
        let name = state.focus.name();
        state.notice = Some(Notice::done(format!("{name} has a fixed height here")));
        return;
    };
    change(state, border, if is_neighbour { -rows } else { rows });
}

/// Moves a border by a number of cells.
fn change(state: &mut State, border: Border, by: i32) {
    match Layout::for_state(state).extent(border) {
        Some(extent) => set(state, border, i32::from(extent) + by),
        None => state.notice = Some(Notice::done("sizes can be changed from 120x30 up, if no pane is zoomed")),
    }
}

/// Starts to drag the border at that place, if there is one.
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

/// Moves the dragged border to the mouse.
pub(crate) fn drag(state: &mut State, place: Position) {
    let Some((border, offset)) = state.held else { return };
    if let Some(extent) = Layout::for_state(state).extent_to(border, place.x, place.y) {
        set(state, border, extent + offset);
    }
}

/// Sets the size of a pane, and stores the size that the layout then gives it.
fn set(state: &mut State, border: Border, extent: i32) {
    let wanted = u16::try_from(extent.max(0)).unwrap_or(u16::MAX);
    let layout = Layout::for_state(state);
    if let (Border::Rejected, Some(gaps), Some(rejected)) =
        (border, layout.extent(Border::Findings), layout.extent(Border::Rejected))
    {
        // Only this border moves: Findings loses the rows that Rejected gains.
        let both = gaps + rejected;
        let rejected = wanted.max(MIN_ROWS).min(both - MIN_ROWS);
        state.settings.sizes.rejected = layout.share(border, rejected);
        state.settings.sizes.findings = layout.share(border, both - rejected);
        return;
    }
    *place(&mut state.settings.sizes, border) = layout.share(border, wanted);
    let got = Layout::for_state(state).extent(border);
    *place(&mut state.settings.sizes, border) = got.and_then(|got| layout.share(border, got));
}

fn place(sizes: &mut Sizes, border: Border) -> &mut Option<u16> {
    match border {
        Border::Left => &mut sizes.left,
        Border::Detail => &mut sizes.detail,
        Border::Findings => &mut sizes.findings,
        Border::Rejected => &mut sizes.rejected,
    }
}
