//! Compares the parsing of timestamps with PHP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::wire::envelope::Envelope;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret};
use aircheck::wire::verdict::{Rejection, Verdict};
use base64_simd::STANDARD;
use serde_json::Value;

fn keyring(time_tolerance: u64) -> Keyring {
    let signing_key = Some(Secret::new(b"k".to_vec()));
    Keyring::new(KeyringSettings { signing_key, time_tolerance, ..KeyringSettings::default() })
}

fn verify(keyring: &Keyring, timestamp: &[u8], now: i64) -> (Option<i64>, Verdict) {
    let signature = [b"sha256|default|", timestamp, b"|00"].concat();
    let verification = keyring.verify(&Envelope { name: b"evt", signature: &signature, data: b"" }, now);
    (verification.timestamp, verification.verdict)
}

#[test]
fn timestamps_are_parsed_as_in_php() {
    let keyring = keyring(u64::MAX);
    let record: Value = serde_json::from_str(include_str!("../vectors/php-numeric.json")).unwrap();
    let cases = record["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 1008);
    assert_eq!(cases.iter().filter(|case| !case[1].is_null()).count(), 360);
    for case in cases {
        let text = STANDARD.decode_to_vec(case[0].as_str().unwrap()).unwrap();
        let expected = case[1].as_str().map(|integer| integer.parse::<i64>().unwrap());
        let (timestamp, verdict) = verify(&keyring, &text, 0);
        assert_eq!(timestamp, expected, "{}", text.escape_ascii());
        let invalid = verdict == Verdict::Rejected(Rejection::InvalidTimestamp);
        assert_eq!(invalid, expected.is_none() || text == b"0", "{}", text.escape_ascii());
    }
}

#[test]
fn the_tolerance_applies_to_the_number_as_written() {
    let verdict = |timestamp: &str, now| verify(&keyring(10), timestamp.as_bytes(), now).1;
    let too_far = Verdict::Rejected(Rejection::TimestampOutOfTolerance);
    let near = Verdict::Rejected(Rejection::SignatureMismatch);
    assert_eq!(verdict("110", 100), near);
    assert_eq!(verdict("90", 100), near);
    assert_eq!(verdict("111", 100), too_far);
    assert_eq!(verdict("89", 100), too_far);
    // PHP subtracts the float and only signs the integer.
    assert_eq!(verdict("110.5", 100), too_far);
    assert_eq!(verdict("89.5", 100), too_far);
    assert_eq!(verdict("90.5", 100), near);
    // The ends of 64 bits.
    assert_eq!(verdict("9223372036854775807", i64::MAX), near);
    assert_eq!(verdict("-9223372036854775808", i64::MIN), near);
    assert_eq!(verdict("9223372036854775807", i64::MIN), too_far);
    assert_eq!(verdict("-9223372036854775808", i64::MAX), too_far);
    assert_eq!(verdict("9223372036854775808", i64::MAX), too_far);
    assert_eq!(verify(&keyring(u64::MAX), b"1e1000", 0).1, too_far);
    assert_eq!(verify(&keyring(u64::MAX), b"9223372036854775807", i64::MIN).1, near);
}
