//! Writes replies in the protocol of the connection.

use crate::redis::resp;

/// The protocol of a connection: RESP2, or RESP3 after `HELLO 3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Protocol {
    #[default]
    Resp2,
    Resp3,
}

/// Appends a reply to a connection's output.
pub(super) struct Reply<'a> {
    pub(super) out: &'a mut Vec<u8>,
    pub(super) protocol: Protocol,
}

impl Reply<'_> {
    pub(super) fn ok(self) {
        self.simple("OK");
    }

    pub(super) fn simple(self, text: &str) {
        resp::write_simple(self.out, text.as_bytes());
    }

    /// An error. `text` starts with the code, e.g. `ERR syntax error`.
    pub(super) fn error(self, text: impl AsRef<[u8]>) {
        resp::write_error(self.out, text.as_ref());
    }

    pub(super) fn integer(self, number: usize) {
        self.signed(i64::try_from(number).unwrap_or(i64::MAX));
    }

    pub(super) fn signed(self, number: i64) {
        resp::write_integer(self.out, number);
    }

    pub(super) fn blob(self, blob: impl AsRef<[u8]>) {
        resp::write_blob(self.out, blob.as_ref());
    }

    pub(super) fn blob_or_null(self, blob: Option<impl AsRef<[u8]>>) {
        match blob {
            Some(blob) => self.blob(blob),
            None => self.null(),
        }
    }

    pub(super) fn null(self) {
        match self.protocol {
            Protocol::Resp2 => self.out.extend_from_slice(b"$-1\r\n"),
            Protocol::Resp3 => resp::write_null(self.out),
        }
    }

    /// A text for display: a verbatim string in RESP3.
    pub(super) fn text(self, text: &str) {
        match self.protocol {
            Protocol::Resp2 => self.blob(text),
            Protocol::Resp3 => {
                self.out.extend_from_slice(format!("={}\r\ntxt:{text}\r\n", text.len() + 4).as_bytes());
            }
        }
    }

    pub(super) fn array(self, count: usize) {
        resp::write_array(self.out, count);
    }

    pub(super) fn map(self, pairs: usize) {
        match self.protocol {
            Protocol::Resp2 => resp::write_array(self.out, pairs * 2),
            Protocol::Resp3 => resp::write_map(self.out, pairs),
        }
    }

    /// A push message: an array in RESP2.
    pub(super) fn push(self, count: usize) {
        match self.protocol {
            Protocol::Resp2 => resp::write_array(self.out, count),
            Protocol::Resp3 => resp::write_push(self.out, count),
        }
    }
}
