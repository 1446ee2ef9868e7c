//! Redis glob patterns.

/// Whether `text` matches `pattern` by the rules of Redis' `stringmatchlen`: `*`, `?`, `[a-c]`, `[^a]`, and `\` to escape a
/// character. An unclosed class such as `[abc` ends at the end of the pattern. An empty text matches only an empty pattern, not
/// `*`.
///
/// Takes at most `pattern.len() * text.len()` steps.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut p, mut t) = (0, 0);
    // The position in the pattern after the star that was reached last, and the end of what that star matches in the text so
    // far. After a mismatch, the star matches one more byte, and the comparison continues from there.
    let mut retry = None;
    while t < text.len() {
        let step = match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, t));
                continue;
            }
            Some(_) => one(&pattern[p..], text[t]),
            None => None,
        };
        match (step, retry) {
            (Some(length), _) => {
                p += length;
                t += 1;
            }
            (None, Some((star, taken))) => {
                p = star;
                t = taken + 1;
                retry = Some((star, t));
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// Matches one byte against the first element of a pattern, which is not a star. Returns the length of the element if it matches.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', class @ ..] => in_class(class, byte).map(|length| length + 1),
        [b'\\', literal, ..] => (*literal == byte).then_some(2),
        [literal, ..] => (*literal == byte).then_some(1),
        [] => None,
    }
}

/// Matches one byte against a class, without its opening bracket. Returns the length of the class, including `]`, if it matches.
fn in_class(class: &[u8], byte: u8) -> Option<usize> {
    let negated = class.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut found = false;
    loop {
        let (hit, length) = match &class[at..] {
            [] => break,
            [b'\\', literal, ..] => (*literal == byte, 2),
            [b']', ..] => {
                at += 1;
                break;
            }
            [from, b'-', to, ..] => ((*from.min(to)..=*from.max(to)).contains(&byte), 3),
            [literal, ..] => (*literal == byte, 1),
        };
        found |= hit;
        at += length;
    }
    (found != negated).then_some(at)
}
