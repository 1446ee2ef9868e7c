//! The lines of `publish`, `check`, `channels` and `inspect`.

use super::super::summary::{Checked, CheckedExpectation, Comparison, Inspected, Listed, Published, signature_names};
use super::{JsonLines, content, value, verdict_members};
use crate::ledger::sequence::Reading;
use crate::wire::envelope::Envelope;

impl JsonLines {
    /// Appends the receipt of a broadcast. `key` is absent if it is unsigned.
    pub fn published(&mut self, out: &mut Vec<u8>, published: &Published<'_>) {
        self.start(out, "published", published.at);
        value::bytes(out, "channel", published.channel);
        value::number(out, "sequence", Some(published.sequence));
        value::number(out, "receivers", Some(published.receivers));
        value::escaped(out, "key", signature_names(Envelope::parse(published.payload).signature).1);
        value::base64(out, "payload_base64", published.payload);
        out.extend_from_slice(b"}\n");
    }

    /// Appends the comparison of a counter with its last known value. `reset` or `error` is present if it is the reason
    /// why `missed` is null. `reset` is null if it is not known whether the counter was reset.
    pub fn checked(&mut self, out: &mut Vec<u8>, checked: &Checked<'_>) {
        let comparison = checked.comparison();
        self.start(out, "check", checked.at);
        value::bytes(out, "channel", checked.channel);
        value::number(out, "known", checked.known);
        value::number(out, "now", comparison.now());
        value::number(out, "missed", comparison.missed());
        match comparison {
            Comparison::Reset { is_certain: true, .. } => value::boolean(out, "reset", true),
            Comparison::Reset { .. } => out.extend_from_slice(b",\"reset\":null"),
            Comparison::Unreadable(why) => value::text(out, "error", why),
            Comparison::Advanced { lower_bound, .. } => value::boolean(out, "lower_bound", lower_bound),
            Comparison::First { .. } => {}
        }
        out.extend_from_slice(b"}\n");
    }

    /// Appends the state of an expectation.
    pub fn expectation(&mut self, out: &mut Vec<u8>, checked: &CheckedExpectation) {
        self.start(out, "expectation", checked.at);
        value::bytes(out, "channel", checked.channel.as_bytes());
        value::text(out, "expectation", &checked.title);
        value::text(out, "expected", &checked.expected);
        value::text(out, "state", checked.state.name());
        if let Some(since) = checked.since {
            out.extend_from_slice(b",\"since\":");
            self.time(out, since);
        }
        value::text(out, "reason", &checked.reason);
        out.extend_from_slice(b"}\n");
    }

    /// Appends a channel. `counter` is null if there is no counter, or if it cannot be read; then `counter_error` is the
    /// reason.
    pub fn listed(&mut self, out: &mut Vec<u8>, listed: &Listed<'_>) {
        self.start(out, "channel", listed.at);
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

    /// Appends an inspected payload: the line of a message without a channel and a sequence number, with its checks. `at` is
    /// the time of the inspection.
    pub fn inspected(&mut self, out: &mut Vec<u8>, inspected: &Inspected<'_>) {
        let envelope = Envelope::parse(inspected.payload);
        self.start(out, "message", inspected.at);
        out.extend_from_slice(b",\"channel\":null,\"sequence\":null,\"certainty\":\"unknown\"");
        content(out, &envelope, inspected.verification.verdict);
        verdict_members(out, envelope.signature, inspected.verification.verdict, inspected.verification.timestamp);
        out.extend_from_slice(b",\"checks\":[");
        for (index, check) in inspected.checks.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"check\":");
            value::quoted(out, check.kind.name());
            value::text(out, "outcome", check.outcome.name());
            value::text(out, "detail", &check.detail);
            if let Some(explanation) = check.explanation {
                value::text(out, "explanation", explanation);
            }
            out.push(b'}');
        }
        out.push(b']');
        value::base64(out, "payload_base64", inspected.payload);
        out.extend_from_slice(b"}\n");
    }
}
