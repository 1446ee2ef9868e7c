//! The colours that a profile may have.

/// The sixteen colours of a terminal, by the names that `ratatui` reads.
pub const NAMES: [&str; 16] = [
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

/// Whether it is one of [`NAMES`] or `#rrggbb`.
#[must_use]
pub fn is_known(colour: &str) -> bool {
    match colour.strip_prefix('#') {
        Some(digits) => digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()),
        None => NAMES.contains(&colour),
    }
}
