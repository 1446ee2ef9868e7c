//! What is chosen for the screen: theme, times, columns, panes and their sizes.

use ratatui::layout::Position;

use crate::console::layout::Layout;
use crate::console::state::settings::{
    Border, HIDEABLE, MessageColumn, ShownColumns, Sizes, SwitchList, ThemeName, TimeFormat, ToggleList, pane_name,
};
use crate::console::state::{Notice, Pane, Popup, State};

/// The columns by which a key moves a border.
const COLUMNS: i32 = 2;

/// A border and a line.
const MIN_ROWS: u16 = 3;

/// The next theme; after the last one, as the terminal's environment says.
pub(super) fn next_theme(state: &mut State) {
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
pub(super) fn toggle_zone(state: &mut State) {
    state.settings.utc = !state.settings.utc;
    state.notice = Some(Notice::done(if state.settings.utc { "times: UTC" } else { "times: local time zone" }));
}

/// The next way to write the times of messages.
pub(super) fn next_time_format(state: &mut State) {
    let format = state.settings.time_format;
    let next = TimeFormat::ALL.into_iter().skip_while(|known| *known != format).nth(1);
    state.settings.time_format = next.unwrap_or_default();
    state.notice = Some(Notice::done(format!("times of messages: {}", state.settings.time_format.name())));
}

/// Opens the list of the panes or of the columns.
pub(super) fn open(state: &mut State, of: SwitchList) {
    state.popup = Some(Popup::ToggleList(ToggleList { of, cursor: 0 }));
}

/// Shows what is under the cursor, or not.
pub(super) fn switch(state: &mut State) {
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
pub(super) fn reset(state: &mut State) {
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
pub(super) fn widen(state: &mut State, steps: i32) {
    let by = steps * COLUMNS;
    match state.focus {
        Pane::Channels | Pane::Findings | Pane::Rejected => change(state, Border::Left, by),
        Pane::Detail => change(state, Border::Detail, by),
        // What it gains it takes from the left side, or from Detail where there is none.
        Pane::Messages if Layout::for_state(state).extent(Border::Left).is_some() => change(state, Border::Left, -by),
        Pane::Messages => change(state, Border::Detail, -by),
        Pane::Timeline | Pane::Compose => state.notice = Some(Notice::done("it is as wide as the screen")),
    }
}

/// The pane with the focus gets lower or higher.
pub(super) fn heighten(state: &mut State, rows: i32) {
    match state.focus {
        Pane::Findings => change(state, Border::Findings, rows),
        Pane::Rejected => change(state, Border::Rejected, rows),
        // What it gains it takes from the pane below it.
        Pane::Channels if Layout::for_state(state).extent(Border::Findings).is_some() => {
            change(state, Border::Findings, -rows)
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
pub(super) fn take_hold(state: &mut State, place: Position) {
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
pub(super) fn drag(state: &mut State, place: Position) {
    let Some((border, beside)) = state.held else { return };
    if let Some(extent) = Layout::for_state(state).extent_to(border, place.x, place.y) {
        set(state, border, extent + beside);
    }
}

/// A pane gets that many cells; what is kept is what the screen had room for.
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
