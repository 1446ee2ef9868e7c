//! Parses the JSON lines that `tail --format json` prints into ledger entries.

use std::str::FromStr as _;
use std::sync::Arc;

use base64_simd::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;

use super::codes::{VERDICTS, checked_verdict};
use crate::ledger::dropped::Dropped;
use crate::ledger::finding::{Acknowledgement, Cause, Finding, FindingKind, Program};
use crate::ledger::interval::{Entry, Interval, Link, ServerInfo};
use crate::ledger::sequence::{Channel, Sequence, UnknownReason};
use crate::wire::algorithm::Algorithm;
use crate::wire::envelope::Envelope;
use crate::wire::escape::{escape, escape_capped};
use crate::wire::verdict::{Rejection, Verdict};

/// The maximum `count` of a dropped line. The limit keeps the sum over a file within 64 bits.
const MAX_DROPPED: u64 = 1 << 40;

/// The keys of all line types. Unknown keys are ignored.
#[derive(Deserialize)]
struct ImportLine {
    r#type: String,
    at: Option<String>,
    channel: Option<String>,
    channel_base64: Option<String>,
    sequence: Option<u64>,
    sequence_from: Option<u64>,
    sequence_to: Option<u64>,
    certainty: Option<String>,
    unknown_reason: Option<String>,
    verdict: Option<String>,
    rejection: Option<String>,
    timestamp: Option<i64>,
    payload_base64: Option<String>,
    kind: Option<String>,
    count: Option<u64>,
    findings: Option<u64>,
    reason: Option<String>,
    duration_micros: Option<u64>,
    lower_bound: Option<bool>,
    lost: Option<u64>,
    since: Option<String>,
    advance: Option<u64>,
    received: Option<u64>,
    value_before: Option<u64>,
    value_after: Option<u64>,
    first_at: Option<String>,
    first_channel: Option<String>,
    first_channel_base64: Option<String>,
    offset_seconds: Option<i64>,
    expectation: Option<String>,
    expected: Option<String>,
    proved: Option<bool>,
    state: Option<String>,
    server_version: Option<String>,
    server_role: Option<String>,
    server_mode: Option<String>,
    acknowledged_at: Option<String>,
    note: Option<String>,
}

/// A line of the file of acknowledgements.
#[derive(Deserialize)]
pub(super) struct AcknowledgementLine {
    /// The server of the finding.
    pub(super) server: String,
    finding: ImportLine,
}

impl AcknowledgementLine {
    /// The finding and its acknowledgement; none if it was withdrawn.
    pub(super) fn acknowledgement(&self) -> Result<(Finding, Option<Acknowledgement>), String> {
        let at = self.finding.acknowledged_at.as_deref().map(|at| time("acknowledged_at", at)).transpose()?;
        let note = || self.finding.note.clone().unwrap_or_default();
        Ok((self.finding.finding()?, at.map(|at| Acknowledgement { at, note: note() })))
    }
}

/// Parses a line and appends its entry to `into`.
///
/// # Errors
/// The line is invalid. Nothing is appended. The text is escaped for a terminal.
pub fn line(text: &[u8], into: &mut Interval) -> Result<(), String> {
    let line: ImportLine = serde_json::from_slice(text)
        .map_err(|error| format!("not a JSON line of tail: {}", escape(error.to_string().as_bytes())))?;
    match line.r#type.as_str() {
        "message" => line.message(into)?,
        "finding" => into.push(line.finding()?.into()),
        "link" => into.push(Entry::Link(line.link()?)),
        "dropped" => into.push(line.dropped()?.into()),
        other => {
            return Err(format!(
                "unexpected type {}, expected message, finding, link or dropped",
                escape_capped(other.as_bytes(), 40)
            ));
        }
    }
    Ok(())
}

impl ImportLine {
    fn message(&self, into: &mut Interval) -> Result<(), String> {
        let payload = base64("payload_base64", need(self.payload_base64.as_deref(), "payload_base64")?)?;
        let envelope = Envelope::parse(&payload);
        let name = envelope.signature.split(|&byte| byte == b'|').next().unwrap_or_default();
        let algorithm = std::str::from_utf8(name).ok().and_then(|name| Algorithm::from_str(name).ok());
        let (at, channel, verdict) = (self.at()?, self.channel()?, checked_verdict(self.verdict()?, envelope.data));
        into.push_message(&payload, at, channel, self.sequence()?, verdict, algorithm, self.timestamp);
        Ok(())
    }

    fn sequence(&self) -> Result<Sequence, String> {
        let certainty = need(self.certainty.as_deref(), "certainty")?;
        match (certainty, self.sequence, self.sequence_from.zip(self.sequence_to)) {
            ("exact", Some(number), _) => Ok(Sequence::Exact(number)),
            ("inferred", None, Some((from, to))) if from == to => Ok(Sequence::Inferred(from)),
            ("range", None, Some((from, to))) if from <= to => Ok(Sequence::Range { from, to }),
            ("unknown", None, None) => self.unknown_reason().map(Sequence::Unknown),
            ("exact" | "inferred" | "range" | "unknown", ..) => {
                Err(format!("certainty is {certainty}, which does not match sequence, sequence_from and sequence_to"))
            }
            _ => Err(unknown("certainty", certainty)),
        }
    }

