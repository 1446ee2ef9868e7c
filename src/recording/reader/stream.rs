//! Reads all entries in stream order, forward and backward.

use super::RecordingReader;
use super::backend::{Direction, FindingQuery, MessageQuery, RecordingBackend};
use super::page::{Page, Place};
use crate::ledger::interval::Entry;
use crate::recording::file::RecordError;

/// Entries other than messages.
type PlacedEntries = Vec<(Place, Entry)>;

impl<B: RecordingBackend> RecordingReader<B> {
    /// Up to `limit` entries after the id `after`, in stream order: messages, findings, link changes and counter readings. Start
    /// with 0. Continue with the id of the last entry.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn forward(&self, after: i64, limit: usize) -> Result<Page, RecordError> {
        self.stream(Direction::Forward, after, limit)
    }

    /// The last `limit` entries before the id `before`, in stream order. Start with `i64::MAX`. Continue with the id of the first
    /// entry.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn backward(&self, before: i64, limit: usize) -> Result<Page, RecordError> {
        self.stream(Direction::Backward, before, limit)
    }

    /// The last link change before the id `before`. `None` if there was none.
    ///
    /// # Errors
    /// The recording cannot be read.
    pub fn link_before(&self, before: i64) -> Result<Option<Entry>, RecordError> {
        self.backend.link_before(before)
    }

    fn stream(&self, way: Direction, from: i64, limit: usize) -> Result<Page, RecordError> {
        let _snapshot = self.snapshot()?;
        let messages = self.backend.messages(&MessageQuery::Stream(way, from), limit)?;
        let mut others = self.backend.counters_and_links(way, from, limit)?;
        let findings = self.backend.findings(&FindingQuery::Stream(way, from), limit)?;
        others.extend(findings.places.into_iter().zip(findings.interval.entries().iter().cloned()));
        let mut page = way.merge(&messages, others, limit);
        page.is_cut |= findings.is_cut;
        Ok(page)
    }
}

impl Direction {
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
