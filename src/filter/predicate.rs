//! A jq predicate over a message's data, compiled once.

use jaq_core::compile::Undefined;
use jaq_core::load::lex::{StrPart, Tok, Token};
use jaq_core::load::{self, Arena, File, Lexer, Loader};
use jaq_core::{Compiler, Ctx, ValT as _, Vars};
use jaq_json::{Val, read};

use super::jq;
use crate::wire::escape::{escape, escape_capped};

/// How deep brackets may be nested: jaq reads them recursively.
const DEPTH: usize = 32;

/// The longest words of jq for a failure, in characters; they may quote the data.
const FAILURE_CHARS: usize = 120;

/// The most digits of a number. jaq reads a number in time that is quadratic in its length.
const MAX_DIGITS: usize = 1000;

/// How many words and signs there may be: each may nest what follows it, and jaq reads, compiles and runs recursively.
const TOKENS: usize = 200;

/// A compiled predicate. It may move between threads: jaq's values, which may not, live within one call of `outcome`.
pub(super) struct Predicate {
    filter: jaq_core::Filter<jq::Data>,
}

/// Why a text is no predicate.
pub(super) struct Mistake {
    /// In bytes, from the start of the text.
    pub(super) offset: usize,
    pub(super) message: String,
}

impl Predicate {
    pub(super) fn compile(code: &str) -> Result<Self, Mistake> {
        check_size(code)?;
        let arena = Arena::default();
        let modules = Loader::new(jq::definitions())
            .load(&arena, File { code, path: () })
            .map_err(|errors| not_loaded(code, &errors))?;
        let filter = Compiler::default()
            .with_funs(jq::natives())
            .compile(modules)
            .map_err(|errors| not_compiled(code, &errors))?;
        Ok(Self { filter })
    }

    /// Evaluates the predicate. It may take any time and memory: see [`jq_worker`](super::jq_worker).
    pub(super) fn outcome(&self, data: Option<&[u8]>) -> PredicateOutcome {
        let Some(data) = data else { return PredicateOutcome::Unsatisfied };
        let value = match value(data) {
            Ok(value) => value,
            Err(reason) => return PredicateOutcome::Failed(reason),
        };
        let context = Ctx::<jq::Data>::new(&self.filter.lut, Vars::new([]));
        // Not `unwrap_valr`: it panics where the program halts.
        match self.filter.id.run((context, value)).next() {
            Some(Ok(value)) if value.as_bool() => PredicateOutcome::Satisfied,
            Some(Ok(_)) | None => PredicateOutcome::Unsatisfied,
            Some(Err(error)) => PredicateOutcome::Failed(error.get_err().map_or_else(
                |_| String::from("it does not end with a value"),
                |error| escape_capped(error.to_string().as_bytes(), FAILURE_CHARS),
            )),
        }
    }
}

/// What a predicate says of a message's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PredicateOutcome {
    /// Its first output is neither `false` nor `null`.
    Satisfied,
    /// It is, or there is no output or no data.
    Unsatisfied,
    /// Why it could not be evaluated, escaped and short.
    Failed(String),
}

/// The data as jq's value, or why jq cannot read it.
fn value(data: &[u8]) -> Result<Val, String> {
    if has_long_number(data) {
        return Err(String::from("a number of more than 1,000 digits"));
    }
    // PHP also reads `TRUE` and `Null`, which are none to jq.
    read::parse_single(data)
        .or_else(|_| read::parse_single(&lower_words(data)))
        .map_err(|_| String::from("jq cannot read the data"))
}

/// Whether JSON has a number of more than [`MAX_DIGITS`] digits, anywhere but in strings.
fn has_long_number(json: &[u8]) -> bool {
    let (mut in_string, mut escaped, mut digits) = (false, false, 0_usize);
    for &byte in json {
        match byte {
            b'"' if !escaped => in_string = !in_string,
            b'0'..=b'9' if !in_string => digits += 1,
            // What else may be part of a number.
            b'.' | b'e' | b'E' | b'+' | b'-' => {}
            _ => digits = 0,
        }
        escaped = in_string && byte == b'\\' && !escaped;
        if digits > MAX_DIGITS {
            return true;
        }
    }
    false
}

/// JSON with everything outside strings in lower case.
fn lower_words(json: &[u8]) -> Vec<u8> {
    let (mut in_string, mut escaped) = (false, false);
    json.iter()
        .map(|&byte| {
            let lower = if in_string { byte } else { byte.to_ascii_lowercase() };
            in_string ^= byte == b'"' && !escaped;
            escaped = in_string && byte == b'\\' && !escaped;
            lower
        })
        .collect()
}

fn check_size(code: &str) -> Result<(), Mistake> {
    let mistake = |offset, message: String| Err(Mistake { offset, message });
    if code.trim().is_empty() {
        return mistake(code.len(), "a jq predicate must follow the bar, e.g. .sku == \"A-17\"".to_owned());
    }
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return mistake(offset, format!("brackets may be nested {DEPTH} deep at most"));
        }
    }
    // What cannot be cut into tokens is rejected with its place when it is loaded.
    let tokens = Lexer::new(code).lex().unwrap_or_default();
    if let Some(first) = tokens.first().filter(|token| ["module", "import", "include"].contains(&token.0)) {
        return mistake(offset(code, first.0), "a predicate loads no modules".to_owned());
    }
    match count(&tokens) {
        0..=TOKENS => Ok(()),
        many => mistake(0, format!("a predicate has at most {TOKENS} words and signs; this one has {many}")),
    }
}

fn count(tokens: &[Token<&str>]) -> usize {
    let inside = |token: &Token<&str>| match &token.1 {
        Tok::Block(tokens) => count(tokens),
        Tok::Str(parts) => parts
            .iter()
            .map(|part| if let StrPart::Term(token) = part { count(std::slice::from_ref(token)) } else { 0 })
            .sum(),
        _ => 0,
    };
    tokens.iter().map(|token| 1 + inside(token)).sum()
}

fn not_loaded(code: &str, errors: &load::Errors<&str, ()>) -> Mistake {
    let first = errors.iter().find_map(|(_, error)| match error {
        load::Error::Io(errors) => errors.first().map(|(part, words)| (*part, words.clone())),
        load::Error::Lex(errors) => {
            errors.first().map(|(expected, part)| (*part, format!("jq expected a {} here", expected.as_str())))
        }
        load::Error::Parse(errors) => {
            errors.first().map(|(expected, part)| (*part, format!("jq expected {} here", expected.as_str())))
        }
    });
    let (part, message) = first.unwrap_or((code, "this is not jq".to_owned()));
    Mistake { offset: offset(code, part), message }
}

fn not_compiled(code: &str, errors: &jaq_core::compile::Errors<&str, ()>) -> Mistake {
    let mut mistakes = errors.iter().flat_map(|(_, errors)| errors).map(|(part, undefined)| {
        let name = escape(part.as_bytes());
        let message = match undefined {
            Undefined::Filter(0) => format!("jq knows no {name} here"),
            Undefined::Filter(arity) => format!("jq knows no {name} with {arity} arguments here"),
            _ => format!("jq knows no {} {name} here", undefined.as_str()),
        };
        (*part, message)
    });
    let (part, message) = mistakes.next_back().unwrap_or((code, "this is not jq".to_owned()));
    Mistake { offset: offset(code, part), message }
}

/// Where a part that jaq cut out of the code begins; 0 where it is not of this code.
fn offset(code: &str, part: &str) -> usize {
    let offset = (part.as_ptr() as usize).wrapping_sub(code.as_ptr() as usize);
    if offset <= code.len() { offset } else { 0 }
}
