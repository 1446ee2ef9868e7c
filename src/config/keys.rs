//! `[keys]`: the keys of the console.

use std::collections::BTreeMap;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::document::{Document, hint, parsed};
use super::error::ConfigError;
use crate::console::keymap::Keymap;
use crate::console::keymap::key::Key;
use crate::console::keymap::table::{Action, TABLE};

/// The keys of actions, by the actions' names.
pub(super) type KeysTable = BTreeMap<Spanned<String>, Keys>;

/// One key or several.
pub(super) struct Keys(Vec<Key>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, Self::parse)
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key or an array of keys")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Keys, E> {
        Key::parse(text).map(|key| Keys(vec![key])).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, keys: A) -> Result<Keys, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(keys)).map(Keys)
    }
}

/// The default keys, with those of the table in their place.
pub(super) fn keymap(table: &KeysTable, document: &Document) -> Result<Keymap, ConfigError> {
    let mut keymap = Keymap::default();
    let mut places = Vec::new();
    for (name, keys) in table {
        let Some(action) = Action::from_name(name.get_ref()) else {
            let known: Vec<String> = TABLE.iter().map(|binding| binding.action.name()).collect();
            let what = format!("unknown action {}", hint(name.get_ref(), known.iter().map(String::as_str)));
            return Err(document.error(name.span().start, what));
        };
        keymap.replace(action, keys.0.clone());
        places.push((action, name.span().start));
    }
    for (action, at) in places {
        if let Some(conflict) = keymap.conflict(action) {
            let (key, other) = (conflict.key.name(), conflict.other.name());
            let place = conflict.context.title();
            let what = format!("\"{key}\" is also a key of {other} ({place}); give {other} another key, or []");
            return Err(document.error(at, what));
        }
    }
    Ok(keymap)
}
