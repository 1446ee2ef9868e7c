//! An envelope is split without loss. Verification and explanation agree.

use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::envelope::{Envelope, SignatureText, encode};
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret};
use aircheck::wire::verdict::{CheckOutcome, Verdict};

const NOW: i64 = 1_795_516_352;

/// Splits, joins and verifies the bytes.
pub fn run(bytes: &[u8]) {
    let envelope = Envelope::parse(bytes);
    let Ok(joined) = encode(envelope.name, envelope.signature, envelope.data) else {
        panic!("a part that was split off holds a colon");
    };
    assert!(joined.starts_with(bytes), "a part was lost");
    assert!(joined[bytes.len()..].iter().all(|&byte| byte == b':'), "a part was made up");
    assert_eq!(Envelope::parse(&joined), envelope);
    if let Some(parts) = SignatureText::parse(envelope.signature) {
        let rest = [parts.key_name, parts.timestamp, parts.hmac].into_iter().flatten();
        let joined = std::iter::once(parts.algorithm).chain(rest).collect::<Vec<_>>().join(&b'|');
        assert_eq!(joined, envelope.signature);
        let _ = Algorithm::from_name(parts.algorithm);
    }
    for signing_key in [None, Some("s3cret"), Some("0")] {
        verify(&envelope, signing_key);
    }
}

fn verify(envelope: &Envelope<'_>, signing_key: Option<&str>) {
    let secret = |text: &str| Secret::new(text.as_bytes().to_vec());
    let keyring = Keyring::new(KeyringSettings {
        signing_key: signing_key.map(secret),
        verification_keys: vec![(b"ops".to_vec(), secret("0ther"))],
        verification_algorithms: vec![Algorithm::Sha1],
        ..KeyringSettings::default()
    });
    let checks = keyring.explain(envelope, NOW);
    let failed = checks.iter().any(|check| check.outcome == CheckOutcome::Failed);
    let passed = checks.iter().all(|check| check.outcome == CheckOutcome::Passed);
    match keyring.verify(envelope, NOW).verdict {
        Verdict::Verified => assert!(passed),
        Verdict::Unsigned => assert!(!failed && !passed && keyring.accepts_unsigned()),
        Verdict::Rejected(_) => assert!(failed),
        other => panic!("{other:?}"),
    }
    for check in checks {
        super::escape::assert_safe(&check.detail);
    }
}
