//! Compares publishing and receiving with all vectors recorded from the PHP package.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::fmt::Write;

use aircheck::wire::algorithm::{Algorithm, AlgorithmError};
use aircheck::wire::envelope::Envelope;
use aircheck::wire::json;
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignError, SignWith};
use aircheck::wire::verdict::{CheckKind, CheckOutcome, Rejection, Verdict};
use base64_simd::STANDARD;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Vectors {
    publish: Vec<Value>,
    receive: Vec<Receive>,
}

#[derive(Deserialize)]
struct Receive {
    name: String,
    config: Value,
    now: i64,
    payload_base64: String,
    outcome: String,
    message_base64: Option<String>,
    /// Stored as text, because it may be nested more deeply than `serde_json` supports.
    #[serde(default, deserialize_with = "present")]
    data: Option<Box<RawValue>>,
}

/// Distinguishes `null` from a missing value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors/php-1.0.0.json")).unwrap()
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap()
}

fn bytes(base64: &str) -> Vec<u8> {
    STANDARD.decode_to_vec(base64).unwrap()
}

/// The package's configuration as settings.
fn keyring(config: &Value) -> Result<Keyring, AlgorithmError> {
    let mut settings = KeyringSettings::default();
    // An empty configuration is PHP's empty array.
    for (field, value) in config.as_object().into_iter().flatten() {
        let secret = |value: &Value| Secret::new(value.as_str().unwrap().as_bytes().to_vec());
        match field.as_str() {
            "sign_key" => settings.signing_key = Some(secret(value)),
            "sign_key_name" => settings.signing_key_name = value.as_str().unwrap().as_bytes().to_vec(),
            "sign_algorithm" => settings.sign_algorithm = value.as_str().unwrap().parse()?,
            "time_tolerance" => settings.time_tolerance = value.as_u64().unwrap(),
            "verification_keys" => {
                let keys = value.as_object().unwrap().iter();
                settings.verification_keys = keys.map(|(name, key)| (name.clone().into_bytes(), secret(key))).collect();
            }
            "verification_algorithms" => {
                let names = value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().parse());
                settings.verification_algorithms = names.collect::<Result<_, _>>()?;
            }
            "sequence_prefix" => {}
            other => panic!("a field of the configuration that is not tested: {other}"),
        }
    }
    Ok(Keyring::new(settings))
}

