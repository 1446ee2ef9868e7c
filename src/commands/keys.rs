//! `keys`: prints the keys of the console.

use std::fmt::Write as _;
use std::io::Write as _;

use super::cli::{GlobalArgs, KeysArgs};
use super::{ExitStatus, Failure};
use crate::config::load_console;
use crate::console::keymap::key::Key;
use crate::console::keymap::table::TABLE;
use crate::console::keymap::{Keymap, actions};

/// Prints the table of the keys, or with `--toml` the defaults as a section of the configuration.
///
/// # Errors
/// Fails if the configuration is wrong, or if standard output cannot be written.
pub(super) fn run(args: &KeysArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let text = if args.toml { toml() } else { table(&load_console(&global.overrides())?.keymap) };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitStatus::Success)
}

fn table(keymap: &Keymap) -> String {
    let mut rows = vec![["ACTION".to_owned(), "KEYS".to_owned(), "WHERE".to_owned(), "WHAT".to_owned()]];
    rows.extend(TABLE.iter().map(|binding| {
        let keys = keymap.keys(binding).iter().map(Key::name).collect::<Vec<_>>().join(" ");
        let keys = if keys.is_empty() { "-".to_owned() } else { keys };
        [binding.action.name(), keys, binding.context.title().to_owned(), binding.help.to_owned()]
    }));
    let [action, keys, place, _] =
        [0, 1, 2, 3].map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0));
    let mut text = String::new();
    for [name, labels, title, help] in &rows {
        let _ = writeln!(text, "{name:action$}  {labels:keys$}  {title:place$}  {help}");
    }
    text
}

fn toml() -> String {
    let mut text = String::from(
        "# The keys of the console. Each line replaces all keys of an action: one key, or an array of keys.\n\
         # Keys are written like \"G\", \"space\", \"f5\", \"ctrl-s\" or \"alt-j\".\n\n[keys]\n",
    );
    for (action, keys, help) in actions() {
        let keys: Vec<String> = keys.iter().map(|key| format!("{:?}", key.name())).collect();
        let _ = writeln!(text, "# {help}\n#{} = [{}]", action.name(), keys.join(", "));
    }
    text
}
