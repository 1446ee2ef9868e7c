//! The input of all drawing functions.

use crate::console::app::state::State;
use crate::console::panes::Pane;
use crate::console::popups::Popup;
use crate::console::ui::text;
use crate::console::ui::text::Precision;
use crate::console::ui::theme::Theme;

/// The input of all drawing functions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The console's state.
    pub(crate) state: &'a State,
    /// The theme.
    pub(crate) theme: &'a Theme,
}

impl Context<'_> {
    /// Whether the pane receives the keys. No pane does while a popup is open, unless the popup is a prompt.
    #[must_use]
    pub(crate) fn focused(&self, pane: Pane) -> bool {
        self.state.focus == pane && self.state.popup.as_ref().is_none_or(Popup::is_prompt)
    }

    /// Formats a time in the chosen time zone.
    #[must_use]
    pub(crate) fn time(&self, at: i64, precision: Precision) -> String {
        text::time(at, self.state.settings.utc, precision)
    }

    /// The style of the profile's colour.
    #[must_use]
    pub(crate) fn profile(&self) -> ratatui::style::Style {
        self.theme.profile(self.state.setup.colour.as_deref())
    }
}
