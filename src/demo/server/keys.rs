//! The commands on keys. All values are strings.

use super::client::Id;
use crate::wire::glob;

use super::state::ServerState;

pub(super) const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";
pub(super) const SYNTAX_ERROR: &str = "ERR syntax error";

pub(super) fn get(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let value = state.database(id).get(parts[1]).cloned();
    state.reply(id).blob_or_null(value);
}

pub(super) fn mget(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    state.reply(id).array(parts.len() - 1);
    for key in &parts[1..] {
        let value = state.database(id).get(*key).cloned();
        state.reply(id).blob_or_null(value);
    }
}

/// Options are not supported, because no client of the demo uses them.
pub(super) fn set(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    if let [_, key, value] = parts {
        state.database(id).insert(key.to_vec(), value.to_vec());
        state.reply(id).ok();
    } else {
        state.reply(id).error(SYNTAX_ERROR);
    }
}

pub(super) fn del(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let database = state.database(id);
    let deleted = parts[1..].iter().filter(|key| database.remove(**key).is_some()).count();
    state.reply(id).integer(deleted);
}

pub(super) fn exists(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let database = state.database(id);
    let found = parts[1..].iter().filter(|key| database.contains_key(**key)).count();
    state.reply(id).integer(found);
}

pub(super) fn incr(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    let database = state.database(id);
    let value = database.get(parts[1]).map_or(Some(0), |value| integer(value));
    match value.map(|value| value.checked_add(1)) {
        None => state.reply(id).error(NOT_AN_INTEGER),
        Some(None) => state.reply(id).error("ERR increment or decrement would overflow"),
        Some(Some(value)) => {
            database.insert(parts[1].to_vec(), value.to_string().into_bytes());
            state.reply(id).signed(value);
        }
    }
}

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`. Returns everything at once, so the only cursor is 0.
pub(super) fn scan(state: &mut ServerState, id: Id, parts: &[&[u8]]) {
    match scan_options(parts) {
        Err(error) => state.reply(id).error(error),
        Ok((from_start, pattern)) => {
            let keys: Vec<_> = state
                .database(id)
                .keys()
                .filter(|key| from_start && pattern.is_none_or(|pattern| glob::matches(pattern, key)))
                .cloned()
                .collect();
            state.reply(id).array(2);
            state.reply(id).blob("0");
            state.reply(id).array(keys.len());
            for key in keys {
                state.reply(id).blob(key);
            }
        }
    }
}

/// Whether the scan starts, and its pattern.
fn scan_options<'a>(parts: &[&'a [u8]]) -> Result<(bool, Option<&'a [u8]>), &'static str> {
    let cursor: Option<u64> = std::str::from_utf8(parts[1]).ok().and_then(|cursor| cursor.parse().ok());
    let cursor = cursor.ok_or("ERR invalid cursor")?;
    let mut pattern = None;
    let mut strings = true;
    for option in parts[2..].chunks(2) {
        let [name, value] = option else { return Err(SYNTAX_ERROR) };
        match &name.to_ascii_lowercase()[..] {
            b"match" => pattern = Some(*value),
            b"count" if integer(value).ok_or(NOT_AN_INTEGER)? < 1 => return Err(SYNTAX_ERROR),
            b"count" => {}
            b"type" => strings = value.eq_ignore_ascii_case(b"string"),
            _ => return Err(SYNTAX_ERROR),
        }
    }
    Ok((cursor == 0 && strings, pattern))
}

/// Parses an integer like Redis' `string2ll`: no plus sign, no leading zeros, no spaces.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    let value: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (value.to_string().as_bytes() == text).then_some(value)
}
