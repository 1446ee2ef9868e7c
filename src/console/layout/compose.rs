//! Where the fields of Compose stand within its border.

use ratatui::layout::{Position, Rect};

use crate::console::panes::compose::state::Field;

/// The fields, each with its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComposeAreas {
    /// The channel.
    pub channel: Rect,
    /// The message's name.
    pub name: Rect,
    /// The key to sign with.
    pub key: Rect,
    /// The data, and what is wrong with it at its right.
    pub data: Rect,
    /// The payload as it would be sent; without a line where there is no room.
    pub payload: Rect,
}

impl ComposeAreas {
    /// The fields side by side in the first line, the data in all others but the last.
    #[must_use]
    pub fn of(inner: Rect) -> Self {
        let inner = Rect { x: inner.x + inner.width.min(1), width: inner.width.saturating_sub(2), ..inner };
        let top = Rect { height: inner.height.min(1), ..inner };
        let third = inner.width / 3;
        let payload = u16::from(inner.height >= 3);
        let below = inner.height.saturating_sub(1);
        let data = Rect { y: inner.y + top.height, height: below - payload, ..inner };
        Self {
            channel: Rect { width: third.saturating_sub(2), ..top },
            name: Rect { x: inner.x + third, width: third.saturating_sub(2), ..top },
            key: Rect { x: inner.x + third * 2, width: inner.width - third * 2, ..top },
            data,
            payload: Rect { y: data.bottom(), height: payload, ..inner },
        }
    }

    /// The field at a place on the screen.
    #[must_use]
    pub fn field_at(&self, column: u16, row: u16) -> Option<Field> {
        let fields = [
            (Field::Channel, self.channel),
            (Field::Name, self.name),
            (Field::Key, self.key),
            (Field::Data, self.data),
        ];
        let place = Position::new(column, row);
        fields.into_iter().find(|(_, area)| area.contains(place)).map(|(field, _)| field)
    }
}
