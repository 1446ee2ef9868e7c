//! The settings that stay: a small TOML file, for its owner only. What is not understood in it is left out and named;
//! it is never a reason not to start.
//!
//! ```toml
//! theme = "light"            # dark, light, 16, none; without it: as the terminal's environment says
//! utc = true
//! time_format = "seconds"    # milliseconds, seconds, date
//! columns = ["time", "age", "channel", "size", "key"]
//! hidden = ["timeline"]
//!
//! [sizes]
//! left = 40                  # left, detail: columns; findings, rejected: rows
//! ```

use std::fs::DirBuilder;
use std::io;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use toml::{Table, Value};

use crate::console::app::settings::{
    HIDEABLE, MessageColumn, Settings, ShownColumns, Sizes, ThemeName, TimeFormat, pane_name,
};
use crate::wire::escape::escape;

/// A longer file is something else.
const MAX: u64 = 64 << 10;

/// Reads the settings; all as at first where there is no file. With what is wrong with the file, escaped already.
#[must_use]
pub fn read(path: &Path) -> (Settings, Option<String>) {
    let ignored = |why: String| {
        let path = escape(path.as_os_str().as_encoded_bytes());
        format!("settings: {why} in {path} is ignored")
    };
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX).read_to_string(&mut text));
    match read {
        Ok(_) => {
            let (settings, wrong) = parse(&text);
            (settings, wrong.map(ignored))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Settings::default(), None),
        Err(error) => {
            (Settings::default(), Some(ignored(format!("what stands ({})", escape(error.to_string().as_bytes())))))
        }
    }
}

/// Writes the settings, whole or not at all.
///
/// # Errors
/// Where the directory or the file cannot be made.
pub fn write(path: &Path, settings: &Settings) -> io::Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    // Such a file is its owner's only.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(to_text(settings).as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// The settings as text.
#[must_use]
pub fn to_text(settings: &Settings) -> String {
    let names = |names: Vec<&str>| Value::Array(names.into_iter().map(Value::from).collect());
    let mut table = Table::new();
    if let Some(theme) = settings.theme {
        table.insert("theme".into(), theme.name().into());
    }
    table.insert("utc".into(), settings.utc.into());
    table.insert("time_format".into(), settings.time_format.name().into());
    table.insert("columns".into(), names(settings.columns.0.iter().map(|column| column.name()).collect()));
    table.insert("hidden".into(), names(settings.hidden.iter().map(|pane| pane_name(*pane)).collect()));
    let Sizes { left, detail, findings, rejected } = settings.sizes;
    let sizes = [("left", left), ("detail", detail), ("findings", findings), ("rejected", rejected)];
    let sizes: Table =
        sizes.into_iter().filter_map(|(name, size)| Some((name.into(), i64::from(size?).into()))).collect();
    if !sizes.is_empty() {
        table.insert("sizes".into(), sizes.into());
    }
    table.to_string()
}

/// The settings of a text; with the first thing in it that is not understood, escaped already.
#[must_use]
pub fn parse(text: &str) -> (Settings, Option<String>) {
    let mut settings = Settings::default();
    let Ok(table) = text.parse::<Table>() else {
        return (settings, Some(String::from("what is no TOML")));
    };
    let mut wrong = None;
    for (key, value) in &table {
        if !take(&mut settings, key, value) {
            wrong.get_or_insert_with(|| escape(key.as_bytes()));
        }
    }
    (settings, wrong)
}

/// Takes what is understood of a value; whether that is all of it.
fn take(settings: &mut Settings, key: &str, value: &Value) -> bool {
    match (key, value) {
        ("theme", Value::String(name)) => {
            settings.theme = ThemeName::ALL.into_iter().find(|theme| theme.name() == name);
            settings.theme.is_some()
        }
        ("utc", Value::Boolean(utc)) => {
            settings.utc = *utc;
            true
        }
        ("time_format", Value::String(name)) => {
            let format = TimeFormat::ALL.into_iter().find(|format| format.name() == name);
            settings.time_format = format.unwrap_or_default();
            format.is_some()
        }
        ("columns", Value::Array(names)) => {
            let known =
                |name: &Value| MessageColumn::ALL.into_iter().find(|column| Some(column.name()) == name.as_str());
            settings.columns = ShownColumns(names.iter().filter_map(known).collect());
            names.iter().all(|name| known(name).is_some())
        }
        ("hidden", Value::Array(names)) => {
            let known = |name: &Value| HIDEABLE.into_iter().find(|pane| Some(pane_name(*pane)) == name.as_str());
            settings.hidden = names.iter().filter_map(known).collect();
            names.iter().all(|name| known(name).is_some())
        }
        ("sizes", Value::Table(sizes)) => sizes.iter().fold(true, |all, (name, size)| {
            let place = match name.as_str() {
                "left" => &mut settings.sizes.left,
                "detail" => &mut settings.sizes.detail,
                "findings" => &mut settings.sizes.findings,
                "rejected" => &mut settings.sizes.rejected,
                _ => return false,
            };
            *place = size.as_integer().and_then(|size| u16::try_from(size).ok());
            all && place.is_some()
        }),
        _ => false,
    }
}
