//! Every colour and every modifier. Colour never carries a meaning alone: each state also has a glyph or a word.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};

/// The styles of one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// What is read first.
    pub text: Style,
    /// What is read second: times, key names, labels.
    pub soft: Style,
    /// Lines that only divide.
    pub line: Style,
    /// What has the keys, and what is theirs: the focused border, key caps.
    pub accent: Style,
    /// What is well.
    pub good: Style,
    /// What was missed, or may have been.
    pub warn: Style,
    /// What was refused, or failed.
    pub bad: Style,
    /// Findings that are no gaps.
    pub note: Style,
    /// Own messages and bookmarks.
    pub own: Style,
    /// Bars of traffic.
    pub traffic: Style,
    /// JSON: the key of an object.
    pub json_key: Style,
    /// JSON: a string.
    pub json_string: Style,
    /// JSON: a number, `true`, `false` and `null`.
    pub json_value: Style,
}

// The default colour is named, so that it also holds on cells that have another already.
const PLAIN_STYLE: Style = Style::new().fg(Color::Reset);

/// Without any colour, for terminals that have none and for `NO_COLOR`.
pub const PLAIN: Theme = Theme {
    text: PLAIN_STYLE,
    soft: PLAIN_STYLE,
    line: PLAIN_STYLE,
    accent: PLAIN_STYLE.add_modifier(Modifier::BOLD),
    good: PLAIN_STYLE,
    warn: PLAIN_STYLE.add_modifier(Modifier::BOLD),
    bad: PLAIN_STYLE.add_modifier(Modifier::BOLD),
    note: PLAIN_STYLE.add_modifier(Modifier::BOLD),
    own: PLAIN_STYLE.add_modifier(Modifier::BOLD),
    traffic: PLAIN_STYLE,
    json_key: PLAIN_STYLE,
    json_string: PLAIN_STYLE,
    json_value: PLAIN_STYLE,
};

/// The sixteen colours by name: the terminal's own palette decides how they look.
pub const BASIC: Theme = Theme {
    text: PLAIN_STYLE,
    soft: PLAIN_STYLE.fg(Color::DarkGray),
    line: PLAIN_STYLE.fg(Color::DarkGray),
    accent: PLAIN_STYLE.fg(Color::Cyan),
    good: PLAIN_STYLE.fg(Color::Green),
    warn: PLAIN_STYLE.fg(Color::Yellow),
    bad: PLAIN_STYLE.fg(Color::LightRed),
    note: PLAIN_STYLE.fg(Color::LightMagenta),
    own: PLAIN_STYLE.fg(Color::Cyan),
    traffic: PLAIN_STYLE.fg(Color::Green),
    json_key: PLAIN_STYLE.fg(Color::LightBlue),
    json_string: PLAIN_STYLE,
    json_value: PLAIN_STYLE.fg(Color::Cyan),
};

/// As [`BASIC`], with greys of the 256-colour cube that read on dark and on light backgrounds alike.
pub const GREYS: Theme = Theme {
    soft: PLAIN_STYLE.fg(Color::Indexed(245)),
    line: PLAIN_STYLE.fg(Color::Indexed(240)),
    traffic: PLAIN_STYLE.fg(Color::Indexed(66)),
    json_string: PLAIN_STYLE.fg(Color::Indexed(108)),
    ..BASIC
};

impl Theme {
    /// The theme that fits the environment: none of the colours under `NO_COLOR` (<https://no-color.org>), greys where
    /// `TERM` or `COLORTERM` promise 256 colours.
    #[must_use]
    pub fn of_environment(no_color: Option<&str>, term: Option<&str>, colorterm: Option<&str>) -> &'static Self {
        if no_color.is_some_and(|value| !value.is_empty()) || term == Some("dumb") {
            &PLAIN
        } else if colorterm.is_some_and(|value| !value.is_empty()) || term.is_some_and(|term| term.contains("256color"))
        {
            &GREYS
        } else {
            &BASIC
        }
    }

    /// What a search found, in a row that may be selected.
    #[must_use]
    pub fn found(&self) -> Style {
        let style = Style::new().remove_modifier(Modifier::REVERSED).add_modifier(Modifier::BOLD);
        if *self == PLAIN { style.add_modifier(Modifier::UNDERLINED) } else { style.fg(Color::Black).bg(Color::Yellow) }
    }

    /// The profile's colour: a name that a terminal knows, or `#rrggbb`; the accent where there is none or it is not understood.
    #[must_use]
    pub fn profile(&self, colour: Option<&str>) -> Style {
        if *self == PLAIN {
            return self.accent;
        }
        match colour.map(Color::from_str) {
            Some(Ok(colour)) => Style::new().fg(colour),
            _ => self.accent,
        }
    }
}

/// A badge: a block of the style's colour, which stays a block without colours.
#[must_use]
pub fn badge(style: Style) -> Style {
    style.add_modifier(Modifier::REVERSED).add_modifier(Modifier::BOLD)
}

/// Stands out without another colour.
#[must_use]
pub fn strong(style: Style) -> Style {
    style.add_modifier(Modifier::BOLD)
}
