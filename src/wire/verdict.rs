//! What the checks of a received broadcast come to.

use super::algorithm::Algorithm;

/// The outcome of judging one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Signed, and every check passed.
    Verified,
    /// Accepted without a signature, because the listener has no key of its own.
    Unsigned,
    /// Refused, with the first check that failed.
    Refused(Refusal),
}

/// Why a message is refused; the names are those of the JSON lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The data is present but not JSON by PHP's rules.
    InvalidJson,
    /// No signature, though the listener has a key of its own.
    Unsigned,
    /// The algorithm is not among those allowed.
    AlgorithmNotAllowed,
    /// The key name is not known, or its secret is empty or `0`.
    UnknownKey,
    /// The timestamp is further from now than the time tolerance.
    TimestampOutOfTolerance,
    /// The timestamp is missing, `0`, or not numeric.
    InvalidTimestamp,
    /// The signature has no HMAC.
    MissingSignatureValue,
    /// The HMAC does not match.
    SignatureMismatch,
}

/// A verdict with the parts of the signature that led to it. Cheap: it borrows and never allocates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// The outcome.
    pub verdict: Verdict,
    /// The algorithm named, where it is one that is supported.
    pub algorithm: Option<Algorithm>,
    /// The key name in the signature, where there is one.
    pub key_name: Option<&'a [u8]>,
    /// The timestamp in Unix seconds, as PHP casts it to an integer; none where it is not numeric.
    pub timestamp: Option<i64>,
}

/// One step of the checks, in PHP's order, for the eyes of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Which check.
    pub kind: CheckKind,
    /// How it went.
    pub outcome: CheckOutcome,
    /// What was found, already escaped for a terminal, e.g. `sha256` or `+0.2 s of 3600 s`. Never an expected HMAC.
    pub detail: String,
}

/// The checks in the order in which they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckKind {
    /// The data is JSON, or absent.
    Json,
    /// There is a signature, or none is needed.
    Signature,
    /// The algorithm is allowed.
    Algorithm,
    /// The key is known.
    Key,
    /// The timestamp is a number.
    Timestamp,
    /// The timestamp is within the tolerance.
    Time,
    /// The HMAC matches.
    Hmac,
}

/// How one check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckOutcome {
    /// It holds.
    Passed,
    /// It does not hold: the message is refused.
    Failed,
    /// Not reached, because an earlier check failed or the message is unsigned.
    Skipped,
}

impl Refusal {
    /// The name used in JSON lines, e.g. `signature_mismatch`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::Unsigned => "unsigned",
            Self::AlgorithmNotAllowed => "algorithm_not_allowed",
            Self::UnknownKey => "unknown_key",
            Self::TimestampOutOfTolerance => "timestamp_out_of_tolerance",
            Self::InvalidTimestamp => "invalid_timestamp",
            Self::MissingSignatureValue => "missing_signature_value",
            Self::SignatureMismatch => "signature_mismatch",
        }
    }

    /// A few words for a person, e.g. `hmac does not match`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::InvalidJson => "data is not JSON",
            Self::Unsigned => "not signed",
            Self::AlgorithmNotAllowed => "algorithm not allowed",
            Self::UnknownKey => "unknown key",
            Self::TimestampOutOfTolerance => "time out of tolerance",
            Self::InvalidTimestamp => "invalid timestamp",
            Self::MissingSignatureValue => "hmac missing",
            Self::SignatureMismatch => "hmac does not match",
        }
    }
}

impl Verdict {
    /// The name used in JSON lines: `verified`, `unsigned` or `refused`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unsigned => "unsigned",
            Self::Refused(_) => "refused",
        }
    }
}
