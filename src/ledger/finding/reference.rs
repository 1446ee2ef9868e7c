//! The reference entry of each kind of finding. `aircheck explain` prints it, and Detail uses its sentences.

use super::FindingKind;

/// What a kind of finding means. Each text is one or more sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// What happened.
    pub summary: &'static str,
    /// Why it can happen.
    pub cause: &'static str,
    /// What it means for messages and their sequence numbers.
    pub consequence: &'static str,
    /// What to do.
    pub advice: &'static str,
}

/// The consequence of missed messages.
const NOT_STORED: &str = "The counter shows how many broadcasts there were; Redis does not store their content. Other subscribers \
    may have received them.";
/// What to do about missed messages.
const BACKFILL: &str =
    "Backfill the gap from another recording of this channel, or ask the publisher to send them again.";

impl FindingKind {
    /// The reference entry.
    #[must_use]
    pub fn reference(self) -> Reference {
        match self {
            Self::MissedDisconnected => Reference {
                summary: "Messages were missed while aircheck was disconnected.",
                cause: "The server restarted, the network failed, or the server closed the connection, for example because a \
                    message was larger than its output buffer limit.",
                consequence: NOT_STORED,
                advice: BACKFILL,
            },
            Self::MissedNotRunning => Reference {
                summary: "Messages were missed while aircheck was not running.",
                cause: "Nothing is wrong with the connection. A recorder that always runs would have the messages.",
                consequence: NOT_STORED,
                advice: BACKFILL,
            },
            Self::CountedNotReceived => Reference {
                summary: "The counter advanced without a message.",
                cause: "Something increments the counter without publishing (INCR without PUBLISH), or publishes to another \
                    server or database.",
                consequence: "The connection lost nothing: Redis delivers published messages in order. The sequence numbers of \
                    the messages in this interval are ranges; later messages have exact numbers again.",
                advice: "Check every program that writes the counter key, and that publishers and subscribers use the same \
                    server and database.",
            },
            Self::ReceivedNotCounted => Reference {
                summary: "A message was received without a counter advance.",
                cause: "A program publishes with a plain PUBLISH instead of the package's transaction. Deleting the counter key \
                    while messages are in transit looks the same.",
                consequence: "Subscribers that detect gaps by the counter do not notice such messages.",
                advice: "Check the signatures of these messages, and which users the server permits to publish on this channel.",
            },
            Self::CounterReset => Reference {
                summary: "The counter decreased or disappeared.",
                cause: "Possible causes are a flush, an eviction, an expiry, a DEL, a restored backup, or a failover that lost \
                    writes.",
                consequence: "Messages may have been missed: sequence numbers around the reset are unknown, and a new counter \
                    epoch starts at the new value.",
                advice: "Check the server's persistence and eviction policy, and that no other program uses this key.",
            },
            Self::Duplicate => Reference {
                summary: "A verified message was received again, on any channel, more than 1 s after the first copy.",
                cause: "The signature is valid because it covers neither the channel nor the sequence number: anyone who can \
                    read a message can publish it again until its timestamp is out of tolerance.",
                consequence: "This does not mean that a key has leaked.",
                advice: "Find out who publishes the copy, make handlers tolerate duplicates, and shorten the time tolerance.",
            },
            Self::ClockSkew => Reference {
                summary: "The timestamp of a verified message is off by more than half of the time tolerance.",
                cause: "A clock is wrong. A delayed or resent message looks the same as a clock that is behind.",
                consequence: "If the offset exceeds the tolerance, all messages of this signer are rejected.",
                advice: "Check the time synchronisation of the signer and of this machine.",
            },
        }
    }
}
