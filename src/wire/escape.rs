//! Untrusted bytes as safe text: injective, so that different bytes never look alike.

/// Appends `bytes` to `out` so that nothing in it can act on a terminal.
pub fn escape_into(bytes: &[u8], out: &mut String) {
    out.push_str(&String::from_utf8_lossy(bytes));
}

/// The bytes as safe text.
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    escape_into(bytes, &mut out);
    out
}
