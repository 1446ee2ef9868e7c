//! A jq predicate over a message's data, compiled once.

use jaq_core::compile::Undefined;
use jaq_core::load::lex::{StrPart, Tok, Token};
use jaq_core::load::{self, Arena, File, Lexer, Loader};
use jaq_core::{Compiler, Ctx, ValT as _, Vars};
use jaq_json::{Val, read};

use super::jq;
use crate::wire::escape::{escape, escape_capped};

/// The maximum nesting of brackets. jaq's parser is recursive.
const MAX_DEPTH: usize = 32;

/// The maximum length of jq's error text, in characters. It can quote the data.
const MAX_ERROR_CHARS: usize = 120;

/// The maximum number of digits in a number. The time that jaq needs to parse a number is quadratic in its length.
const MAX_DIGITS: usize = 1000;

/// The maximum number of tokens. Each token can add a level of nesting, and jaq parses, compiles and runs recursively.
const MAX_TOKENS: usize = 200;

/// A compiled predicate. It can move between threads, because jaq's values, which cannot, exist only during a call of `outcome`.
pub(super) struct Predicate {
    filter: jaq_core::Filter<jq::Data>,
}

/// Why a text is not a valid predicate.
pub(super) struct PredicateError {
    /// The byte offset from the start of the text.
    pub(super) offset: usize,
    pub(super) message: String,
}

impl Predicate {
    pub(super) fn compile(code: &str) -> Result<Self, PredicateError> {
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

    /// Evaluates the predicate. This can take unlimited time and memory: see [`jq_worker`](super::jq_worker).
    pub(super) fn outcome(&self, data: Option<&[u8]>) -> PredicateResult {
        let Some(data) = data else { return PredicateResult::Unsatisfied };
        let value = match value(data) {
            Ok(value) => value,
            Err(reason) => return PredicateResult::Failed(reason),
        };
        let context = Ctx::<jq::Data>::new(&self.filter.lut, Vars::new([]));
        // `unwrap_valr` would panic if the program halts.
        match self.filter.id.run((context, value)).next() {
            Some(Ok(value)) if value.as_bool() => PredicateResult::Satisfied,
            Some(Ok(_)) | None => PredicateResult::Unsatisfied,
            Some(Err(error)) => PredicateResult::Failed(error.get_err().map_or_else(
                |_| String::from("the predicate did not produce a value"),
                |error| escape_capped(error.to_string().as_bytes(), MAX_ERROR_CHARS),
            )),
        }
    }
}

/// The result of a predicate for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PredicateResult {
    /// The first output is neither `false` nor `null`.
    Satisfied,
    /// The first output is `false` or `null`, or there is no output or no data.
    Unsatisfied,
    /// The predicate could not be evaluated. The reason is escaped and short.
    Failed(String),
}

/// Parses the data to jq's value. The error says why jq cannot read it.
fn value(data: &[u8]) -> Result<Val, String> {
    if has_long_number(data) {
        return Err(String::from("the data has a number of more than 1,000 digits"));
    }
    // PHP also accepts `TRUE` and `Null`, but jq does not.
    read::parse_single(data)
        .or_else(|_| read::parse_single(&lower_words(data)))
        .map_err(|_| String::from("jq cannot read the data"))
}

/// Whether JSON contains a number with more than [`MAX_DIGITS`] digits.
fn has_long_number(json: &[u8]) -> bool {
    let (mut in_string, mut escaped, mut digits) = (false, false, 0_usize);
    for &byte in json {
        match byte {
            b'"' if !escaped => in_string = !in_string,
            b'0'..=b'9' if !in_string => digits += 1,
            // The other characters of a number.
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

/// Converts JSON outside strings to lower case.
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

fn check_size(code: &str) -> Result<(), PredicateError> {
    let mistake = |offset, message: String| Err(PredicateError { offset, message });
    if code.trim().is_empty() {
        return mistake(code.len(), "expected a jq predicate after the bar, e.g. .sku == \"A-17\"".to_owned());
    }
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return mistake(offset, format!("brackets are nested deeper than {MAX_DEPTH} levels"));
        }
    }
    // If the code cannot be split into tokens, loading it reports the error with its position.
    let tokens = Lexer::new(code).lex().unwrap_or_default();
    if let Some(first) = tokens.first().filter(|token| ["module", "import", "include"].contains(&token.0)) {
        return mistake(offset(code, first.0), "a predicate cannot load modules".to_owned());
    }
    match count(&tokens) {
        0..=MAX_TOKENS => Ok(()),
        many => mistake(0, format!("the predicate has {many} tokens; the maximum is {MAX_TOKENS}")),
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

fn not_loaded(code: &str, errors: &load::Errors<&str, ()>) -> PredicateError {
    let first = errors.iter().find_map(|(_, error)| match error {
        load::Error::Io(errors) => errors.first().map(|(part, words)| (*part, words.clone())),
        load::Error::Lex(errors) => {
            errors.first().map(|(expected, part)| (*part, format!("expected a {} in jq", expected.as_str())))
        }
        load::Error::Parse(errors) => {
            errors.first().map(|(expected, part)| (*part, format!("expected {} in jq", expected.as_str())))
        }
    });
    let (part, message) = first.unwrap_or((code, "invalid jq".to_owned()));
    PredicateError { offset: offset(code, part), message }
}

fn not_compiled(code: &str, errors: &jaq_core::compile::Errors<&str, ()>) -> PredicateError {
    let mut mistakes = errors.iter().flat_map(|(_, errors)| errors).map(|(part, undefined)| {
        let name = escape(part.as_bytes());
        let message = match undefined {
            Undefined::Filter(0) => format!("unknown jq function {name}"),
            Undefined::Filter(arity) => format!("unknown jq function {name} with {arity} arguments"),
            _ => format!("unknown jq {} {name}", undefined.as_str()),
        };
        (*part, message)
    });
    let (part, message) = mistakes.next_back().unwrap_or((code, "invalid jq".to_owned()));
    PredicateError { offset: offset(code, part), message }
}

/// The offset of a part that jaq returned. 0 if the part is not a slice of `code`.
fn offset(code: &str, part: &str) -> usize {
    let offset = (part.as_ptr() as usize).wrapping_sub(code.as_ptr() as usize);
    if offset <= code.len() { offset } else { 0 }
}
