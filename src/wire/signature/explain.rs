//! Describes each check and its outcome.

use super::Keyring;
use super::checks::{CheckObserver, Examined, run};
use crate::wire::algorithm::Algorithm;
use crate::wire::envelope::Envelope;
use crate::wire::escape::escape_capped;
use crate::wire::numeric::Numeric;
use crate::wire::verdict::{Check, CheckKind, CheckOutcome, Verdict};

/// The maximum length of a name in a detail, in characters.
const MAX_NAME: usize = 60;
/// The maximum number of names in a list. The rest is shown as a count.
const MAX_LIST: usize = 8;

/// Runs the checks and returns the outcome of each.
pub(super) fn explain(keyring: &Keyring, envelope: &Envelope<'_>, now: i64) -> Vec<Check> {
    let mut narrator = Explainer { keyring, now, checks: Vec::with_capacity(CheckKind::ALL.len()) };
    let verdict = run(keyring, envelope, now, &mut narrator).verdict;
    let mut checks = narrator.checks;
    let reason = if verdict == Verdict::Unsigned { "not signed" } else { "not reached" };
    checks.extend(CheckKind::ALL[checks.len()..].iter().map(|&kind| Check {
        kind,
        outcome: CheckOutcome::Skipped,
        detail: reason.to_owned(),
    }));
    checks
}

struct Explainer<'k> {
    keyring: &'k Keyring,
    now: i64,
    checks: Vec<Check>,
}

impl CheckObserver for Explainer<'_> {
    fn observe(&mut self, kind: CheckKind, passed: bool, examined: &Examined<'_>) {
        let detail = match *examined {
            Examined::Json([], _) => "no data".to_owned(),
            Examined::Json(_, None) => "valid JSON".to_owned(),
            Examined::Json(_, Some(error)) => error.to_string(),
            Examined::Signature(Some(_)) => "present".to_owned(),
            Examined::Signature(None) if passed => "none; not required without a signing key".to_owned(),
            Examined::Signature(None) => "none; required because a signing key is set".to_owned(),
            Examined::Algorithm(name) => self.algorithm(name, passed),
            Examined::Key(name) => self.key(name, passed),
            Examined::Timestamp(text) => timestamp(text, passed),
            Examined::Time(timestamp) => self.time(timestamp),
            Examined::Hmac(None) => "missing".to_owned(),
            Examined::Hmac(Some(_)) if passed => "matches".to_owned(),
            Examined::Hmac(Some(_)) => "mismatch".to_owned(),
        };
        let outcome = if passed { CheckOutcome::Passed } else { CheckOutcome::Failed };
        self.checks.push(Check { kind, outcome, detail });
    }
}

impl Explainer<'_> {
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

    /// The offset from this machine's clock. `+` means that the sender's clock is ahead.
    fn time(&self, timestamp: Numeric) -> String {
        let tolerance = self.keyring.time_tolerance;
        let (offset, ahead) = match timestamp {
            Numeric::Integer(integer) => {
                let offset = i128::from(integer) - i128::from(self.now);
                (format!("{offset:+}"), offset.cmp(&0))
            }
            Numeric::Float(float) => {
                #[expect(clippy::cast_precision_loss, reason = "shown with one decimal, for a person")]
                let offset = float - self.now as f64;
                let shown = if offset.abs() < 1e15 { format!("{offset:+.1}") } else { format!("{offset:+e}") };
                (shown, offset.total_cmp(&0.0))
            }
        };
        match ahead {
            std::cmp::Ordering::Equal => format!("0 s of {tolerance} s"),
            std::cmp::Ordering::Greater => format!("{offset} s of {tolerance} s, ahead of this machine's clock"),
            std::cmp::Ordering::Less => format!("{offset} s of {tolerance} s, behind this machine's clock"),
        }
    }
}

fn timestamp(text: Option<&[u8]>, passed: bool) -> String {
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
