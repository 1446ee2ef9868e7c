//! Messages as comma-separated values.

use std::io::{self, StdoutLock};

use base64_simd::STANDARD;
use csv::Writer;
use jiff::Timestamp;

use crate::ledger::interval::{Interval, Message};
use crate::ledger::sequence::Sequence;
use crate::record::reader::Place;
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape;

const HEADER: [&str; 15] = [
    "at",
    "channel",
    "epoch",
    "sequence",
    "sequence_from",
    "sequence_to",
    "name",
    "verdict",
    "rejection",
    "key",
    "algorithm",
    "timestamp",
    "data",
    "payload_base64",
    "filter_error",
];

/// Rows on standard output.
///
/// What a stranger sent is escaped as everywhere, and a cell that a spreadsheet would take for a formula begins with an
/// apostrophe; `payload_base64` holds the bytes.
pub(super) struct Rows(Writer<StdoutLock<'static>>);

impl Rows {
    /// Writes the header.
    pub(super) fn new() -> io::Result<Self> {
        let mut writer = Writer::from_writer(io::stdout().lock());
        writer.write_record(HEADER)?;
        Ok(Self(writer))
    }

    pub(super) fn message(
        &mut self,
        interval: &Interval,
        message: &Message,
        filter_error: Option<&str>,
        place: Place,
    ) -> io::Result<()> {
        let payload = interval.payload(message);
        let envelope = Envelope::parse(payload);
        let mut signature = envelope.signature.split(|&byte| byte == b'|');
        let algorithm = signature.next().unwrap_or_default();
        let key = signature.next().unwrap_or_default();
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let (exact, from, to) = match message.sequence {
            Sequence::Exact(number) => (Some(number), None, None),
            Sequence::Inferred(number) => (None, Some(number), Some(number)),
            Sequence::Range { from, to } => (None, Some(from), Some(to)),
            Sequence::Unknown(_) => (None, None, None),
        };
        self.0.write_record([
            Timestamp::from_microsecond(message.at).map(|at| format!("{at:.6}")).unwrap_or_default(),
            cell(interval.channel(message).as_bytes()),
            place.epoch.to_string(),
            number(exact),
            number(from),
            number(to),
            cell(envelope.name),
            message.verdict.name().to_owned(),
            message.verdict.rejection().map(|rejection| rejection.name().to_owned()).unwrap_or_default(),
            cell(key),
            cell(algorithm),
            message.timestamp.map(|timestamp| timestamp.to_string()).unwrap_or_default(),
            cell(envelope.data),
            STANDARD.encode_to_string(payload),
            filter_error.map(formula_free).unwrap_or_default(),
        ])?;
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Safe text that is no formula. Tabs and line ends, with which some programs let one begin too, are escaped anyway.
fn cell(bytes: &[u8]) -> String {
    formula_free(&escape(bytes))
}

/// Text that is safe already, as a cell that is no formula.
fn formula_free(text: &str) -> String {
    match text.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (bytes, text) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\\x09=1"),
            ("\r=1", "\\x0d=1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(cell(bytes.as_bytes()), text, "{bytes:?}");
        }
    }
}
