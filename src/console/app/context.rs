//! What every pane draws from.

use crate::console::app::state::{Pane, State};
use crate::console::popups::Popup;
use crate::console::ui::text;
use crate::console::ui::text::Precision;
use crate::console::ui::theme::Theme;

/// What every pane draws from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// What is known.
    pub(crate) state: &'a State,
    /// How it looks.
    pub(crate) theme: &'a Theme,
}

impl Context<'_> {
    /// Whether the pane has the keys: nothing has them while a popup lies over the panes, but for a prompt below them.
    #[must_use]
    pub(crate) fn focused(&self, pane: Pane) -> bool {
        self.state.focus == pane && self.state.popup.as_ref().is_none_or(Popup::is_prompt)
    }

    /// A time in the zone that was asked for.
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
