//! The settings file: a small TOML file that only its owner can read. Unknown keys and invalid values are ignored and reported;
//! they never keep the console from starting.
//!
//! ```toml
//! theme = "light"            # dark, light, 16, none; default: depends on the terminal's environment
//! utc = true
//! time_format = "seconds"    # milliseconds, seconds, date
//! columns = ["time", "age", "channel", "size", "key"]
//! hidden = ["timeline"]
//!
//! [sizes]
//! left = 250                 # left, detail, findings, rejected: thousandths of the screen
//! ```

use std::fs::DirBuilder;
use std::io;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use serde::Deserialize as _;
use toml::Table;

use crate::console::app::settings::Settings;
use crate::wire::escape::escape;

/// The maximum size of the file, in bytes.
const MAX_SIZE: u64 = 64 << 10;

/// Reads the settings, or the defaults if there is no file. Also returns a warning, already escaped, if something was ignored.
#[must_use]
pub fn read(path: &Path) -> (Settings, Option<String>) {
    let shown = escape(path.as_os_str().as_encoded_bytes());
    let mut text = String::new();
    match std::fs::File::open(path).and_then(|file| file.take(MAX_SIZE).read_to_string(&mut text)) {
        Ok(_) => {
            let (settings, ignored) = parse(&text);
            (settings, ignored.map(|ignored| format!("settings: ignored {ignored} in {shown}")))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Settings::default(), None),
        Err(error) => {
            let error = escape(error.to_string().as_bytes());
            (Settings::default(), Some(format!("settings: cannot read {shown}: {error}")))
        }
    }
}

/// Writes the settings atomically.
///
/// # Errors
/// The directory or the file cannot be created.
pub fn write(path: &Path, settings: &Settings) -> io::Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    // Only its owner can read a temporary file.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(to_text(settings)?.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

/// The settings as text.
///
/// # Errors
/// The settings cannot be written as TOML.
pub fn to_text(settings: &Settings) -> io::Result<String> {
    toml::to_string(settings).map_err(io::Error::other)
}

/// Parses the settings. Also returns the first key that was ignored, already escaped.
#[must_use]
pub fn parse(text: &str) -> (Settings, Option<String>) {
    let Ok(mut table) = text.parse::<Table>() else {
        return (Settings::default(), Some("invalid TOML".to_owned()));
    };
    let mut ignored = None;
    // serde rejects the whole table because of one value, so each key is tried on its own.
    table.retain(|key, value| {
        let is_valid = Settings::deserialize(Table::from_iter([(key.to_owned(), value.clone())])).is_ok();
        if !is_valid {
            ignored.get_or_insert_with(|| escape(key.as_bytes()));
        }
        is_valid
    });
    (Settings::deserialize(table).unwrap_or_default(), ignored)
}
