//! The configuration file: its keys are the fields of the structs that serde reads it into, with their documentation.
//!
//! A documentation comment ends with the default, if the key has one of its own: `; default: VALUE`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aircheck::config::colour;
use aircheck::console::keymap::table::TABLE;
use aircheck::ledger::alert::AlertKind;
use aircheck::wire::algorithm::Algorithm;
use serde_json::{Map, Value, json};
use syn::{Fields, GenericArgument, Item, ItemStruct, PathArguments, Type};

use crate::findings::documentation;
use crate::markdown::{code, codes, page as start, table, text};
use crate::source;

/// The files with the structs.
const SOURCES: [&str; 7] = ["file", "alerts", "expect", "tls", "template", "store", "key_source"];

/// The sections of the page: a heading and the struct with its keys.
const SECTIONS: [(&str, &str); 9] = [
    ("Top level", "FileKeys"),
    ("[profile.NAME]", "FileProfile"),
    ("[profile.NAME.signing]", "Signing"),
    ("[profile.NAME.tls]", "TlsKeys"),
    ("[profile.NAME.alerts]", "AlertKeys"),
    ("[profile.NAME.expect.NAME]", "ExpectKeys"),
    ("[profile.NAME.templates.NAME]", "TemplateKeys"),
    ("[store.NAME]", "StoreKeys"),
    ("Secrets", "KeySourceKeys"),
];

/// A key of a table.
pub(crate) struct ConfigKey {
    pub(crate) name: String,
    kind: Kind,
    meaning: String,
    default: String,
}

/// What a key's value can be.
enum Kind {
    Text,
    Path,
    Switch,
    Colour,
    Duration,
    Rate,
    Algorithm,
    Finding,
    Keys,
    Secret,
    /// A string or an array of strings.
    OneOrMore,
    Array(Box<Kind>),
    /// A table with these keys: the name of a struct.
    Table(String),
    /// A table with any keys.
    Named(Box<Kind>),
}

fn structs() -> BTreeMap<String, ItemStruct> {
    let items =
        SOURCES.iter().flat_map(|name| syn::parse_file(&source(&format!("src/config/{name}.rs"))).unwrap().items);
    items
        .filter_map(|item| match item {
            Item::Struct(found) => Some((found.ident.to_string(), found)),
            _ => None,
        })
        .collect()
}

/// The keys of a struct.
fn keys(found: &ItemStruct) -> Vec<ConfigKey> {
    let Fields::Named(fields) = &found.fields else { panic!("{} has no named fields", found.ident) };
    fields
        .named
        .iter()
        .map(|field| {
            let name = field.ident.as_ref().unwrap().to_string();
            let documentation = documentation(&field.attrs);
            let documentation = documentation.trim_end_matches('.');
            let (meaning, default) = documentation.split_once("; default: ").unwrap_or((documentation, ""));
            let written = quote_free(&field.attrs);
            let kind = match written.as_str() {
                "colour" => Kind::Colour,
                "seconds" => Kind::Duration,
                _ => kind(&field.ty),
            };
            let default = match (&kind, default) {
                (Kind::Switch, "") => "`false`".to_owned(),
                (_, default) => default.to_owned(),
            };
            ConfigKey { name, kind, meaning: meaning.to_owned(), default }
        })
        .collect()
}

/// The function in `#[serde(deserialize_with = "…")]`.
fn quote_free(attributes: &[syn::Attribute]) -> String {
    let mut name = String::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("deserialize_with") {
                name = meta.value()?.parse::<syn::LitStr>()?.value();
            }
            Ok(())
        });
    }
    name
}

fn kind(of: &Type) -> Kind {
    let Type::Path(path) = of else { panic!("a type that is no path") };
    let segment = path.path.segments.last().unwrap();
    let arguments: Vec<&Type> = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(inner) => Some(inner),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    match (segment.ident.to_string().as_str(), &arguments[..]) {
        ("Option" | "Spanned" | "Section" | "Box", [inner]) => kind(inner),
        ("Vec", [inner]) => Kind::Array(Box::new(kind(inner))),
        ("BTreeMap", [_, inner]) => Kind::Named(Box::new(kind(inner))),
        ("AllowedHosts" | "CommandLine", []) => Kind::Array(Box::new(Kind::Text)),
        ("String" | "SecretText" | "KeyName", []) => Kind::Text,
        ("PathBuf", []) => Kind::Path,
        ("bool", []) => Kind::Switch,
        ("Algorithm", []) => Kind::Algorithm,
        ("AlertKind", []) => Kind::Finding,
        ("ChannelNames", []) => Kind::OneOrMore,
        ("AtMost" | "Rate", []) => Kind::Rate,
        ("KeysTable", []) => Kind::Keys,
        ("KeySource", []) => Kind::Secret,
        (
            name @ ("FileProfile" | "Signing" | "TlsKeys" | "TemplateKeys" | "AlertKeys" | "ExpectKeys" | "StoreKeys"),
            [],
        ) => Kind::Table(name.to_owned()),
        (name, _) => panic!("assets/docs/configuration.rs does not know the type {name}"),
    }
}

