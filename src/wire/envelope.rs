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
}

fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b':', bytes) {
        Some(colon) => (&bytes[..colon], &bytes[colon + 1..]),
        None => (bytes, &[]),
    }
}
