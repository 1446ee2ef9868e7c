//! The line of a message. During a flood, consecutive lines share most of their members, so these are cached as bytes.

use super::{JsonLines, content, sequence, value, verdict_members};
use crate::ledger::interval::{Interval, Message};
use crate::ledger::sequence::Channel;
use crate::wire::envelope::Envelope;
use crate::wire::verdict::Verdict;

/// Parts of the last message line, as written, that the next line probably repeats.
#[derive(Debug, Clone, Default)]
pub(super) struct LineCache {
    /// From the start of the line to the channel.
    start: Vec<u8>,
    /// The time and channel that `start` was written for.
    start_key: Option<(i64, Channel)>,
    /// The members from `verdict` to `timestamp`.
    verdict: Vec<u8>,
    verdict_key: Option<VerdictKey>,
}

/// The values that the members from `verdict` to `timestamp` were written for.
#[derive(Debug, Clone)]
struct VerdictKey {
    verdict: Verdict,
    timestamp: Option<i64>,
    /// The signature text up to and including its second bar: the algorithm and the key.
    names: Vec<u8>,
}

impl JsonLines {
    /// Appends the line of a message. The verdict must be that of this payload: it decides whether the data is JSON.
    /// `filter_error` is the reason why the filter could not be evaluated.
    pub fn message(&mut self, out: &mut Vec<u8>, interval: &Interval, message: &Message, filter_error: Option<&str>) {
        let payload = interval.payload(message);
        // Enough for the data and the payload in Base64, which are most of a line.
        out.reserve(3 * payload.len() + 512);
        self.members(out, interval, message);
        if let Some(why) = filter_error {
            value::text(out, "filter_error", why);
        }
        value::base64(out, "payload_base64", payload);
        out.extend_from_slice(b"}\n");
    }

    /// Appends the line of a message without its payload, and therefore without its signature.
    pub fn message_without_payload(&mut self, out: &mut Vec<u8>, interval: &Interval, message: &Message) {
        self.members(out, interval, message);
        out.extend_from_slice(b"}\n");
    }

    /// Appends everything up to the timestamp.
    fn members(&mut self, out: &mut Vec<u8>, interval: &Interval, message: &Message) {
        let envelope = Envelope::parse(interval.payload(message));
        self.cached_start(out, message.at, interval.channel(message));
        sequence(out, message.sequence);
        content(out, &envelope, message.verdict);
        self.cached_verdict(out, envelope.signature, message);
    }

    /// Appends everything up to the channel.
    fn cached_start(&mut self, out: &mut Vec<u8>, at: i64, channel: &Channel) {
        if !self.cache.start_key.as_ref().is_some_and(|key| key.0 == at && key.1 == *channel) {
            let mut start = std::mem::take(&mut self.cache.start);
            start.clear();
            self.start(&mut start, "message", at);
            value::bytes(&mut start, "channel", channel.as_bytes());
            self.cache.start = start;
            self.cache.start_key = Some((at, channel.clone()));
        }
        out.extend_from_slice(&self.cache.start);
    }

    /// Appends the members from `verdict` to `timestamp`.
    fn cached_verdict(&mut self, out: &mut Vec<u8>, signature: &[u8], message: &Message) {
        let (verdict, timestamp) = (message.verdict, message.timestamp);
        let is_same = |key: &VerdictKey| {
            key.verdict == verdict && key.timestamp == timestamp && signature.starts_with(&key.names)
        };
        if !self.cache.verdict_key.as_ref().is_some_and(is_same) {
            let mut bars = signature.iter().enumerate().filter(|(_, byte)| **byte == b'|');
            let Some((bar, _)) = bars.nth(1) else { return verdict_members(out, signature, verdict, timestamp) };
            self.cache.verdict.clear();
            verdict_members(&mut self.cache.verdict, signature, verdict, timestamp);
            self.cache.verdict_key = Some(VerdictKey { verdict, timestamp, names: signature[..=bar].to_vec() });
        }
        out.extend_from_slice(&self.cache.verdict);
    }
}
