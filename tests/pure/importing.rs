//! Parsing of untrusted JSON lines for `import`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::ledger::interval::{Entry, Interval};
use aircheck::ledger::sequence::Sequence;
use aircheck::recording::import::line;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::corpus::targets::escape::assert_safe;

/// A line of each type, as `tail` prints it.
const LINES: [&str; 4] = [
    r#"{"type":"message","at":"2026-11-24T10:32:01.000000Z","channel":"ops","channel_base64":null,"sequence":1,"certainty":"exact","name":"a","verdict":"unsigned","rejection":null,"timestamp":1,"payload_base64":"YTo6"}"#,
    r#"{"type":"finding","at":"2026-11-24T10:32:01.000000Z","kind":"missed_disconnected","channel":"ops","sequence_from":1,"sequence_to":2,"count":2,"lower_bound":false,"duration_micros":1,"reason":"EOF"}"#,
    r#"{"type":"link","at":"2026-11-24T10:32:01.000000Z","state":"connected","reason":"x","server_version":"8","server_role":"primary","server_mode":"standalone"}"#,
    r#"{"type":"dropped","at":"2026-11-24T10:32:01.000000Z","count":3}"#,
];

/// A line with one value replaced.
fn changed() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("\u{1b}[2J\u{202e}")),
    ];
    (prop::sample::select(LINES.as_slice()), any::<prop::sample::Index>(), value).prop_map(|(line, at, value)| {
        let mut object: Map<String, Value> = serde_json::from_str(line).unwrap();
        *object.values_mut().nth(at.index(line.matches("\":").count())).unwrap() = value;
        serde_json::to_vec(&object).unwrap()
    })
}

#[test]
fn a_line_of_each_type_is_accepted() {
    for text in LINES {
        assert!(line(text.as_bytes(), &mut Interval::default()).is_ok(), "{text}");
    }
}

/// The sequence number of a message line with these members.
fn imported(certainty: &str, from: u64, to: u64) -> Result<Sequence, String> {
    let text = LINES[0].replace(
        r#""sequence":1,"certainty":"exact""#,
        &format!(r#""sequence":null,"certainty":"{certainty}","sequence_from":{from},"sequence_to":{to}"#),
    );
    let mut interval = Interval::default();
    line(text.as_bytes(), &mut interval)?;
    match interval.entries() {
        [Entry::Message(message)] => Ok(message.sequence),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_range_of_one_number_stays_a_range() {
    assert_eq!(imported("range", 7, 7), Ok(Sequence::Range { from: 7, to: 7 }));
    assert_eq!(imported("inferred", 7, 7), Ok(Sequence::Inferred(7)));
    assert!(imported("range", 8, 7).is_err() && imported("inferred", 7, 8).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn no_line_panics_and_each_error_is_safe(text in prop_oneof![4 => changed(), 1 => any::<Vec<u8>>()]) {
        let mut into = Interval::default();
        if let Err(error) = line(&text, &mut into) {
            assert_safe(&error);
            prop_assert!(into.entries().is_empty());
        }
    }
}
