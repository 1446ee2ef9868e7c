//! Describes each check and its outcome.

use std::cmp::Ordering;

use super::Keyring;
use super::checks;
use crate::wire::algorithm::Algorithm;
use crate::wire::envelope::{Envelope, SignatureText};
use crate::wire::escape::escape_capped;
use crate::wire::numeric::Numeric;
use crate::wire::verdict::{Check, CheckKind, CheckOutcome, Rejection};

/// The maximum length of a name in a detail, in characters.
const MAX_NAME: usize = 60;
/// The maximum number of names in a list. The rest is shown as a count.
const MAX_LIST: usize = 8;

/// Runs the checks and returns the outcome of each. After a failed check, the later checks that do not depend on it are evaluated
/// too.
pub(super) fn explain(keyring: &Keyring, envelope: &Envelope<'_>, now: i64) -> Vec<Check> {
    let explainer = Explainer { keyring, envelope, now };
    let mut checks = vec![explainer.json()];
    match SignatureText::parse(envelope.signature) {
        Some(signature) => explainer.signed(&signature, &mut checks),
        None => explainer.unsigned(&mut checks),
    }
    if explainer.lacks_colon() {
        // The other checks fail as a consequence. Their advice would be wrong.
        checks.iter_mut().skip(1).for_each(|check| check.explanation = None);
    }
    checks
}

struct Explainer<'k, 'e> {
    keyring: &'k Keyring,
    envelope: &'e Envelope<'e>,
    now: i64,
}

impl Explainer<'_, '_> {
    /// Whether this is most likely an unsigned message without the second colon: `name:{"a":1}` is parsed with the signature
    /// `{"a"`.
    fn lacks_colon(&self) -> bool {
        matches!(self.envelope.signature, [b'{' | b'[' | b'"', ..]) && checks::json(self.envelope.data).is_err()
    }

    fn json(&self) -> Check {
        match checks::json(self.envelope.data) {
            Ok(()) if self.envelope.data.is_empty() => passed(CheckKind::Json, "no data"),
            Ok(()) => passed(CheckKind::Json, "valid JSON"),
            Err(error) if self.lacks_colon() => {
                failed(Rejection::InvalidJson, format!("{error}; an unsigned message is name::{{…}}"))
            }
            Err(error) => failed(Rejection::InvalidJson, error.to_string()),
        }
    }

    fn unsigned(&self, checks: &mut Vec<Check>) {
        checks.push(if self.keyring.accepts_unsigned() {
            passed(CheckKind::Signature, "none; not required without a signing key")
        } else {
            failed(Rejection::Unsigned, "none; required because a signing key is set")
        });
        checks.extend(CheckKind::ALL[checks.len()..].iter().map(|&kind| skipped(kind, "not signed")));
    }

    fn signed(&self, signature: &SignatureText<'_>, checks: &mut Vec<Check>) {
        let keyring = self.keyring;
        checks.push(passed(CheckKind::Signature, "present"));

        let algorithm = checks::algorithm(keyring, signature);
        let detail = self.algorithm(signature.algorithm, algorithm.is_some());
        checks.push(outcome(algorithm.is_some(), Rejection::AlgorithmNotAllowed, detail));

        // A usable key has an HMAC state for every allowed algorithm, so checking the first one is enough.
        let key = checks::key(keyring, signature).filter(|key| key.state(0).is_some());
        let detail = self.key(signature.key_name, key.is_some());
        checks.push(outcome(key.is_some(), Rejection::UnknownKey, detail));

        let number = signature.timestamp.and_then(Numeric::parse);
        let timestamp = checks::timestamp(signature, number);
        let detail = timestamp_detail(signature.timestamp, timestamp.is_some());
        checks.push(outcome(timestamp.is_some(), Rejection::InvalidTimestamp, detail));

        checks.push(match timestamp {
            Some(timestamp) => {
                let in_time = checks::is_in_time(keyring, timestamp, self.now);
                outcome(in_time, Rejection::TimestampOutOfTolerance, self.time(timestamp))
            }
            None => skipped(CheckKind::Time, "not checked: no valid timestamp"),
        });

        let state = key.zip(algorithm).and_then(|(key, algorithm)| key.state(algorithm));
        checks.push(match (checks::hmac(signature), state, timestamp) {
            (None, ..) => failed(Rejection::MissingSignatureValue, "missing"),
            (Some(hmac), Some(state), Some(timestamp)) => {
                let matches = checks::is_hmac(state, self.envelope, timestamp, hmac);
                let detail = if matches { "matches" } else { "mismatch" };
                outcome(matches, Rejection::SignatureMismatch, detail)
            }
            (Some(_), None, _) if algorithm.is_none() => {
                skipped(CheckKind::Hmac, "not checked: the algorithm is not allowed")
            }
            (Some(_), None, _) => skipped(CheckKind::Hmac, "not checked: no key to check it with"),
            (Some(_), Some(_), None) => skipped(CheckKind::Hmac, "not checked: no valid timestamp"),
        });
    }

