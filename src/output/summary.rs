//! What commands tell of themselves, as opposed to what the subscription brought.

use crate::wire::verdict::{Check, CheckKind, CheckOutcome, Judgement};

/// A broadcast that was sent.
#[derive(Debug, Clone, Copy)]
pub struct Published<'a> {
    /// The channel, not escaped.
    pub channel: &'a [u8],
    /// The message's exact sequence number.
    pub sequence: u64,
    /// How many subscribers received it on this server.
    pub receivers: u64,
    /// The payload as sent.
    pub payload: &'a [u8],
}

/// A counter compared with the last one known.
#[derive(Debug, Clone, Copy)]
pub struct Checked<'a> {
    /// The channel, not escaped.
    pub channel: &'a [u8],
    /// The counter as last known; none at a first look.
    pub known: Option<u64>,
    /// The counter now; none where it is missing or cannot be read.
    pub now: Option<u64>,
    /// How many broadcasts were missed; none where that cannot be known, e.g. because the counter was reset.
    pub missed: Option<u64>,
    /// Why something is not known, not escaped.
    pub reason: Option<&'a str>,
}

/// A payload that was judged on request.
#[derive(Debug, Clone, Copy)]
pub struct Inspected<'a> {
    /// The payload.
    pub payload: &'a [u8],
    /// The outcome.
    pub judgement: Judgement<'a>,
    /// The checks one by one, of the same payload.
    pub checks: &'a [Check],
}

/// The name of a check in JSON lines, e.g. `hmac`.
#[must_use]
pub fn check_name(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Json => "json",
        CheckKind::Signature => "signature",
        CheckKind::Algorithm => "algorithm",
        CheckKind::Key => "key",
        CheckKind::Timestamp => "timestamp",
        CheckKind::Time => "time",
        CheckKind::Hmac => "hmac",
    }
}

/// The name of an outcome in JSON lines: `passed`, `failed` or `skipped`.
#[must_use]
pub fn outcome_name(outcome: CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Passed => "passed",
        CheckOutcome::Failed => "failed",
        CheckOutcome::Skipped => "skipped",
    }
}

/// The parts of a signature text that are named in lines: the algorithm and the key, where they are not empty.
/// An empty signature and `0` are none to PHP.
pub(super) fn signature_names(signature: &[u8]) -> (Option<&[u8]>, Option<&[u8]>) {
    if matches!(signature, b"" | b"0") {
        return (None, None);
    }
    let mut parts = signature.split(|&byte| byte == b'|').map(|part| Some(part).filter(|part| !part.is_empty()));
    (parts.next().flatten(), parts.next().flatten())
}
