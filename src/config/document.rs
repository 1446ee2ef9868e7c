//! A TOML file, read with serde. Errors name the line, the column and the key. They never contain a value, which may be a secret.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::marker::PhantomData;
use std::ops::Deref;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use toml::de::DeTable;
use zeroize::Zeroizing;

use super::error::{ConfigError, shown};
use crate::wire::escape::escape;

/// The file's path and text.
#[derive(Default)]
pub(super) struct Document {
    /// The path.
    pub(super) path: PathBuf,
    /// The text; wiped when dropped.
    pub(super) text: Zeroizing<String>,
}

impl Document {
    /// Reads the whole text as a table with the keys of `T`.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let offset = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
        let table = DeTable::parse(&self.text).map_err(|error| {
            // Only the first line: the others may quote the file.
            let what = error.message().lines().next().unwrap_or("invalid TOML");
            ConfigError::new(self.place(offset(&error)), escape(what.as_bytes()))
        })?;
        T::deserialize(toml::de::Deserializer::from(table)).map_err(|error| {
            // serde quotes the value before ", expected ", so only the part behind it is shown.
            match error.message().rsplit_once(", expected ") {
                Some((found, known)) if found.starts_with("unknown field") => {
                    self.unknown_key(offset(&error), known.split('`').skip(1).step_by(2))
                }
                Some((_, expected)) => self.error(offset(&error), format!("expected {}", in_toml_terms(expected))),
                None => self.error(offset(&error), escape(error.message().as_bytes())),
            }
        })
    }

    /// An error at a byte offset. `what` must be escaped.
    pub(super) fn error(&self, at: usize, what: impl Display) -> ConfigError {
        ConfigError::new(self.place_and_key(at), what)
    }

    /// The place of a byte offset and the path of the key there: `config.toml:3:7: profile.local.url`.
    pub(super) fn place_and_key(&self, at: usize) -> String {
        format!("{}: {}", self.place(at), self.keys(at).join("."))
    }

    fn unknown_key<'k>(&self, at: usize, known: impl Iterator<Item = &'k str>) -> ConfigError {
        let mut keys = self.keys(at);
        let name = keys.pop().unwrap_or_default();
        let parent = if keys.is_empty() { String::new() } else { format!(" in [{}]", keys.join(".")) };
        ConfigError::new(self.place(at), format!("unknown key \"{name}\"{parent} {}", hint(&name, known)))
    }

    /// `path:line:column`, both from 1; the column is in characters.
    fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", shown(&self.path))
    }

    /// The escaped keys from the top to the key or value at an offset. toml keeps them private in its error.
    fn keys(&self, at: usize) -> Vec<String> {
        let mut keys = Vec::new();
        if let Ok(table) = DeTable::parse(&self.text) {
            find(table.get_ref(), at, &mut keys);
        }
        keys
    }
}

fn find(table: &DeTable<'_>, at: usize, keys: &mut Vec<String>) -> bool {
    table.iter().any(|(key, value)| {
        keys.push(escape(key.get_ref().as_bytes()));
        let found = value.get_ref().as_table().is_some_and(|table| find(table, at, keys))
            || key.span().contains(&at)
            || value.span().contains(&at);
        if !found {
            keys.pop();
        }
        found
    })
}

fn in_toml_terms(expected: &str) -> Cow<'_, str> {
    match expected {
        "a boolean" => "true or false".into(),
        "a map" => "a table".into(),
        "path string" => "a string".into(),
        "a sequence" => "an array of strings".into(),
        other => escape(other.as_bytes()).into(),
    }
}

/// A table with the keys of `T`. Without it, serde also accepts an array and assigns its elements to the keys in order: a secret
/// could become the name of a variable or file, which errors show.
#[derive(Default)]
pub(super) struct Section<T>(pub(super) T);

impl<T> Deref for Section<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Section<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        table(deserializer, "a table").map(Self)
    }
}

/// Reads a table and nothing else.
pub(super) fn table<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<T, D::Error> {
    deserializer.deserialize_map(TableVisitor { expected, table: PhantomData })
}

struct TableVisitor<T> {
    expected: &'static str,
    table: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for TableVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// Reads a string and parses it. toml knows the place of an error in an array only if a visitor returns the error.
pub(super) fn parsed<'de, D: Deserializer<'de>, T, E: Display>(
    deserializer: D,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(StringVisitor(parse))
}

struct StringVisitor<F>(F);

impl<T, E: Display, F: FnOnce(&str) -> Result<T, E>> Visitor<'_> for StringVisitor<F> {
    type Value = T;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<X: serde::de::Error>(self, text: &str) -> Result<T, X> {
        (self.0)(text).map_err(X::custom)
    }
}

/// A string that may contain a secret; wiped when dropped.
pub(super) struct SecretText(pub(super) Zeroizing<String>);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// `(did you mean "…"?)` if a known name is similar, and otherwise a list of the known names.
pub(crate) fn hint<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = known.iter().map(|key| (likeness(name, key), key));
    match near.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((likeness, key)) if likeness > 0.6 => format!("(did you mean \"{}\"?)", escape(key.as_bytes())),
        _ => format!("(expected one of: {})", escape(known.join(", ").as_bytes())),
    }
}

/// The similarity from 0 to 1: few typing errors or a long common prefix.
fn likeness(one: &str, other: &str) -> f64 {
    let prefix = Some(strsim::jaro_winkler(one, other)).filter(|&likeness| likeness > 0.85);
    strsim::normalized_damerau_levenshtein(one, other).max(prefix.unwrap_or_default())
}