    fn algorithm(&self, name: &[u8], passed: bool) -> String {
        match Algorithm::from_name(name) {
            Ok(algorithm) if passed => algorithm.to_string(),
            Ok(algorithm) => {
                let allowed = self.keyring.algorithms.iter().map(|algorithm| algorithm.name().to_owned());
                format!("{algorithm} is not allowed; allowed: {}", list(allowed))
            }
            Err(error) => error.to_string(),
        }
    }

    fn key(&self, name: Option<&[u8]>, passed: bool) -> String {
        let shown = match name {
            None => return "missing".to_owned(),
            Some([]) => "the empty name".to_owned(),
            Some(name) => escape_capped(name, MAX_NAME),
        };
        let keys = &self.keyring.keys;
        if passed {
            shown
        } else if keys.iter().any(|key| Some(key.name.as_slice()) == name) {
            format!("the secret of {shown} is empty or 0, so it cannot verify")
        } else if keys.is_empty() {
            format!("{shown} is unknown; no keys are set")
        } else {
            let known = keys.iter().map(|key| escape_capped(&key.name, MAX_NAME));
            format!("{shown} is unknown; known: {}", list(known))
        }
    }

    /// How old the signature is, or how far it is ahead of this machine's clock.
    fn time(&self, timestamp: Numeric) -> String {
        let tolerance = self.keyring.time_tolerance;
        let (seconds, order, units) = match timestamp {
            Numeric::Integer(integer) => {
                let (seconds, order) = (integer.abs_diff(self.now), integer.cmp(&self.now));
                (seconds.to_string(), order, units(seconds))
            }
            Numeric::Float(float) => {
                #[expect(clippy::cast_precision_loss, reason = "shown with one decimal, for a person")]
                let offset = float - self.now as f64;
                let seconds = offset.abs();
                let shown = if seconds < 1e15 { format!("{seconds:.1}") } else { format!("{seconds:e}") };
                (shown, offset.total_cmp(&0.0), String::new())
            }
        };
        match order {
            Ordering::Equal => format!("0 s of {tolerance} s"),
            Ordering::Greater => {
                format!("{seconds} s{units} ahead of this machine's clock; listeners accept up to {tolerance} s")
            }
            // Usually, the message is old. The clocks can be right.
            Ordering::Less => {
                format!("signed {seconds} s{units} before the check; listeners accept up to {tolerance} s")
            }
        }
    }
}

fn passed(kind: CheckKind, detail: &str) -> Check {
    Check { kind, outcome: CheckOutcome::Passed, detail: detail.to_owned(), explanation: None }
}

fn failed(rejection: Rejection, detail: impl Into<String>) -> Check {
    Check {
        kind: rejection.check(),
        outcome: CheckOutcome::Failed,
        detail: detail.into(),
        explanation: Some(rejection.explain()),
    }
}

fn skipped(kind: CheckKind, detail: &str) -> Check {
    Check { kind, outcome: CheckOutcome::Skipped, detail: detail.to_owned(), explanation: None }
}

/// The result of the check that `rejection` belongs to.
fn outcome(has_passed: bool, rejection: Rejection, detail: impl AsRef<str>) -> Check {
    if has_passed { passed(rejection.check(), detail.as_ref()) } else { failed(rejection, detail.as_ref()) }
}

/// A long time in hours or days, e.g. ` (3 d)`. Empty for less than two hours.
fn units(seconds: u64) -> String {
    match seconds {
        0..7_200 => String::new(),
        7_200..172_800 => format!(" ({} h)", seconds / 3_600),
        _ => format!(" ({} d)", seconds / 86_400),
    }
}

fn timestamp_detail(text: Option<&[u8]>, passed: bool) -> String {
    match text {
        None | Some([]) => "missing".to_owned(),
        Some(b"0") => "0, which PHP treats as missing".to_owned(),
        Some(text) if passed => escape_capped(text, MAX_NAME),
        Some(text) => format!("{} is not a number", escape_capped(text, MAX_NAME)),
    }
}

fn list(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(MAX_LIST);
    let shown = names.take(MAX_LIST).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
