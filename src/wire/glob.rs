//! Redis' glob patterns.

/// Whether `text` matches `pattern` as Redis' `stringmatchlen` has it: `*`, `?`, `[a-c]`, `[^a]`, and `\` before a
/// character that stands for itself. A class that is not closed ends with the pattern; an empty text matches an empty
/// pattern only, not even `*`.
///
/// Takes at most `pattern.len() * text.len()` steps.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut p, mut t) = (0, 0);
    // Where to go on when what follows the last star does not match: behind the star, with one more byte taken by it.
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

/// Matches one byte with the start of a pattern that is not a star: the length of that start, or none.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', class @ ..] => in_class(class, byte).map(|length| length + 1),
        [b'\\', literal, ..] => (*literal == byte).then_some(2),
        [literal, ..] => (*literal == byte).then_some(1),
        [] => None,
    }
}

/// Matches one byte with what follows a `[`: the length with the closing bracket, or none.
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
