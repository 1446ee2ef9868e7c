//! The checks of the PHP package in its order, written down once: judging runs them, explaining listens to them.

use super::Keyring;
use crate::wire::algorithm::Algorithm;
use crate::wire::envelope::{Envelope, SignatureText};
use crate::wire::json::{self, JsonError};
use crate::wire::numeric::Numeric;
use crate::wire::verdict::{CheckKind, Judgement, Refusal, Verdict};

/// What a check looked at; each is told before it is known whether the check holds.
pub(super) enum Looked<'m> {
    Json(&'m [u8], Option<&'m JsonError>),
    Signature(Option<SignatureText<'m>>),
    Algorithm(&'m [u8]),
    Key(Option<&'m [u8]>),
    Timestamp(Option<&'m [u8]>),
    Time(Numeric),
    Hmac(Option<&'m [u8]>),
}

/// Hears of each check that is made.
pub(super) trait Witness {
    fn hear(&mut self, kind: CheckKind, holds: bool, looked: &Looked<'_>);
}

/// Judging alone: nothing is told, nothing is allocated.
pub(super) struct Silent;

impl Witness for Silent {
    #[inline]
    fn hear(&mut self, _kind: CheckKind, _holds: bool, _looked: &Looked<'_>) {}
}

/// Makes the checks and tells each to `witness`.
#[inline]
pub(super) fn run<'a>(
    keyring: &Keyring,
    envelope: &Envelope<'a>,
    now: i64,
    witness: &mut impl Witness,
) -> Judgement<'a> {
    let signature = SignatureText::parse(envelope.signature);
    let timestamp = signature.and_then(|signature| signature.timestamp).and_then(Numeric::parse);
    let verdict = decide(keyring, envelope, signature.as_ref(), timestamp, now, witness);
    Judgement {
        verdict: verdict.unwrap_or_else(Verdict::Refused),
        algorithm: signature.and_then(|signature| algorithm(keyring, signature.algorithm)),
        key_name: signature.and_then(|signature| signature.key_name),
        timestamp: timestamp.map(Numeric::to_integer),
    }
}

/// The algorithm of that name; nearly always it is the one to sign with.
#[inline]
fn algorithm(keyring: &Keyring, name: &[u8]) -> Option<Algorithm> {
    let own = keyring.algorithms.first().copied().filter(|own| own.name().as_bytes() == name);
    own.or_else(|| Algorithm::find(name))
}

#[inline]
fn decide(
    keyring: &Keyring,
    envelope: &Envelope<'_>,
    signature: Option<&SignatureText<'_>>,
    timestamp: Option<Numeric>,
    now: i64,
    witness: &mut impl Witness,
) -> Result<Verdict, Refusal> {
    let mut require = |kind, holds, refusal, looked: Looked<'_>| {
        witness.hear(kind, holds, &looked);
        if holds { Ok(()) } else { Err(refusal) }
    };

    let json = if envelope.data.is_empty() { Ok(()) } else { json::check(envelope.data) };
    let looked = Looked::Json(envelope.data, json.as_ref().err());
    require(CheckKind::Json, json.is_ok(), Refusal::InvalidJson, looked)?;

    let fine = signature.is_some() || keyring.accepts_unsigned();
    require(CheckKind::Signature, fine, Refusal::Unsigned, Looked::Signature(signature.copied()))?;
    let Some(signature) = signature else {
        return Ok(Verdict::Unsigned);
    };

    let is_named = |allowed: &Algorithm| allowed.name().as_bytes() == signature.algorithm;
    let algorithm = keyring.algorithms.iter().position(is_named);
    let looked = Looked::Algorithm(signature.algorithm);
    require(CheckKind::Algorithm, algorithm.is_some(), Refusal::AlgorithmNotAllowed, looked)?;

    // PHP looks a missing name up as the empty one.
    let key_name = signature.key_name.unwrap_or_default();
    let key = keyring.keys.iter().find(|key| key.name == key_name);
    let state = key.zip(algorithm).and_then(|(key, algorithm)| key.state(algorithm));
    require(CheckKind::Key, state.is_some(), Refusal::UnknownKey, Looked::Key(signature.key_name))?;

    let timestamp = timestamp.filter(|_| signature.timestamp != Some(b"0"));
    let looked = Looked::Timestamp(signature.timestamp);
    require(CheckKind::Timestamp, timestamp.is_some(), Refusal::InvalidTimestamp, looked)?;
    let (Some(state), Some(timestamp)) = (state, timestamp) else {
        return Err(Refusal::InvalidTimestamp);
    };

    let in_time = !timestamp.is_further_than(keyring.time_tolerance, now);
    require(CheckKind::Time, in_time, Refusal::TimestampOutOfTolerance, Looked::Time(timestamp))?;

    let hmac = signature.hmac.filter(|hmac| !matches!(*hmac, b"" | b"0"));
    let mut buffer = [0; 20];
    let seconds = decimal(timestamp.to_integer(), &mut buffer);
    let tag = || state.tag(&[envelope.name, b":", seconds, b":", envelope.data]);
    let matches = hmac.is_some_and(|hmac| tag().matches(hmac));
    let refusal = if hmac.is_some() { Refusal::SignatureMismatch } else { Refusal::MissingSignatureValue };
    require(CheckKind::Hmac, matches, refusal, Looked::Hmac(hmac))?;
    Ok(Verdict::Verified)
}

/// The number in decimal, written to the end of the buffer.
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
