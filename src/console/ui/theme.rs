//! Every colour and every modifier. Colour never carries a meaning alone: each state also has a glyph or a word.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};

use crate::console::app::settings::ThemeName;
use crate::ledger::finding::{Finding, FindingKind};

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
    /// What was rejected, or failed.
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

/// As [`BASIC`], with greys of the 256-colour cube: for dark backgrounds.
pub const GREYS: Theme = Theme {
    soft: PLAIN_STYLE.fg(Color::Indexed(245)),
    line: PLAIN_STYLE.fg(Color::Indexed(240)),
    traffic: PLAIN_STYLE.fg(Color::Indexed(66)),
    json_string: PLAIN_STYLE.fg(Color::Indexed(108)),
    ..BASIC
};

/// For light backgrounds: colours of the 256-colour cube, each with a contrast of 4.5 and more to white.
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
    /// The style of a finding: gaps and resets are warnings, the others are notes.
    #[must_use]
    pub(crate) fn finding(&self, finding: &Finding) -> Style {
        if finding.kind.is_gap() || finding.kind == FindingKind::CounterReset { self.warn } else { self.note }
    }

    /// The theme of that name.
    #[must_use]
    pub fn named(name: ThemeName) -> &'static Self {
        match name {
            ThemeName::Dark => &GREYS,
            ThemeName::Light => &LIGHT,
            ThemeName::Sixteen => &BASIC,
            ThemeName::None => &PLAIN,
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

/// What the environment says of the terminal: the values of variables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal<'a> {
    /// `NO_COLOR` (<https://no-color.org>).
    pub no_color: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
    /// `COLORTERM`.
    pub colorterm: Option<&'a str>,
    /// `COLORFGBG`: the numbers of the foreground and of the background, with a semicolon between.
    pub colorfgbg: Option<&'a str>,
}

impl Terminal<'_> {
    /// The theme that fits: without colours under `NO_COLOR`; where `TERM` or `COLORTERM` promise 256 colours one for the
    /// background that `COLORFGBG` names, which is taken for dark where it says nothing.
    #[must_use]
    pub fn theme(self) -> ThemeName {
        let said = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        if said(self.no_color) || self.term == Some("dumb") {
            return ThemeName::None;
        }
        if !said(self.colorterm) && !self.term.is_some_and(|term| term.contains("256color")) {
            return ThemeName::Sixteen;
        }
        let background = self.colorfgbg.and_then(|colours| colours.rsplit(';').next()?.parse::<u8>().ok());
        // The palette's white and its bright colours but dark grey, as editors read it too.
        if matches!(background, Some(7 | 9..=15)) { ThemeName::Light } else { ThemeName::Dark }
    }
}
