//! Combines the rows of all recordings of a source.

use std::collections::{BTreeMap, HashMap};

use super::catalog::{Catalog, Part};
use super::rows::{FIRST_PAGE_MICROS, Rows, StoredFinding, StoredMessage};
use super::{Params, StoreBackend, column, number};
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::recording::codes::{self, CauseColumns};
use crate::recording::file::RecordError;
use crate::recording::reader::{
    ChannelRow, Cursor, Direction, FindingQuery, Hole, MessageQuery, NumberedMessage, Overview, Page, Place,
    RecordingBackend, RecordingSession, bounded, one_more,
};
use crate::store::epochs::MAX_CLOCK_DIFFERENCE;
use crate::store::micros::{FIRST_TIME, Micros};

/// The maximum time between the same message or finding in two recordings, in microseconds.
pub(super) const MAX_TIME_DIFFERENCE: i64 = 2_000_000;
/// A page by time that was not full is followed by one that is longer by this factor.
const GROWTH: i64 = 8;

/// What messages are sorted by.
#[derive(Clone, Copy)]
enum Key {
    Id,
    Time,
    Number,
}

impl Key {
    fn of(self, stored: &StoredMessage) -> (i64, i64) {
        let key = match self {
            Self::Id => 0,
            Self::Time => stored.message.at,
            Self::Number => stored.message.sequence.number().map_or(i64::MAX, u64::cast_signed),
        };
        (key, stored.place.id)
    }
}

/// Sequence numbers as columns.
pub(super) fn columns((from, to): (u64, u64)) -> (i64, i64) {
    (bounded(from), bounded(to))
}

impl StoreBackend {
    fn recordings(&self) -> std::ops::Range<usize> {
        0..self.catalog.recordings.len()
    }

    fn parts(&self, channel: i64, epoch: i64) -> Vec<Part> {
        self.catalog.parts(channel, epoch).collect()
    }

    /// Calls `read` with each recording that has rows after or before an id, and the id there, until it has read `limit` rows.
    fn stream<T>(
        &self,
        way: Direction,
        from: i64,
        limit: usize,
        mut read: impl FnMut(usize, i64) -> Result<Vec<T>, RecordError>,
    ) -> Result<Vec<T>, RecordError> {
        let (first, own) = Catalog::own_id(from);
        let order: Vec<usize> = match way {
            Direction::Forward => self.recordings().filter(|recording| *recording >= first).collect(),
            Direction::Backward => self.recordings().rev().filter(|recording| *recording <= first).collect(),
        };
        let mut found = Vec::new();
        for recording in order {
            let bound = match way {
                _ if recording == first => own,
                Direction::Forward => -1,
                Direction::Backward => i64::MAX,
            };
            found.append(&mut read(recording, bound)?);
            if found.len() > limit {
                break;
            }
        }
        Ok(found)
    }

    /// The rows of several recordings in order, each message once, as a page of up to `limit` messages. Returns the position to
    /// continue from if there may be more.
    fn page(
        &self,
        all: Vec<Rows<StoredMessage>>,
        key: Key,
        limit: usize,
        read_to: Option<(i64, i64)>,
    ) -> Result<(Page, Option<(i64, i64)>), RecordError> {
        // Beyond the last row of a recording that has more rows, nothing is known.
        let cuts = all.iter().filter(|(_, is_cut)| *is_cut);
        let cut = cuts.filter_map(|(rows, _)| rows.last().map(|last| key.of(last))).chain(read_to).min();
        let mut rows: Vec<StoredMessage> = all.into_iter().flat_map(|(rows, _)| rows).collect();
        rows.retain(|row| cut.is_none_or(|cut| key.of(row) <= cut));
        rows.sort_by_key(|row| key.of(row));
        let kept = self.distinct(&rows)?;
        let mut page = Page { is_cut: cut.is_some(), ..Page::default() };
        for (row, is_kept) in rows.into_iter().zip(kept) {
            if !is_kept {
                continue;
            }
            if page.is_full(limit) {
                page.is_cut = true;
                break;
            }
            page.push_message(row.place, row.message, &row.payload);
        }
        Ok((page, cut))
    }

