//! JSON lines of the commands that ask the server.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// An object that starts with its type and a channel: `channel` is null where the name is not UTF-8, and
/// `channel_base64` holds it then.
pub(super) fn object(kind: &str, channel: &[u8]) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("type".to_owned(), kind.into());
    object.insert("channel".to_owned(), std::str::from_utf8(channel).ok().into());
    if std::str::from_utf8(channel).is_err() {
        object.insert("channel_base64".to_owned(), base64(channel).into());
    }
    object
}

/// The bytes in Base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Writes one line.
pub(super) fn write(out: &mut impl Write, object: &Map<String, Value>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    writeln!(out)
}
