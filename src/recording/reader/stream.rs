//! Reads all entries in stream order, forward and backward.

use rusqlite::{OptionalExtension as _, Row};

use super::Reader;
use super::page::{self, Page, Place, SELECT_MESSAGES};
use crate::ledger::interval::Entry;
use crate::recording::file::RecordError;

/// Entries from the three tables other than `message`.
type PlacedEntries = Vec<(Place, Entry)>;
/// A function that converts a row of such a table to an entry.
type ReadRow = fn(&Row<'_>) -> rusqlite::Result<(Place, Entry)>;

impl Reader {
    /// Up to `limit` entries after the id `after`, in stream order: messages, findings, link changes and counter readings. Start
    /// with 0. Continue with the id of the last entry.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn forward(&self, after: i64, limit: usize) -> Result<Page, RecordError> {
        self.map_error(self.try_stream(Direction::Forward, after, limit))
    }

    /// The last `limit` entries before the id `before`, in stream order. Start with `i64::MAX`. Continue with the id of the first
    /// entry.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn backward(&self, before: i64, limit: usize) -> Result<Page, RecordError> {
        self.map_error(self.try_stream(Direction::Backward, before, limit))
    }

    /// The last link change before the id `before`. `None` if there was none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn link_before(&self, before: i64) -> Result<Option<Entry>, RecordError> {
        let read = || {
            let sql = format!("{} WHERE l.channel IS NULL AND l.id < ? ORDER BY l.id DESC LIMIT 1", page::SELECT_LINKS);
            let mut statement = self.connection.prepare_cached(&sql)?;
            statement.query_row([before], page::link).optional().map(|found| found.map(|(_, entry)| entry))
        };
        self.map_error(read())
    }

    fn try_stream(&self, way: Direction, from: i64, limit: usize) -> rusqlite::Result<Page> {
        // A snapshot of all four tables, because a writer may be active.
        let _snapshot = self.connection.unchecked_transaction()?;
        let (compare, order) = way.sql();
        let count = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let condition = |table: &str| format!("WHERE {table}.id {compare} ?1 ORDER BY {table}.id {order} LIMIT ?2");
        let sql = format!("{SELECT_MESSAGES} {}", condition("m"));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let messages = Page::messages(&mut statement, [from, count], limit)?;
        let mut others = PlacedEntries::new();
        let tables: [(String, ReadRow); 3] = [
            (format!("{} {}", page::findings(), condition("f")), page::finding),
            (format!("{} {}", page::SELECT_COUNTERS, condition("r")), page::counter),
            (format!("{} {}", page::SELECT_LINKS, condition("l")), page::link),
        ];
        for (sql, read) in tables {
            let mut statement = self.connection.prepare_cached(&sql)?;
            for other in statement.query_map([from, count], read)? {
                others.push(other?);
            }
        }
        Ok(way.merge(&messages, others, limit))
    }
}

/// The direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}

impl Direction {
    fn sql(self) -> (&'static str, &'static str) {
        match self {
            Self::Forward => (">", "ASC"),
            Self::Backward => ("<", "DESC"),
        }
    }

    /// The nearest `limit` entries of both lists, in stream order.
    fn merge(self, messages: &Page, mut others: PlacedEntries, limit: usize) -> Page {
        // If the page of messages is cut, there may be unread messages beyond its last one.
        let end = messages.places.last().filter(|_| messages.is_cut).map(|place| place.id);
        if let Some(end) = end {
            others.retain(|(place, _)| if self == Self::Forward { place.id < end } else { place.id > end });
        }
        let of_messages = messages.places.iter().enumerate().map(|(index, place)| (place.id, Ok(index)));
        let of_others = others.iter().enumerate().map(|(index, (place, _))| (place.id, Err(index)));
        let mut order: Vec<(i64, Result<usize, usize>)> = of_messages.chain(of_others).collect();
        order.sort_unstable_by_key(|(id, _)| if self == Self::Forward { *id } else { !*id });
        let is_cut = messages.is_cut || order.len() > limit;
        order.truncate(limit);
        order.sort_unstable_by_key(|(id, _)| *id);
        let mut page = Page { is_cut, ..Page::default() };
        for (_, source) in order {
            match source {
                Ok(index) => {
                    if let Entry::Message(message) = &messages.interval.entries()[index] {
                        page.interval.adopt(message, &messages.interval);
                        page.places.push(messages.places[index]);
                    }
                }
                Err(index) => {
                    let (place, entry) = others[index].clone();
                    page.push(place, entry);
                }
            }
        }
        page
    }
}
