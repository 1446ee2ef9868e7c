//! A key with its modifiers.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers. Shift is omitted if the character or key implies it (`G`, `?`, Shift-Tab).
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

    /// The key of an event. Terminals differ in whether they report Shift with characters, and in the case of a letter with Ctrl.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Self {
        let mut modifiers = event.modifiers;
        let mut code = event.code;
        if matches!(code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers.remove(KeyModifiers::SHIFT);
        }
        if let KeyCode::Char(character) = code
            && modifiers.contains(KeyModifiers::CONTROL)
        {
            code = KeyCode::Char(character.to_ascii_lowercase());
        }
        Self { code, modifiers }
    }

    /// The event that this key makes.
    #[must_use]
    pub fn event(&self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// The key's name, e.g. `Ctrl-S`.
    #[must_use]
    pub fn label(&self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(character) if self.modifiers.is_empty() => character.to_string(),
            KeyCode::Char(character) => character.to_ascii_uppercase().to_string(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::F(number) => format!("F{number}"),
            other => format!("{other:?}"),
        };
        if self.modifiers.contains(KeyModifiers::CONTROL) { format!("Ctrl-{name}") } else { name }
    }
}
