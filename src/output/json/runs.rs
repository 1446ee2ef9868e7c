//! The lines of `listen`.

use super::super::missed::{DROPPED, Missed};
use super::super::summary::{Ran, RanFor};
use super::{JsonLines, sequence, value};

impl JsonLines {
    /// Appends what was missed: a finding without its cause, or a line of type `dropped`.
    pub fn missed(&mut self, out: &mut Vec<u8>, missed: &Missed) {
        match missed.kind {
            DROPPED => {
                out.extend_from_slice(b"{\"type\":\"dropped\",\"at\":");
                self.time(out, missed.at);
                value::bytes(out, "channel", missed.channel.as_bytes());
                value::number(out, "sequence_from", missed.from);
                value::number(out, "sequence_to", missed.to);
                value::number(out, "count", missed.count);
                out.extend_from_slice(b"}\n");
            }
            kind => self.numbers(out, "finding", kind, missed),
        }
    }

    /// Appends what a recording does not hold of what was missed.
    pub fn missing(&mut self, out: &mut Vec<u8>, missed: &Missed) {
        self.numbers(out, "missing", missed.kind, missed);
    }

    fn numbers(&mut self, out: &mut Vec<u8>, of_type: &str, kind: &str, missed: &Missed) {
        out.extend_from_slice(b"{\"type\":");
        value::quoted(out, of_type);
        value::text(out, "kind", kind);
        value::bytes(out, "channel", missed.channel.as_bytes());
        range(out, missed);
        out.extend_from_slice(b",\"at\":");
        self.time(out, missed.at);
        out.extend_from_slice(b"}\n");
    }

    /// Appends the end of a command; `kind`, `from`, `to` and `count` instead of `sequence` and `name` where it was run for
    /// what was missed.
    pub fn ran(&mut self, out: &mut Vec<u8>, ran: &Ran<'_>) {
        out.extend_from_slice(b"{\"type\":\"run\",\"at\":");
        self.time(out, ran.at);
        value::bytes(out, "channel", ran.channel);
        match ran.cause {
            RanFor::Message { name, sequence: number } => {
                sequence(out, number);
                value::bytes(out, "name", name);
            }
            RanFor::Missed(missed) => {
                value::text(out, "kind", missed.kind);
                range(out, missed);
            }
        }
        value::boolean(out, "recovered", ran.recovered);
        value::text(out, "outcome", ran.outcome);
        if let Some(status) = ran.status {
            value::signed(out, "status", status.into());
        }
        if let Some(signal) = ran.signal {
            value::signed(out, "signal", signal.into());
        }
        if ran.outcome != "done" {
            value::text(out, "reason", ran.words);
        }
        value::number(out, "attempts", Some(ran.attempts.into()));
        value::number(out, "micros", Some(ran.micros));
        out.extend_from_slice(b"}\n");
    }
}

fn range(out: &mut Vec<u8>, missed: &Missed) {
    value::number(out, "from", missed.from);
    value::number(out, "to", missed.to);
    value::number(out, "count", missed.count);
}
