//! A key with its modifiers.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers. Shift is left out if the character or key already includes it (`G`, `?`, Shift-Tab).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    /// A key without modifiers.
    #[must_use]
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    /// A character.
    #[must_use]
    pub const fn char(character: char) -> Self {
        Self::plain(KeyCode::Char(character))
    }

    /// A character, with Ctrl held down.
    #[must_use]
    pub const fn ctrl(character: char) -> Self {
        Self { code: KeyCode::Char(character), modifiers: KeyModifiers::CONTROL }
    }

    /// A key with Ctrl held down.
    #[must_use]
    pub(crate) const fn with_ctrl(self) -> Self {
        Self { modifiers: KeyModifiers::CONTROL, ..self }
    }

    /// A key with Alt held down.
    #[must_use]
    pub(crate) const fn with_alt(self) -> Self {
        Self { modifiers: KeyModifiers::ALT, ..self }
    }

    /// A character with Alt held down.
    #[must_use]
    pub const fn alt(character: char) -> Self {
        Self::char(character).with_alt()
    }

    /// The key of an event. Terminals differ in whether they report Shift with characters, and in the case of a letter with
    /// Ctrl or Alt.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Self {
        let mut modifiers = event.modifiers;
        let mut code = event.code;
        if matches!(code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers.remove(KeyModifiers::SHIFT);
        }
        if let KeyCode::Char(character) = code
            && modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
        {
            code = KeyCode::Char(character.to_ascii_lowercase());
        }
        Self { code, modifiers }
    }

    /// The event of this key.
    #[must_use]
    pub fn event(&self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// The key's name on screen, e.g. `Ctrl-S`.
    #[must_use]
    pub fn label(&self) -> String {
        let name = match (self.code, NAMES.iter().find(|name| name.code == self.code)) {
            (_, Some(name)) => name.label.to_owned(),
            (KeyCode::Char(character), _) if self.modifiers.is_empty() => character.to_string(),
            (KeyCode::Char(character), _) => character.to_ascii_uppercase().to_string(),
            (KeyCode::F(number), _) => format!("F{number}"),
            (other, _) => format!("{other:?}"),
        };
        self.modified("Ctrl-", "Alt-", &name)
    }

    /// The key's name in the configuration, e.g. `ctrl-s`.
    #[must_use]
    pub fn name(&self) -> String {
        let name = match (self.code, NAMES.iter().find(|name| name.code == self.code)) {
            (_, Some(name)) => name.word.to_owned(),
            (KeyCode::Char(character), _) => character.to_string(),
            (KeyCode::F(number), _) => format!("f{number}"),
            (other, _) => format!("{other:?}"),
        };
        self.modified("ctrl-", "alt-", &name)
    }

    fn modified(self, ctrl: &str, alt: &str, name: &str) -> String {
        let ctrl = if self.modifiers.contains(KeyModifiers::CONTROL) { ctrl } else { "" };
        let alt = if self.modifiers.contains(KeyModifiers::ALT) { alt } else { "" };
        format!("{ctrl}{alt}{name}")
    }

    /// Parses a name in the configuration, e.g. `ctrl-s`, `alt-j`, `f5`, `space` or `G`.
    ///
    /// # Errors
    /// There is no such key, or terminals report it as another one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let unknown = || "unknown key; use for example \"G\", \"space\", \"f5\", \"ctrl-s\" or \"alt-j\"".to_owned();
        let mut modifiers = KeyModifiers::NONE;
        let mut name = text;
        for (prefix, modifier) in [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT)] {
            if let Some(rest) = name.strip_prefix(prefix).filter(|rest| !rest.is_empty()) {
                name = rest;
                modifiers.insert(modifier);
            }
        }
        let mut chars = name.chars();
        let code = match (chars.next(), chars.next(), NAMES.iter().find(|known| known.word == name)) {
            (_, _, Some(known)) => known.code,
            (Some(character), None, _) if !character.is_control() && !character.is_whitespace() => {
                KeyCode::Char(character)
            }
            (Some('f'), Some(_), _) => {
                let number =
                    name.get(1..).and_then(|digits| digits.parse().ok()).filter(|number| (1..=24).contains(number));
                KeyCode::F(number.ok_or_else(unknown)?)
            }
            _ => return Err(unknown()),
        };
        if let (KeyCode::Char(letter), false) = (code, modifiers.is_empty())
            && letter.is_ascii_uppercase()
        {
            let letter = name.to_ascii_lowercase();
            return Err(format!(
                "write \"{}{letter}\": Ctrl and Alt have no upper case",
                &text[..text.len() - name.len()]
            ));
        }
        if modifiers.contains(KeyModifiers::CONTROL) {
            let same =
                [('i', "tab"), ('m', "enter"), ('[', "esc")].into_iter().find(|(c, _)| code == KeyCode::Char(*c));
            if let Some((_, other)) = same {
                return Err(format!("terminals cannot tell this key from \"{other}\""));
            }
        }
        Ok(Self { code, modifiers })
    }
}

/// A key that is not a character, or one that cannot be seen.
struct Name {
    code: KeyCode,
    /// In the configuration.
    word: &'static str,
    /// On screen.
    label: &'static str,
}

const fn name(code: KeyCode, word: &'static str, label: &'static str) -> Name {
    Name { code, word, label }
}

const NAMES: &[Name] = &[
    name(KeyCode::Char(' '), "space", "Space"),
    name(KeyCode::Enter, "enter", "Enter"),
    name(KeyCode::Esc, "esc", "Esc"),
    name(KeyCode::Tab, "tab", "Tab"),
    name(KeyCode::BackTab, "shift-tab", "Shift-Tab"),
    name(KeyCode::Backspace, "backspace", "Backspace"),
    name(KeyCode::Delete, "delete", "Delete"),
    name(KeyCode::Insert, "insert", "Insert"),
    name(KeyCode::Up, "up", "Up"),
    name(KeyCode::Down, "down", "Down"),
    name(KeyCode::Left, "left", "Left"),
    name(KeyCode::Right, "right", "Right"),
    name(KeyCode::PageUp, "page-up", "PgUp"),
    name(KeyCode::PageDown, "page-down", "PgDn"),
    name(KeyCode::Home, "home", "Home"),
    name(KeyCode::End, "end", "End"),
];
