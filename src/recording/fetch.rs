//! Copies a window of time to a new recording.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, params};

use super::bundle::copy::sums;
use super::codes::{CauseColumns, NameColumn};
use super::file::RecordError;
use super::insert::{self, RowIds};
use super::reader::{Hole, Place, RecordingBackend, RecordingReader, RecordingSession, TimeQuery};
use super::schema::MERGE_TABLES;
use super::staged_recording::StagedRecording;
use crate::ledger::finding::Finding;
use crate::ledger::interval::{Entry, Interval, Link, Message};
use crate::ledger::sequence::Channel;

/// How many messages are read at once.
const PAGE_MESSAGES: usize = 1000;

/// What to copy. Times are in microseconds since the epoch.
#[derive(Debug)]
pub struct FetchRequest {
    /// The start and the end, both inclusive.
    pub times: (i64, i64),
    /// Only this channel.
    pub channel: Option<Channel>,
    /// The link changes of this time.
    pub links: Vec<(Place, Entry)>,
    /// The names of the recordings that the sessions belong to. The sessions of a recording follow each other.
    pub recordings: HashMap<i64, String>,
}

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchSummary {
    /// The number of messages.
    pub messages: u64,
    /// The number of findings.
    pub findings: u64,
    /// The number of holes.
    pub holes: u64,
    /// The id of each finding where it was read, and in the new file.
    pub finding_ids: Vec<(i64, i64)>,
}

/// A row other than a message.
enum Other {
    Finding(Place, Box<Finding>),
    Link(Place, Link),
    Hole(Hole),
}

/// Copies the messages, findings, link changes and holes of a time to the new file `out`. The file appears when it is complete.
///
/// # Errors
/// The recording cannot be read, or the new file exists or cannot be written.
pub fn fetch<B: RecordingBackend>(
    reader: &RecordingReader<B>,
    request: FetchRequest,
    out: &Path,
) -> Result<FetchSummary, RecordError> {
    let staged = StagedRecording::new(out, &reader.overview()?.source)?;
    let mut others = others(reader, &request)?.into_iter().peekable();
    let mut writer = Writer::new(out, &staged.connection, reader.sessions()?)?;
    let query = TimeQuery { from: request.times.0, to: request.times.1, channel: request.channel, epoch: None };
    let mut cursor = None;
    loop {
        let (page, next) = reader.by_time(&query, cursor, PAGE_MESSAGES)?;
        for (entry, place) in page.interval.entries().iter().zip(&page.places) {
            let Entry::Message(message) = entry else { continue };
            while let Some((_, other)) = others.next_if(|(at, _)| *at <= message.at) {
                writer.other(&other)?;
            }
            writer.message(*place, &page.interval, message)?;
        }
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    for (_, other) in others {
        writer.other(&other)?;
    }
    let summary = writer.finish(request.times.1, &request.recordings)?;
    staged.finish(out)?;
    Ok(summary)
}

/// The rows other than messages, sorted by time.
fn others<B: RecordingBackend>(
    reader: &RecordingReader<B>,
    request: &FetchRequest,
) -> Result<Vec<(i64, Other)>, RecordError> {
    let (from, to) = request.times;
    let is_copied = |channel: &Channel| request.channel.as_ref().is_none_or(|wanted| wanted == channel);
    let mut others = Vec::new();
    let found = reader.findings(from, to, usize::MAX)?;
    for (entry, place) in found.interval.entries().iter().zip(&found.places) {
        if let Entry::Finding(finding) = entry
            && is_copied(&finding.channel)
        {
            others.push((finding.at, Other::Finding(*place, finding.clone())));
        }
    }
    for (place, entry) in &request.links {
        if let Entry::Link(link) = entry
            && link.channel.as_ref().is_none_or(is_copied)
        {
            others.push((link.at, Other::Link(*place, link.clone())));
        }
    }
    for hole in reader.holes(0, i64::MAX)? {
        let is_of_channel = hole.ranges.is_empty() || hole.ranges.iter().any(|range| is_copied(&range.channel));
        if hole.from_at <= to && hole.to_at >= from && is_of_channel {
            others.push((hole.to_at, Other::Hole(hole)));
        }
    }
    others.sort_by_key(|(at, _)| *at);
    Ok(others)
}

/// Writes the new file.
struct Writer<'a> {
    out: &'a Path,
    connection: &'a Connection,
    sessions: Vec<RecordingSession>,
    /// The ids in the new file.
    channels: HashMap<Channel, i64>,
    /// The sessions that have rows.
    used: Vec<bool>,
    next_id: i64,
    summary: FetchSummary,
}

impl<'a> Writer<'a> {
    fn new(out: &'a Path, connection: &'a Connection, sessions: Vec<RecordingSession>) -> Result<Self, RecordError> {
        let used = vec![false; sessions.len()];
        let channels = HashMap::new();
        let writer = Self { out, connection, sessions, channels, used, next_id: 1, summary: FetchSummary::default() };
        writer.failed(connection.execute_batch(MERGE_TABLES).and_then(|()| connection.execute_batch("BEGIN")))?;
        Ok(writer)
    }

    fn failed<T>(&self, result: rusqlite::Result<T>) -> Result<T, RecordError> {
        result.map_err(|error| RecordError::failed(self.out, "write", &error))
    }

    fn place(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// The id of a session in the new file: its position among all sessions.
    fn session(&mut self, session: i64) -> i64 {
        let index = self.sessions.iter().position(|known| known.id == session).unwrap_or_default();
        if let Some(used) = self.used.get_mut(index) {
            *used = true;
        }
        i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1)
    }

