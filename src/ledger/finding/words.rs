//! The texts of findings: one line, or full sentences.

use super::{Cause, Finding, FindingKind};
use crate::ledger::format::{between, counted, duration};
use crate::ledger::sequence::notation;
use crate::wire::escape::{escape, escape_capped};

/// The longest channel name in a short line, in characters.
const MAX_NAME: usize = 60;

impl FindingKind {
    /// What findings of this kind mean, in one or two sentences.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::MissedDisconnected => "Messages were missed while aircheck was disconnected.",
            Self::MissedNotRunning => {
                "Messages were missed while aircheck was not running. Nothing is wrong with the connection."
            }
            Self::CountedNotReceived => "The counter advanced, but the server delivered no message to aircheck.",
            Self::ReceivedNotCounted => "A message was received, but the counter did not advance.",
            Self::CounterReset => "The counter decreased or disappeared. A new counter epoch starts.",
            Self::Duplicate => {
                "A verified message was already received, on any channel, more than 1 s earlier. The finding shows when and \
                 where. Unsigned messages are not compared."
            }
            Self::ClockSkew => "A valid signature's timestamp is off by more than half the time tolerance.",
        }
    }

    /// What to check first.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::MissedDisconnected => {
                "Check the reason and the time: a restart, a network problem, or a message larger than the server's output \
                 buffer limit."
            }
            Self::MissedNotRunning => "Run a recorder to keep such messages.",
            Self::CountedNotReceived => {
                "Look for a publisher that increments the counter without publishing, or that publishes to another server or \
                 database."
            }
            Self::ReceivedNotCounted => "Look for a publisher that does not use the package's transaction.",
            Self::CounterReset => {
                "Look for a flush, an eviction, an expiry, a restored backup, or a failover that lost writes."
            }
            Self::Duplicate => {
                "Look for a late retry, or for somebody who replays messages. Handlers must tolerate duplicates."
            }
            Self::ClockSkew => "Set the signer's clock before all of its messages are rejected.",
        }
    }
}

/// All texts are safe to print: they are already escaped.
impl Finding {
    /// The finding in one short line, e.g. `16 missed  #1031–1046  disconnected 4.2 s`.
    #[must_use]
    pub fn line(&self) -> String {
        let parts = [self.headline(), self.range(), self.cause_words()];
        parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("  ")
    }

    /// What was found and how many, e.g. `16 missed`, or `≥16 missed` for a lower bound.
    #[must_use]
    pub fn headline(&self) -> String {
        let lower_bound = if self.is_lower_bound() { "≥" } else { "" };
        let count = self.count.map_or_else(|| "?".to_owned(), |count| count.to_string());
        match (self.kind, self.count) {
            (FindingKind::MissedDisconnected | FindingKind::MissedNotRunning, _) => {
                format!("{lower_bound}{count} missed")
            }
            (FindingKind::CountedNotReceived | FindingKind::ReceivedNotCounted, _) => {
                format!("{count} {}", self.kind.words())
            }
            (FindingKind::Duplicate, Some(count @ 2..)) => counted(count, "duplicate"),
            (FindingKind::ClockSkew, Some(count @ 2..)) => format!("clock skew in {}", counted(count, "message")),
            (FindingKind::CounterReset | FindingKind::Duplicate | FindingKind::ClockSkew, _) => {
                self.kind.words().to_owned()
            }
        }
    }

    /// The sequence numbers concerned: `#1031–1046`, `among #1031–1046` if only some of them are, or nothing.
    #[must_use]
    pub fn range(&self) -> String {
        let (Some(from), Some(to)) = (self.sequence_from, self.sequence_to) else { return String::new() };
        if self.kind == FindingKind::CounterReset {
            return String::new();
        }
        let among = if self.is_whole_range() { "" } else { "among " };
        format!("{among}{}", notation::range(from, to))
    }

    /// The cause in a few words, e.g. `disconnected 4.2 s`.
    #[must_use]
    pub fn cause_words(&self) -> String {
        match &self.cause {
            Cause::Disconnected { duration_micros: micros, .. } => format!("disconnected {}", duration(*micros)),
            Cause::NotRunning { since, .. } => format!("not running for {}", duration(between(*since, self.at))),
            Cause::CountMismatch { advance, received } => format!("{advance} counted, {received} received"),
            Cause::Reset { before, after: Some(after) } => format!("from #{before} to #{after}"),
            Cause::Reset { before, after: None } => format!("from #{before}, the key is gone"),
            Cause::Duplicate { first_at, first_channel } => {
                let place = if *first_channel == self.channel {
                    String::new()
                } else {
                    format!(" on {}", escape_capped(first_channel.as_bytes(), MAX_NAME))
                };
                format!("first received {} earlier{place}", duration(between(*first_at, self.at)))
            }
            Cause::ClockSkew { seconds } => offset(*seconds),
        }
    }