impl Kind {
    fn words(&self) -> String {
        match self {
            Self::Text => "string".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Switch => "boolean".to_owned(),
            Self::Colour => "[colour](#values)".to_owned(),
            Self::Duration => "[duration](#values)".to_owned(),
            Self::Rate => "[rate](#values)".to_owned(),
            Self::Algorithm => "[algorithm](#values)".to_owned(),
            Self::Finding => "[kind](#values)".to_owned(),
            Self::Keys => "table of [actions](keys.md)".to_owned(),
            Self::Secret => "[secret](#secrets)".to_owned(),
            Self::OneOrMore => "string or array of string".to_owned(),
            Self::Array(inner) => format!("array of {}", inner.words()),
            Self::Table(_) => "table".to_owned(),
            Self::Named(inner) => format!("table: name = {}", inner.words()),
        }
    }

    fn schema(&self) -> Value {
        match self {
            Self::Text | Self::Path => json!({ "type": "string" }),
            Self::Switch => json!({ "type": "boolean" }),
            Self::Colour => {
                json!({ "anyOf": [{ "enum": colour::COLOUR_NAMES }, { "type": "string", "pattern": "^#[0-9a-fA-F]{6}$" }] })
            }
            Self::Duration => json!({ "type": ["integer", "string"], "minimum": 0 }),
            Self::Rate => json!({ "type": "string", "pattern": "^ *[0-9]+ */.*$" }),
            Self::Algorithm => json!({ "enum": algorithms() }),
            Self::Finding => json!({ "enum": AlertKind::all().map(AlertKind::name).collect::<Vec<_>>() }),
            Self::Keys => json!({
                "type": "object",
                "propertyNames": { "enum": actions() },
                "additionalProperties": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
            }),
            Self::Secret => json!({ "$ref": "#/$defs/KeySourceKeys" }),
            Self::OneOrMore => {
                json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
            }
            Self::Array(inner) => json!({ "type": "array", "items": inner.schema() }),
            Self::Table(name) => json!({ "$ref": format!("#/$defs/{name}") }),
            Self::Named(inner) => json!({ "type": "object", "additionalProperties": inner.schema() }),
        }
    }
}

fn algorithms() -> Vec<&'static str> {
    Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect()
}