    /// Which messages are kept, so that each broadcast appears once: the one with the best certainty, of the first recording.
    pub(super) fn distinct(&self, rows: &[StoredMessage]) -> Result<Vec<bool>, RecordError> {
        let mut kept = vec![true; rows.len()];
        if !self.catalog.has_several() {
            return Ok(kept);
        }
        let mut groups: BTreeMap<(i64, i64), Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            groups.entry((row.channel, row.place.epoch)).or_default().push(index);
        }
        for ((channel, epoch), group) in groups {
            let parts = self.parts(channel, epoch);
            if parts.len() < 2 {
                continue;
            }
            let numbers = || group.iter().filter_map(|index| rows[*index].message.sequence.number());
            let times = || group.iter().map(|index| rows[*index].message.at);
            let mut best: HashMap<u64, (i16, usize)> = HashMap::new();
            if let (Some(low), Some(high), Some(first), Some(last)) =
                (numbers().min(), numbers().max(), times().min(), times().max())
            {
                let near = (first.saturating_sub(MAX_CLOCK_DIFFERENCE), last.saturating_add(MAX_CLOCK_DIFFERENCE));
                for part in &parts {
                    for (number, certainty) in self.certainties(*part, columns((low, high)), near)? {
                        let rank = (certainty, part.recording);
                        best.entry(number).and_modify(|best| *best = rank.min(*best)).or_insert(rank);
                    }
                }
            }
            let unnumbered = group.iter().map(|index| &rows[*index]);
            let unnumbered = unnumbered.filter(|row| row.message.sequence.number().is_none());
            let copies = self.copies(&parts, unnumbered.collect())?;
            for index in group {
                let row = &rows[index];
                kept[index] = if let Some(number) = row.message.sequence.number() {
                    best.get(&number).is_none_or(|(_, recording)| *recording == row.recording)
                } else {
                    let mut is_alone = !copies.contains(&row.place.id);
                    for part in parts.iter().filter(|part| part.recording < row.recording) {
                        is_alone = is_alone && !self.has_uncounted(*part, row)?;
                    }
                    is_alone
                };
            }
        }
        Ok(kept)
    }

    /// The id after which the rows of a recording follow a cursor, if they have the same time or number.
    fn after(cursor: Cursor, recording: usize) -> i64 {
        let (last, own) = Catalog::own_id(cursor.id);
        match recording.cmp(&last) {
            std::cmp::Ordering::Less => i64::MAX,
            std::cmp::Ordering::Equal => own,
            std::cmp::Ordering::Greater => -1,
        }
    }

    /// Messages by time. The time that is read at once depends on how many messages there are, so that a page does not sort a
    /// whole day.
    fn by_time(
        &self,
        mut after: Cursor,
        to: i64,
        (channel, epoch): (Option<i64>, Option<i64>),
        limit: usize,
    ) -> Result<Page, RecordError> {
        let Some((first_day, last_day)) = self.catalog.days else { return Ok(Page::default()) };
        let end = to.min(last_day);
        if after.key < first_day {
            after = Cursor { key: first_day, id: 0 };
        }
        let mut length = self.page_micros.get();
        let mut all: Vec<Rows<StoredMessage>> = Vec::new();
        while after.key <= end {
            // Times that the store cannot represent are all the same one.
            let until = if after.key < FIRST_TIME { FIRST_TIME - 1 } else { after.key.saturating_add(length) };
            let until = until.min(end);
            let mut is_full = false;
            for recording in self.recordings() {
                let Some(own) = self.own_part(recording, channel, epoch) else { continue };
                let times = (after.key, Self::after(after, recording), until);
                let rows = self.messages_between(recording, times, own, limit.saturating_add(1))?;
                is_full |= rows.1;
                all.push(rows);
            }
            let count: usize = all.iter().map(|(rows, _)| rows.len()).sum();
            if is_full || count > limit {
                let read_to = (until < end).then_some((until, i64::MAX));
                let (page, cut) = self.page(std::mem::take(&mut all), Key::Time, limit, read_to)?;
                if let (Some(first), Some(last)) = (page.interval.entries().first(), page.interval.entries().last()) {
                    let length = last.at().saturating_sub(first.at());
                    self.page_micros.set(length.saturating_mul(2).clamp(1000, i64::MAX / 2));
                    return Ok(page);
                }
                // All of them were messages that another recording has at another time.
                let Some((key, id)) = cut else { return Ok(page) };
                after = Cursor { key, id };
                continue;
            }
            after = Cursor { key: until.saturating_add(1), id: 0 };
            length = length.saturating_mul(GROWTH);
        }
        self.page_micros.set(FIRST_PAGE_MICROS);
        Ok(self.page(all, Key::Time, limit, None)?.0)
    }

    /// The id of a channel and epoch in a recording. `None` if the recording does not have them.
    fn own_part(
        &self,
        recording: usize,
        channel: Option<i64>,
        epoch: Option<i64>,
    ) -> Option<(Option<i64>, Option<i64>)> {
        let Some(channel) = channel else { return Some((None, epoch)) };
        let parts = &self.catalog.channel(channel)?.parts;
        let mut own = parts.iter().filter(|part| part.recording == recording);
        match epoch {
            None => own.next().map(|part| (Some(part.channel), None)),
            Some(epoch) => {
                own.find(|part| part.broadcast_epoch == epoch).map(|part| (Some(part.channel), Some(part.epoch)))
            }
        }
    }

    /// Messages by number.
    fn by_number(
        &self,
        (channel, epoch): (i64, i64),
        mut after: Cursor,
        to: i64,
        limit: usize,
    ) -> Result<Page, RecordError> {
        let parts = self.parts(channel, epoch);
        loop {
            let mut all = Vec::new();
            for part in &parts {
                let numbers = (after.key, Self::after(after, part.recording), to);
                all.push(self.messages_numbered(*part, numbers, limit)?);
            }
            let (page, cut) = self.page(all, Key::Number, limit, None)?;
            match cut {
                Some((key, id)) if page.places.is_empty() => after = Cursor { key, id },
                _ => return Ok(page),
            }
        }
    }

    /// Findings that are to be reported: each once, and gaps only where no recording has the messages.
    fn distinct_findings(&self, all: Vec<StoredFinding>) -> Result<Vec<(Place, Entry)>, RecordError> {
        let mut found = Vec::new();
        for stored in all {
            let numbers = stored.finding.sequence_from.zip(stored.finding.sequence_to);
            match numbers.filter(|_| self.catalog.has_several() && stored.finding.kind.is_gap()) {
                Some(range) => {
                    let rest = self.rest_of_gap(&stored, range)?;
                    found.extend(rest.into_iter().map(|finding| (stored.place, finding.into())));
                }
                None if self.catalog.has_several() && self.is_reported(&stored)? => {}
                None => found.push((stored.place, stored.finding.into())),
            }
        }
        Ok(found)
    }

    /// The gaps of a part, and findings of uncounted messages if they are included.
    pub(super) fn gaps_of(
        &self,
        part: Part,
        (from, to): (i64, i64),
        all: bool,
    ) -> Result<Vec<StoredFinding>, RecordError> {
        let uncounted = if all { ", 'received_not_counted'" } else { "" };
        let condition = format!(
            "f.channel = $2 AND f.epoch = $3 AND f.sequence_to >= $4 AND f.sequence_from <= $5 AND f.kind IN ({}{uncounted})
             ORDER BY f.id",
            codes::gap_kinds()
        );
        let recording = &self.catalog.recordings[part.recording];
        self.findings_of(part.recording, &condition, &[recording, &part.channel, &part.epoch, &from, &to])
    }

    /// Whether an earlier recording has the same finding.
    fn is_reported(&self, stored: &StoredFinding) -> Result<bool, RecordError> {
        let finding = &stored.finding;
        // Each epoch starts with one reset. The recorders may have read the counter at other times.
        let is_reset = finding.kind == FindingKind::CounterReset;
        let expectation = CauseColumns::from(&finding.cause).expectation;
        let (low, high) = (finding.sequence_from.map(u64::cast_signed), finding.sequence_to.map(u64::cast_signed));
        let (first, last) = (
            Micros(finding.at.saturating_sub(MAX_TIME_DIFFERENCE)),
            Micros(finding.at.saturating_add(MAX_TIME_DIFFERENCE)),
        );
        let sql = "SELECT EXISTS (SELECT 1 FROM aircheck.finding WHERE recording = $1 AND channel = $2 AND epoch = $3
            AND kind = $4 AND ($5 OR (at BETWEEN $6 AND $7 AND sequence_from IS NOT DISTINCT FROM $8
                AND sequence_to IS NOT DISTINCT FROM $9 AND expectation IS NOT DISTINCT FROM $10)))";
        let parts = self.catalog.parts(stored.channel, stored.place.epoch);
        for part in parts.filter(|part| part.recording < stored.recording) {
            let recording = &self.catalog.recordings[part.recording];
            let kind = finding.kind.name();
            let params: Params<'_> =
                &[recording, &part.channel, &part.epoch, &kind, &is_reset, &first, &last, &low, &high, &expectation];
            let rows = self.query(sql, params)?;
            if rows.first().map_or(Ok(false), |row| column(row, 0))? || self.has_uncounted_finding(part, stored)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl RecordingBackend for StoreBackend {
    fn begin_snapshot(&self) -> Result<(), RecordError> {
        self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn end_snapshot(&self) {
        // If it fails, so will the next query, which reports it.
        let _ = self.execute("ROLLBACK");
    }

    fn totals(&self) -> Result<Overview, RecordError> {
        let sql = "SELECT sum(r.messages)::bigint, sum(r.payload_bytes)::bigint, sum(r.rejected)::bigint,
                sum(r.findings)::bigint, sum(r.not_recorded)::bigint, sum(r.deleted)::bigint, max(r.deleted_to_unix_micros),
                coalesce(max(s.through_id), 0)
            FROM aircheck.recording r LEFT JOIN aircheck.shipped s ON s.recording = r.recording
            WHERE r.recording = ANY ($1)";
        let rows = self.query(sql, &[&self.catalog.recordings])?;
        let Some(row) = rows.first() else { return Err(RecordError::of_store("the store has no recordings")) };
        let count = |index| Ok(number(row, index)?.unwrap_or_default());
        let end = |way| -> Result<Option<(i64, i64)>, RecordError> {
            let mut ends = Vec::new();
            for recording in self.recordings() {
                let bound = if way == Direction::Forward { -1 } else { i64::MAX };
                let (rows, _) = self.stream_messages(recording, way, bound, 1)?;
                ends.extend(rows.first().map(|row| (row.message.at, row.place.id)));
            }
            let end = if way == Direction::Forward { ends.into_iter().min() } else { ends.into_iter().max() };
            Ok(end.map(|(at, id)| (id, at)))
        };
        let last_recording = self.catalog.recordings.len().saturating_sub(1);
        Ok(Overview {
            source: self.catalog.source.clone(),
            messages: count(0)?,
            payload_bytes: count(1)?,
            rejected: count(2)?,
            findings: count(3)?,
            not_recorded: count(4)?,
            deleted: count(5)?,
            deleted_to: column(row, 6)?,
            first: end(Direction::Forward)?,
            last: end(Direction::Backward)?,
            next_id: Catalog::place(last_recording, column::<i64>(row, 7)?.saturating_add(1)),
        })
    }

    fn channel(&self, name: &Channel) -> Result<Option<ChannelRow>, RecordError> {
        let known = self.catalog.channels.iter().find(|known| known.row.summary.channel == *name);
        Ok(known.map(|known| known.row.clone()))
    }

    fn channels(&self) -> Result<Vec<ChannelRow>, RecordError> {
        Ok(self.catalog.channels.iter().map(|channel| channel.row.clone()).collect())
    }

    fn sessions(&self) -> Result<Vec<RecordingSession>, RecordError> {
        let sql =
            "SELECT id, started_unix_micros, last_unix_micros, ended_unix_micros, coalesce(ended, '') = 'clean', host,
                version, target, profile
            FROM aircheck.session WHERE recording = $1 ORDER BY id";
        let mut sessions = Vec::new();
        for recording in self.recordings() {
            for row in &self.query(sql, &[&self.catalog.recordings[recording]])? {
                sessions.push(RecordingSession {
                    id: Catalog::place(recording, column(row, 0)?),
                    started_at: column(row, 1)?,
                    last_at: column(row, 2)?,
                    ended_at: column(row, 3)?,
                    is_clean: column(row, 4)?,
                    host: column(row, 5)?,
                    version: column(row, 6)?,
                    target: column(row, 7)?,
                    profile: column(row, 8)?,
                });
            }
        }
        Ok(sessions)
    }

    /// Whether a recorder is shipping: a session has not ended, and rows arrived a short time ago.
    fn is_being_written(&self) -> Result<bool, RecordError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM aircheck.session s JOIN aircheck.shipped p ON p.recording = s.recording
            WHERE s.recording = ANY ($1) AND s.ended IS NULL AND p.shipped_at > now() - interval '1 minute')";
        let rows = self.query(sql, &[&self.catalog.recordings])?;
        rows.first().map_or(Ok(false), |row| column(row, 0))
    }

    fn messages(&self, query: &MessageQuery, limit: usize) -> Result<Page, RecordError> {
        match *query {
            MessageQuery::Stream(way, from) => {
                let mut is_cut = false;
                let rows = self.stream(way, from, limit, |recording, bound| {
                    let (rows, has_more) = self.stream_messages(recording, way, bound, limit)?;
                    is_cut |= has_more;
                    Ok(rows)
                })?;
                let mut page = Page { is_cut, ..Page::default() };
                for row in rows {
                    if page.is_full(limit) {
                        page.is_cut = true;
                        break;
                    }
                    page.push_message(row.place, row.message, &row.payload);
                }
                Ok(page)
            }
            MessageQuery::Time { after, to, channel, epoch } => self.by_time(after, to, (channel, epoch), limit),
            MessageQuery::Sequence { channel, epoch, after, to } => self.by_number((channel, epoch), after, to, limit),
            MessageQuery::Range { channel, epoch, from, to } => {
                let parts = self.parts(channel, epoch);
                let all = parts.iter().map(|part| self.messages_ranged(*part, (from, to), -1, limit));
                let all = all.collect::<Result<Vec<_>, _>>()?;
                Ok(self.page(all, Key::Id, limit, None)?.0)
            }
        }
    }

    fn findings(&self, query: &FindingQuery, limit: usize) -> Result<Page, RecordError> {
        let recordings = &self.catalog.recordings;
        let count = one_more(limit);
        let found: Vec<(Place, Entry)> = match *query {
            FindingQuery::Stream(way, from) => {
                let (compare, order) = way.sql();
                let condition = format!("f.id {compare} $2 ORDER BY f.id {order} LIMIT $3");
                self.stream(way, from, limit, |recording, bound| {
                    self.findings_of(recording, &condition, &[&recordings[recording], &bound, &count])
                })
                .map(entries)?
            }
            FindingQuery::Time(from, to) => {
                let condition = "f.at BETWEEN $2 AND $3 ORDER BY f.at, f.at_unix_micros, f.id LIMIT $4";
                let (from, to) = (Micros(from), Micros(to));
                let mut all = Vec::new();
                for recording in self.recordings() {
                    let params: Params<'_> = &[&recordings[recording], &from, &to, &count];
                    all.append(&mut self.findings_of(recording, condition, params)?);
                }
                all.sort_by_key(|stored| (stored.finding.at, stored.place.id));
                self.distinct_findings(all)?
            }
            FindingQuery::Id(id) => {
                let (recording, own) = Catalog::own_id(id);
                match recordings.get(recording) {
                    Some(known) => entries(self.findings_of(recording, "f.id = $2", &[known, &own])?),
                    None => Vec::new(),
                }
            }
            FindingQuery::Reset { channel, epoch } => {
                let condition = "f.channel = $2 AND f.epoch = $3 AND f.kind = 'counter_reset' ORDER BY f.id";
                let all = self.parts(channel, epoch).into_iter().map(|part| {
                    let recording = &recordings[part.recording];
                    self.findings_of(part.recording, condition, &[recording, &part.channel, &part.epoch])
                });
                entries(all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
            }
            FindingQuery::Gaps { channel, epoch, from, to } => {
                let parts = self.parts(channel, epoch);
                let all = parts.iter().map(|part| self.gaps_of(*part, (from, to), true));
                entries(all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
            }
        };
        let mut page = Page { is_cut: found.len() > limit, ..Page::default() };
        for (place, entry) in found.into_iter().take(limit) {
            page.push(place, entry);
        }
        Ok(page)
    }

    fn counters_and_links(&self, way: Direction, from: i64, limit: usize) -> Result<Vec<(Place, Entry)>, RecordError> {
        let mut found =
            self.stream(way, from, limit, |recording, bound| self.counters_of(recording, way, bound, limit))?;
        found.append(&mut self.stream(way, from, limit, |recording, bound| {
            self.links_of(recording, (way, bound), false, one_more(limit))
        })?);
        Ok(found)
    }

    fn link_before(&self, before: i64) -> Result<Option<Entry>, RecordError> {
        let way = Direction::Backward;
        let links = self.stream(way, before, 0, |recording, bound| self.links_of(recording, (way, bound), true, 1))?;
        Ok(links.into_iter().next().map(|(_, link)| link))
    }

    fn holes(&self, from: i64, to: i64) -> Result<Vec<Hole>, RecordError> {
        let (first, last) = (Catalog::own_id(from), Catalog::own_id(to));
        let mut found = Vec::new();
        for recording in self.recordings().filter(|recording| (first.0..=last.0).contains(recording)) {
            let low = if recording == first.0 { first.1 } else { 0 };
            let high = if recording == last.0 { last.1 } else { i64::MAX };
            found.append(&mut self.holes_of(recording, (low, high))?);
        }
        if !self.catalog.has_several() || from == to {
            return Ok(found);
        }
        found.into_iter().filter_map(|hole| self.rest_of_hole(hole).transpose()).collect()
    }

    fn hole_ranges(&self, channel: i64, epoch: i64, numbers: (u64, u64)) -> Result<Vec<(u64, u64, i64)>, RecordError> {
        let mut found = Vec::new();
        for part in self.catalog.parts(channel, epoch) {
            found.append(&mut self.hole_ranges_of(part, columns(numbers))?);
        }
        Ok(found)
    }

    fn numbers(
        &self,
        channel: i64,
        epoch: i64,
        numbers: (u64, u64),
        limit: usize,
    ) -> Result<Vec<(u64, u64)>, RecordError> {
        let parts = self.parts(channel, epoch);
        if let [part] = parts[..] {
            return self.numbers_of(part, columns(numbers), i64::try_from(limit).unwrap_or(i64::MAX));
        }
        let mut all = Vec::new();
        for part in parts {
            all.append(&mut self.numbers_of(part, columns(numbers), i64::MAX)?);
        }
        all.sort_unstable();
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for (low, high) in all {
            match ranges.last_mut() {
                Some((_, last)) if low <= last.saturating_add(1) => *last = high.max(*last),
                _ => ranges.push((low, high)),
            }
        }
        ranges.truncate(limit);
        Ok(ranges)
    }

    fn numbered(
        &self,
        channel: i64,
        epoch: i64,
        number: u64,
        way: Direction,
    ) -> Result<Option<NumberedMessage>, RecordError> {
        let mut found = Vec::new();
        for part in self.catalog.parts(channel, epoch) {
            found.extend(self.numbered_of(part, columns((number, number)).0, way)?);
        }
        Ok(match way {
            Direction::Forward => found.into_iter().min_by_key(|message| (message.number.cast_signed(), message.id)),
            Direction::Backward => found.into_iter().min_by_key(|message| (!message.number.cast_signed(), message.id)),
        })
    }

    fn has_epoch(&self, channel: i64, epoch: i64, numbers: (u64, u64)) -> Result<bool, RecordError> {
        for part in self.catalog.parts(channel, epoch) {
            if self.has_numbers(part, columns(numbers))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn nearest(&self, at: i64) -> Result<Option<i64>, RecordError> {
        let Some((first_day, last_day)) = self.catalog.days else { return Ok(None) };
        let sql = |compare: &str, order: &str| {
            format!(
                "SELECT id, at FROM aircheck.message WHERE recording = $1 AND at {compare} $2 AND at BETWEEN $3 AND $4
                 ORDER BY at {order}, id {order} LIMIT 1"
            )
        };
        let mut best: Option<(u64, i64)> = None;
        for recording in self.recordings() {
            for (way, sql) in [(Direction::Backward, sql("<=", "DESC")), (Direction::Forward, sql(">", "ASC"))] {
                let mut reach = FIRST_PAGE_MICROS;
                loop {
                    let (low, high) = match way {
                        Direction::Backward => (at.saturating_sub(reach), at),
                        Direction::Forward => (at, at.saturating_add(reach)),
                    };
                    let params: Params<'_> =
                        &[&self.catalog.recordings[recording], &Micros(at), &Micros(low), &Micros(high)];
                    if let Some(row) = self.query(&sql, params)?.first() {
                        let id = Catalog::place(recording, column(row, 0)?);
                        let distance = column::<Micros>(row, 1)?.0.abs_diff(at);
                        if best.is_none_or(|(known, _)| distance < known) {
                            best = Some((distance, id));
                        }
                        break;
                    }
                    let is_end = if way == Direction::Backward { low <= first_day } else { high >= last_day };
                    if is_end {
                        break;
                    }
                    reach = reach.saturating_mul(GROWTH);
                }
            }
        }
        Ok(best.map(|(_, id)| id))
    }
}

fn entries(all: Vec<StoredFinding>) -> Vec<(Place, Entry)> {
    all.into_iter().map(|stored| (stored.place, stored.finding.into())).collect()
}
