//! The checks of the PHP package, in its order. Verification runs them; `explain` observes each check.

use super::Keyring;
use crate::wire::algorithm::Algorithm;
use crate::wire::envelope::{Envelope, SignatureText};
use crate::wire::json::{self, JsonError};
use crate::wire::numeric::Numeric;
use crate::wire::verdict::{CheckKind, Rejection, Verdict, Verification};

/// The value that a check examined.
pub(super) enum Examined<'m> {
    Json(&'m [u8], Option<&'m JsonError>),
    Signature(Option<SignatureText<'m>>),
    Algorithm(&'m [u8]),
    Key(Option<&'m [u8]>),
    Timestamp(Option<&'m [u8]>),
    Time(Numeric),
    Hmac(Option<&'m [u8]>),
}

/// Observes the outcome of each check.
pub(super) trait CheckObserver {
    fn observe(&mut self, kind: CheckKind, passed: bool, examined: &Examined<'_>);
}

/// An observer that does nothing. Verification with it does not allocate.
pub(super) struct NoObserver;

impl CheckObserver for NoObserver {
    #[inline]
    fn observe(&mut self, _kind: CheckKind, _passed: bool, _examined: &Examined<'_>) {}
}

/// Runs the checks and passes each one to `observer`.
#[inline]
pub(super) fn run<'a>(
    keyring: &Keyring,
    envelope: &Envelope<'a>,
    now: i64,
    observer: &mut impl CheckObserver,
) -> Verification<'a> {
    let signature = SignatureText::parse(envelope.signature);
    let timestamp = signature.and_then(|signature| signature.timestamp).and_then(Numeric::parse);
    let verdict = decide(keyring, envelope, signature.as_ref(), timestamp, now, observer);
    Verification {
        verdict: verdict.unwrap_or_else(Verdict::Rejected),
        algorithm: signature.and_then(|signature| algorithm(keyring, signature.algorithm)),
        key_name: signature.and_then(|signature| signature.key_name),
        timestamp: timestamp.map(Numeric::to_integer),
    }
}

/// The algorithm with this name. Tries the signing algorithm first, because nearly all messages use it.
#[inline]
fn algorithm(keyring: &Keyring, name: &[u8]) -> Option<Algorithm> {
    let own = keyring.algorithms.first().copied().filter(|own| own.name().as_bytes() == name);
    own.or_else(|| Algorithm::find(name))
}

/// Runs the checks. Returns the rejection of the first one that fails.
#[inline]
fn decide(
    keyring: &Keyring,
    envelope: &Envelope<'_>,
    signature: Option<&SignatureText<'_>>,
    timestamp: Option<Numeric>,
    now: i64,
    observer: &mut impl CheckObserver,
) -> Result<Verdict, Rejection> {
    let mut require = |kind, passed, rejection, examined: Examined<'_>| {
        observer.observe(kind, passed, &examined);
        if passed { Ok(()) } else { Err(rejection) }
    };

    let json = if envelope.data.is_empty() { Ok(()) } else { json::check(envelope.data) };
    let examined = Examined::Json(envelope.data, json.as_ref().err());
    require(CheckKind::Json, json.is_ok(), Rejection::InvalidJson, examined)?;

    let fine = signature.is_some() || keyring.accepts_unsigned();
    require(CheckKind::Signature, fine, Rejection::Unsigned, Examined::Signature(signature.copied()))?;
    let Some(signature) = signature else {
        return Ok(Verdict::Unsigned);
    };

    let is_named = |allowed: &Algorithm| allowed.name().as_bytes() == signature.algorithm;
    let algorithm = keyring.algorithms.iter().position(is_named);
    let examined = Examined::Algorithm(signature.algorithm);
    require(CheckKind::Algorithm, algorithm.is_some(), Rejection::AlgorithmNotAllowed, examined)?;

    // PHP treats a missing key name as the empty name.
    let key_name = signature.key_name.unwrap_or_default();
    let key = keyring.keys.iter().find(|key| key.name == key_name);
    let state = key.zip(algorithm).and_then(|(key, algorithm)| key.state(algorithm));
    require(CheckKind::Key, state.is_some(), Rejection::UnknownKey, Examined::Key(signature.key_name))?;

    let timestamp = timestamp.filter(|_| signature.timestamp != Some(b"0"));
    let examined = Examined::Timestamp(signature.timestamp);
    require(CheckKind::Timestamp, timestamp.is_some(), Rejection::InvalidTimestamp, examined)?;
    let (Some(state), Some(timestamp)) = (state, timestamp) else {
        return Err(Rejection::InvalidTimestamp);
    };

    let in_time = !timestamp.is_further_than(keyring.time_tolerance, now);
    require(CheckKind::Time, in_time, Rejection::TimestampOutOfTolerance, Examined::Time(timestamp))?;

    let Some(hmac) = signature.hmac.filter(|hmac| !matches!(*hmac, b"" | b"0")) else {
        observer.observe(CheckKind::Hmac, false, &Examined::Hmac(None));
        return Err(Rejection::MissingSignatureValue);
    };

    let mut buffer = [0; 20];
    let seconds = decimal(timestamp.to_integer(), &mut buffer);
    let matches = state.tag(&[envelope.name, b":", seconds, b":", envelope.data]).matches(hmac);
    observer.observe(CheckKind::Hmac, matches, &Examined::Hmac(Some(hmac)));
    if matches { Ok(Verdict::Verified) } else { Err(Rejection::SignatureMismatch) }
}

/// Formats a number in decimal at the end of the buffer.
fn decimal(number: i64, buffer: &mut [u8; 20]) -> &[u8] {
    let mut rest = number.unsigned_abs();
    let mut start = buffer.len();
    loop {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    &buffer[start..]
}