/// JSON as PHP's `json_encode` writes it: slashes and everything beyond ASCII escaped.
fn php_encode(value: &Value, out: &mut String) {
    let string = |text: &str, out: &mut String| {
        out.push('"');
        for unit in text.encode_utf16() {
            match u8::try_from(unit) {
                Ok(b'"') => out.push_str("\\\""),
                Ok(b'\\') => out.push_str("\\\\"),
                Ok(b'/') => out.push_str("\\/"),
                Ok(b'\n') => out.push_str("\\n"),
                Ok(b'\t') => out.push_str("\\t"),
                Ok(plain @ b' '..=b'~') => out.push(char::from(plain)),
                _ => write!(out, "\\u{unit:04x}").unwrap(),
            }
        }
        out.push('"');
    };
    match value {
        Value::String(text) => string(text, out),
        Value::Array(values) => {
            out.push('[');
            for (at, value) in values.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                php_encode(value, out);
            }
            out.push(']');
        }
        Value::Object(values) => {
            out.push('{');
            for (at, (key, value)) in values.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                string(key, out);
                out.push(':');
                php_encode(value, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[test]
fn payloads_equal_those_of_the_package() {
    let (mut equal, mut not_supported, mut colons) = (0, HashSet::new(), 0);
    for vector in vectors().publish {
        let name = text(&vector, "name");
        let keyring = match keyring(&vector["config"]) {
            Ok(keyring) => keyring,
            Err(AlgorithmError::NotSupported(algorithm)) => {
                assert_eq!(name, format!("algorithm {algorithm}"));
                not_supported.insert(algorithm);
                continue;
            }
            Err(error) => panic!("{name}: {error}"),
        };
        let mut data = String::new();
        if !vector["data"].is_null() {
            php_encode(&vector["data"], &mut data);
        }
        let now = vector["now"].as_i64().unwrap();
        let payload = keyring.payload(text(&vector, "message").as_bytes(), data.as_bytes(), &SignWith::SigningKey, now);
        if vector.get("error").is_some() {
            assert_eq!(text(&vector, "error"), "name_contains_colon");
            assert_eq!(payload, Err(SignError::NameContainsColon), "{name}");
            colons += 1;
        } else {
            let payload = payload.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(
                payload.escape_ascii().to_string(),
                bytes(text(&vector, "payload_base64")).escape_ascii().to_string(),
                "{name}"
            );
            equal += 1;
        }
    }
    assert_eq!((equal, not_supported.len(), colons), (107 - 20 - 1, 20, 1));
}

#[test]
fn every_payload_is_verified_as_in_the_package() {
    let mut counted = 0;
    for vector in vectors().receive {
        let name = vector.name.as_str();
        let payload = bytes(&vector.payload_base64);
        let now = vector.now;
        let keyring = keyring(&vector.config).unwrap();
        let envelope = Envelope::parse(&payload);
        let verdict = keyring.verify(&envelope, now).verdict;
        let outcome = match verdict {
            Verdict::Rejected(rejection) => rejection.name(),
            _ => "accepted",
        };
        assert_eq!(outcome, vector.outcome, "{name}");
        let is_signed = !matches!(envelope.signature, b"" | b"0");
        assert_eq!(verdict == Verdict::Verified, outcome == "accepted" && is_signed, "{name}");
        if outcome == "accepted" {
            assert_eq!(envelope.name, bytes(vector.message_base64.as_deref().unwrap()), "{name}");
            // PHP cannot encode the infinity that 1e400 becomes, so the vector lacks it.
            match vector.data {
                Some(data) => {
                    let expected = json::value(data.get().as_bytes()).unwrap();
                    assert_eq!(
                        php_array(json::value(envelope.data).unwrap_or_default()),
                        php_array(expected),
                        "{name}"
                    );
                }
                None => assert_eq!(envelope.data, b"1e400"),
            }
        }

        let checks = keyring.explain(&envelope, now);
        assert_eq!(checks.iter().map(|check| check.kind).collect::<Vec<_>>(), CheckKind::ALL, "{name}");
        let failed = checks.iter().find(|check| check.outcome == CheckOutcome::Failed).map(|check| check.kind);
        assert_eq!(failed, verdict.rejection().map(Rejection::check), "{name}");
        counted += 1;
    }
    assert_eq!(counted, 231);
}

/// Converts data to PHP's arrays: an empty object becomes an empty array, and a large integer a float.
fn php_array(value: Value) -> Value {
    match value {
        Value::Object(object) if object.is_empty() => Value::Array(Vec::new()),
        Value::Object(object) => object.into_iter().map(|(key, value)| (key, php_array(value))).collect(),
        Value::Array(array) => array.into_iter().map(php_array).collect(),
        Value::Number(number) if number.as_i64().is_none() => {
            // Normalises a float to the shortest text with the same value.
            Value::String(format!("{:?}", number.to_string().parse::<f64>().unwrap()))
        }
        other => other,
    }
}

#[test]
fn all_php_algorithm_names_are_known() {
    assert_eq!(Algorithm::ALL.len(), 24);
    for &algorithm in Algorithm::ALL {
        assert_eq!(Algorithm::from_name(algorithm.name().as_bytes()), Ok(algorithm));
        assert_eq!(algorithm.to_string(), algorithm.name());
    }
    let rejected = Algorithm::from_name(b"haval128,3").unwrap_err();
    assert_eq!(rejected.to_string(), "hash algorithm haval128,3 is not supported by aircheck");
    let rejected = Algorithm::from_name(b"SHA256\x1b").unwrap_err();
    assert_eq!(
        rejected.to_string(),
        "unknown hash algorithm \"SHA256\\x1b\"; expected a name from PHP's hash_hmac_algos(), e.g. sha256"
    );
}
