//! The colours that a profile can use.

/// The sixteen colours of a terminal, with the names that `ratatui` parses.
pub const COLOUR_NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "gray",
    "darkgray",
    "lightred",
    "lightgreen",
    "lightyellow",
    "lightblue",
    "lightmagenta",
    "lightcyan",
    "white",
];

/// Whether a colour is one of [`COLOUR_NAMES`] or `#rrggbb`.
#[must_use]
pub fn is_known(colour: &str) -> bool {
    match colour.strip_prefix('#') {
        Some(digits) => digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        None => COLOUR_NAMES.contains(&colour),
    }
}
