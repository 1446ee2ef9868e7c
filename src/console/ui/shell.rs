//! Words for a shell, so that pasting them does nothing but what they say.

use crate::wire::escape::escape;

/// A word that bash, zsh and ksh read as exactly these bytes. `None` if the bytes contain a NUL byte, which no argument can
/// contain.
///
/// Bytes that could act on a terminal or deceive the eye are written as octal escapes in `$'…'`: within a paste even
/// a quoted escape sequence acts, before the shell reads it.
pub(crate) fn word(bytes: &[u8]) -> Option<String> {
    if bytes.contains(&0) {
        return None;
    }
    if !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@%+,".contains(byte)) {
        return String::from_utf8(bytes.to_vec()).ok();
    }
    Some(if is_harmless(bytes) { single_quoted(bytes) } else { ansi_quoted(bytes) })
}

/// UTF-8 of which nothing is escaped but backslashes.
fn is_harmless(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| escape(bytes) == text.replace('\\', "\\\\"))
}

fn single_quoted(bytes: &[u8]) -> String {
    format!("'{}'", String::from_utf8_lossy(bytes).replace('\'', r"'\''"))
}

fn ansi_quoted(bytes: &[u8]) -> String {
    let mut word = String::from("$'");
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => {
                word.push('\\');
                word.push(char::from(*byte));
            }
            b' '..=b'~' => word.push(char::from(*byte)),
            other => {
                word.push('\\');
                word.extend([other >> 6, other >> 3 & 7, other & 7].map(|digit| char::from(b'0' + digit)));
            }
        }
    }
    word.push('\'');
    word
}
