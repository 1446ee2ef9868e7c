//! Parses a filter's text.

use globset::{GlobBuilder, GlobMatcher};
use regex::bytes::RegexBuilder;

use super::Filter;
use super::error::FilterError;
use super::predicate::Predicate;
use super::scanner::{Scanner, TermValue};
use super::term::{Condition, Term};
use super::words;
use crate::ledger::sequence::notation::parse_range;
use crate::wire::escape::escape;

/// The maximum size of a compiled regex, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

pub(super) fn parse(text: &str) -> Result<(Vec<Term>, Option<Predicate>), FilterError> {
    if text.len() > Filter::MAX_LENGTH {
        let offset = text.floor_char_boundary(Filter::MAX_LENGTH);
        return Err(FilterError::new(text, offset, format!("the filter is longer than {} bytes", Filter::MAX_LENGTH)));
    }
    let mut scanner = Scanner::new(text);
    let mut terms = Vec::new();
    loop {
        scanner.take_while(char::is_whitespace);
        if scanner.take('|') {
            let start = scanner.position;
            let compiled = Predicate::compile(scanner.rest());
            return compiled
                .map(|predicate| (terms, Some(predicate)))
                .map_err(|mistake| scanner.error(start + mistake.offset, mistake.message));
        }
        if scanner.peek().is_none() {
            return Ok((terms, None));
        }
        terms.push(term(&mut scanner)?);
    }
}

fn term(scanner: &mut Scanner<'_>) -> Result<Term, FilterError> {
    let negated = scanner.take('-');
    let start = scanner.position;
    let word = scanner.take_while(|c| !c.is_whitespace() && !matches!(c, ':' | '~' | '|' | '"'));
    let Some(sign @ (':' | '~')) = scanner.peek() else {
        return Err(unknown_word(scanner, start, word));
    };
    let end = scanner.position;
    scanner.take(sign);
    if !words::TERMS.iter().any(|term| term.word.strip_suffix(sign) == Some(word)) {
        let meant = words::nearest(word, words::TERMS.map(|term| term.word));
        return Err(match words::TERMS.iter().find(|term| term.word.trim_end_matches([':', '~']) == word) {
            Some(term) => scanner.error(end, format!("expected {}{}", term.word, term.value)),
            None => scanner.error(start, format!("unknown term {}", escape(word.as_bytes()))).suggest(meant),
        });
    }
    let value = scanner.value()?;
    if value.text.is_empty() && !value.quoted {
        return Err(scanner.error(value.offset, format!("expected a value after {word}{sign}")));
    }
    let test = test(scanner, word, &value)?;
    Ok(Term { negated, test })
}

/// The error for a word without a colon. The user may still be typing a term, or want to search for the word.
fn unknown_word(scanner: &Scanner<'_>, start: usize, word: &str) -> FilterError {
    if word.is_empty() {
        return scanner.error(start, "expected a term, e.g. name:cache-*");
    }
    let meant = words::nearest(word, words::TERMS.map(|term| term.word));
    let word = escape(word.as_bytes());
    scanner.error(start, format!("{word} is not a term; to search payloads, write text~{word}")).suggest(meant)
}

fn test(scanner: &Scanner<'_>, word: &str, value: &TermValue) -> Result<Condition, FilterError> {
    Ok(match word {
        "channel" => Condition::Channel(glob(scanner, value)?),
        "name" => Condition::Name(glob(scanner, value)?),
        "key" => Condition::Key(glob(scanner, value)?),
        "verdict" => Condition::Verdict(among(scanner, value, "verdict:")?),
        "rejection" => Condition::Rejection(among(scanner, value, "rejection:")?),
        "kind" => Condition::Kind(among(scanner, value, "kind:")?),
        "seq" => {
            let (from, to) = sequence(scanner, value)?;
            Condition::Sequence { from, to }
        }
        "since" => Condition::Since { micros: duration(scanner, value)? },
        _ => Condition::Text(regex(scanner, value)?),
    })
}

fn glob(scanner: &Scanner<'_>, value: &TermValue) -> Result<GlobMatcher, FilterError> {
    GlobBuilder::new(&value.text)
        .backslash_escape(true)
        .empty_alternates(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| scanner.error(value.offset, escape(error.kind().to_string().as_bytes())))
}

/// The values of `term` that a glob matches. At least one must match.
fn among(scanner: &Scanner<'_>, value: &TermValue, term: &str) -> Result<Vec<&'static str>, FilterError> {
    let matcher = glob(scanner, value)?;
    let mut names = words::values(term);
    if !names.iter().any(|name| matcher.is_match(name)) {
        let message = format!("unknown value {}; expected {}", escape(value.text.as_bytes()), names.join(", "));
        return Err(scanner.error(value.offset, message).suggest(words::nearest(&value.text, names)));
    }
    names.retain(|name| matcher.is_match(name));
    Ok(names)
}

fn sequence(scanner: &Scanner<'_>, value: &TermValue) -> Result<(u64, u64), FilterError> {
    parse_range(&value.text).map_err(|(at, mistake)| scanner.error(value.offset + at, mistake))
}

fn duration(scanner: &Scanner<'_>, value: &TermValue) -> Result<i64, FilterError> {
    humantime::parse_duration(&value.text)
        .map(|duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
        .map_err(|_| scanner.error(value.offset, "expected a duration such as 90s, 5m or 1h30m"))
}

fn regex(scanner: &Scanner<'_>, value: &TermValue) -> Result<regex::bytes::Regex, FilterError> {
    if !value.quoted && scanner.peek() == Some('|') {
        return Err(scanner
            .error(scanner.position, "quote the regex if it contains this bar; otherwise add a space before the bar"));
    }
    RegexBuilder::new(&value.text).size_limit(MAX_REGEX_BYTES).build().map_err(|error| {
        // The error text contains a drawing. Only its last line is shown.
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        let words = last.strip_prefix("error: ").unwrap_or(last);
        scanner.error(value.offset, format!("invalid regex: {}", escape(words.as_bytes())))
    })
}
