//! The envelope of a broadcast: `name ":" signature ":" data`.

/// The three parts of a payload, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The message's name. It can contain any bytes except a colon.
    pub name: &'a [u8],
    /// The signature; empty if the message is unsigned.
    pub signature: &'a [u8],
    /// The JSON data; empty if the message has no data.
    pub data: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Splits a payload at the first two colons. Missing parts are empty, as in the PHP package.
    #[must_use]
    pub fn parse(payload: &'a [u8]) -> Self {
        let (name, rest) = split(payload);
        let (signature, data) = split(rest);
        Self { name, signature, data }
    }

    /// The part of the signature after the last `|`. In a verified message, this is the HMAC in hexadecimal. Empty if there is no
    /// `|`.
    #[inline]
    pub(crate) fn hmac(&self) -> &'a [u8] {
        memchr::memrchr(b'|', self.signature).map_or(&[], |bar| &self.signature[bar + 1..])
    }
}

fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b':', bytes) {
        Some(colon) => (&bytes[..colon], &bytes[colon + 1..]),
        None => (bytes, &[]),
    }
}

/// Why the parts of an envelope cannot be joined. A colon in the name or the signature would make receivers split the payload
/// in the wrong place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The name contains a colon.
    #[error("a message name must not contain a colon")]
    NameContainsColon,
    /// The signature contains a colon.
    #[error("a signature must not contain a colon")]
    SignatureContainsColon,
}

/// Joins the parts of an envelope into a payload. The colons are written even if a part is empty, as in the PHP package.
///
/// # Errors
/// The name or the signature contains a colon.
pub fn encode(name: &[u8], signature: &[u8], data: &[u8]) -> Result<Vec<u8>, EncodeError> {
    if name.contains(&b':') {
        return Err(EncodeError::NameContainsColon);
    }
    if signature.contains(&b':') {
        return Err(EncodeError::SignatureContainsColon);
    }
    Ok([name, signature, data].join(&b':'))
}

/// The parts of a signature: `algorithm|key name|timestamp|hmac`. A missing part is `None`. An empty part is an empty slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureText<'a> {
    /// The algorithm's name.
    pub algorithm: &'a [u8],
    /// The key's name.
    pub key_name: Option<&'a [u8]>,
    /// The timestamp as received.
    pub timestamp: Option<&'a [u8]>,
    /// The HMAC in hexadecimal: everything after the third `|`, including any further `|`.
    pub hmac: Option<&'a [u8]>,
}

impl<'a> SignatureText<'a> {
    /// Splits a signature at the first three `|`, like PHP's `explode('|', …, 4)`. Returns `None` if the text is empty or `0`,
    /// because PHP treats both as no signature.
    #[must_use]
    pub fn parse(signature: &'a [u8]) -> Option<Self> {
        if matches!(signature, b"" | b"0") {
            return None;
        }
        let mut parts = signature.splitn(4, |&byte| byte == b'|');
        Some(Self {
            algorithm: parts.next().unwrap_or_default(),
            key_name: parts.next(),
            timestamp: parts.next(),
            hmac: parts.next(),
        })
    }
}