fn actions() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for binding in TABLE {
        let name = binding.action.name();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

pub(crate) fn page() -> String {
    let structs = structs();
    let mut page = start(
        "Configuration",
        "aircheck reads `~/.config/aircheck/config.toml`, or the file of `--config` or `AIRCHECK_CONFIG`. The file is TOML. Every key is \
         optional, except those that are marked as required. Unknown keys are errors, with their line. [An example](../../config.toml) and [a JSON Schema](../../config.schema.json) \
         for editors are part of the package. [In production](../how-to/production.md) has more examples.\n\n\
         A file that contains a secret must be readable by its owner only. Other users must not be able to write the file.",
    );
    for (heading, name) in SECTIONS {
        write!(page, "\n## {}\n", text(heading)).unwrap();
        if name == "KeySourceKeys" {
            page.push_str(
                "\nA secret is a table with one of these keys, e.g. `key = { env = \"BROADCAST_KEY\" }`. No option of the command line \
                 takes a signing key.\n",
            );
        }
        let rows: Vec<_> = keys(&structs[name])
            .into_iter()
            .map(|key| [code(&key.name), key.kind.words(), text(&key.default), format!("{}.", text(&key.meaning))])
            .collect();
        page.push_str(&table(["Key", "Type", "Default", "Meaning"], &rows));
    }
    page.push_str("\n## Values\n");
    let kinds = AlertKind::all().map(AlertKind::name);
    page.push_str(&table(
        ["Type", "Values"],
        &[
            ["path".to_owned(), "A path; `~/` is the home directory. Other relative paths start at the directory of the configuration file.".to_owned()],
            ["colour".to_owned(), format!("`#rrggbb`, or one of {}", codes(colour::COLOUR_NAMES))],
            ["duration".to_owned(), "Whole seconds, e.g. `90`, or text, e.g. `\"1h 30m\"`".to_owned()],
            ["rate".to_owned(), "`N/DURATION`, e.g. `\"1/10s\"` or `\"500/s\"`".to_owned()],
            ["algorithm".to_owned(), codes(algorithms())],
            ["kind".to_owned(), codes(kinds)],
        ],
    ));
    page
}

pub(crate) fn schema() -> String {
    let structs = structs();
    let table = |name: &str| {
        let properties: Map<String, Value> = keys(&structs[name])
            .into_iter()
            .map(|key| {
                let mut schema = key.kind.schema();
                schema["description"] = format!("{}.", key.meaning).into();
                if !key.default.is_empty() {
                    schema["description"] = format!("{}; default: {}.", key.meaning, key.default).into();
                }
                (key.name, schema)
            })
            .collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": false })
    };
    let mut schema = table("FileKeys");
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "The configuration file of aircheck".into();
    let mut definitions = Map::new();
    for (_, name) in &SECTIONS[1..] {
        definitions.insert((*name).to_owned(), table(name));
    }
    definitions["KeySourceKeys"]["minProperties"] = 1.into();
    definitions["KeySourceKeys"]["maxProperties"] = 1.into();
    schema["$defs"] = definitions.into();
    serde_json::to_string_pretty(&schema).unwrap() + "\n"
}

#[test]
fn the_schema_accepts_the_examples_and_rejects_mistakes() {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("config.json", serde_json::from_str(&schema()).unwrap()).unwrap();
    let index = compiler.compile("config.json", &mut schemas).unwrap();
    let is_valid = |text: &str| {
        let value: Value = toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        schemas.validate(&value, index).map_err(|error| format!("{error}\n{text}"))
    };
    let mut examples = vec![source("assets/config.toml")];
    for page in crate::site::pages() {
        let text = std::fs::read_to_string(page).unwrap();
        examples.extend(text.split("```toml\n").skip(1).map(|block| block.split("\n```").next().unwrap().to_owned()));
    }
    assert!(examples.len() > 5, "only {} examples", examples.len());
    for example in examples {
        is_valid(&example).unwrap();
    }
    for mistake in
        ["mice = true", "mouse = 1", "[keys]\nfly = \"x\"", "[profile.a.signing]\nkey = { env = \"A\", file = \"b\" }"]
    {
        is_valid(mistake).unwrap_err();
    }
}

#[test]
fn the_keys_are_those_that_the_program_knows() {
    let structs = structs();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    for (heading, name) in &SECTIONS[..SECTIONS.len() - 1] {
        let section =
            heading.strip_prefix('[').map(|section| format!("[{}\n", section.replace("NAME", "n"))).unwrap_or_default();
        std::fs::write(&file, format!("{section}zzzzzzzz = 1\n")).unwrap();
        let overrides = aircheck::config::Overrides { config: Some(file.clone()), ..Default::default() };
        let error =
            aircheck::config::load_from(&overrides, &aircheck::config::Environment::default()).unwrap_err().to_string();
        let (_, known) = error.split_once("expected one of: ").unwrap_or_else(|| panic!("{error}"));
        let documented: Vec<String> = keys(&structs[*name]).into_iter().map(|key| key.name).collect();
        assert_eq!(known.trim_end_matches(')'), documented.join(", "), "{heading}");
    }
}

#[test]
fn the_defaults_are_those_of_the_program() {
    let structs = structs();
    let keys: Vec<ConfigKey> = SECTIONS.iter().flat_map(|(_, name)| keys(&structs[*name])).collect();
    let default = |name: &str| keys.iter().find(|key| key.name == name).unwrap().default.replace(['`', '"'], "");
    let profile =
        aircheck::config::load_from(&aircheck::config::Overrides::default(), &aircheck::config::Environment::default())
            .unwrap();
    let signing = aircheck::wire::signature::KeyringSettings::default();
    assert_eq!(default("url"), "redis://127.0.0.1:6379");
    assert_eq!(profile.target.to_string(), default("url").trim_start_matches("redis://"));
    assert_eq!(default("sequence_prefix"), profile.sequence_prefix);
    assert_eq!(default("mouse"), profile.mouse.to_string());
    assert_eq!(default("algorithm"), signing.sign_algorithm.name());
    assert_eq!(humantime::parse_duration(&default("time_tolerance")).unwrap().as_secs(), signing.time_tolerance);
    assert_eq!(default("key_name").as_bytes(), signing.signing_key_name);
    let rate = aircheck::ledger::alert::AtMost::default();
    assert_eq!(default("at_most"), format!("{}/{}s", rate.count, rate.micros / 1_000_000));
}
