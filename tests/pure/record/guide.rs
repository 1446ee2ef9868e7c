//! The SQL questions in the guide, asked as they are written there.

use aircheck::ledger::finding::{Cause, FindingKind};
use aircheck::ledger::sequence::Sequence;
use aircheck::wire::verdict::{Rejection, Verdict};

use super::questions::rows;
use super::{finding, numbered, push, record_all};

/// The content of the code block that starts with `fence`, without `prefix` in each line.
fn fenced(text: &str, fence: &str, prefix: &str) -> String {
    let begin = format!("{prefix}```{fence}");
    let lines = text.lines().skip_while(|line| *line != begin).skip(1);
    let inside = lines.take_while(|line| *line != format!("{prefix}```"));
    inside.flat_map(|line| [line.strip_prefix(prefix).unwrap(), "\n"]).collect()
}

/// Each question with its SQL query.
fn questions() -> Vec<(String, String)> {
    let sql = fenced(include_str!("../../../assets/guide/how-to/record.md"), "sql", "");
    let ask = |text: &str| {
        let (question, sql) = text.split_once('\n').unwrap();
        (question.to_owned(), sql.to_owned())
    };
    sql.split("-- ").filter(|text| !text.is_empty()).map(ask).collect()
}

#[test]
fn five_questions_are_answered_as_the_guide_asks_them() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ops.db");
    // #1042 to #1044, #1045 to #1050 missed, then to #1057 of which one is rejected; a second and more later, #1058.
    let mut all = numbered(1041, 1044);
    let cause = Cause::Disconnected { reason: "EOF".into(), duration_micros: 4_200_000, lower_bound: false };
    all.push(finding(FindingKind::MissedDisconnected, (Some(1045), Some(1050)), Some(6), cause));
    for number in 1051..=1058 {
        let rejected = Verdict::Rejected(Rejection::SignatureMismatch);
        let verdict = if number == 1053 { rejected } else { Verdict::Verified };
        push(&mut all, "ops", Sequence::Exact(number), verdict, if number == 1058 { 90_000 } else { number });
    }
    record_all(&path, vec![all]);
    let expected: [(&str, &[&str]); 5] = [
        (
            "What did a listener miss that stored 1041 and now reads 1057?",
            &[
                "1042 evt-6 {\"n\":1042}",
                "1043 evt-0 {\"n\":1043}",
                "1044 evt-1 {\"n\":1044}",
                "1051 evt-1 {\"n\":1051}",
                "1052 evt-2 {\"n\":1052}",
                "1053 evt-3 {\"n\":1053}",
                "1054 evt-4 {\"n\":1054}",
                "1055 evt-5 {\"n\":1055}",
                "1056 evt-6 {\"n\":1056}",
                "1057 evt-0 {\"n\":1057}",
            ],
        ),
        ("What was missed, and why?", &["2026-11-24T10:32:32.000005Z ops 1045 1050 6 missed_disconnected EOF"]),
        ("With which keys were rejected messages signed?", &["default sha256 signature_mismatch 1"]),
        ("When was the most traffic?", &["2026-11-24T10:32:33Z ops 11 1", "2026-11-24T10:34:02Z ops 1 0"]),
        ("What was received in a given minute?", &[]),
    ];
    let questions = questions();
    assert_eq!(questions.len(), expected.len());
    for ((question, sql), (asked, answer)) in questions.iter().zip(expected) {
        assert_eq!(question, asked);
        let found = rows(&path, sql);
        if answer.is_empty() {
            assert!(
                found.len() == 11 && found[0].starts_with("2026-11-24T10:32:33.041000Z ops 1041 evt-5:"),
                "{found:?}"
            );
        } else {
            assert_eq!(found, answer, "{question}");
        }
    }
}

#[test]
fn the_documentation_of_the_code_asks_the_same() {
    let guide = fenced(include_str!("../../../assets/guide/how-to/record.md"), "sql", "");
    assert!(guide.len() > 500);
    assert_eq!(fenced(include_str!("../../../src/recording/mod.rs"), "sql", "//! "), guide);
}
