//! The texts of findings: one line, full sentences, and the reference entry of each kind.

use super::{Cause, Finding, FindingKind, Program};
use crate::ledger::format::{between, counted, duration, number};
use crate::ledger::sequence::notation;
use crate::wire::escape::{escape, escape_capped};

/// The longest channel name in a short line, in characters.
const MAX_NAME: usize = 60;

/// All texts are safe to print: they are already escaped.
impl Finding {
    /// The finding in one short line, e.g. `16 missed  #1031–1046  disconnected 4.2 s`.
    #[must_use]
    pub fn line(&self) -> String {
        let parts = [self.headline(), self.range(), self.cause_words()];
        parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("  ")
    }

    /// What was found, with its count, e.g. `16 missed`, or `≥16 missed` for a lower bound.
    #[must_use]
    pub fn headline(&self) -> String {
        let lower_bound = if self.is_lower_bound() { "≥" } else { "" };
        let count = self.count.map_or_else(|| "?".to_owned(), |count| count.to_string());
        match (self.kind, self.count) {
            (FindingKind::MissedDisconnected | FindingKind::MissedNotRunning, _) => {
                match (self.missed(), self.lost().filter(|lost| *lost > 0)) {
                    (Some(0), Some(lost)) => format!("{lower_bound}{lost} lost"),
                    (Some(missed), Some(lost)) => format!("{lower_bound}{missed} missed, {lost} lost"),
                    (None, _) | (_, None) => format!("{lower_bound}{count} missed"),
                }
            }
            (FindingKind::CountedNotReceived | FindingKind::ReceivedNotCounted, _) => {
                format!("{count} {}", self.kind.words())
            }
            (FindingKind::Duplicate, Some(count @ 2..)) => counted(count, "duplicate"),
            (FindingKind::ClockSkew, Some(count @ 2..)) => format!("clock skew in {}", counted(count, "message")),
            (
                FindingKind::CounterReset
                | FindingKind::Duplicate
                | FindingKind::ClockSkew
                | FindingKind::Silent
                | FindingKind::TooMany
                | FindingKind::Resumed,
                _,
            ) => self.kind.words().to_owned(),
        }
    }

    /// The range of sequence numbers, e.g. `#1031–1046`, or `among #1031–1046` if the finding is about only some of them.
    /// For `ReceivedNotCounted`, it is always `among`: the messages of the finding have no numbers themselves, and were
    /// received among the messages with these numbers. Empty for a counter reset, or if there is no range.
    #[must_use]
    pub fn range(&self) -> String {
        let (Some(from), Some(to)) = (self.sequence_from, self.sequence_to) else { return String::new() };
        if self.kind == FindingKind::CounterReset {
            return String::new();
        }
        let among = if self.is_whole_range() { "" } else { "among " };
        format!("{among}{}", notation::range(from, to))
    }

    /// The cause in a few words, e.g. `disconnected 4.2 s`. Empty if [`headline`](Self::headline) contains it.
    #[must_use]
    pub fn cause_words(&self) -> String {
        match &self.cause {
            Cause::Disconnected { duration_micros: micros, .. } => format!("disconnected {}", duration(*micros)),
            Cause::NotRunning { since, lost: Some(_), .. } => {
                format!("recorder killed up to {} earlier", duration(between(*since, self.at)))
            }
            Cause::NotRunning { program, since, lost: None, .. } => {
                let name = if matches!(program, Program::Recorder) { "recorder " } else { "" };
                format!("{name}not running for up to {}", duration(between(*since, self.at)))
            }
            Cause::CountMismatch { advance: 0, .. } => String::from("counter unchanged"),
            Cause::CountMismatch { received: 0, .. } => String::new(),
            Cause::CountMismatch { advance, received } if self.kind == FindingKind::CountedNotReceived => {
                format!("{received} of {advance} received")
            }
            Cause::CountMismatch { advance, received } => format!("{advance} of {received} counted"),
            // Messages may have been missed around the reset, so the total in the header is a lower bound.
            Cause::Reset { before, after: Some(after) } => format!("from #{before} to #{after}, ? missed"),
            Cause::Reset { before, after: None } => format!("from #{before}, the key is gone, ? missed"),
            Cause::Duplicate { first_at, first_channel } => {
                let place = if *first_channel == self.channel {
                    String::new()
                } else {
                    format!(" on {}", escape_capped(first_channel.as_bytes(), MAX_NAME))
                };
                format!("first received {} earlier{place}", duration(between(*first_at, self.at)))
            }
            Cause::ClockSkew { seconds } => offset(*seconds),
            Cause::Expectation { expectation, expected, duration_micros: micros, .. } => {
                let what = match (self.kind, self.count) {
                    (FindingKind::TooMany, Some(count)) => format!("{count} in {}", duration(*micros)),
                    (FindingKind::Resumed, _) => format!("after {}", duration(*micros)),
                    _ => format!("no message for {}", duration(*micros)),
                };
                format!("{what}  {}: {expected}", escape_capped(expectation.as_bytes(), MAX_NAME))
            }
        }
    }

