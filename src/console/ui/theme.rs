//! All colours and text styles. A colour never carries information of its own: a symbol or a word shows the same.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};

use crate::console::app::settings::ThemeName;
use crate::ledger::finding::Finding;

/// The styles of a theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Main text.
    pub text: Style,
    /// Secondary text: times, key names, labels.
    pub soft: Style,
    /// Borders and separators.
    pub line: Style,
    /// The focused border, and the keys in hints.
    pub accent: Style,
    /// Successes and good states.
    pub good: Style,
    /// Messages that were or may have been missed.
    pub warn: Style,
    /// Rejections and failures.
    pub bad: Style,
    /// Findings that are not gaps.
    pub note: Style,
    /// Messages sent from this console, and bookmarks.
    pub own: Style,
    /// The bars of message rates.
    pub traffic: Style,
    /// JSON: the key of an object.
    pub json_key: Style,
    /// JSON: a string.
    pub json_string: Style,
    /// JSON: a number, `true`, `false` and `null`.
    pub json_value: Style,
}

// Sets the default colour explicitly. An empty style would not replace a colour that a cell already has.
const PLAIN_STYLE: Style = Style::new().fg(Color::Reset);

/// The theme without colours, for terminals without colours and for `NO_COLOR`.
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

/// The theme with the sixteen colours of the terminal's own palette.
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

/// The theme for dark backgrounds: like [`BASIC`], with colours of the 256-colour palette where the sixteen have too little
/// contrast.
pub const GREYS: Theme = Theme {
    soft: PLAIN_STYLE.fg(Color::Indexed(245)),
    line: PLAIN_STYLE.fg(Color::Indexed(240)),
    traffic: PLAIN_STYLE.fg(Color::Indexed(66)),
    json_key: PLAIN_STYLE.fg(Color::Indexed(75)),
    json_string: PLAIN_STYLE.fg(Color::Indexed(108)),
    ..BASIC
};

/// The theme for light backgrounds: colours of the 256-colour palette, each with a contrast ratio to white of at least 4.5.
pub const LIGHT: Theme = Theme {
    text: PLAIN_STYLE,
    soft: PLAIN_STYLE.fg(Color::Indexed(241)),
    line: PLAIN_STYLE.fg(Color::Indexed(247)),
    accent: PLAIN_STYLE.fg(Color::Indexed(25)),
    good: PLAIN_STYLE.fg(Color::Indexed(28)),
    warn: PLAIN_STYLE.fg(Color::Indexed(94)),
    bad: PLAIN_STYLE.fg(Color::Indexed(160)),
    note: PLAIN_STYLE.fg(Color::Indexed(90)),
    own: PLAIN_STYLE.fg(Color::Indexed(24)),
    traffic: PLAIN_STYLE.fg(Color::Indexed(30)),
    json_key: PLAIN_STYLE.fg(Color::Indexed(25)),
    json_string: PLAIN_STYLE.fg(Color::Indexed(22)),
    json_value: PLAIN_STYLE.fg(Color::Indexed(53)),
};

impl Theme {
    /// The style of a finding: `warn` for gaps and counter resets, `note` for all others.
    #[must_use]
    pub(crate) fn finding(&self, finding: &Finding) -> Style {
        if finding.kind.is_loss() { self.warn } else { self.note }
    }

    /// The theme with this name.
    #[must_use]
    pub fn named(name: ThemeName) -> &'static Self {
        match name {
            ThemeName::Dark => &GREYS,
            ThemeName::Light => &LIGHT,
            ThemeName::Sixteen => &BASIC,
            ThemeName::None => &PLAIN,
        }
    }

    /// The style of a search hit, in a row that may be selected.
    #[must_use]
    pub fn found(&self) -> Style {
        let style = Style::new().remove_modifier(Modifier::REVERSED).add_modifier(Modifier::BOLD);
        if *self == PLAIN { style.add_modifier(Modifier::UNDERLINED) } else { style.fg(Color::Black).bg(Color::Yellow) }
    }

    /// The style of the profile's colour, which is the name of a terminal colour, or `#rrggbb`. The accent style if there is no
    /// colour or it is unknown.
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

/// The style of a badge: text on a block of the style's colour. Without colours it is still a block.
#[must_use]
pub(crate) fn badge(style: Style) -> Style {
    style.add_modifier(Modifier::REVERSED).add_modifier(Modifier::BOLD)
}

/// The style with bold text, in the same colour.
#[must_use]
pub fn strong(style: Style) -> Style {
    style.add_modifier(Modifier::BOLD)
}

/// The environment variables that describe the terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal<'a> {
    /// `NO_COLOR` (<https://no-color.org>).
    pub no_color: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
    /// `COLORTERM`.
    pub colorterm: Option<&'a str>,
    /// `COLORFGBG`: the numbers of the foreground and background colours, separated by a semicolon.
    pub colorfgbg: Option<&'a str>,
}

impl Terminal<'_> {
    /// The default theme for the terminal. Without colours if `NO_COLOR` is set or `TERM` is `dumb`. If `TERM` or `COLORTERM`
    /// promises 256 colours, the theme for the background in `COLORFGBG`, or for a dark one if that is not set.
    #[must_use]
    pub fn theme(self) -> ThemeName {
        let is_set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        if is_set(self.no_color) || self.term == Some("dumb") {
            return ThemeName::None;
        }
        if !is_set(self.colorterm) && !self.term.is_some_and(|term| term.contains("256color")) {
            return ThemeName::Sixteen;
        }
        let background = self.colorfgbg.and_then(|colours| colours.rsplit(';').next()?.parse::<u8>().ok());
        // White, and the bright colours except dark grey. Editors interpret `COLORFGBG` in the same way.
        if matches!(background, Some(7 | 9..=15)) { ThemeName::Light } else { ThemeName::Dark }
    }
}
