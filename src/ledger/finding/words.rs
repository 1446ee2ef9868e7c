//! Findings in words: a line each, and in full.

use super::{Cause, Finding, FindingKind};
use crate::wire::escape::escape;

impl FindingKind {
    /// A few words for a person, e.g. `missed while disconnected`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::MissedDisconnected => "missed while disconnected",
            Self::MissedNotRunning => "missed while not running",
            Self::CountedNotReceived => "counted, not delivered",
            Self::ReceivedNotCounted => "published past the counter",
            Self::CounterReset => "counter reset",
            Self::Duplicate => "repeated message",
            Self::ClockSkew => "signer's clock off",
        }
    }
}

impl Finding {
    /// The finding in one short line, e.g. `16 missed  #1031–#1046  disconnected 4.2 s`: safe text, already escaped.
    #[must_use]
    pub fn line(&self) -> String {
        let lower_bound = if self.is_least() { "at least " } else { "" };
        let (what, range) = (self.what(), self.range());
        match &self.cause {
            Cause::Disconnected { micros, .. } => {
                format!("{lower_bound}{what}{range}  disconnected {}", duration(*micros))
            }
            Cause::NotRunning { since, .. } => {
                format!("{lower_bound}{what}{range}  not running for {}", duration(between(*since, self.at)))
            }
            Cause::CountMismatch { .. } if self.kind == FindingKind::CountedNotReceived => {
                format!("{what}{range}  counted without a message")
            }
            Cause::CountMismatch { advance: 0, .. } => format!("{what}  published past the counter"),
            Cause::CountMismatch { .. } => format!("{what}{range}  published past the counter"),
            Cause::Reset { before, after: Some(after) } => format!("{what}  from {before} to {after}"),
            Cause::Reset { before, after: None } => format!("{what}  from {before}, the key is gone"),
            Cause::Duplicate { first_at, first_channel } => {
                let place = if *first_channel == self.channel {
                    String::new()
                } else {
                    format!(" on {}", escape(first_channel.as_bytes()))
                };
                format!("{what}  first seen {} before{place}", duration(between(*first_at, self.at)))
            }
            Cause::ClockSkew { seconds } => format!("{what}  signer's clock {}", offset(*seconds)),
        }
    }

    /// The finding in full sentences: what it means, what it does not mean, and what to do next. Safe text, already
    /// escaped, one paragraph.
    #[must_use]
    pub fn explain(&self) -> String {
        let channel = escape(self.channel.as_bytes());
        match &self.cause {
            Cause::Disconnected { reason, micros, lower_bound } => {
                let down = duration(*micros);
                let reason = escape(reason.as_bytes());
                format!(
                    "{} on {channel} while the connection was down for {down} ({reason}).{} {MISSED}",
                    self.missed(*lower_bound),
                    self.unsure(*lower_bound)
                )
            }
            Cause::NotRunning { since, lower_bound } => {
                let down = duration(between(*since, self.at));
                format!(
                    "{} on {channel} since the counter was last stored, {down} before: nobody was listening here.{} {MISSED}",
                    self.missed(*lower_bound),
                    self.unsure(*lower_bound)
                )
            }
            Cause::CountMismatch { advance, received } if self.kind == FindingKind::CountedNotReceived => format!(
                "The counter of {channel} advanced by {advance}, but {} came on a live connection. Somebody counts without \
                 publishing (a lone INCR), or publishes on another server or database than this one. It does not mean that \
                 the connection lost anything: Redis delivers what is published here, in order. The messages of this \
                 interval have a range of possible numbers; from the next reading on they are exact again. Look for whoever \
                 writes to the counter key, and whether each listens to the server that it counts on.",
                plural(*received, "message")
            ),
            Cause::CountMismatch { advance, received } => format!(
                "{} came on {channel}, but its counter advanced by only {advance}: {} published past the counter, with a bare \
                 PUBLISH instead of the library's transaction.{} It does not say who: check the signatures of these \
                 messages, and who may publish on the channel by the server's access rules. Listeners of the library that \
                 find gaps by the counter do not see such messages as extra. A counter key that is deleted while messages \
                 are under way can look the same.",
                plural(*received, "message"),
                self.were("message"),
                point_at(*advance, *received),
            ),
            Cause::Reset { before, after } => {
                let now = match after {
                    Some(after) => format!("went back from {before} to {after}"),
                    None => format!("was {before}, and its key does not exist any more"),
                };
                format!(
                    "The counter of {channel} {now}: a flush, an eviction, an expiry, a DEL, a restored backup, or a failover \
                     that lost writes. It does not say that messages were missed, and cannot say that none were: numbers \
                     around the reset are unknown, and start anew from the new value. Check the server's persistence and \
                     eviction policy, and that no two programs use this key."
                )
            }
            Cause::Duplicate { first_at, first_channel } => {
                let before = duration(between(*first_at, self.at));
                let place = if *first_channel == self.channel {
                    "on this channel".to_owned()
                } else {
                    format!("on {}", escape(first_channel.as_bytes()))
                };
                format!(
                    "{} on {channel} that was first seen {before} before {place}. The signature is valid, because it names \
                     neither channel nor number: whoever can read a message can send it again until its timestamp is out of \
                     tolerance. It does not mean that a key is known to others. Find who publishes the copy; make handlers \
                     bear a repeat, and the time tolerance shorter.",
                    self.a_verified()
                )
            }
            Cause::ClockSkew { seconds } => format!(
                "{} on {channel} with a timestamp that is {} against the clock here, more than half of the time tolerance. \
                 It was accepted; when the offset passes the tolerance, all messages of this signer are rejected. A message \
                 that was long under way, or sent again, looks like a clock that is behind. Check the time synchronisation \
                 of the signer and of this machine.",
                self.a_verified(),
                offset(*seconds)
            ),
        }
    }

