//! The checks of the PHP package, in the same order. Verification stops at the first check that fails. `explain` also makes the
//! later checks.

use super::Keyring;
use super::keyring::Key;
use crate::wire::algorithm::{Algorithm, KeyedHmac};
use crate::wire::envelope::{Envelope, SignatureText};
use crate::wire::json::{self, JsonError};
use crate::wire::numeric::Numeric;
use crate::wire::verdict::{Rejection, Verdict, Verification};

/// Verifies one message.
#[inline]
pub(super) fn run<'a>(keyring: &Keyring, envelope: &Envelope<'a>, now: i64) -> Verification<'a> {
    let signature = SignatureText::parse(envelope.signature);
    let number = signature.and_then(|signature| signature.timestamp).and_then(Numeric::parse);
    Verification {
        verdict: decide(keyring, envelope, signature.as_ref(), number, now).unwrap_or_else(Verdict::Rejected),
        algorithm: signature.and_then(|signature| find_algorithm(keyring, signature.algorithm)),
        key_name: signature.and_then(|signature| signature.key_name),
        timestamp: number.map(Numeric::to_integer),
    }
}

/// The algorithm with this name. Tries the signing algorithm first, because nearly all messages use it.
#[inline]
fn find_algorithm(keyring: &Keyring, name: &[u8]) -> Option<Algorithm> {
    let own = keyring.algorithms.first().copied().filter(|own| own.name().as_bytes() == name);
    own.or_else(|| Algorithm::find(name))
}

/// Runs the checks. Returns the rejection of the first one that fails.
#[inline]
fn decide(
    keyring: &Keyring,
    envelope: &Envelope<'_>,
    signature: Option<&SignatureText<'_>>,
    number: Option<Numeric>,
    now: i64,
) -> Result<Verdict, Rejection> {
    json(envelope.data).map_err(|_| Rejection::InvalidJson)?;
    let Some(signature) = signature else {
        return if keyring.accepts_unsigned() { Ok(Verdict::Unsigned) } else { Err(Rejection::Unsigned) };
    };
    let algorithm = algorithm(keyring, signature).ok_or(Rejection::AlgorithmNotAllowed)?;
    let state = key(keyring, signature).and_then(|key| key.state(algorithm)).ok_or(Rejection::UnknownKey)?;
    let timestamp = timestamp(signature, number).ok_or(Rejection::InvalidTimestamp)?;
    if !is_in_time(keyring, timestamp, now) {
        return Err(Rejection::TimestampOutOfTolerance);
    }
    let hmac = hmac(signature).ok_or(Rejection::MissingSignatureValue)?;
    if is_hmac(state, envelope, timestamp, hmac) { Ok(Verdict::Verified) } else { Err(Rejection::SignatureMismatch) }
}

#[inline]
pub(super) fn json(data: &[u8]) -> Result<(), JsonError> {
    if data.is_empty() { Ok(()) } else { json::check(data) }
}

/// The index of the signature's algorithm in the keyring's list. `None` if the algorithm is not allowed.
#[inline]
pub(super) fn algorithm(keyring: &Keyring, signature: &SignatureText<'_>) -> Option<usize> {
    keyring.algorithms.iter().position(|allowed| allowed.name().as_bytes() == signature.algorithm)
}

/// The key that the signature names. Its secret may be unusable.
#[inline]
pub(super) fn key<'k>(keyring: &'k Keyring, signature: &SignatureText<'_>) -> Option<&'k Key> {
    // PHP treats a missing key name as the empty name.
    let name = signature.key_name.unwrap_or_default();
    keyring.keys.iter().find(|key| key.name == name)
}

/// The signature's timestamp. `None` if it is missing, not numeric or `0`, because PHP treats `0` as missing. `number` is the
/// parsed timestamp.
#[inline]
pub(super) fn timestamp(signature: &SignatureText<'_>, number: Option<Numeric>) -> Option<Numeric> {
    number.filter(|_| signature.timestamp != Some(b"0"))
}

#[inline]
pub(super) fn is_in_time(keyring: &Keyring, timestamp: Numeric, now: i64) -> bool {
    !timestamp.is_further_than(keyring.time_tolerance, now)
}

/// The signature's HMAC. `None` if it is missing, empty or `0`, because PHP treats all three as missing.
#[inline]
pub(super) fn hmac<'a>(signature: &SignatureText<'a>) -> Option<&'a [u8]> {
    signature.hmac.filter(|hmac| !matches!(*hmac, b"" | b"0"))
}

/// Whether `hmac` is the HMAC of the message with this key and timestamp.
#[inline]
pub(super) fn is_hmac(state: &KeyedHmac, envelope: &Envelope<'_>, timestamp: Numeric, hmac: &[u8]) -> bool {
    let mut buffer = [0; 20];
    let seconds = decimal(timestamp.to_integer(), &mut buffer);
    state.tag(&[envelope.name, b":", seconds, b":", envelope.data]).matches(hmac)
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