    /// The finding in full sentences, in one paragraph: what happened, what it means, and what to do.
    #[must_use]
    pub fn explain(&self) -> String {
        let channel = escape(self.channel.as_bytes());
        match &self.cause {
            Cause::Disconnected { reason, duration_micros: micros, .. } => format!(
                "{}: the connection was down for {} ({}).{} {MISSED}",
                self.missed(&channel),
                duration(*micros),
                escape(reason.as_bytes()),
                self.caveats()
            ),
            Cause::NotRunning { since, .. } => format!(
                "{}: aircheck was not running for {}.{} {MISSED}",
                self.missed(&channel),
                duration(between(*since, self.at)),
                self.caveats()
            ),
            Cause::CountMismatch { advance, received } if self.kind == FindingKind::CountedNotReceived => format!(
                "The counter of {channel} advanced by {advance}, but {} received while connected. Something increments the \
                 counter without publishing (INCR without PUBLISH), or publishes to another server or database. The \
                 connection lost nothing: Redis delivers published messages in order. The sequence numbers of the messages \
                 in this interval are ranges; later messages have exact numbers again. Check every program that writes the \
                 counter key, and that publishers and subscribers use the same server and database.",
                were(*received, "message")
            ),
            Cause::CountMismatch { advance, received } => format!(
                "{} received on {channel}, but its counter advanced by {advance}: {} published without incrementing the \
                 counter, with a plain PUBLISH instead of the package's transaction.{} Check the signatures of these \
                 messages, and which users the server permits to publish on this channel. Subscribers that detect gaps by \
                 the counter do not notice such messages. Deleting the counter key while messages are in transit looks the \
                 same.",
                were(*received, "message"),
                were(self.count.unwrap_or(1), "message"),
                uncounted_messages(*advance, *received),
            ),
            Cause::Reset { before, after } => {
                let now = match after {
                    Some(after) => format!("decreased from {before} to {after}"),
                    None => format!("was {before}, and its key no longer exists"),
                };
                format!(
                    "The counter of {channel} {now}. Possible causes are a flush, an eviction, an expiry, a DEL, a restored \
                     backup, or a failover that lost writes. Messages may have been missed: sequence numbers around the \
                     reset are unknown, and a new counter epoch starts at the new value. Check the server's persistence and \
                     eviction policy, and that no other program uses this key."
                )
            }
            Cause::Duplicate { first_at, first_channel } => {
                let earlier = duration(between(*first_at, self.at));
                let place = if *first_channel == self.channel {
                    "on this channel".to_owned()
                } else {
                    format!("on {}", escape(first_channel.as_bytes()))
                };
                let what = match self.count.unwrap_or(1) {
                    1 => "A verified message".to_owned(),
                    count => format!("{count} verified messages"),
                };
                format!(
                    "{what} received on {channel} had already been received {earlier} earlier {place}. The signature is \
                     valid because it covers neither the channel nor the sequence number: anyone who can read a message can \
                     publish it again until its timestamp is out of tolerance. This does not mean that a key has leaked. \
                     Find out who publishes the copy, make handlers tolerate duplicates, and shorten the time tolerance."
                )
            }
            Cause::ClockSkew { seconds } => {
                let what = match self.count.unwrap_or(1) {
                    1 => format!("A verified message on {channel} has a timestamp that is"),
                    count => format!("{count} verified messages on {channel} have timestamps that are up to"),
                };
                let of = if *seconds < 0 { "" } else { " of" };
                format!(
                    "{what} {}{of} this machine's clock, more than half of the time tolerance. If the offset exceeds the \
                     tolerance, all messages of this signer are rejected. A delayed or resent message looks the same as a \
                     clock that is behind. Check the time synchronisation of the signer and of this machine.",
                    offset(*seconds)
                )
            }
        }
    }

    /// Whether more may have been missed than `count`.
    fn is_lower_bound(&self) -> bool {
        self.cause.lower_bound() == Some(true)
    }

    /// Whether the finding is about every number of the range. The numbers of `ReceivedNotCounted` are those of other messages.
    fn is_whole_range(&self) -> bool {
        let (Some(from), Some(to)) = (self.sequence_from, self.sequence_to) else { return false };
        self.kind != FindingKind::ReceivedNotCounted
            && to.checked_sub(from).and_then(|steps| steps.checked_add(1)) == self.count
    }

    /// `16 broadcasts were missed on ops (#1031–1046)`.
    fn missed(&self, channel: &str) -> String {
        let lower_bound = if self.is_lower_bound() { "At least " } else { "" };
        let what = match self.count {
            Some(count) => were(count, "broadcast"),
            None => "an unknown number of broadcasts were".to_owned(),
        };
        format!("{lower_bound}{what} missed on {channel} ({})", self.range())
    }

    /// Sentences about what is unknown, each with a leading space.
    fn caveats(&self) -> String {
        let mut out = String::new();
        if self.is_lower_bound() {
            out.push_str(
                " This is a lower bound: the server may not be the same as before, and its counter may have been reset.",
            );
        }
        if !self.is_whole_range() {
            out.push_str(
                " Some messages in this range were received before the connection ended; they are not in the count.",
            );
        }
        out
    }
}

const MISSED: &str = "The counter shows how many broadcasts there were; Redis does not store their content. Other \
    subscribers may have received them. Backfill the gap from another recording of this channel, or ask the publisher to \
    send them again.";

/// A sentence about which messages were not counted, with a leading space.
fn uncounted_messages(advance: u64, received: u64) -> &'static str {
    match (advance, received) {
        (0, 1) => " It is the only message received since the counter was last read.",
        (0, _) => " None of these messages was counted.",
        _ => " The counter cannot tell which of the messages received since its last reading these are.",
    }
}

/// `1 message was`, `3 messages were`.
fn were(count: u64, noun: &str) -> String {
    format!("{} {}", counted(count, noun), if count == 1 { "was" } else { "were" })
}

fn offset(seconds: i64) -> String {
    let way = if seconds < 0 { "behind" } else { "ahead" };
    format!("{} {way}", duration(seconds.unsigned_abs().saturating_mul(1_000_000)))
}
