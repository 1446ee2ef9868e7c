//! A TOML document whose mistakes are named by line and column, and whose values are never echoed: they may be secrets.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, shown};
use crate::wire::escape::escape;

/// The file's path and text.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    /// Where it stands.
    pub(super) path: &'a Path,
    /// Its content.
    pub(super) text: &'a str,
}

/// One table of it.
#[derive(Clone)]
pub(super) struct Section<'a> {
    document: Document<'a>,
    /// As in the file, e.g. `profile.local`, already escaped; empty at the top.
    name: String,
    table: &'a DeTable<'a>,
}

impl<'a> Document<'a> {
    /// Parses the text.
    pub(super) fn parse(self) -> Result<Spanned<DeTable<'a>>, ConfigError> {
        DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            // Only the first line: what follows may quote the file.
            self.wrong(at, escape(error.message().lines().next().unwrap_or("not TOML").as_bytes()))
        })
    }

    /// The table at the top.
    pub(super) fn top(self, table: &'a DeTable<'a>, known: &[&str]) -> Result<Section<'a>, ConfigError> {
        Section { document: self, name: String::new(), table }.knowing(known)
    }

    /// `path:line:column` of a byte offset, both from 1; the column in characters.
    pub(super) fn place(self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", shown(self.path))
    }

    /// What stands in the file at a value's place.
    pub(super) fn text_of(self, span: std::ops::Range<usize>) -> &'a str {
        self.text.get(span).unwrap_or_default()
    }

    /// A mistake at a byte offset.
    pub(super) fn wrong(self, at: usize, what: impl std::fmt::Display) -> ConfigError {
        ConfigError::new(self.place(at), what)
    }
}

impl<'a> Section<'a> {
    /// The document it stands in.
    pub(super) fn document(&self) -> Document<'a> {
        self.document
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Result<Option<Spanned<&'a str>>, ConfigError> {
        self.table.get(key).map(|value| self.as_text(key, value)).transpose()
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        let read = |value: &Spanned<DeValue<'_>>| {
            value.get_ref().as_bool().ok_or_else(|| self.not(key, value, "true or false"))
        };
        self.table.get(key).map(read).transpose()
    }

    /// An array of texts; empty where it is missing.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<Spanned<&'a str>>, ConfigError> {
        let Some(value) = self.table.get(key) else { return Ok(Vec::new()) };
        let array = value.get_ref().as_array().ok_or_else(|| self.not(key, value, "an array of texts"))?;
        array.iter().map(|element| self.as_text(key, element)).collect()
    }

    /// A table that may have the keys `known`.
    pub(super) fn section(&self, key: &str, known: &[&str]) -> Result<Option<Section<'a>>, ConfigError> {
        self.table.get(key).map(|value| self.open(key, value)?.knowing(known)).transpose()
    }

    /// A table whose keys are names of one's own choice: each name, and its value.
    pub(super) fn entries(&self, key: &str) -> Result<Option<Entries<'a>>, ConfigError> {
        self.table.get(key).map(|value| Ok(Entries { section: self.open(key, value)? })).transpose()
    }

    /// Any value, to be looked at by its type.
    pub(super) fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    /// The one key of a table that holds exactly one.
    pub(super) fn only_key(&self) -> Option<&'a str> {
        let mut keys = self.table.keys();
        keys.next().filter(|_| keys.next().is_none()).map(|key| key.get_ref().as_ref())
    }

    /// `key must be …`, at the value.
    pub(super) fn not(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) -> ConfigError {
        self.document.wrong(value.span().start, format!("{} must be {wanted}", escape(key.as_bytes())))
    }

    fn as_text(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Result<Spanned<&'a str>, ConfigError> {
        match value.get_ref().as_str() {
            Some(text) => Ok(Spanned::new(value.span(), text)),
            None => Err(self.not(key, value, "a text in quotes")),
        }
    }

    fn open(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Result<Section<'a>, ConfigError> {
        let table = value.get_ref().as_table().ok_or_else(|| self.not(key, value, "a table"))?;
        let dot = if self.name.is_empty() { "" } else { "." };
        let name = format!("{}{dot}{}", self.name, escape(key.as_bytes()));
        Ok(Section { document: self.document, name, table })
    }

    fn knowing(self, known: &[&str]) -> Result<Self, ConfigError> {
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let place = if self.name.is_empty() { String::new() } else { format!(" in [{}]", self.name) };
                let hint = hint(name, known.iter().copied());
                let what = format!("unknown key {}{place}; {hint}", escape(name.as_bytes()));
                return Err(self.document.wrong(key.span().start, what));
            }
        }
        Ok(self)
    }
}

/// A table whose keys are names of one's own choice.
pub(super) struct Entries<'a> {
    section: Section<'a>,
}

impl<'a> Entries<'a> {
    /// The names, in alphabetical order.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a Spanned<std::borrow::Cow<'a, str>>> + use<'a> {
        self.section.table.keys()
    }

    /// The table of that name.
    pub(super) fn section(&self, name: &str, known: &[&str]) -> Result<Option<Section<'a>>, ConfigError> {
        self.section.section(name, known)
    }

    /// As a section, for what reads one value of a section.
    pub(super) fn as_section(&self) -> &Section<'a> {
        &self.section
    }
}

/// `did you mean …?` where one is near, and otherwise all that there are.
pub(super) fn hint<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = known.iter().map(|key| (likeness(name, key), key));
    match near.max_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((likeness, key)) if likeness > 0.6 => format!("did you mean {}?", escape(key.as_bytes())),
        _ => format!("there is {}", escape(known.join(", ").as_bytes())),
    }
}

/// From 0 to 1: by mistyped letters, or by a long common start.
fn likeness(one: &str, other: &str) -> f64 {
    let start = Some(strsim::jaro_winkler(one, other)).filter(|&likeness| likeness > 0.85);
    strsim::normalized_damerau_levenshtein(one, other).max(start.unwrap_or_default())
}