    /// The [`headline`](Self::headline) for a narrow column, e.g. `5 not received`.
    #[must_use]
    pub fn short_headline(&self) -> String {
        let count = || self.count.map_or_else(|| String::from("?"), number);
        match self.kind {
            // `16 missed, 3 lost`: the cause has the rest.
            FindingKind::MissedDisconnected | FindingKind::MissedNotRunning => {
                self.headline().split(',').next().unwrap_or_default().to_owned()
            }
            FindingKind::CountedNotReceived | FindingKind::ReceivedNotCounted => {
                format!("{} {}", count(), self.kind.short_words())
            }
            FindingKind::ClockSkew if self.count > Some(1) => format!("{} × {}", count(), self.kind.short_words()),
            FindingKind::CounterReset
            | FindingKind::Duplicate
            | FindingKind::ClockSkew
            | FindingKind::Silent
            | FindingKind::TooMany
            | FindingKind::Resumed => self.headline(),
        }
    }

    /// The range and the cause for a narrow column, e.g. `#1031–1046 disconnected`. The range of some causes is left out.
    #[must_use]
    pub fn short_range_and_cause(&self) -> String {
        let range = self.range();
        let numbers = range.strip_prefix("among ").unwrap_or(&range);
        match &self.cause {
            Cause::Disconnected { .. } => format!("{numbers} disconnected"),
            Cause::NotRunning { lost: Some(lost @ 1..), .. } => format!("{numbers} recorder lost {}", number(*lost)),
            Cause::NotRunning { lost: Some(_), .. } => format!("{numbers} recorder killed"),
            Cause::NotRunning { program: Program::Recorder, lost: None, .. } => format!("{numbers} not recording"),
            Cause::NotRunning { program: Program::Aircheck, lost: None, .. } => format!("{numbers} not running"),
            Cause::CountMismatch { received: 0, .. } => numbers.to_owned(),
            Cause::CountMismatch { received, .. } if self.kind == FindingKind::CountedNotReceived => {
                format!("{} of {numbers} received", number(*received))
            }
            Cause::Reset { before, after: None } => format!("from #{before}, key gone"),
            Cause::Duplicate { first_at, .. } => {
                format!("{numbers} {} after first", duration(between(*first_at, self.at))).trim_start().to_owned()
            }
            Cause::CountMismatch { .. } | Cause::Reset { .. } | Cause::ClockSkew { .. } | Cause::Expectation { .. } => {
                self.cause_words()
            }
        }
    }

    /// The cause in one or two sentences, for the report of a bundle. A bundle is a small recording of the rows around a
    /// finding.
    #[must_use]
    pub fn cause_sentence(&self, recording: Option<&str>) -> String {
        let of = recording.map(|recording| format!(" of {recording}")).unwrap_or_default();
        match &self.cause {
            Cause::Disconnected { reason, duration_micros, .. } => format!(
                "The recorder{of} was disconnected from the server for {}: {}.",
                duration(*duration_micros),
                escape(reason.trim_end_matches('.').as_bytes())
            ),
            Cause::NotRunning { since, lost: Some(_), .. } => format!(
                "The recorder{of} was killed, or its machine crashed, up to {} before the gap was found.",
                duration(between(*since, self.at))
            ),
            Cause::NotRunning { since, lost: None, .. } => {
                format!("The recorder{of} was not running for up to {}.", duration(between(*since, self.at)))
            }
            Cause::CountMismatch { advance, received } => {
                format!("The counter advanced by {}, but {} received.", number(*advance), were(*received, "message"))
            }
            Cause::Reset { .. } | Cause::Duplicate { .. } | Cause::ClockSkew { .. } | Cause::Expectation { .. } => {
                self.kind.reference().cause.to_owned()
            }
        }
    }

    /// The finding in full sentences, in one paragraph: what happened, what it means, and what to do.
    #[must_use]
    pub fn explain(&self) -> String {
        format!("{} {}", self.meaning(), self.kind.reference().advice)
    }

    /// Like [`explain`](Self::explain), without what to do.
    #[must_use]
    pub fn meaning(&self) -> String {
        let Reference { cause, consequence, .. } = self.kind.reference();
        // For missed messages, `what_happened` already contains the cause.
        let cause = if matches!(self.cause, Cause::Disconnected { .. } | Cause::NotRunning { .. }) {
            String::new()
        } else {
            format!("{cause} ")
        };
        let consequence = match self.cause {
            // There are no messages whose numbers could be ranges.
            Cause::CountMismatch { received: 0, .. } if self.kind == FindingKind::CountedNotReceived => NOTHING_LOST,
            _ => consequence,
        };
        format!("{} {cause}{consequence}", self.what_happened())
    }

