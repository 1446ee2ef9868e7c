//! Everything in stream order, from a place on, both ways.

use rusqlite::{OptionalExtension as _, Row};

use super::Reader;
use super::page::{self, MESSAGES, Page, Place};
use crate::ledger::interval::Entry;
use crate::record::file::RecordError;

/// Everything but messages, from the three tables.
type Others = Vec<(Place, Entry)>;
/// How a row of such a table becomes an entry.
type Read = fn(&Row<'_>) -> rusqlite::Result<(Place, Entry)>;

impl Reader {
    /// Up to `limit` entries after the place `after`, in stream order: messages, findings, link changes and counters.
    /// Start with 0; go on after the last one's place.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn forward(&self, after: i64, limit: usize) -> Result<Page, RecordError> {
        self.asked(self.try_stream(Way::Forward, after, limit))
    }

    /// The last `limit` entries before the place `before`, in stream order. Start with `i64::MAX`; go on before the first
    /// one's place.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn backward(&self, before: i64, limit: usize) -> Result<Page, RecordError> {
        self.asked(self.try_stream(Way::Backward, before, limit))
    }

    /// The last change of the link to the server before the place `before`; none if there was none.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn link_before(&self, before: i64) -> Result<Option<Entry>, RecordError> {
        let read = || {
            let sql = format!("{} WHERE l.channel IS NULL AND l.id < ? ORDER BY l.id DESC LIMIT 1", page::LINKS);
            let mut statement = self.connection.prepare_cached(&sql)?;
            statement.query_row([before], page::link).optional().map(|found| found.map(|(_, entry)| entry))
        };
        self.asked(read())
    }

    fn try_stream(&self, way: Way, from: i64, limit: usize) -> rusqlite::Result<Page> {
        // One snapshot for the four tables: a writer may go on meanwhile.
        let _snapshot = self.connection.unchecked_transaction()?;
        let (compare, order) = way.sql();
        let count = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let condition = |table: &str| format!("WHERE {table}.id {compare} ?1 ORDER BY {table}.id {order} LIMIT ?2");
        let sql = format!("{MESSAGES} {}", condition("m"));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let messages = Page::messages(&mut statement, [from, count], limit)?;
        let mut others = Others::new();
        let tables: [(String, Read); 3] = [
            (format!("{} {}", page::findings(), condition("f")), page::finding),
            (format!("{} {}", page::COUNTERS, condition("r")), page::counter),
            (format!("{} {}", page::LINKS, condition("l")), page::link),
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

/// Which way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Forward,
    Backward,
}

impl Way {
    fn sql(self) -> (&'static str, &'static str) {
        match self {
            Self::Forward => (">", "ASC"),
            Self::Backward => ("<", "DESC"),
        }
    }

    /// The nearest `limit` entries of both, in stream order.
    fn merge(self, messages: &Page, mut others: Others, limit: usize) -> Page {
        // Beyond the last message of a page that was cut there may be messages that were not read.
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
