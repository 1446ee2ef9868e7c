//! Characters that are valid UTF-8 but must be escaped.

/// Whether a character outside ASCII is invisible, changes the direction or joining of its neighbours, looks like a space, or has
/// no standard appearance.
#[must_use]
pub fn is_hidden(char: char) -> bool {
    HIDDEN_RANGES
        .binary_search_by(|&(first, last)| {
            if last < char {
                std::cmp::Ordering::Less
            } else if first > char {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
        || is_noncharacter(char)
}

/// Whether a character is one of the last two of its plane, which are noncharacters. The other noncharacters, U+FDD0 to U+FDEF,
/// are in [`HIDDEN_RANGES`].
fn is_noncharacter(char: char) -> bool {
    u32::from(char) & 0xfffe == 0xfffe
}

/// Sorted ranges, inclusive. From Unicode 16: the categories Cc, Cf, Co, Zl, Zp and Zs, the property
/// `Default_Ignorable_Code_Point`, the noncharacters U+FDD0..FDEF, and the blank Braille pattern.
const HIDDEN_RANGES: &[(char, char)] = &[
    ('\u{80}', '\u{a0}'),       // C1 controls, no-break space
    ('\u{ad}', '\u{ad}'),       // soft hyphen
    ('\u{34f}', '\u{34f}'),     // combining grapheme joiner
    ('\u{600}', '\u{605}'),     // Arabic signs that enclose the following digits
    ('\u{61c}', '\u{61c}'),     // Arabic letter mark
    ('\u{6dd}', '\u{6dd}'),     // Arabic end of ayah
    ('\u{70f}', '\u{70f}'),     // Syriac abbreviation mark
    ('\u{890}', '\u{891}'),     // Arabic pound and piastre marks
    ('\u{8e2}', '\u{8e2}'),     // Arabic disputed end of ayah
    ('\u{115f}', '\u{1160}'),   // Hangul fillers
    ('\u{1680}', '\u{1680}'),   // Ogham space
    ('\u{17b4}', '\u{17b5}'),   // Khmer inherent vowels
    ('\u{180b}', '\u{180f}'),   // Mongolian variation selectors
    ('\u{2000}', '\u{200f}'),   // spaces, zero-width characters, direction marks
    ('\u{2028}', '\u{202f}'),   // separators, embeddings and overrides, narrow space
    ('\u{205f}', '\u{206f}'),   // mathematical space, invisible operators, isolates
    ('\u{2800}', '\u{2800}'),   // blank Braille pattern
    ('\u{3000}', '\u{3000}'),   // ideographic space
    ('\u{3164}', '\u{3164}'),   // Hangul filler
    ('\u{e000}', '\u{f8ff}'),   // private use
    ('\u{fdd0}', '\u{fdef}'),   // noncharacters
    ('\u{fe00}', '\u{fe0f}'),   // variation selectors
    ('\u{feff}', '\u{feff}'),   // byte order mark
    ('\u{ffa0}', '\u{ffa0}'),   // half-width Hangul filler
    ('\u{fff0}', '\u{fffb}'),   // interlinear annotation
    ('\u{110bd}', '\u{110bd}'), // Kaithi number signs
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),  // Egyptian format controls
    ('\u{1bca0}', '\u{1bca3}'),  // shorthand format controls
    ('\u{1d173}', '\u{1d17a}'),  // musical format controls
    ('\u{e0000}', '\u{e0fff}'),  // tags, variation selectors
    ('\u{f0000}', '\u{10ffff}'), // private use
];