    /// One or more sentences that describe what happened, with the counts and times of this finding.
    fn what_happened(&self) -> String {
        let channel = escape(self.channel.as_bytes());
        match &self.cause {
            Cause::Disconnected { reason, duration_micros: micros, .. } => format!(
                "{}: the connection was down for {} ({}).{}",
                self.missed_words(&channel),
                duration(*micros),
                escape(reason.as_bytes()),
                self.caveats()
            ),
            Cause::NotRunning { since, lost: Some(lost), .. } => {
                format!("{}{}", self.killed(&channel, *lost, &duration(between(*since, self.at))), self.caveats())
            }
            Cause::NotRunning { program, since, lost: None, .. } => format!(
                "{}: {} was not running for up to {}.{}",
                self.missed_words(&channel),
                if matches!(program, Program::Recorder) { "the recorder" } else { "aircheck" },
                duration(between(*since, self.at)),
                self.caveats()
            ),
            Cause::CountMismatch { advance, received } if self.kind == FindingKind::CountedNotReceived => format!(
                "The counter of {channel} advanced by {advance}, but {} received while connected.",
                were(*received, "message")
            ),
            Cause::CountMismatch { advance, received } => format!(
                "{} received on {channel}, but its counter advanced by {advance}: {} published without incrementing the \
                 counter.{}",
                were(*received, "message"),
                were(self.count.unwrap_or(1), "message"),
                uncounted_messages(*advance, *received),
            ),
            Cause::Reset { before, after: Some(after) } => {
                format!("The counter of {channel} decreased from {before} to {after}.")
            }
            Cause::Reset { before, after: None } => {
                format!("The counter of {channel} was {before}, and its key no longer exists.")
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
                format!("{what} received on {channel} had already been received {earlier} earlier {place}.")
            }
            Cause::ClockSkew { seconds } => {
                let what = match self.count.unwrap_or(1) {
                    1 => format!("A verified message on {channel} has a timestamp that is"),
                    count => format!("{count} verified messages on {channel} have timestamps that are up to"),
                };
                let of = if *seconds < 0 { "" } else { " of" };
                format!("{what} {}{of} this machine's clock, more than half of the time tolerance.", offset(*seconds))
            }
            Cause::Expectation { expectation, expected, duration_micros: micros, is_proved, .. } => {
                let (title, ago) = (escape(expectation.as_bytes()), duration(*micros));
                match self.kind {
                    FindingKind::TooMany => format!(
                        "{} accepted on {channel} in {ago}. The expectation {title} is {expected}.",
                        were(self.count.unwrap_or(0), "message")
                    ),
                    FindingKind::Resumed => {
                        format!("{channel} meets the expectation {title} again ({expected}), after {ago}.")
                    }
                    _ => format!(
                        "No message was accepted on {channel} for {ago}. The expectation {title} is {expected}. {}",
                        if *is_proved { PROVED } else { NOT_PROVED }
                    ),
                }
            }
        }
    }

    /// Whether more than `count` broadcasts may have been missed.
    fn is_lower_bound(&self) -> bool {
        self.cause.lower_bound() == Some(true)
    }

    /// Whether the finding is about every sequence number of its range. Always false for `ReceivedNotCounted`, because its
    /// range belongs to other messages.
    fn is_whole_range(&self) -> bool {
        let (Some(from), Some(to)) = (self.sequence_from, self.sequence_to) else { return false };
        self.kind != FindingKind::ReceivedNotCounted
            && to.checked_sub(from).and_then(|steps| steps.checked_add(1)) == self.count
    }

    /// The start of a sentence, e.g. `16 broadcasts were missed on ops (#1031–1046)`.
    fn missed_words(&self, channel: &str) -> String {
        let lower_bound = if self.is_lower_bound() { "At least " } else { "" };
        format!("{lower_bound}{} missed on {channel} ({})", broadcasts_were(self.count), self.range())
    }

