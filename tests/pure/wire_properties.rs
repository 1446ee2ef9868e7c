//! Properties of the wire format that hold for any bytes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::envelope::{EncodeError, Envelope, SignatureText, encode};
use aircheck::wire::escape::{escape, escape_capped};
use aircheck::wire::json;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignError, SignWith};
use aircheck::wire::verdict::{CheckKind, CheckOutcome, Rejection, Verdict};
use proptest::prelude::*;

const NOW: i64 = 1_795_516_352;

fn secret(text: &str) -> Secret {
    Secret::new(text.as_bytes().to_vec())
}

fn settings() -> KeyringSettings {
    KeyringSettings {
        signing_key: Some(secret("s3cret")),
        verification_keys: vec![(b"ops".to_vec(), secret("0ther")), (b"none".to_vec(), secret("0"))],
        verification_algorithms: vec![Algorithm::Sha512, Algorithm::Md5],
        ..KeyringSettings::default()
    }
}

/// One keyring with a signing key, and one with verification keys only.
fn keyrings() -> [Keyring; 2] {
    [Keyring::new(settings()), Keyring::new(KeyringSettings { signing_key: None, ..settings() })]
}

fn explained(keyring: &Keyring, envelope: &Envelope<'_>, now: i64) -> Verdict {
    let checks = keyring.explain(envelope, now);
    assert_eq!(checks.iter().map(|check| check.kind).collect::<Vec<_>>(), CheckKind::ALL);
    // After JSON that looks like a signature, the other checks fail as a consequence.
    let lacks_colon = checks[0].detail.ends_with("an unsigned message is name::{…}");
    for (index, check) in checks.iter().enumerate() {
        let is_explained = check.outcome == CheckOutcome::Failed && (index == 0 || !lacks_colon);
        assert_eq!(check.explanation.is_some(), is_explained, "{check:?}");
    }
    let Some(failed) = checks.iter().find(|check| check.outcome == CheckOutcome::Failed) else {
        let skipped = checks.iter().filter(|check| check.outcome == CheckOutcome::Skipped).count();
        assert!(matches!(skipped, 0 | 5), "all checks, or only those of an unsigned message: {checks:?}");
        return if skipped == 0 { Verdict::Verified } else { Verdict::Unsigned };
    };
    let rejection = match failed.kind {
        CheckKind::Hmac if failed.detail == "missing" => Rejection::MissingSignatureValue,
        CheckKind::Hmac => Rejection::SignatureMismatch,
        kind => Rejection::ALL.iter().copied().find(|rejection| rejection.check() == kind).unwrap(),
    };
    assert_eq!(failed.explanation, Some(rejection.explain()));
    Verdict::Rejected(rejection)
}

#[test]
fn a_message_without_its_second_colon_gets_no_advice_about_algorithms_and_keys() {
    for payload in [r#"hello:{"a":1}"#, r#"hello:["a:b", 1]"#, r#"hello:"a:b""#] {
        let checks = keyrings()[0].explain(&Envelope::parse(payload.as_bytes()), NOW);
        let failed: Vec<_> = checks.iter().filter(|check| check.outcome == CheckOutcome::Failed).collect();
        assert!(failed.len() > 2 && failed[0].detail.ends_with("; an unsigned message is name::{…}"), "{checks:?}");
        let advice: Vec<_> = failed.iter().filter_map(|check| check.explanation).collect();
        assert_eq!(advice, [Rejection::InvalidJson.explain()]);
    }
    // A signature that is only wrong gets all of it.
    let checks = keyrings()[0].explain(&Envelope::parse(b"hello:md4|other|1|00:{\"a\""), NOW);
    assert!(checks.iter().filter(|check| check.explanation.is_some()).count() > 2, "{checks:?}");
}

