//! The envelope of a broadcast: `name ":" signature ":" data`.

/// A payload split into its three parts, borrowed from the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The message's name; any bytes but a colon.
    pub name: &'a [u8],
    /// The signature text; empty where the message is unsigned.
    pub signature: &'a [u8],
    /// The JSON text; empty where the message has no data.
    pub data: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Splits at the first two colons; missing parts are empty, as in the PHP package.
    #[must_use]
    pub fn parse(payload: &'a [u8]) -> Self {
        let (name, rest) = split(payload);
        let (signature, data) = split(rest);
        Self { name, signature, data }
    }

    /// The last part of the signature text: in a verified message, the hexadecimal HMAC. Empty if there is no bar.
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

/// Why three parts cannot be joined: receivers would split the payload differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A name must not contain a colon.
    #[error("a message name must not contain a colon")]
    NameContainsColon,
    /// A signature text must not contain a colon.
    #[error("a signature must not contain a colon")]
    SignatureContainsColon,
}

/// Joins the parts of an envelope to a payload. All three parts are written, the empty ones too, as the PHP package does.
///
/// # Errors
/// If the name or the signature contains a colon.
pub fn encode(name: &[u8], signature: &[u8], data: &[u8]) -> Result<Vec<u8>, EncodeError> {
    if name.contains(&b':') {
        return Err(EncodeError::NameContainsColon);
    }
    if signature.contains(&b':') {
        return Err(EncodeError::SignatureContainsColon);
    }
    Ok([name, signature, data].join(&b':'))
}

/// A signature text split into its parts; what is missing is told apart from what is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureText<'a> {
    /// The algorithm's name.
    pub algorithm: &'a [u8],
    /// The key's name.
    pub key_name: Option<&'a [u8]>,
    /// The timestamp as it was written.
    pub timestamp: Option<&'a [u8]>,
    /// The HMAC in hex, with every further bar in it.
    pub hmac: Option<&'a [u8]>,
}

impl<'a> SignatureText<'a> {
    /// Splits at the first three bars, as PHP's `explode('|', …, 4)`. None where PHP sees no signature: in an empty text
    /// and in `0`.
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
