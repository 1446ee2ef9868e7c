//! What the checks of a received broadcast come to.

use std::fmt;

use super::algorithm::Algorithm;

/// The outcome of judging one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Signed, and every check passed.
    Verified,
    /// Accepted without a signature, because the listener has no key of its own.
    Unsigned,
    /// Rejected, with the first check that failed.
    Rejected(Rejection),
}

/// Why a message is rejected; the names are those of the JSON lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
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
    /// It does not hold: the message is rejected.
    Failed,
    /// Not reached, because an earlier check failed or the message is unsigned.
    Skipped,
}

impl CheckKind {
    /// All of them, in the order in which they are made.
    pub const ALL: [Self; 7] =
        [Self::Json, Self::Signature, Self::Algorithm, Self::Key, Self::Timestamp, Self::Time, Self::Hmac];

    /// The name, for a column on screen and for JSON lines, e.g. `algorithm`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Signature => "signature",
            Self::Algorithm => "algorithm",
            Self::Key => "key",
            Self::Timestamp => "timestamp",
            Self::Time => "time",
            Self::Hmac => "hmac",
        }
    }

    /// What is checked, in a few words for a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Json => "the data is JSON",
            Self::Signature => "there is a signature, or none is needed",
            Self::Algorithm => "the algorithm is allowed",
            Self::Key => "the key is known",
            Self::Timestamp => "the timestamp is a number",
            Self::Time => "the timestamp is within the tolerance",
            Self::Hmac => "the hmac matches",
        }
    }
}

impl CheckOutcome {
    /// The name used in JSON lines: `passed`, `failed` or `skipped`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl Rejection {
    /// All of them, in the order in which PHP finds them.
    pub const ALL: [Self; 8] = [
        Self::InvalidJson,
        Self::Unsigned,
        Self::AlgorithmNotAllowed,
        Self::UnknownKey,
        Self::InvalidTimestamp,
        Self::TimestampOutOfTolerance,
        Self::MissingSignatureValue,
        Self::SignatureMismatch,
    ];

    /// The rejection of that name in JSON lines.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rejection| rejection.name() == name)
    }

    /// The check that failed.
    #[must_use]
    pub fn check(self) -> CheckKind {
        match self {
            Self::InvalidJson => CheckKind::Json,
            Self::Unsigned => CheckKind::Signature,
            Self::AlgorithmNotAllowed => CheckKind::Algorithm,
            Self::UnknownKey => CheckKind::Key,
            Self::InvalidTimestamp => CheckKind::Timestamp,
            Self::TimestampOutOfTolerance => CheckKind::Time,
            Self::MissingSignatureValue | Self::SignatureMismatch => CheckKind::Hmac,
        }
    }

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
    /// The name used in JSON lines: `verified`, `unsigned` or `rejected`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unsigned => "unsigned",
            Self::Rejected(_) => "rejected",
        }
    }

    /// Why it is rejected, if it is.
    #[must_use]
    pub fn rejection(self) -> Option<Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            Self::Verified | Self::Unsigned => None,
        }
    }
}

impl fmt::Display for CheckKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for CheckOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The few words for a person.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

/// `verified`, `unsigned`, or the few words of the rejection.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Verified | Self::Unsigned => f.pad(self.name()),
        }
    }
}
