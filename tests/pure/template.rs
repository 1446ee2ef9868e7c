//! Messages with placeholders.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::template::{PLACEHOLDERS, PlaceholderError, Template, Text, Values};
use proptest::prelude::*;

const VALUES: Values = Values { now: 1_795_516_352, random: u128::MAX, seq: 7 };

fn text(text: &str) -> Text {
    Text::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn plain(template: &str) -> String {
    text(template).plain(&VALUES, &|label| label)
}

#[test]
fn each_placeholder_is_filled() {
    for placeholder in PLACEHOLDERS {
        let template = format!("<{{{{{placeholder}}}}}>");
        assert!(!plain(&template).contains('{'), "{template}");
    }
    assert_eq!(plain("{{now}} {{ now_rfc3339 }} {{seq}}"), "1795516352 2026-11-24T10:32:32Z 7");
    assert_eq!(plain("{{prompt: SKU no. }}!"), "SKU no.!");
    assert_eq!(plain(r#"{"a":{"b":{}}}"#), r#"{"a":{"b":{}}}"#, "braces of JSON are no placeholders");
}

#[test]
fn template_errors_are_distinguished() {
    assert_eq!(Text::parse("{{nwo}}"), Err(PlaceholderError::Unknown("nwo".to_owned())));
    assert_eq!(Text::parse("{{now"), Err(PlaceholderError::Open("now".to_owned())));
    assert_eq!(Text::parse("{{prompt: }}"), Err(PlaceholderError::NoLabel));
    assert_eq!(Text::parse("{{prompt}}"), Err(PlaceholderError::NoLabel));
}

#[test]
fn a_prompt_is_asked_once_and_answered_everywhere() {
    let template = Template {
        title: "t".to_owned(),
        channel: text("{{prompt:Where}}"),
        name: text("evt"),
        data: text(r#"{"where":"{{prompt:Where}}","n":{{prompt:Count}}}"#),
    };
    assert_eq!(template.prompts(), ["Where", "Count"]);
    let answers = ["a\"b\\".to_owned(), "[1]".to_owned()];
    let (channel, name, data) = template.fill(&VALUES, &answers);
    assert_eq!((channel.as_str(), name.as_str()), ("a\"b\\", "evt"));
    assert_eq!(data, r#"{"where":"a\"b\\","n":[1]}"#);
}

proptest! {
    #[test]
    fn a_uuid_is_one_of_version_4(random in any::<u128>()) {
        let uuid = text("{{uuid}}").plain(&Values { random, ..VALUES }, &|label| label);
        let parts: Vec<&str> = uuid.split('-').collect();
        prop_assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        prop_assert!(parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit())));
        prop_assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{}", uuid);
    }

    #[test]
    fn an_answer_within_a_string_stays_within_it(answer in any::<String>()) {
        let data = text(r#"{"a\"":"<{{prompt:x}}>","b":[]}"#).json(&VALUES, &|_| &answer);
        let read: serde_json::Value = serde_json::from_str(&data).unwrap();
        prop_assert_eq!(&read["a\""], &serde_json::Value::from(format!("<{answer}>")));
        prop_assert_eq!(read.as_object().map(serde_json::Map::len), Some(2));
    }

    #[test]
    fn no_text_makes_it_panic(any in any::<String>(), braces in "[{}a-z: \"\\\\]{0,40}") {
        for template in [any, braces] {
            if let Ok(text) = Text::parse(&template) {
                let _ = text.json(&VALUES, &|label| label);
            }
        }
    }
}
