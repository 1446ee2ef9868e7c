//! The checks of the PHP package, in its order. Verification runs them; `explain` observes each check.

use super::Keyring;
use crate::wire::algorithm::{Algorithm, KeyedHmac};
use crate::wire::envelope::{Envelope, SignatureText};
use crate::wire::json::{self, JsonError};
use crate::wire::numeric::Numeric;
use crate::wire::tag::Tag;
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
    let (mut verification, claim) = before_hmac(keyring, envelope, now, observer);
    if let Some(claim) = claim {
        verification.verdict = claim.check(observer);
    }
    verification
}

/// Checks two messages. Faster than checking them one at a time, because the two HMACs are computed in parallel.
#[inline]
pub(super) fn run_two<'a>(keyring: &Keyring, [one, other]: [&Envelope<'a>; 2], now: i64) -> [Verification<'a>; 2] {
    let (mut first, claim) = before_hmac(keyring, one, now, &mut NoObserver);
    let (mut second, claim_there) = before_hmac(keyring, other, now, &mut NoObserver);
    match (claim, claim_there) {
        (Some(claim), Some(claim_there)) => {
            let [tag, tag_there] = claim.with_parts(|state, parts| {
                let with = |state_there: &_, parts_there: &[&[u8]]| {
                    KeyedHmac::tag_two([(state, parts), (state_there, parts_there)])
                };
                claim_there.with_parts(with)
            });
            first.verdict = claim.decide(&tag, &mut NoObserver);
            second.verdict = claim_there.decide(&tag_there, &mut NoObserver);
        }
        (claim, claim_there) => {
            for (verification, claim) in [(&mut first, claim), (&mut second, claim_there)] {
                if let Some(claim) = claim {
                    verification.verdict = claim.check(&mut NoObserver);
                }
            }
        }
    }
    [first, second]
}

/// A message that has passed all checks except the HMAC.
struct Claim<'k, 'a> {
    state: &'k KeyedHmac,
    envelope: Envelope<'a>,
    timestamp: i64,
    hmac: &'a [u8],
}

impl Claim<'_, '_> {
    /// Calls `with` with the keyed HMAC and the signed parts of the message.
    #[inline]
    fn with_parts<R>(&self, with: impl FnOnce(&KeyedHmac, &[&[u8]]) -> R) -> R {
        let mut buffer = [0; 20];
        let seconds = decimal(self.timestamp, &mut buffer);
        with(self.state, &[self.envelope.name, b":", seconds, b":", self.envelope.data])
    }

    /// Checks the HMAC.
    #[inline]
    fn check(&self, observer: &mut impl CheckObserver) -> Verdict {
        self.decide(&self.with_parts(KeyedHmac::tag), observer)
    }

    /// Checks the message's HMAC against the computed one.
    #[inline]
    fn decide(&self, tag: &Tag, observer: &mut impl CheckObserver) -> Verdict {
        let matches = tag.matches(self.hmac);
        observer.observe(CheckKind::Hmac, matches, &Examined::Hmac(Some(self.hmac)));
        if matches { Verdict::Verified } else { Verdict::Rejected(Rejection::SignatureMismatch) }
    }
}

/// Runs all checks except the HMAC. Returns a claim if the HMAC must still be checked.
#[inline]
fn before_hmac<'k, 'a>(
    keyring: &'k Keyring,
    envelope: &Envelope<'a>,
    now: i64,
    observer: &mut impl CheckObserver,
) -> (Verification<'a>, Option<Claim<'k, 'a>>) {
    let signature = SignatureText::parse(envelope.signature);
    let timestamp = signature.and_then(|signature| signature.timestamp).and_then(Numeric::parse);
    let (verdict, claim) = match decide(keyring, envelope, signature.as_ref(), timestamp, now, observer) {
        Ok(claim) => (Verdict::Unsigned, claim),
        Err(rejection) => (Verdict::Rejected(rejection), None),
    };
    let verification = Verification {
        verdict,
        algorithm: signature.and_then(|signature| algorithm(keyring, signature.algorithm)),
        key_name: signature.and_then(|signature| signature.key_name),
        timestamp: timestamp.map(Numeric::to_integer),
    };
    (verification, claim)
}

/// The algorithm with this name. Tries the signing algorithm first, because nearly all messages use it.
#[inline]
fn algorithm(keyring: &Keyring, name: &[u8]) -> Option<Algorithm> {
    let own = keyring.algorithms.first().copied().filter(|own| own.name().as_bytes() == name);
    own.or_else(|| Algorithm::find(name))
}

/// Runs the checks up to the HMAC. Returns `None` if the message is unsigned and accepted.
#[inline]
fn decide<'k, 'a>(
    keyring: &'k Keyring,
    envelope: &Envelope<'a>,
    signature: Option<&SignatureText<'a>>,
    timestamp: Option<Numeric>,
    now: i64,
    observer: &mut impl CheckObserver,
) -> Result<Option<Claim<'k, 'a>>, Rejection> {
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
        return Ok(None);
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
    Ok(Some(Claim { state, envelope: *envelope, timestamp: timestamp.to_integer(), hmac }))
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