    fn is_least(&self) -> bool {
        matches!(
            self.cause,
            Cause::Disconnected { lower_bound: true, .. } | Cause::NotRunning { lower_bound: true, .. }
        )
    }

    /// What was found, with how many: `16 missed`.
    fn what(&self) -> String {
        let count = self.count.unwrap_or(1);
        match self.kind {
            FindingKind::MissedDisconnected | FindingKind::MissedNotRunning => format!("{count} missed"),
            FindingKind::CountedNotReceived => format!("{count} not delivered"),
            FindingKind::ReceivedNotCounted => format!("{count} uncounted"),
            FindingKind::CounterReset => "counter reset".to_owned(),
            FindingKind::Duplicate => format!("{count} repeated"),
            FindingKind::ClockSkew if count == 1 => "clock off".to_owned(),
            FindingKind::ClockSkew => format!("clock off in {count} messages"),
        }
    }

    /// The numbers with two spaces before them, or nothing: `  #1031–#1046`, or `  among #1031–#1050` where only some of them
    /// are concerned.
    fn range(&self) -> String {
        let (Some(from), Some(to)) = (self.from, self.to) else { return String::new() };
        let among = if self.is_exact() { "" } else { "among " };
        if from == to { format!("  {among}#{from}") } else { format!("  {among}#{from}–#{to}") }
    }

    /// Whether every number of the range is concerned: only where numbers are missing, and all of them.
    fn is_exact(&self) -> bool {
        let (Some(from), Some(to)) = (self.from, self.to) else { return false };
        self.kind.is_gap() && to.checked_sub(from).and_then(|steps| steps.checked_add(1)) == self.count
    }

    /// `16 broadcasts were missed (#1031–#1046)`, or the same with `At least`.
    fn missed(&self, lower_bound: bool) -> String {
        let lower_bound = if lower_bound { "At least " } else { "" };
        format!("{lower_bound}{} missed ({})", self.were("broadcast"), self.range().trim_start())
    }

    /// What is not known of a gap, as sentences with a space before them.
    fn unsure(&self, lower_bound: bool) -> String {
        let mut out = String::new();
        if lower_bound {
            out.push_str(
                " The server is not known to be the same as before: its counter may have been reset and have passed its old \
                 value, so this is a lower bound.",
            );
        }
        if !self.is_exact() {
            out.push_str(
                " Some messages did come in between, on a connection that ended before its counter was read: they are \
                 among these numbers and not in the count.",
            );
        }
        out
    }

    /// `1 message was`, `3 messages were`.
    fn were(&self, noun: &str) -> String {
        let count = self.count.unwrap_or(1);
        format!("{} {}", plural(count, noun), if count == 1 { "was" } else { "were" })
    }

    fn a_verified(&self) -> String {
        match self.count.unwrap_or(1) {
            1 => "A verified message came".to_owned(),
            count => format!("{count} verified messages came"),
        }
    }
}

const MISSED: &str = "The counter proves how many there were; what was in them is not known here, for Redis keeps no \
    broadcast. It does not mean that other listeners missed them. Ask another recording of this channel for these numbers, \
    or the publisher to send them again.";

/// How closely the messages published past the counter can be told from the others, as a sentence with a space before it.
fn point_at(advance: u64, received: u64) -> String {
    match (advance, received) {
        (0, 1) => " It is the one message that came since the counter was last read.".to_owned(),
        (0, _) => " None of these messages was counted.".to_owned(),
        _ => " They are among the messages since the counter was last read; which of them, the counter cannot tell."
            .to_owned(),
    }
}

fn plural(count: u64, noun: &str) -> String {
    match count {
        0 => format!("no {noun}"),
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

fn offset(seconds: i64) -> String {
    let way = if seconds < 0 { "behind" } else { "ahead" };
    format!("{} {way}", duration(seconds.unsigned_abs().saturating_mul(1_000_000)))
}

fn between(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}

/// A length of time with the two units that matter: `4.2 s`, `3 min 12 s`, `2 d 3 h`.
fn duration(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match seconds {
        0 => format!("{} ms", micros / 1_000),
        1..60 => format!("{seconds}.{} s", micros / 100_000 % 10),
        60..3_600 => format!("{minutes} min {} s", seconds % 60),
        3_600..86_400 => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}
