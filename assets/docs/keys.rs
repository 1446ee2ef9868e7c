//! The keys, from the key table.

use std::fmt::Write as _;

use aircheck::console::keymap::context::Context;
use aircheck::console::keymap::key::Key;
use aircheck::console::keymap::table::TABLE;

use crate::markdown::{code, codes, page as start, table, text};

pub(crate) fn page() -> String {
    let mut page = start(
        "Keys",
        "`aircheck keys` prints this list with your own keys. `[keys]` in the [configuration](configuration.md) binds an action to \
         other keys, by its name. An action without a key is in the palette (`:`).",
    );
    for context in Context::ALL {
        let rows: Vec<_> = TABLE
            .iter()
            .filter(|binding| binding.context == *context)
            .map(|binding| {
                let keys: Vec<String> = binding.keys.iter().map(Key::label).collect();
                [
                    codes(keys.iter().map(String::as_str)),
                    text(binding.help),
                    code(&binding.action.name()),
                    binding.mouse.unwrap_or_default().to_owned(),
                ]
            })
            .collect();
        if !rows.is_empty() {
            write!(page, "\n## {}\n", context.title()).unwrap();
            page.push_str(&table(["Keys", "What they do", "Action", "Mouse"], &rows));
        }
    }
    page
}
