//! The line of a message. In a flood most of it is that of the line before, and is written at once.

use super::{JsonLines, content, judged, sequence, value};
use crate::ledger::interval::{Interval, Message};
use crate::ledger::sequence::Channel;
use crate::wire::envelope::Envelope;
use crate::wire::verdict::Verdict;

/// What stood in the last line that may well stand in the next one, as it was written.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent {
    head: Vec<u8>,
    /// What `head` was written for.
    head_of: Option<(i64, Channel)>,
    judgement: Vec<u8>,
    judgement_of: Option<Judged>,
}

/// What the members from `verdict` to `timestamp` are written from.
#[derive(Debug, Clone)]
struct Judged {
    verdict: Verdict,
    timestamp: Option<i64>,
    /// The signature text up to its second bar: the algorithm and the key.
    names: Vec<u8>,
}

impl JsonLines {
    /// Appends the line of a message. Its verdict must be that of this payload: it says whether the data is JSON. With
    /// `filter_error` the line tells why the filter could not be evaluated.
    pub fn message(&mut self, out: &mut Vec<u8>, interval: &Interval, message: &Message, filter_error: Option<&str>) {
        let payload = interval.payload(message);
        // The data and the payload in Base64 are the most of it.
        out.reserve(3 * payload.len() + 512);
        let envelope = Envelope::parse(payload);
        self.head(out, message.at, interval.channel(message));
        sequence(out, message.sequence);
        content(out, &envelope, message.verdict);
        self.judgement(out, envelope.signature, message);
        if let Some(why) = filter_error {
            value::text(out, "filter_error", why);
        }
        value::base64(out, "payload_base64", payload);
        out.extend_from_slice(b"}\n");
    }

    /// From the start of the line to the channel.
    fn head(&mut self, out: &mut Vec<u8>, at: i64, channel: &Channel) {
        if !self.recent.head_of.as_ref().is_some_and(|of| of.0 == at && of.1 == *channel) {
            let mut head = std::mem::take(&mut self.recent.head);
            head.clear();
            head.extend_from_slice(b"{\"type\":\"message\",\"at\":");
            self.time(&mut head, at);
            value::bytes(&mut head, "channel", channel.as_bytes());
            self.recent.head = head;
            self.recent.head_of = Some((at, channel.clone()));
        }
        out.extend_from_slice(&self.recent.head);
    }

    /// The members from `verdict` to `timestamp`.
    fn judgement(&mut self, out: &mut Vec<u8>, signature: &[u8], message: &Message) {
        let (verdict, timestamp) = (message.verdict, message.timestamp);
        let is_same =
            |of: &Judged| of.verdict == verdict && of.timestamp == timestamp && signature.starts_with(&of.names);
        if !self.recent.judgement_of.as_ref().is_some_and(is_same) {
            let mut bars = signature.iter().enumerate().filter(|(_, byte)| **byte == b'|');
            let Some((bar, _)) = bars.nth(1) else { return judged(out, signature, verdict, timestamp) };
            self.recent.judgement.clear();
            judged(&mut self.recent.judgement, signature, verdict, timestamp);
            self.recent.judgement_of = Some(Judged { verdict, timestamp, names: signature[..=bar].to_vec() });
        }
        out.extend_from_slice(&self.recent.judgement);
    }
}
