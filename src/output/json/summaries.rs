//! The lines of `publish`, `check` and `inspect`.

use super::super::summary::{Checked, Inspected, Published, check_name, outcome_name};
use super::{JsonLines, judged, value};
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

    /// Appends the comparison of a counter with the last one known; `reason` is there only where something is not known.
    pub fn checked(&self, out: &mut Vec<u8>, checked: &Checked<'_>) {
        out.extend_from_slice(b"{\"type\":\"check\"");
        value::bytes(out, "channel", checked.channel);
        value::number(out, "known", checked.known);
        value::number(out, "now", checked.now);
        value::number(out, "missed", checked.missed);
        if let Some(reason) = checked.reason {
            value::text(out, "reason", reason);
        }
        out.extend_from_slice(b"}\n");
    }

    /// Appends the judgement of a payload with its checks.
    pub fn inspected(&self, out: &mut Vec<u8>, inspected: &Inspected<'_>) {
        let envelope = Envelope::parse(inspected.payload);
        out.extend_from_slice(b"{\"type\":\"inspect\"");
        judged(out, &envelope, inspected.judgement.verdict, inspected.judgement.timestamp);
        out.extend_from_slice(b",\"checks\":[");
        for (index, check) in inspected.checks.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"check\":");
            value::quoted(out, check_name(check.kind));
            value::text(out, "outcome", outcome_name(check.outcome));
            value::text(out, "detail", &check.detail);
            out.push(b'}');
        }
        out.push(b']');
        value::base64(out, "payload_base64", inspected.payload);
        out.extend_from_slice(b"}\n");
    }
}
