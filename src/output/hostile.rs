//! Which characters may act on a terminal, or hide on it.

/// Whether a character is written as an escape: controls, and what is invisible or changes the direction of its neighbours.
pub(super) fn is_hostile(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(c,
        '\u{80}'..='\u{a0}' // C1 controls, no-break space
        | '\u{ad}' | '\u{34f}' | '\u{61c}' // soft hyphen, grapheme joiner, Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' // Khmer vowels, Mongolian selectors
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' // spaces, zero width, separators, embeddings
        | '\u{205f}'..='\u{206f}' | '\u{2800}' | '\u{3000}' // invisible operators, isolates, blanks
        | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. // private use
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}' // variation selectors, tags
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}' // byte order mark, interlinear annotation
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' // controls of scripts and music
    )
}
