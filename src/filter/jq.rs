//! The functions of jq that predicates can use. They are pure: none reads the environment, the clock or input, and none writes
//! output.

use std::cell::RefCell;
use std::collections::HashMap;

use jaq_core::data::JustLut;
use jaq_core::load::parse::Def;
use jaq_core::native::{Fun, bome, run, v};
use jaq_core::{Cv, DataT, Error, ValR};
use jaq_json::Val;
use jaq_std::ValT as _;
use regex::bytes::{Regex, RegexBuilder};

/// The data type of the filters.
pub(super) type Data = JustLut<Val>;

/// Definitions of jaq's library that are excluded, because they need native functions that are not provided here: formats, dates,
/// logging, libm, and regexes that split texts.
const LEFT_OUT: [&str; 31] = [
    "stderr",
    "debug",
    "halt",
    "halt_error",
    "logb",
    "significand",
    "pow10",
    "drem",
    "nexttoward",
    "scalb",
    "gamma",
    "scan_",
    "scan",
    "match",
    "capture",
    "split",
    "splits",
    "sub",
    "gsub",
    "todate",
    "fromdate",
    "@html",
    "@htmld",
    "@uri",
    "@urid",
    "@base64",
    "@base64d",
    "@sh",
    "input",
    "inputs",
    "env",
];

/// The maximum number of compiled regexes of `test` per thread.
const MAX_REGEXES: usize = 32;

/// The maximum size of a compiled regex of `test`, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// The functions that are defined in jq.
pub(super) fn definitions() -> impl Iterator<Item = Def<&'static str>> {
    jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).filter(|def| {
        let arity = def.args.len();
        // `split/1` needs no regex, and `test/2` is a native function here.
        !LEFT_OUT.contains(&def.name) && (def.name, arity) != ("test", 2) || (def.name, arity) == ("split", 1)
    })
}

/// The functions that are defined in Rust.
pub(super) fn natives() -> impl Iterator<Item = Fun<Data>> {
    let test: Fun<Data> = run(("test", v(2), |cv| bome(test(cv))));
    jaq_core::funs().chain(jaq_std::base_funs()).chain(jaq_json::funs()).chain([test])
}

/// `test(re; flags)` in linear time. The flags are `i`, `s` and `x`; `g` and `n` are accepted but have no effect.
fn test(mut cv: Cv<'_, Data>) -> ValR<<Data as DataT>::V<'_>> {
    let flags = cv.0.pop_var();
    let pattern = cv.0.pop_var();
    let (flags, pattern) = (text(&flags)?, text(&pattern)?);
    let found = with_regex(pattern, flags, |regex| cv.1.try_as_bytes().map(|bytes| regex.is_match(bytes)))??;
    Ok(Val::Bool(found))
}

fn text(value: &Val) -> Result<&str, Error<Val>> {
    std::str::from_utf8(value.try_as_bytes()?).map_err(Error::str)
}

fn with_regex<T>(pattern: &str, flags: &str, then: impl FnOnce(&Regex) -> T) -> Result<T, Error<Val>> {
    thread_local! {
        static COMPILED: RefCell<HashMap<(String, String), Regex>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        let key = (pattern.to_owned(), flags.to_owned());
        if !compiled.contains_key(&key) {
            let regex = compile(pattern, flags)?;
            // Patterns can come from the data, so the number of compiled regexes is limited.
            if compiled.len() >= MAX_REGEXES {
                compiled.clear();
            }
            compiled.insert(key.clone(), regex);
        }
        compiled.get(&key).map(then).ok_or_else(|| Error::str("no regex"))
    })
}

fn compile(pattern: &str, flags: &str) -> Result<Regex, Error<Val>> {
    let mut builder = RegexBuilder::new(pattern);
    builder.size_limit(MAX_REGEX_BYTES);
    for flag in flags.chars() {
        match flag {
            'g' | 'n' => &mut builder,
            'i' => builder.case_insensitive(true),
            's' => builder.dot_matches_new_line(true),
            'x' => builder.ignore_whitespace(true),
            _ => return Err(Error::str(format_args!("invalid regex flag: {flag}"))),
        };
    }
    builder.build().map_err(Error::str)
}
