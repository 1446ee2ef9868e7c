//! Broadcasts one a line: `NAME [JSON]`, or `{"name": …, "data": …}`.

use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Failure;
use crate::wire::escape::escape;

/// Redis takes no longer text: `proto-max-bulk-len`.
const MAX_LENGTH: u64 = 512 << 20;

/// One broadcast to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The message's name.
    pub(super) name: Vec<u8>,
    /// Its JSON; empty where there is none.
    pub(super) data: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object<'a> {
    name: String,
    /// As it was written: another encoder would sign other bytes.
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// Reads one line; none where it is blank.
pub(super) fn parse(line: &[u8]) -> Result<Option<Line>, String> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    if line.starts_with(b"{") {
        let object: Object<'_> = serde_json::from_slice(line)
            .map_err(|error| format!("not an object of name and data: {}", escape(error.to_string().as_bytes())))?;
        let data = object.data.map(|data| data.get().as_bytes().to_vec()).unwrap_or_default();
        return Ok(Some(Line { name: object.name.into_bytes(), data }));
    }
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (name, data) = line.split_at(end);
    Ok(Some(Line { name: name.to_vec(), data: data.trim_ascii_start().to_vec() }))
}

/// The next line with its newline; none at the end.
pub(super) fn next(input: &mut impl BufRead) -> Result<Option<Vec<u8>>, Failure> {
    let mut line = Vec::new();
    let length = input.take(MAX_LENGTH + 1).read_until(b'\n', &mut line).map_err(|error| unreadable(&error))?;
    bounded(&line)?;
    Ok((length > 0).then_some(line))
}

/// All of standard input.
pub(super) fn all(input: impl Read) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    input.take(MAX_LENGTH + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    bounded(&bytes)?;
    Ok(bytes)
}

fn bounded(bytes: &[u8]) -> Result<(), Failure> {
    if bytes.len() as u64 > MAX_LENGTH {
        return Err(Failure::usage("standard input: longer than 512 MiB, which Redis takes for no message"));
    }
    Ok(())
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::usage(format!("standard input: {}", escape(error.to_string().as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(String, String)> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        parse(line.as_bytes()).ok().flatten().map(|line| (text(line.name), text(line.data)))
    }

    #[test]
    fn a_line_is_a_name_and_json_or_an_object() {
        for (line, name, data) in [
            ("evt", "evt", ""),
            ("evt {\"a\": 1}\r\n", "evt", "{\"a\": 1}"),
            ("  evt\t\"x y\" \n", "evt", "\"x y\""),
            ("{\"name\": \"a b\"}", "a b", ""),
            ("{\"name\": \"\", \"data\": null}", "", ""),
            ("{\"data\": {\"k\":  1.0 , \"l\": \"\\/\"}, \"name\": \"evt\"}", "evt", "{\"k\":  1.0 , \"l\": \"\\/\"}"),
        ] {
            assert_eq!(read(line), Some((name.to_owned(), data.to_owned())), "{line}");
        }
    }

    #[test]
    fn blank_lines_are_none_and_other_objects_are_rejected() {
        assert_eq!(parse(b" \r\n"), Ok(None));
        for line in ["{", "{}", "{\"name\": 1}", "{\"name\": \"a\", \"date\": 1}", "{\"name\": \"a\"} x"] {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
    }
}