    /// Sentences about a gap during which a recorder was killed. That recorder had received `lost` of the messages.
    fn killed(&self, channel: &str, lost: u64, ago: &str) -> String {
        let killed = format!("killed, or its machine crashed, up to {ago} earlier");
        if lost == 0 {
            return format!(
                "{}: a recorder was {killed}. It may have received some of them and lost them.",
                self.missed_words(channel)
            );
        }
        // The sequence numbers of lost and of missed messages can be listed separately only if the finding is about its whole
        // range.
        let part = |from: u64, to: u64| format!(" ({})", notation::range(from, to));
        let (first, rest) = match self.sequence_from.zip(self.sequence_to).filter(|_| self.is_whole_range()) {
            Some((from, to)) => (part(from, from + (lost - 1)), part(to.min(from + lost), to)),
            None => Default::default(),
        };
        let lower_bound = if self.is_lower_bound() { "At least " } else { "" };
        match self.missed() {
            Some(0) => format!(
                "{lower_bound}{} received on {channel}{first} but lost with the recorder: it was {killed}.",
                were(lost, "broadcast")
            ),
            missed => format!(
                "{lower_bound}{} missed on {channel}{rest}. {lost} more{first} {} received but lost with the recorder: it was \
                 {killed}. It may also have received the first of the missed broadcasts.",
                broadcasts_were(missed),
                if lost == 1 { "was" } else { "were" },
            ),
        }
    }

    /// Sentences that qualify the count, each with a leading space: that it is a lower bound, or that it excludes some messages
    /// of the range.
    fn caveats(&self) -> String {
        let mut out = String::new();
        if self.is_lower_bound() {
            out.push_str(
                " This is a lower bound: the server may not be the same as before, or its counter may have been reset.",
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

/// A silence that the counter proves.
const PROVED: &str = "The link is live and the counter did not advance, so nobody published with the package.";
/// A silence that the counter does not prove.
const NOT_PROVED: &str = "The link is live. The counter does not prove that nobody published: it advanced or cannot be read, or only \
    some of the messages count.";
/// The consequence of missed messages.
const NOT_STORED: &str = "The counter shows how many broadcasts there were; Redis does not store their content. Other subscribers \
    may have received them.";
/// What to do about missed messages.
const BACKFILL: &str = "If another recording has the messages, aircheck merge A.db B.db -o BOTH.db fills the gap. Otherwise, ask \
    the publisher to send them again.";
/// The consequence of a counter that advanced without a message.
const NOTHING_LOST: &str = "The connection lost nothing: Redis delivers published messages in order.";

impl FindingKind {
    /// The reference entry of this kind.
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
                summary: "Messages were missed while aircheck was not running; in a recording, while its recorder was not running.",
                cause: "Nothing is wrong with the connection. A recorder that always runs would have the messages.",
                consequence: NOT_STORED,
                advice: BACKFILL,
            },
            Self::CountedNotReceived => Reference {
                summary: "The counter advanced without a message.",
                cause: "Something increments the counter without publishing (INCR without PUBLISH), or publishes to another \
                    server or database.",
                consequence: "The connection lost nothing: Redis delivers published messages in order. The sequence numbers of \
                    messages received in this interval are ranges; later messages have exact numbers again.",
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
                cause: "Possible causes are a restart of a server that does not persist its data, a flush, an eviction, an \
                    expiry, a DEL, a restored backup, or a failover that lost writes.",
                consequence: "Messages may have been missed: sequence numbers around the reset are unknown. After it, they \
                    continue from the new value.",
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
            Self::Silent => Reference {
                summary: "Fewer messages were accepted than an expectation wants.",
                cause: "The publisher stopped, publishes elsewhere, or its messages are rejected.",
                consequence: "The link lost nothing: this is reported only while it is live, and the time without a link does \
                    not count.",
                advice: "Check the publisher, and look for rejected messages on the channel.",
            },
            Self::TooMany => Reference {
                summary: "More messages were accepted than an expectation allows.",
                cause: "A publisher repeats itself, or there are more publishers than planned.",
                consequence: "Slow subscribers can lose their connections: the server closes those whose output buffers are full.",
                advice: "Find out which message names are frequent, and which programs publish them.",
            },
            Self::Resumed => Reference {
                summary: "An expectation is met again.",
                cause: "It was not met before, as silent or too_many reported.",
                consequence: "The duration is that of the whole disturbance.",
                advice: "Compare its time with the publisher's log.",
            },
        }
    }
}

/// A sentence that says which messages were not counted, with a leading space.
fn uncounted_messages(advance: u64, received: u64) -> &'static str {
    match (advance, received) {
        (0, 1) => " It is the only message received since the counter was last read.",
        (0, _) => " None of these messages was counted.",
        _ => " The counter cannot tell which of the messages received since its last reading these are.",
    }
}

/// E.g. `1 broadcast was` or `3 broadcasts were`.
fn broadcasts_were(count: Option<u64>) -> String {
    count.map_or_else(|| "an unknown number of broadcasts were".to_owned(), |count| were(count, "broadcast"))
}

/// E.g. `1 message was` or `3 messages were`.
fn were(count: u64, noun: &str) -> String {
    format!("{} {}", counted(count, noun), if count == 1 { "was" } else { "were" })
}

fn offset(seconds: i64) -> String {
    let direction = if seconds < 0 { "behind" } else { "ahead" };
    format!("{} {direction}", duration(seconds.unsigned_abs().saturating_mul(1_000_000)))
}
