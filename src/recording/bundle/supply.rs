//! Messages of the gap that other recordings have, and the finding of a gap that a merge filled.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::copy::Layout;
use super::focus::NumberRange;
use super::window::Window;
use crate::ledger::finding::Finding;
use crate::ledger::interval::Entry;
use crate::recording::backfill::{self, BackfillAnswer, EpochMatch, GapQuery, SearchedRecording};
use crate::recording::codes::NameColumn;
use crate::recording::file::{RecordError, shown};
use crate::recording::insert::{self, RowIds};
use crate::recording::reader::{RecordingReader, RecordingSession};

/// The maximum number of messages that one recording supplies.
const MAX_SUPPLIED: usize = 10_000;
/// The number of messages next to the gap that are compared to find out whether two recordings have the same counter.
const COMPARED: u64 = 20;

/// What other recordings have of the gap.
#[derive(Debug, Default)]
pub(super) struct Supply {
    /// The recordings that were searched, those that supply messages first.
    pub(super) searched: Vec<Searched>,
    /// The messages, with the index of their recording and their index in its answer, in the order of their numbers.
    order: Vec<(usize, usize)>,
}

/// A recording that was searched.
#[derive(Debug)]
pub(super) struct Searched {
    /// The file name, escaped.
    pub(super) file: String,
    pub(super) result: SearchResult,
}

#[derive(Debug)]
pub(super) enum SearchResult {
    /// It has messages that no recording before it has.
    Supplies(Box<Supplies>),
    /// It has no more.
    NothingMore,
    /// It cannot be used. The reason is escaped.
    Skipped(String),
}

#[derive(Debug)]
pub(super) struct Supplies {
    file: PathBuf,
    pub(super) answer: BackfillAnswer,
    /// The session that recorded the first of them, and its clock offset.
    session: Option<(RecordingSession, Option<i64>)>,
}

impl Supplies {
    /// Whether both recordings have the same messages next to the gap.
    pub(super) fn is_proven(&self) -> bool {
        self.answer.matched == EpochMatch::Same
    }
}

impl Supply {
    /// Searches the other recordings for the messages that the recording lacks.
    pub(super) fn search(reader: &RecordingReader, window: &Window, others: &[PathBuf]) -> Result<Self, RecordError> {
        let Some(numbers) = window.focus.numbers.as_ref().filter(|_| !others.is_empty()) else {
            return Ok(Self::default());
        };
        let query = query(reader, numbers, window.focus.to)?;
        let own = backfill::answer(reader, &query, (numbers.epoch, EpochMatch::Same), MAX_SUPPLIED)?;
        let mut supply = Self::default();
        for SearchedRecording { file, answer } in backfill::search(others, &query, Some(own), MAX_SUPPLIED) {
            let result = match answer {
                Err(error) => SearchResult::Skipped(error.to_string()),
                Ok(answer) if answer.is_empty() => SearchResult::NothingMore,
                Ok(answer) => {
                    let session = session_of(&file, &answer)?;
                    SearchResult::Supplies(Box::new(Supplies { file: file.clone(), answer, session }))
                }
            };
            supply.searched.push(Searched { file: shown(&file), result });
        }
        supply.sort();
        Ok(supply)
    }

    fn sort(&mut self) {
        for (index, searched) in self.searched.iter().enumerate() {
            let SearchResult::Supplies(supplies) = &searched.result else { continue };
            self.order.extend((0..supplies.answer.messages.entries().len()).map(|entry| (index, entry)));
        }
        let searched = &self.searched;
        self.order.sort_by_key(|(index, entry)| match &searched[*index].result {
            SearchResult::Supplies(supplies) => match supplies.answer.messages.entries().get(*entry) {
                Some(Entry::Message(message)) => message.sequence.number().unwrap_or(u64::MAX),
                _ => u64::MAX,
            },
            SearchResult::NothingMore | SearchResult::Skipped(_) => u64::MAX,
        });
    }

    /// How many messages are supplied.
    pub(super) fn messages(&self) -> usize {
        self.order.len()
    }

    /// How many messages without an exact number are supplied: they may be the missed ones.
    pub(super) fn maybe(&self) -> u64 {
        let maybe = self.searched.iter().map(|searched| match &searched.result {
            SearchResult::Supplies(supplies) => supplies.answer.maybe,
            SearchResult::NothingMore | SearchResult::Skipped(_) => 0,
        });
        maybe.sum()
    }

    /// How many messages were found, but are not supplied because of the size limit.
    pub(super) fn left_out(&self) -> u64 {
        let found = self.searched.iter().map(|searched| match &searched.result {
            SearchResult::Supplies(supplies) => {
                let found = supplies.answer.found.iter().map(|(from, to)| to - from + 1).sum::<u64>();
                (found + supplies.answer.maybe).saturating_sub(supplies.answer.messages.messages() as u64)
            }
            SearchResult::NothingMore | SearchResult::Skipped(_) => 0,
        });
        found.sum()
    }