#[test]
fn one_flipped_bit_is_never_verified() {
    let names: [&[u8]; 4] = [b"evt", b"", b"0", b"cache-flush\xff"];
    let data: [&[u8]; 5] = [b"", b"1", b"{\"a\":1}", br#"["a:b",true,"\u00fc"]"#, b"\"\xc3\xbc\""];
    let (mut payloads, mut flips) = (0, 0);
    // Not the lowest integer: PHP reads -9223372036854775908 as a float, whose nearest is that integer, and verifies it.
    for now in [NOW, 1, 10, -1, -100, 1_000_000_000, i64::MAX, i64::MIN + 1] {
        for with in [SignWith::SigningKey, SignWith::Key(b"ops".to_vec())] {
            for (name, data) in names.iter().flat_map(|name| data.iter().map(move |data| (name, data))) {
                let payload = keyrings()[0].payload(name, data, &with, now).unwrap();
                assert_eq!(keyrings()[0].verify(&Envelope::parse(&payload), now).verdict, Verdict::Verified);
                payloads += 1;
                // An unlimited tolerance, so only the HMAC protects the timestamp.
                let keyring = Keyring::new(KeyringSettings { time_tolerance: u64::MAX, ..settings() });
                for at in 0..payload.len() * 8 {
                    let mut flipped = payload.clone();
                    flipped[at / 8] ^= 1 << (at % 8);
                    let verdict = keyring.verify(&Envelope::parse(&flipped), now).verdict;
                    assert!(matches!(verdict, Verdict::Rejected(_)), "{verdict:?}: {}", flipped.escape_ascii());
                    flips += 1;
                }
            }
        }
    }
    assert_eq!(payloads, 8 * 2 * 20);
    assert!(flips > payloads * 700, "{flips}");
}

#[test]
fn a_keyring_verifies_its_signatures_with_every_algorithm() {
    for &algorithm in Algorithm::ALL {
        let keyring = Keyring::new(KeyringSettings { sign_algorithm: algorithm, ..settings() });
        assert_eq!(keyring.signing_keys(), [&b"default"[..], b"ops"]);
        for (with, key) in [(SignWith::SigningKey, "default"), (SignWith::Key(b"ops".to_vec()), "ops")] {
            let payload = keyring.payload(b"evt", b"[1]", &with, NOW).unwrap();
            let verification = keyring.verify(&Envelope::parse(&payload), NOW + 3600);
            assert_eq!(verification.verdict, Verdict::Verified);
            assert_eq!((verification.algorithm, verification.key_name), (Some(algorithm), Some(key.as_bytes())));
            assert_eq!(verification.timestamp, Some(NOW));
        }
    }
}

#[test]
fn messages_are_signed_with_the_requested_key() {
    let keyring = Keyring::new(settings());
    let payload = |keyring: &Keyring, with| keyring.payload(b"evt", b"", &with, NOW);
    assert_eq!(payload(&keyring, SignWith::None).unwrap(), b"evt::");
    let unknown = |name: &str| Err(SignError::UnknownKey(name.to_owned()));
    assert_eq!(payload(&keyring, SignWith::Key(b"nobody\x1b".to_vec())), unknown("nobody\\x1b"));
    assert_eq!(payload(&keyring, SignWith::Key(b"none".to_vec())), unknown("none"));
    let error = keyring.payload(b"evt", b"[1", &SignWith::SigningKey, NOW).unwrap_err();
    assert_eq!(error.to_string(), "the data is not valid JSON: the text ends inside an array at column 3");

    // A key that signs nothing: the package sends unsigned, and so does the signing key here. A key requested by name is an
    // error.
    for nothing in ["", "0"] {
        let keyring = Keyring::new(KeyringSettings { signing_key: Some(secret(nothing)), ..settings() });
        assert_eq!(payload(&keyring, SignWith::SigningKey).unwrap(), b"evt::");
        assert_eq!(payload(&keyring, SignWith::Key(b"default".to_vec())), unknown("default"));
        assert_eq!(keyring.signing_keys(), [b"ops"]);
        assert!(!keyring.accepts_unsigned());
    }
    let keyring = Keyring::new(KeyringSettings { signing_key: None, ..settings() });
    assert_eq!(payload(&keyring, SignWith::SigningKey).unwrap(), b"evt::");
    assert!(keyring.accepts_unsigned());

    let keyring = Keyring::new(KeyringSettings { signing_key_name: b"a:b".to_vec(), ..settings() });
    assert_eq!(payload(&keyring, SignWith::SigningKey), Err(SignError::KeyNameContainsColon));
}

#[test]
fn the_signing_key_takes_precedence_and_later_keys_replace_earlier_ones() {
    let signed = |text: &str| {
        let keyring = Keyring::new(KeyringSettings { signing_key: Some(secret(text)), ..KeyringSettings::default() });
        keyring.payload(b"evt", b"", &SignWith::SigningKey, NOW).unwrap()
    };
    let both = vec![(b"default".to_vec(), secret("first")), (b"default".to_vec(), secret("last"))];
    let verdict = |own: Option<&str>, payload: &str| {
        let settings = KeyringSettings {
            signing_key: own.map(secret),
            verification_keys: both.clone(),
            ..KeyringSettings::default()
        };
        Keyring::new(settings).verify(&Envelope::parse(&signed(payload)), NOW).verdict
    };
    let mismatch = Verdict::Rejected(Rejection::SignatureMismatch);
    assert_eq!(verdict(Some("own"), "own"), Verdict::Verified);
    assert_eq!(verdict(Some("own"), "last"), mismatch);
    assert_eq!(verdict(None, "last"), Verdict::Verified);
    assert_eq!(verdict(None, "first"), mismatch);
    assert_eq!(verdict(Some("0"), "last"), Verdict::Rejected(Rejection::UnknownKey));
}

#[test]
fn an_hmac_that_php_treats_as_none_is_missing() {
    for hmac in ["", "|", "|0"] {
        let payload = format!("evt:sha256|default|{NOW}{hmac}:");
        let verdict = keyrings()[0].verify(&Envelope::parse(payload.as_bytes()), NOW).verdict;
        assert_eq!(verdict, Verdict::Rejected(Rejection::MissingSignatureValue), "{payload}");
    }
}

#[test]
fn every_check_is_explained() {
    let keyring = Keyring::new(settings());
    let good = String::from_utf8(keyring.payload(b"evt", b"[1]", &SignWith::SigningKey, NOW).unwrap()).unwrap();
    let detail = |payload: &str, now, kind| {
        let checks = keyring.explain(&Envelope::parse(payload.as_bytes()), now);
        checks.into_iter().find(|check| check.kind == kind).unwrap().detail
    };
    let with = |from: &str, to: &str, kind| detail(&good.replace(from, to), NOW, kind);
    assert_eq!(detail(&good, NOW, CheckKind::Json), "valid JSON");
    assert_eq!(with("[1]", "", CheckKind::Json), "no data");
    assert_eq!(with("[1]", "[1", CheckKind::Json), "the text ends inside an array at column 3");
    assert_eq!(detail("evt", NOW, CheckKind::Signature), "none; required because a signing key is set");
    assert_eq!(detail(&good, NOW, CheckKind::Algorithm), "sha256");
    assert_eq!(
        with("sha256", "haval128,3", CheckKind::Algorithm),
        "hash algorithm haval128,3 is not supported by aircheck"
    );
    assert_eq!(with("sha256", "sha1", CheckKind::Algorithm), "sha1 is not allowed; allowed: sha256, sha512, md5");
    assert_eq!(detail(&good, NOW, CheckKind::Key), "default");
    assert_eq!(with("default", "dev\u{202e}", CheckKind::Key), "dev\\u{202e} is unknown; known: default, ops, none");
    assert_eq!(with("default", "none", CheckKind::Key), "the secret of none is empty or 0, so it cannot verify");
    assert_eq!(detail("evt:sha256:", NOW, CheckKind::Key), "missing");
    assert_eq!(detail(&good, NOW, CheckKind::Timestamp), "1795516352");
    assert_eq!(with("1795516352", "soon", CheckKind::Timestamp), "soon is not a number");
    assert_eq!(with("1795516352", "0", CheckKind::Timestamp), "0, which PHP treats as missing");
    assert_eq!(detail(&good, NOW, CheckKind::Time), "0 s of 3600 s");
    for (now, age) in [(12, "12 s"), (7199, "7199 s"), (7200, "7200 s (2 h)"), (259_200, "259200 s (3 d)")] {
        let wanted = format!("signed {age} before the check; listeners accept up to 3600 s");
        assert_eq!(detail(&good, NOW + now, CheckKind::Time), wanted);
    }
    let ahead = |seconds| format!("{seconds} ahead of this machine's clock; listeners accept up to 3600 s");
    assert_eq!(detail(&good, NOW - 3601, CheckKind::Time), ahead("3601 s"));
    assert_eq!(with("1795516352", "1795516352.7", CheckKind::Time), ahead("0.7 s"));
    assert_eq!(with("1795516352", "1e400", CheckKind::Time), ahead("inf s"));
    assert_eq!(detail(&good, NOW, CheckKind::Hmac), "matches");
    assert_eq!(with("[1]", "[2]", CheckKind::Hmac), "mismatch");
    let keys = (0..10).map(|at| (format!("k{at}").into_bytes(), secret("s"))).collect();
    let many = Keyring::new(KeyringSettings { verification_keys: keys, ..KeyringSettings::default() });
    let checks = many.explain(&Envelope::parse(good.as_bytes()), NOW);
    assert_eq!(checks[3].detail, "default is unknown; known: k0, k1, k2, k3, k4, k5, k6, k7 and 2 more");
    let nobody = Keyring::new(KeyringSettings::default());
    let checks = nobody.explain(&Envelope::parse(good.as_bytes()), NOW);
    assert_eq!(checks[3].detail, "default is unknown; no keys are set");
    let listener = &keyrings()[1];
    let checks = listener.explain(&Envelope::parse(b"evt"), NOW);
    assert_eq!(checks[1].detail, "none; not required without a signing key");
    assert_eq!(checks[6].detail, "not signed");
}

#[test]
fn later_checks_are_evaluated_after_a_failed_one() {
    let keyring = Keyring::new(settings());
    let good = String::from_utf8(keyring.payload(b"evt", b"[1]", &SignWith::SigningKey, NOW).unwrap()).unwrap();
    let outcomes = |payload: &str, now| {
        let checks = keyring.explain(&Envelope::parse(payload.as_bytes()), now);
        let letter = |outcome| match outcome {
            CheckOutcome::Passed => '+',
            CheckOutcome::Failed => '-',
            CheckOutcome::Skipped => '.',
        };
        let line: String = checks.iter().map(|check| letter(check.outcome)).collect();
        (line, checks[6].detail.clone())
    };
    let is = |payload: &str, now, line: &str, hmac: &str| {
        assert_eq!(outcomes(payload, now), (line.to_owned(), hmac.to_owned()), "{payload} {now}");
    };
    let with = |from: &str, to: &str| good.replace(from, to);
    is(&good, NOW, "+++++++", "matches");
    is(&good, NOW + 3601, "+++++-+", "matches");
    is(&with("[1]", "[2]"), NOW + 3601, "+++++--", "mismatch");
    is(&with("[1]", "[1"), NOW, "-+++++-", "mismatch");
    is(&with("default", "dev"), NOW + 3601, "+++-+-.", "not checked: no key to check it with");
    is(&with("default", "none"), NOW, "+++-++.", "not checked: no key to check it with");
    is(&with("sha256", "sha1"), NOW, "++-+++.", "not checked: the algorithm is not allowed");
    is(&with("1795516352", "soon"), NOW, "++++-..", "not checked: no valid timestamp");
    is("evt:sha256|default|1795516352|:[1", NOW, "-+++++-", "missing");
    is("evt::[1", NOW, "--.....", "not signed");
}

#[test]
fn secrets_and_expected_hmacs_are_never_shown() {
    let keyring = Keyring::new(settings());
    let good = keyring.payload(b"evt", b"[1]", &SignWith::SigningKey, NOW).unwrap();
    let hmac = String::from_utf8(good.clone()).unwrap().split(['|', ':']).nth(4).unwrap().to_owned();
    assert_eq!(hmac.len(), 64);
    let forged = String::from_utf8(good).unwrap().replace(&hmac, &"0".repeat(64));
    let envelope = Envelope::parse(forged.as_bytes());
    // The second time is out of the tolerance.
    for now in [NOW, NOW + 3601] {
        let shown =
            format!("{:?}", (keyring.explain(&envelope, now), keyring.verify(&envelope, now), &keyring, settings()));
        assert!(shown.contains("mismatch"));
        for hidden in [hmac.as_str(), "s3cret", "0ther", "115, 51, 99"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
    }
}

#[test]
fn a_signature_is_split_like_phps_explode() {
    let parse = |text: &'static str| SignatureText::parse(text.as_bytes());
    let parts = |algorithm: &'static str, rest: [Option<&'static str>; 3]| {
        let [key_name, timestamp, hmac] = rest.map(|part| part.map(str::as_bytes));
        Some(SignatureText { algorithm: algorithm.as_bytes(), key_name, timestamp, hmac })
    };
    assert_eq!(parse(""), None);
    assert_eq!(parse("0"), None);
    assert_eq!(parse("00"), parts("00", [None, None, None]));
    assert_eq!(parse("a|"), parts("a", [Some(""), None, None]));
    assert_eq!(parse("|||"), parts("", [Some(""), Some(""), Some("")]));
    assert_eq!(parse("a|b|c|d|e"), parts("a", [Some("b"), Some("c"), Some("d|e")]));
}

/// Payloads, from arbitrary bytes to payloads that almost verify.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let scrap = prop::sample::select(vec![
        ":",
        "|",
        "evt",
        "sha256",
        "sha512",
        "md5",
        "snefru",
        "default",
        "ops",
        "none",
        "0",
        "1795516352",
        "1e400",
        " 1795516352.5",
        "-1",
        "{\"a\":1}",
        "[",
        "\"",
        "\\",
        "\u{202e}",
        "00ff",
    ]);
    let scraps = prop::collection::vec(scrap, 0..16).prop_map(|scraps| scraps.concat().into_bytes());
    let signed = (any::<Vec<u8>>(), any::<bool>(), any::<prop::sample::Index>(), any::<Option<u8>>()).prop_map(
        |(name, own, at, byte)| {
            let name = name.into_iter().filter(|&byte| byte != b':').collect::<Vec<_>>();
            let with = if own { SignWith::SigningKey } else { SignWith::Key(b"ops".to_vec()) };
            let mut payload = Keyring::new(settings()).payload(&name, b"{\"a\":1}", &with, NOW).unwrap();
            if let Some(byte) = byte {
                let at = at.index(payload.len());
                payload[at] = byte;
            }
            payload
        },
    );
    prop_oneof![any::<Vec<u8>>(), scraps, signed]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn explaining_and_judging_agree(payload in payload(), now in prop_oneof![Just(NOW), any::<i64>()]) {
        let envelope = Envelope::parse(&payload);
        for keyring in keyrings() {
            prop_assert_eq!(explained(&keyring, &envelope, now), keyring.verify(&envelope, now).verdict);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in payload(), max in 0_usize..100) {
        prop_assert_eq!(json::check(&bytes).is_ok(), json::value(&bytes).is_some());
        let envelope = Envelope::parse(&bytes);
        let _ = json::check(envelope.data).map_err(|error| error.to_string());
        let _ = SignatureText::parse(&bytes);
        let _ = Algorithm::from_name(&bytes);
        prop_assert!(escape_capped(&bytes, max).chars().count() <= max.max(1));
        prop_assert!(escape(&bytes).len() >= bytes.len());
        for with in [SignWith::SigningKey, SignWith::None, SignWith::Key(bytes.clone())] {
            let _ = keyrings()[0].payload(&bytes, envelope.data, &with, NOW);
        }
    }

    #[test]
    fn json_is_accepted_if_serde_accepts_it(text in r#"[\[\]{}:,"0-9.eE+\-a-z \n\\u]{0,20}"#) {
        let serde = serde_json::from_str::<serde_json::Value>(&text);
        prop_assert_eq!(json::check(text.as_bytes()).is_ok(), serde.is_ok(), "{}", text);
    }

    #[test]
    fn any_value_is_taken(value in any_value()) {
        let text = value.to_string();
        prop_assert_eq!(json::check(text.as_bytes()), Ok(()));
        prop_assert_eq!(json::value(text.as_bytes()), Some(value));
    }

    #[test]
    fn an_envelope_reads_back(name in any::<Vec<u8>>(), signature in any::<Vec<u8>>(), data in any::<Vec<u8>>()) {
        let expected = if name.contains(&b':') {
            Err(EncodeError::NameContainsColon)
        } else if signature.contains(&b':') {
            Err(EncodeError::SignatureContainsColon)
        } else {
            Ok(())
        };
        let payload = encode(&name, &signature, &data);
        prop_assert_eq!(payload.as_ref().map(|_| ()), expected.as_ref().copied());
        if let Ok(payload) = payload {
            prop_assert_eq!(Envelope::parse(&payload), Envelope { name: &name, signature: &signature, data: &data });
        }
    }
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::vec((any::<String>(), inner), 0..8)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}
