//! The filter language: which texts it accepts, what they match, and the positions of errors.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use aircheck::filter::{Candidate, Filter, PredicateResult, words};
use aircheck::ledger::finding::{Cause, Finding, FindingKind};
use aircheck::ledger::sequence::{Channel, Sequence, UnknownReason};
use aircheck::wire::verdict::{Rejection, Verdict};
use proptest::prelude::*;

const NOW: i64 = 1_795_516_352_000_000;
const MINUTE: i64 = 60_000_000;

fn candidate(payload: &[u8]) -> Candidate<'_> {
    Candidate {
        at: NOW - 2 * MINUTE,
        now: NOW,
        channel: b"ops",
        sequence: Sequence::Exact(1046),
        verdict: Verdict::Verified,
        payload,
    }
}

fn matches(filter: &str, candidate: &Candidate<'_>) -> bool {
    let filter = Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    filter.terms_match(candidate) && filter.predicate_outcome(candidate.data()) == PredicateResult::Satisfied
}

#[test]
fn terms_match_messages() {
    let payload =
        br#"price-update:sha256|default|1795516352|00ff:{"sku":"A-17","price":9.5,"tags":["a","b"],"n":null}"#;
    let message = candidate(payload);
    for (filter, expected) in [
        ("", true),
        ("   ", true),
        ("channel:ops", true),
        ("channel:op", false),
        ("channel:o*", true),
        ("channel:{billing,ops}", true),
        ("-channel:ops", false),
        ("-channel:billing*", true),
        ("name:price-*", true),
        ("name:?rice-update", true),
        ("name:[a-p]*", true),
        ("name:Price-*", false),
        (r#"name:"""#, false),
        ("name:price-* channel:billing", false),
        ("name:price-* -channel:billing", true),
        ("verdict:verified", true),
        ("verdict:rejected", false),
        ("-verdict:rejected", true),
        ("verdict:{verified,unsigned}", true),
        ("rejection:*", false),
        ("-rejection:*", true),
        ("key:default", true),
        ("key:old", false),
        ("seq:1046", true),
        ("seq:1000..1046", true),
        ("seq:1046..1100", true),
        ("seq:1040-1046", true),
        ("seq:#1040–1045", false),
        ("seq:1047..", false),
        ("seq:..1045", false),
        ("-seq:..1045", true),
        ("since:5m", true),
        ("since:2m", true),
        ("since:1m59s", false),
        ("-since:1m", true),
        ("text~A-17", true),
        ("text~^price", true),
        (r#"text~"\"sku\":\s*\"A""#, true),
        (r#"text~"A-(1|2)7""#, true),
        ("-text~A-17", false),
        ("kind:*", false),
        ("-kind:*", true),
        (r#"| .sku == "A-17""#, true),
        (r#"|.sku=="A-17""#, true),
        (r#"name:price-* | .sku == "A-17""#, true),
        (r#"name:price-*|.sku == "A-18""#, false),
        (r#"name:x* | .sku == "A-17""#, false),
        ("| .price > 9 and .price < 10", true),
        ("| .tags | any(. == \"b\")", true),
        ("| .tags | length == 2", true),
        ("| .n", false),
        ("| .missing", false),
        ("| empty", false),
        ("| false, true", false),
        ("| true, error", true),
        ("| error", false),
        ("| .sku.x", false),
        (r#"| .sku | test("^a-\\d+$"; "i")"#, true),
        (r#"| .sku | test("^a")"#, false),
        (r#"| .sku | test("(")"#, false),
        (r#"| .sku | split("-") | .[1] == "17""#, true),
        ("| repeat(1)", true),
        ("| range(1; infinite)", true),
        ("| ..", true),
    ] {
        assert_eq!(matches(filter, &message), expected, "{filter}");
    }
}

#[test]
fn verdict_terms_distinguish_rejected_and_unsigned_messages() {
    let rejected = Candidate { verdict: Verdict::Rejected(Rejection::UnknownKey), ..candidate(b"evt:x|nobody|1|a:1") };
    assert!(matches("verdict:rejected rejection:unknown_key", &rejected));
    assert!(matches("rejection:{unknown_key,unsigned} key:nobody", &rejected));
    assert!(!matches("rejection:invalid_*", &rejected));
    assert!(!matches("-rejection:unknown_key", &rejected));
    let unsigned = Candidate { verdict: Verdict::Unsigned, ..candidate(b"evt::1") };
    assert!(matches("verdict:unsigned -key:*", &unsigned));
    assert!(!matches("rejection:unsigned", &unsigned));
}

#[test]
fn numbers_of_more_than_a_thousand_digits_do_not_reach_jq() {
    let outcome = |data: &str| Filter::parse("| length > 0").unwrap().predicate_outcome(Some(data.as_bytes()));
    let (most, more) = ("7".repeat(1000), "7".repeat(1001));
    for number in [&most, &format!("-{most}"), &format!("{}.5e5", "7".repeat(998)), &format!("\"\\\"{more}\"")] {
        assert_eq!(outcome(number), PredicateResult::Satisfied, "{}", number.len());
    }
    assert_eq!(outcome(&format!("[{}7]", "7,".repeat(2000))), PredicateResult::Satisfied, "many short numbers");
    let rejected = PredicateResult::Failed("the data has a number of more than 1,000 digits".to_owned());
    for data in [
        more.clone(),
        format!("{{\"a\":[1,-{more}]}}"),
        format!("0.{most}"),
        format!("1e{most}"),
        format!("\"\",{more}"),
    ] {
        assert_eq!(outcome(&data), rejected, "{}", data.len());
    }
    assert_eq!(outcome("[1"), PredicateResult::Failed("jq cannot read the data".to_owned()));
}

#[test]
fn a_predicate_needs_data_that_is_json() {
    for payload in ["evt", "evt::"] {
        assert!(!matches("| true", &candidate(payload.as_bytes())));
    }
    let broken = Candidate { verdict: Verdict::Rejected(Rejection::InvalidJson), ..candidate(b"evt::1 # no JSON") };
    assert!(!matches("| true", &broken));
    let php = candidate(br#"evt::{"a\"B":TRUE,"C":[Null,1E2]}"#);
    assert!(matches(r#"| .["a\"B"] and .C == [null, 100]"#, &php));
    let deep = format!("evt::{}{}", "[".repeat(511), "]".repeat(511));
    assert!(matches("| flatten == [] and tojson != 1", &candidate(deep.as_bytes())));
}

#[test]
fn names_of_any_bytes_match() {
    assert!(matches("name:a*z", &candidate(b"a\xff\n/z::1")));
    assert!(matches(r#"name:"a b|c""#, &candidate(b"a b|c::")));
    assert!(matches(r"name:a\*", &candidate(b"a*::")));
    assert!(!matches(r"name:a\*", &candidate(b"ab::")));
    assert!(matches(r#"name:"""#, &candidate(b"::1")));
    assert!(matches(r"text~(?-u)\xff", &candidate(b"a\xff::1")));
}

#[test]
fn an_inexact_sequence_matches_its_possible_numbers() {
    let rough = |sequence| Candidate { sequence, ..candidate(b"evt") };
    assert!(matches("seq:1046", &rough(Sequence::Inferred(1046))));
    assert!(matches("seq:1040..1042", &rough(Sequence::Range { from: 1042, to: 1050 })));
    assert!(!matches("seq:..1041", &rough(Sequence::Range { from: 1042, to: 1050 })));
    assert!(!matches("seq:1..", &rough(Sequence::Unknown(UnknownReason::NoBarrier))));
    assert!(matches("-seq:1..", &rough(Sequence::Unknown(UnknownReason::NoBarrier))));
}

#[test]
fn findings_are_hidden_only_by_terms_about_findings() {
    let finding = Finding {
        kind: FindingKind::MissedDisconnected,
        channel: Channel::new(b"ops"),
        sequence_from: Some(1031),
        sequence_to: Some(1046),
        count: Some(16),
        at: NOW - 2 * MINUTE,
        cause: Cause::Disconnected { reason: Arc::from("closed"), duration_micros: 4_200_000, lower_bound: false },
    };
    for (filter, expected) in [
        ("", true),
        (r#"name:x verdict:rejected rejection:unsigned key:k text~x | .sku == "A-17""#, true),
        ("-name:* -text~.", true),
        ("channel:ops", true),
        ("channel:billing", false),
        ("-channel:ops", false),
        ("seq:1046..", true),
        ("seq:1047..", false),
        ("seq:1000..1031", true),
        ("since:5m", true),
        ("since:1m", false),
        ("kind:missed_*", true),
        ("kind:duplicate", false),
        ("-kind:missed_disconnected", false),
        ("-kind:*", false),
        ("-kind:clock_skew", true),
    ] {
        assert_eq!(Filter::parse(filter).unwrap().matches_finding(&finding, NOW), expected, "{filter}");
    }
    let unnumbered = Finding { sequence_from: None, sequence_to: None, ..finding };
    assert!(!Filter::parse("seq:1..").unwrap().matches_finding(&unnumbered, NOW));
}

#[test]
fn errors_have_a_column_and_a_suggestion() {
    for (filter, column, words, suggestion) in [
        ("nme:x", 1, "unknown term nme", Some("name:")),
        ("name:x nme:y", 8, "unknown term nme", Some("name:")),
        ("name:ü nme:y", 8, "unknown term nme", Some("name:")),
        ("-nme:y", 2, "unknown term nme", Some("name:")),
        ("chan", 1, "text~chan", Some("channel:")),
        ("foobar", 1, "text~foobar", None),
        ("xyzzy:1", 1, "unknown term xyzzy", None),
        ("name~x", 5, "expected name:GLOB", None),
        ("text:x", 5, "expected text~REGEX", None),
        ("name:", 6, "expected a value after name:", None),
        ("name: x", 6, "expected a value after name:", None),
        ("-", 2, "expected a term", None),
        ("- name:x", 2, "expected a term", None),
        ("\"quoted\"", 1, "expected a term", None),
        (":x", 1, "unknown term", None),
        ("name:\"x", 6, "is not closed", None),
        ("name:\"x\"y", 9, "expected a space", None),
        ("name:[a", 6, "unclosed character class", None),
        ("verdict:rejectd", 9, "expected verified, unsigned, rejected", Some("rejected")),
        ("rejection:unknown", 11, "expected invalid_json", Some("unknown_key")),
        ("kind:missed", 6, "expected missed_disconnected", Some("missed_disconnected")),
        ("seq:x", 5, "a sequence number or a range", None),
        ("seq:1..x", 8, "a sequence number or a range", None),
        ("seq:-1", 5, "a sequence number or a range", None),
        ("seq:99999999999999999999", 5, "a sequence number or a range", None),
        ("seq:..", 5, "at least one end", None),
        ("seq:9..1", 5, "ends before it begins", None),
        ("since:5", 7, "a duration such as", None),
        ("since:yesterday", 7, "a duration such as", None),
        ("text~(", 6, "unclosed group", None),
        ("text~a|b", 7, "quote the regex", None),
        ("text~\\w{9999}{9999}", 6, "invalid regex", None),
        ("name:x |", 9, "expected a jq predicate", None),
        ("name:x | .a ==", 15, "in jq", None),
        ("name:x | .a == foo", 16, "unknown jq function foo", None),
        ("name:x | (.a", 13, "closing parenthesis", None),
        ("| env", 3, "unknown jq function env", None),
        ("| now", 3, "unknown jq function now", None),
        ("| input", 3, "unknown jq function input", None),
        ("| $ENV", 3, "unknown jq variable $ENV", None),
        ("| debug", 3, "unknown jq function debug", None),
        ("| halt", 3, "unknown jq function halt", None),
        ("| include \"x\"; .", 3, "cannot load modules", None),
        ("| import \"x\" as $d; $d", 3, "cannot load modules", None),
        ("| module {}; import \"x\" as $d; $d::d", 3, "cannot load modules", None),
    ] {
        let error = Filter::parse(filter).err().unwrap_or_else(|| panic!("{filter} is accepted"));
        assert_eq!(error.column, column, "{filter}: {error}");
        assert!(error.message.contains(words), "{filter}: {error}");
        assert_eq!(error.suggestion, suggestion, "{filter}: {error}");
        assert_eq!(error.pointer().trim_end(), error.pointer());
        assert!(error.pointer().ends_with('^'));
    }
}

#[test]
fn the_error_pointer_accounts_for_wide_characters() {
    let error = Filter::parse("name:日本 nme:x").unwrap_err();
    assert_eq!(error.column, 9);
    assert_eq!(error.pointer(), "          ^");
    assert_eq!(error.to_string(), "column 9: unknown term nme; did you mean name:");
}

#[test]
fn nested_programs_are_rejected_before_they_fill_the_stack() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a:", "}"),
        ("-", ""),
        ("try ", ""),
        ("if ", ""),
        (".|", ""),
        ("1+", ""),
        ("1,", ""),
        ("1//", ""),
        ("1<", ""),
        (". as $x|", ""),
        ("label $x|", ""),
        ("def f:.;", ""),
        ("def f:", ""),
        ("reduce ", ""),
        ("\"\\(", ")\""),
        ("f(", ")"),
    ] {
        let times = (Filter::MAX_LENGTH - 8) / (open.len() + close.len());
        let text = format!("|{}1{}", open.repeat(times), close.repeat(times));
        assert!(Filter::parse(&text).is_err(), "{open}");
        for times in [30, 60, 99, 190] {
            let text = format!("|{}1{}", open.repeat(times), close.repeat(times));
            if let Ok(filter) = Filter::parse(&text) {
                let _ = filter.predicate_outcome(Some(b"{}"));
            }
        }
    }
    assert!(Filter::parse(&"x".repeat(Filter::MAX_LENGTH + 1)).is_err());
}

#[test]
fn a_filter_displays_its_text() {
    let text = r#"name:price-*  -seq:1..2 | .sku == "A-17""#;
    let filter = Filter::parse(text).unwrap();
    assert_eq!(filter.to_string(), text);
    assert_eq!(filter.clone().to_string(), text);
    assert!(!filter.is_empty());
    assert!(Filter::parse(" ").unwrap().is_empty());
    assert!(Filter::default().is_empty());
}

#[test]
fn every_suggested_word_is_accepted() {
    for term in words::TERMS {
        for value in words::values(term.word) {
            assert!(Filter::parse(&format!("{}{value}", term.word)).is_ok(), "{}{value}", term.word);
        }
    }
    for term in words::TERMS.iter().filter(|term| words::values(term.word).is_empty()) {
        let example = if term.value == "A-B" { "1-2" } else { "5m" };
        assert!(Filter::parse(&format!("{}{example}", term.word)).is_ok(), "{}", term.word);
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        check(&text);
    }

    #[test]
    fn no_text_of_the_language_panics(parts in prop::collection::vec(prop::sample::select(vec![
        "name", "channel", "verdict", "reason", "key", "seq", "since", "text", "kind", ":", "~", "-", "|", " ", "\"", "\\",
        "1", "..", "5m", "*", "[", "]", "{", "}", "(", ")", ",", "rejected", ".a", "==", "if", "then", "else", "end", "def",
        "f", ";", "as", "$x", "@", "?", "ü", "\u{202e}", "\0", "+", "try", "reduce", "foreach", "\\(", "e", "import",
    ]), 0..24)) {
        check(&parts.concat());
    }
}

fn check(text: &str) {
    match Filter::parse(text) {
        Ok(filter) => {
            let message = candidate(b"evt::{\"a\":[1,2]}");
            let _ = (filter.terms_match(&message), filter.predicate_outcome(message.data()));
            assert_eq!(filter.to_string(), text);
        }
        Err(error) => {
            assert!((1..=text.chars().count() + 1).contains(&error.column), "{text}: {error}");
            let _ = (error.pointer(), error.to_string());
        }
    }
}