    /// Writes the messages to the new file.
    pub(super) fn write(&self, connection: &Connection, window: &Window, layout: &Layout) -> rusqlite::Result<()> {
        let Some(numbers) = window.focus.numbers.as_ref().filter(|_| !self.order.is_empty()) else { return Ok(()) };
        let channel = channel_id(connection, numbers)?;
        let sessions = self.write_sessions(connection)?;
        let mut clock =
            connection.prepare("INSERT OR REPLACE INTO main.clock (id, session, offset_micros) VALUES (?, ?, ?)")?;
        let mut last_clock = None;
        for (id, (index, entry)) in (layout.split..).zip(&self.order) {
            let SearchResult::Supplies(supplies) = &self.searched[*index].result else { continue };
            let interval = &supplies.answer.messages;
            let Some(Entry::Message(message)) = interval.entries().get(*entry) else { continue };
            let session = sessions[*index];
            if last_clock != Some(session)
                && let Some((_, Some(offset))) = &supplies.session
            {
                clock.execute([id, session, *offset])?;
                last_clock = Some(session);
            }
            insert::message(connection, RowIds { id, session, channel, epoch: numbers.epoch }, interval, message)?;
        }
        // The rows after them have the clock of the recording again.
        let before = "SELECT session, offset_micros FROM main.clock WHERE id < ? ORDER BY id DESC LIMIT 1";
        let before: Option<(i64, i64)> =
            connection.query_row(before, [layout.split], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if let Some((session, offset)) = before {
            connection.execute(
                "INSERT OR IGNORE INTO main.clock (id, session, offset_micros) VALUES (?, ?, ?)",
                [layout.split.saturating_add(layout.supplied), session, offset],
            )?;
        }
        Ok(())
    }

    /// Writes a session for each recording that supplies messages. Returns their ids, by the index of the recording.
    fn write_sessions(&self, connection: &Connection) -> rusqlite::Result<Vec<i64>> {
        let highest = "SELECT coalesce(max(id), 0) FROM main.session";
        let mut next: i64 = connection.query_row(highest, [], |row| row.get(0))?;
        let mut ids = Vec::new();
        for searched in &self.searched {
            next += 1;
            ids.push(next);
            let SearchResult::Supplies(supplies) = &searched.result else { continue };
            let unknown = || RecordingSession {
                id: 0,
                started_at: 0,
                last_at: 0,
                ended_at: None,
                is_clean: true,
                host: String::new(),
                version: String::new(),
                target: String::new(),
                profile: String::new(),
            };
            let session = supplies.session.as_ref().map_or_else(unknown, |(session, _)| session.clone());
            connection.execute(
                "INSERT INTO main.session (id, started_unix_micros, last_unix_micros, ended_unix_micros, ended, host, version,
                    target, profile)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    next,
                    session.started_at,
                    session.last_at,
                    session.ended_at,
                    session.ended_at.map(|_| if session.is_clean { "clean" } else { "killed" }),
                    session.host,
                    session.version,
                    session.target,
                    session.profile
                ],
            )?;
            connection.execute(
                "INSERT INTO main.supplied (session, file, source, is_proven) VALUES (?, ?, ?, ?)",
                params![next, supplies.file.to_string_lossy(), supplies.answer.source, supplies.is_proven()],
            )?;
        }
        Ok(ids)
    }
}

/// What to look for, with the messages next to the numbers and some of those that the recording has.
fn query(reader: &RecordingReader, numbers: &NumberRange, at: i64) -> Result<GapQuery, RecordError> {
    let (from, to) = numbers.range;
    let mut neighbours = Vec::new();
    for range in [
        (from.saturating_sub(COMPARED), from.saturating_sub(1)),
        (from, to),
        (to.saturating_add(1), to.saturating_add(COMPARED)),
    ] {
        let limit = usize::try_from(COMPARED).unwrap_or(1);
        let (page, _) = reader.by_sequence(&numbers.channel, numbers.epoch, range, None, limit)?;
        for entry in page.interval.entries() {
            if let Entry::Message(message) = entry
                && let Some(number) = message.sequence.number()
            {
                neighbours.push((number, page.interval.payload(message).to_vec()));
            }
        }
    }
    Ok(GapQuery { channel: numbers.channel.clone(), range: numbers.range, at, neighbours })
}

/// The session of a recording that recorded the first of the messages, and its clock offset.
fn session_of(file: &Path, answer: &BackfillAnswer) -> Result<Option<(RecordingSession, Option<i64>)>, RecordError> {
    let Some(first) = answer.messages.entries().first().map(Entry::at) else { return Ok(None) };
    let reader = RecordingReader::open(file)?;
    let mut sessions = reader.sessions()?;
    let index = sessions.iter().rposition(|session| session.started_at <= first).unwrap_or(0);
    if sessions.is_empty() {
        return Ok(None);
    }
    let session = sessions.swap_remove(index);
    let offset = reader
        .connection()
        .query_row("SELECT offset_micros FROM clock WHERE session = ? ORDER BY id DESC LIMIT 1", [session.id], |row| {
            row.get(0)
        })
        .optional()
        .map_err(|error| RecordError::failed(file, "read", &error))?;
    Ok(Some((session, offset)))
}

/// Writes the finding of a gap that a merge filled, after its messages.
pub(super) fn restore_finding(
    connection: &Connection,
    window: &Window,
    layout: &Layout,
    finding: &Finding,
) -> rusqlite::Result<()> {
    let (Some(id), Some(numbers)) = (layout.finding(window), &window.focus.numbers) else { return Ok(()) };
    let channel = channel_id(connection, numbers)?;
    let ids = RowIds { id, session: window.focus.session, channel, epoch: numbers.epoch };
    // A gap has no first copy.
    insert::finding(connection, ids, None, finding)
}

/// The id of the channel in the new file.
fn channel_id(connection: &Connection, numbers: &NumberRange) -> rusqlite::Result<i64> {
    let name = NameColumn(numbers.channel.as_bytes());
    connection.query_row("SELECT id FROM main.channel WHERE name = ?", [name], |row| row.get(0))
}