    fn unknown_reason(&self) -> Result<UnknownReason, String> {
        let name = need(self.unknown_reason.as_deref(), "unknown_reason")?;
        name.parse().map_err(|_| unknown("unknown_reason", name))
    }

    fn verdict(&self) -> Result<Verdict, String> {
        let (name, reason) = (need(self.verdict.as_deref(), "verdict")?, self.rejection.as_deref());
        VERDICTS
            .into_iter()
            .find(|verdict| verdict.name() == name && verdict.rejection().map(Rejection::name) == reason)
            .ok_or_else(|| unknown("verdict", name))
    }

    fn finding(&self) -> Result<Finding, String> {
        let name = need(self.kind.as_deref(), "kind")?;
        let kind = name.parse().map_err(|_| unknown("kind", name))?;
        let cause = self.cause(kind)?;
        let (channel, at) = (self.channel()?, self.at()?);
        let (from, to) = (self.sequence_from, self.sequence_to);
        Ok(Finding { kind, channel, sequence_from: from, sequence_to: to, count: self.count, at, cause })
    }

    fn cause(&self, kind: FindingKind) -> Result<Cause, String> {
        Ok(match kind {
            FindingKind::MissedDisconnected => Cause::Disconnected {
                reason: Arc::from(need(self.reason.as_deref(), "reason")?),
                duration_micros: need(self.duration_micros, "duration_micros")?,
                lower_bound: need(self.lower_bound, "lower_bound")?,
            },
            FindingKind::MissedNotRunning => Cause::NotRunning {
                program: Program::Recorder,
                since: time("since", need(self.since.as_deref(), "since")?)?,
                lower_bound: need(self.lower_bound, "lower_bound")?,
                lost: self.lost,
            },
            FindingKind::CountedNotReceived | FindingKind::ReceivedNotCounted => Cause::CountMismatch {
                advance: need(self.advance, "advance")?,
                received: need(self.received, "received")?,
            },
            FindingKind::CounterReset => {
                Cause::Reset { before: need(self.value_before, "value_before")?, after: self.value_after }
            }
            FindingKind::Duplicate => Cause::Duplicate {
                first_at: time("first_at", need(self.first_at.as_deref(), "first_at")?)?,
                first_channel: channel(
                    "first_channel",
                    self.first_channel.as_deref(),
                    self.first_channel_base64.as_deref(),
                )?,
            },
            FindingKind::ClockSkew => Cause::ClockSkew { seconds: need(self.offset_seconds, "offset_seconds")? },
            FindingKind::Silent | FindingKind::TooMany | FindingKind::Resumed => Cause::Expectation {
                expectation: Arc::from(need(self.expectation.as_deref(), "expectation")?),
                expected: Arc::from(need(self.expected.as_deref(), "expected")?),
                since: time("since", need(self.since.as_deref(), "since")?)?,
                duration_micros: need(self.duration_micros, "duration_micros")?,
                is_proved: need(self.proved, "proved")?,
            },
        })
    }

    fn dropped(&self) -> Result<Dropped, String> {
        let channel = match (&self.channel, &self.channel_base64) {
            (None, None) => None,
            _ => Some(self.channel()?),
        };
        let (range, count) = (self.sequence_from.zip(self.sequence_to), need(self.count, "count")?);
        if count > MAX_DROPPED || range.is_some_and(|(from, to)| from > to) {
            return Err("invalid count or range".to_owned());
        }
        let at = self.at()?;
        Ok(Dropped { channel, range, count, findings: self.findings.unwrap_or(0), at, until: at })
    }

    fn link(&self) -> Result<Link, String> {
        let name = need(self.state.as_deref(), "state")?;
        let state = name.parse().map_err(|_| unknown("state", name))?;
        let channel = match (&self.channel, &self.channel_base64) {
            (None, None) => None,
            _ => Some(self.channel()?),
        };
        let server = match (&self.server_version, &self.server_role, &self.server_mode) {
            (Some(version), Some(role), Some(mode)) => {
                Some(Arc::new(ServerInfo { version: version.clone(), role: role.clone(), mode: mode.clone() }))
            }
            _ => None,
        };
        Ok(Link { state, reason: self.reason.as_deref().map(Into::into), channel, server, at: self.at()? })
    }

    fn at(&self) -> Result<i64, String> {
        time("at", need(self.at.as_deref(), "at")?)
    }

    fn channel(&self) -> Result<Channel, String> {
        channel("channel", self.channel.as_deref(), self.channel_base64.as_deref())
    }
}

fn need<T>(value: Option<T>, key: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("missing key {key}"))
}

fn unknown(key: &str, value: &str) -> String {
    format!("unknown {key} {}", escape_capped(value.as_bytes(), 40))
}

fn time(key: &str, text: &str) -> Result<i64, String> {
    text.parse::<Timestamp>().map(Timestamp::as_microsecond).map_err(|_| format!("{key} is not an RFC 3339 time"))
}

fn base64(key: &str, text: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode_to_vec(text).map_err(|_| format!("{key} is not valid Base64"))
}

fn channel(key: &str, text: Option<&str>, bytes: Option<&str>) -> Result<Channel, String> {
    match (text, bytes) {
        (Some(text), _) => Ok(Channel::new(text.as_bytes())),
        (None, Some(bytes)) => base64(key, bytes).map(|bytes| Channel::new(&bytes)),
        (None, None) => Err(format!("missing key {key}")),
    }
}
