//! Every filter text is accepted, or rejected with a position. An accepted filter can be applied to any message.
//!
//! The predicate after the bar is compiled but not run. It can take unlimited time and memory, so the program runs it in a
//! separate process.

use aircheck::filter::{Candidate, Filter};
use aircheck::ledger::sequence::Sequence;
use aircheck::wire::verdict::Verdict;

/// Reads the first line as a filter and the rest as a message's payload.
pub fn run(bytes: &[u8]) {
    let line = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    let (text, payload) = bytes.split_at(line);
    let Ok(text) = std::str::from_utf8(text) else { return };
    match Filter::parse(text) {
        Ok(filter) => {
            assert!(text.len() <= Filter::MAX_LENGTH);
            assert_eq!(filter.to_string(), text);
            let candidate = Candidate {
                at: 0,
                now: 60_000_000,
                channel: b"ops",
                sequence: Sequence::Range { from: 1, to: u64::MAX },
                verdict: Verdict::Unsigned,
                payload,
            };
            let matches = filter.terms_match(&candidate);
            assert!(!filter.is_empty() || matches, "an empty filter matches all");
            let _ = (filter.keeps_rejected(&candidate), filter.depends_on_time(), filter.has_predicate());
        }
        Err(error) => {
            assert!((1..=text.chars().count() + 1).contains(&error.column), "{error:?}");
            super::escape::assert_safe(&error.to_string());
            let _ = error.pointer();
        }
    }
}
