//! The lines of `publish`, `check`, `channels` and `inspect`.

use super::super::summary::{Checked, Comparison, Inspected, Listed, Published};
use super::{JsonLines, content, judged, value};
use crate::ledger::sequence::Reading;
use crate::wire::envelope::Envelope;

impl JsonLines {
    /// Appends the receipt of a broadcast.
    pub fn published(&self, out: &mut Vec<u8>, published: &Published<'_>) {
        out.extend_from_slice(b"{\"type\":\"published\"");
        value::bytes(out, "channel", published.channel);
        value::number(out, "sequence", Some(published.sequence));
        value::number(out, "receivers", Some(published.receivers));
        value::base64(out, "payload_base64", published.payload);
        out.extend_from_slice(b"}\n");
    }

    /// Appends the comparison of a counter with the last one known; `reset` and `error` are there only where they say why
    /// `missed` is not known.
    pub fn checked(&self, out: &mut Vec<u8>, checked: &Checked<'_>) {
        let comparison = checked.comparison();
        out.extend_from_slice(b"{\"type\":\"check\"");
        value::bytes(out, "channel", checked.channel);
        value::number(out, "known", checked.known);
        value::number(out, "now", comparison.now());
        value::number(out, "missed", comparison.missed());
        match comparison {
            Comparison::Reset { .. } => value::boolean(out, "reset", true),
            Comparison::Unreadable(why) => value::text(out, "error", why),
            Comparison::Advanced { lower_bound, .. } => value::boolean(out, "lower_bound", lower_bound),
            Comparison::First { .. } => {}
        }
        out.extend_from_slice(b"}\n");
    }

    /// Appends a channel; `counter` is null where there is none, and where `counter_error` says why it cannot be read.
    pub fn listed(&self, out: &mut Vec<u8>, listed: &Listed<'_>) {
        out.extend_from_slice(b"{\"type\":\"channel\"");
        value::bytes(out, "channel", listed.channel);
        let (counter, error) = match listed.counter {
            Reading::Value(counter) => (Some(*counter), None),
            Reading::Missing => (None, None),
            Reading::Unreadable(why) => (None, Some(why)),
        };
        value::number(out, "counter", counter);
        value::number(out, "subscribers", listed.subscribers);
        if let Some(error) = error {
            value::text(out, "counter_error", error);
        }
        out.extend_from_slice(b"}\n");
    }

    /// Appends the judgement of a payload: the line of a message, `at` the time of the judgement, that came on no channel
    /// and has no number, with its checks.
    pub fn inspected(&mut self, out: &mut Vec<u8>, inspected: &Inspected<'_>) {
        let envelope = Envelope::parse(inspected.payload);
        out.extend_from_slice(b"{\"type\":\"message\",\"at\":");
        self.time(out, inspected.at);
        out.extend_from_slice(b",\"channel\":null,\"sequence\":null");
        content(out, &envelope, inspected.judgement.verdict);
        judged(out, envelope.signature, inspected.judgement.verdict, inspected.judgement.timestamp);
        out.extend_from_slice(b",\"checks\":[");
        for (index, check) in inspected.checks.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"check\":");
            value::quoted(out, check.kind.name());
            value::text(out, "outcome", check.outcome.name());
            value::text(out, "detail", &check.detail);
            out.push(b'}');
        }
        out.push(b']');
        value::base64(out, "payload_base64", inspected.payload);
        out.extend_from_slice(b"}\n");
    }
}