    fn channel(&mut self, channel: &Channel) -> rusqlite::Result<i64> {
        if let Some(id) = self.channels.get(channel) {
            return Ok(*id);
        }
        let insert = "INSERT INTO main.channel (name, epoch, messages, rejected) VALUES (?, 1, 0, 0)";
        self.connection.prepare_cached(insert)?.execute([NameColumn(channel.as_bytes())])?;
        let id = self.connection.last_insert_rowid();
        self.channels.insert(channel.clone(), id);
        Ok(id)
    }

    fn message(&mut self, place: Place, interval: &Interval, message: &Message) -> Result<(), RecordError> {
        let written = self.try_message(place, interval, message);
        self.failed(written)
    }

    fn try_message(&mut self, place: Place, interval: &Interval, message: &Message) -> rusqlite::Result<()> {
        let (id, session) = (self.place(), self.session(place.session));
        let channel = self.channel(interval.channel(message))?;
        insert::message(self.connection, RowIds { id, session, channel, epoch: place.epoch }, interval, message)?;
        self.summary.messages += 1;
        Ok(())
    }

    fn other(&mut self, other: &Other) -> Result<(), RecordError> {
        let written = match other {
            Other::Finding(place, finding) => self.finding(*place, finding),
            Other::Link(place, link) => self.link(*place, link),
            Other::Hole(hole) => self.hole(hole),
        };
        self.failed(written)
    }

    fn finding(&mut self, place: Place, finding: &Finding) -> rusqlite::Result<()> {
        let (id, session) = (self.place(), self.session(place.session));
        let channel = self.channel(&finding.channel)?;
        let cause = CauseColumns::from(&finding.cause);
        let first_channel = cause.first_channel.map(|first| self.channel(first)).transpose()?;
        let ids = RowIds { id, session, channel, epoch: place.epoch };
        insert::finding(self.connection, ids, first_channel, finding)?;
        self.summary.findings += 1;
        self.summary.finding_ids.push((place.id, id));
        Ok(())
    }

    fn link(&mut self, place: Place, link: &Link) -> rusqlite::Result<()> {
        let (id, session) = (self.place(), self.session(place.session));
        let channel = link.channel.as_ref().map(|channel| self.channel(channel)).transpose()?;
        let server = link.server.as_deref();
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO main.link (id, session, at_unix_micros, state, reason, channel, server_version, server_role, server_mode)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(params![
            id,
            session,
            link.at,
            link.state.name(),
            link.reason.as_deref(),
            channel,
            server.map(|server| &server.version),
            server.map(|server| &server.role),
            server.map(|server| &server.mode)
        ])?;
        Ok(())
    }

    fn hole(&mut self, hole: &Hole) -> rusqlite::Result<()> {
        let (id, session) = (self.place(), self.session(hole.session));
        let messages = hole.messages.map(u64::cast_signed);
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO main.hole (id, session, kind, from_unix_micros, to_unix_micros, messages, reason)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?;
        insert.execute(params![id, session, hole.kind, hole.from_at, hole.to_at, messages, hole.reason])?;
        for range in &hole.ranges {
            let channel = self.channel(&range.channel)?;
            let (low, high) = range.numbers.map(|(low, high)| (low.cast_signed(), high.cast_signed())).unzip();
            let mut insert = self.connection.prepare_cached(
                "INSERT INTO main.hole_range (hole, channel, epoch, sequence_from, sequence_to, messages)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )?;
            insert.execute(params![id, channel, range.epoch, low, high, range.messages.cast_signed()])?;
        }
        self.summary.holes += 1;
        Ok(())
    }

    /// Writes the sessions, and the totals.
    fn finish(self, to: i64, recordings: &HashMap<i64, String>) -> Result<FetchSummary, RecordError> {
        let written = self.try_finish(to, recordings);
        self.failed(written)?;
        Ok(self.summary)
    }

    fn try_finish(&self, to: i64, recordings: &HashMap<i64, String>) -> rusqlite::Result<()> {
        let mut recording = None;
        for ((id, session), is_used) in (1_i64..).zip(&self.sessions).zip(&self.used) {
            if !is_used {
                continue;
            }
            let ended = session.ended_at.map(|_| if session.is_clean { "clean" } else { "killed" });
            self.connection.execute(
                "INSERT INTO main.session (id, started_unix_micros, last_unix_micros, ended_unix_micros, ended, host, version,
                    target, profile)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    id,
                    session.started_at,
                    session.last_at,
                    session.ended_at,
                    ended,
                    session.host,
                    session.version,
                    session.target,
                    session.profile
                ],
            )?;
            let name = recordings.get(&session.id);
            if name != recording {
                self.connection.execute(
                    "INSERT INTO main.recording (first_session, file, source, messages, messages_taken)
                     SELECT ?, ?, source, 0, 0 FROM main.total",
                    params![id, name],
                )?;
                recording = name;
            }
        }
        self.connection.execute(
            "UPDATE main.recording SET (messages, messages_taken) = (SELECT count(*), count(*) FROM main.message m
                WHERE m.session >= recording.first_session AND m.session < coalesce(
                    (SELECT min(n.first_session) FROM main.recording n WHERE n.first_session > recording.first_session),
                    9223372036854775807))",
            [],
        )?;
        sums(self.connection, to, self.next_id)?;
        self.connection.execute_batch("COMMIT")
    }
}
