//! The verdict on a received message, and the individual checks behind it.

use std::fmt;

use super::algorithm::Algorithm;

/// The result of checking one message.
///
/// `VARIANTS` lists the names: `verified`, `unsigned`, `rejected`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The message is signed, and every check passed.
    Verified,
    /// The message has no signature. It is accepted, because the keyring (the keys of the profile) has no signing key.
    Unsigned,
    /// The message is rejected. The value is the reason, from the first check that failed.
    Rejected(Rejection),
}

/// Why a message is rejected. The variants are in the order in which the PHP package makes the checks.
///
/// JSON lines, recordings, filters and metrics use the names in `snake_case`, e.g. `signature_mismatch`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    strum::IntoStaticStr,
    strum::EnumCount,
    strum::EnumString,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum Rejection {
    /// The data is neither empty nor valid JSON by the rules of PHP's `json_decode`.
    InvalidJson,
    /// The message has no signature, but the keyring has a signing key.
    Unsigned,
    /// The algorithm is not allowed.
    AlgorithmNotAllowed,
    /// No key has the name in the signature, or that key's secret is empty or `0`.
    UnknownKey,
    /// The timestamp is missing, `0` or not numeric.
    InvalidTimestamp,
    /// The timestamp differs from the time of receipt by more than the time tolerance.
    TimestampOutOfTolerance,
    /// The signature contains no HMAC.
    MissingSignatureValue,
    /// The HMAC does not match.
    SignatureMismatch,
}

/// A verdict and the parts of the signature that it is based on. It borrows from the payload and never allocates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification<'a> {
    /// The verdict.
    pub verdict: Verdict,
    /// The signature's algorithm, if aircheck supports it.
    pub algorithm: Option<Algorithm>,
    /// The signature's key name, if the signature has one.
    pub key_name: Option<&'a [u8]>,
    /// The signature's timestamp in Unix seconds, cast to an integer as PHP does. `None` if it is missing or not numeric.
    pub timestamp: Option<i64>,
}

/// The result of one check, for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The check.
    pub kind: CheckKind,
    /// Whether the check passed, failed or was skipped.
    pub outcome: CheckOutcome,
    /// What the check found, escaped for a terminal, e.g. `sha256` or `signed 12 s before the check; listeners accept up to 3600
    /// s`. It never contains the expected HMAC.
    pub detail: String,
    /// What a failure means and where to look for the cause. `None` unless the check failed.
    pub explanation: Option<&'static str>,
}

/// The checks, in the order in which aircheck and the PHP package make them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum CheckKind {
    /// The data is valid JSON or empty.
    Json,
    /// The message is signed, or needs no signature.
    Signature,
    /// The algorithm is allowed.
    Algorithm,
    /// The key is known.
    Key,
    /// The timestamp is a number.
    Timestamp,
    /// The timestamp is within the time tolerance.
    Time,
    /// The signature contains an HMAC, and it matches.
    Hmac,
}

/// The outcome of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum CheckOutcome {
    /// The check passed.
    Passed,
    /// The check failed, so the message is rejected.
    Failed,
    /// The check was not made: it depends on a check that failed, or the message is unsigned.
    Skipped,
}

impl CheckKind {
    /// All checks, in the order in which they are made.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name in JSON lines, e.g. `algorithm`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The condition that is checked, for display.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Json => "the data is JSON",
            Self::Signature => "there is a signature, or none is needed",
            Self::Algorithm => "the algorithm is allowed",
            Self::Key => "the key is known",
            Self::Timestamp => "the timestamp is a number",
            Self::Time => "the timestamp is within the tolerance",
            Self::Hmac => "the HMAC matches",
        }
    }

    /// The name and the condition, for a check that failed: `hmac. It passes if the HMAC matches.`
    #[must_use]
    pub fn rule(self) -> String {
        format!("{}. It passes if {}.", self.name(), self.words())
    }
}

impl CheckOutcome {
    /// The name in JSON lines: `passed`, `failed` or `skipped`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Rejection {
    /// All rejections, in the order in which the PHP package makes the checks.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

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

    /// The name in JSON lines, e.g. `signature_mismatch`. [`FromStr`](std::str::FromStr) parses it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// A short description for display, e.g. `signature mismatch`.
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
            Self::SignatureMismatch => "signature mismatch",
        }
    }

    /// What is wrong with the message, in one sentence.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::InvalidJson => "The data is neither empty nor valid JSON.",
            Self::Unsigned => "The message has no signature, but the profile has a signing key.",
            Self::AlgorithmNotAllowed => "The algorithm of the signature is not allowed.",
            Self::UnknownKey => "No key has the name in the signature, or the key is empty or 0.",
            Self::InvalidTimestamp => "The timestamp of the signature is missing, 0 or not a number.",
            Self::TimestampOutOfTolerance => {
                "The timestamp of the signature differs from the time of receipt by more than time_tolerance."
            }
            Self::MissingSignatureValue => "The signature contains no HMAC.",
            Self::SignatureMismatch => "The HMAC does not match the message.",
        }
    }

    /// What the rejection means and where to look for the cause, in one or two sentences.
    #[must_use]
    pub fn explain(self) -> &'static str {
        match self {
            Self::InvalidJson => {
                "PHP's json_decode rejects the data. Check the program that sent it, and whether the payload was truncated."
            }
            Self::Unsigned => {
                "Listeners with a signing key reject unsigned messages. Check that the sender has a signing key."
            }
            Self::AlgorithmNotAllowed => {
                "Only the signing algorithm and verification_algorithms are allowed. Add this one there, or change the \
                 sender's."
            }
            Self::UnknownKey => {
                "The sender signs with a key that this profile cannot verify. Add it to verification_keys, or check the \
                 key name on both sides."
            }
            Self::InvalidTimestamp => {
                "The timestamp must be a number of Unix seconds. Check the program that sent the message."
            }
            Self::TimestampOutOfTolerance => {
                "The message is old, was sent again, or one of the two clocks is wrong. Check the clocks and time_tolerance."
            }
            Self::MissingSignatureValue => {
                "The signature ends before the HMAC. Check the program that sent it, and whether the payload was truncated."
            }
            Self::SignatureMismatch => {
                "The sender's secret differs from the one of this key name here, or the message was changed after signing."
            }
        }
    }
}

impl Verdict {
    /// The name in JSON lines: `verified`, `unsigned` or `rejected`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Why the message is rejected; `None` if it is not.
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

/// Displays [`Rejection::words`].
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

/// Displays `verified`, `unsigned` or the rejection.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Verified | Self::Unsigned => f.pad(self.name()),
        }
    }
}
