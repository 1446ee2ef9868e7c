//! The content of the report, read from the new file in one pass.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use rusqlite::{Connection, params};

use super::window::Window;
use super::{BundleRequest, BundleSummary};
use crate::ledger::finding::{Acknowledgement, Acknowledgements, Finding};
use crate::ledger::interval::{Entry, Interval, Link, Message};
use crate::ledger::sequence::{Channel, Reading};
use crate::recording::file::{RecordError, shown};
use crate::recording::reader::{Hole, Page, Reader, RecordingSession};
use crate::wire::escape::{escape, escape_capped};
use crate::wire::verdict::Verdict;

/// The maximum number of messages on the finding's channel that are listed before and after it.
const MAX_MESSAGES: usize = 20;
/// The maximum number of listed findings, link changes and conflicts.
pub(super) const MAX_LISTED: usize = 200;
/// The maximum length of names and data, in characters.
const MAX_NAME_CHARS: usize = 60;
const MAX_DATA_CHARS: usize = 120;

/// The content of the report. Texts whose name ends in `_line` are escaped. All others are as recorded.
pub(super) struct Facts {
    pub(super) id: i64,
    pub(super) epoch: i64,
    pub(super) finding: Finding,
    pub(super) source: String,
    pub(super) version: String,
    pub(super) notes: Vec<String>,
    /// The profile, one setting per line, escaped.
    pub(super) profile: Option<String>,
    /// The name of the file, escaped.
    pub(super) file: String,
    pub(super) out: String,
    pub(super) window: Window,
    pub(super) sessions: Vec<RecordingSession>,
    pub(super) bundled: BundleSummary,
    /// Messages on the finding's channel.
    pub(super) messages: LinesAround,
    /// Changes of that channel's counter.
    pub(super) readings: LinesAround,
    /// The first [`MAX_LISTED`] findings with their ids, in stream order.
    pub(super) findings: Vec<(i64, Finding)>,
    /// The acknowledged findings, by their ids.
    pub(super) acknowledged: BTreeMap<i64, Acknowledgement>,
    pub(super) links: Vec<Link>,
    pub(super) links_total: usize,
    pub(super) holes: Vec<Hole>,
    /// Sequence numbers with different payloads in merged recordings, as channel, epoch and number.
    pub(super) conflicts: Vec<(Channel, i64, u64)>,
    /// The number of messages and of rejected messages per Unix second, within the requested time.
    pub(super) seconds: BTreeMap<i64, (u64, u64)>,
}

/// The lines before and after the finding, with their times.
#[derive(Debug, Default)]
pub(super) struct LinesAround {
    pub(super) before: VecDeque<(i64, String)>,
    pub(super) after: Vec<(i64, String)>,
}

impl Facts {
    /// Reads the new file.
    pub(super) fn read(
        reader: &Reader,
        window: &Window,
        request: &BundleRequest,
        (file, out): (&Path, &Path),
    ) -> Result<Self, RecordError> {
        let overview = reader.overview()?;
        let page = reader.finding(window.finding)?.unwrap_or_default();
        let (Some(place), Some(Entry::Finding(finding))) = (page.places.first(), page.interval.entries().first())
        else {
            return Err(RecordError::new(file, "no longer contains the finding; try again"));
        };
        let channels = reader.channels()?.len() as u64;
        let mut facts = Self {
            id: place.id,
            epoch: place.epoch,
            finding: Finding::clone(finding),
            source: overview.source,
            version: request.version.clone(),
            notes: notes(reader)?,
            profile: request.profile.clone(),
            file: shown(file),
            out: shown(out),
            window: window.clone(),
            sessions: reader.sessions()?,
            bundled: BundleSummary {
                messages: overview.messages,
                findings: overview.findings,
                channels,
                is_cut: window.is_cut,
                report: String::new(),
            },
            messages: LinesAround::default(),
            readings: LinesAround::default(),
            findings: Vec::new(),
            acknowledged: BTreeMap::new(),
            links: Vec::new(),
            links_total: 0,
            holes: reader.holes(0, i64::MAX)?,
            conflicts: conflicts(reader)?,
            seconds: BTreeMap::new(),
        };
        let mut after = 0;
        loop {
            let page = reader.forward(after, 1000)?;
            facts.page(&page, &request.acknowledgements);
            match page.places.last() {
                Some(last) if page.is_cut => after = last.id,
                _ => return Ok(facts),
            }
        }
    }

    /// Writes the acknowledgements to the new file.
    pub(super) fn write_acknowledgements(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut insert =
            connection.prepare("INSERT INTO acknowledgement (finding, at_unix_micros, note) VALUES (?, ?, ?)")?;
        for (id, Acknowledgement { at, note }) in &self.acknowledged {
            insert.execute(params![id, at, note])?;
        }
        Ok(())
    }

    fn page(&mut self, page: &Page, acknowledgements: &Acknowledgements) {
        for (place, entry) in page.places.iter().zip(page.interval.entries()) {
            if let Entry::Finding(finding) = entry
                && let Some(acknowledgement) = acknowledgements.get(&**finding)
            {
                self.acknowledged.insert(place.id, acknowledgement.clone());
            }
            match entry {
                Entry::Message(message) => self.message(place.id, &page.interval, message),
                Entry::Finding(finding) if self.findings.len() < MAX_LISTED => {
                    self.findings.push((place.id, Finding::clone(finding)));
                }
                Entry::Link(link) => {
                    self.links_total += 1;
                    if self.links.len() < MAX_LISTED {
                        self.links.push(link.clone());
                    }
                }
                Entry::Counter { channel, reading, at, .. } if *channel == self.finding.channel => {
                    let line = (*at, reading_line(reading));
                    self.readings.take(place.id < self.id, line);
                }
                Entry::Finding(_)
                | Entry::Counter { .. }
                | Entry::Standing(_)
                | Entry::Dropped(_)
                | Entry::Barrier { .. } => {}
            }
        }
    }

    fn message(&mut self, id: i64, interval: &Interval, message: &Message) {
        if (self.window.from_at..=self.window.to_at).contains(&message.at) {
            let (messages, rejected) = self.seconds.entry(message.at.div_euclid(1_000_000)).or_default();
            *messages += 1;
            *rejected += u64::from(message.verdict.rejection().is_some());
        }
        if *interval.channel(message) == self.finding.channel {
            let line = (message.at, message_line(interval, message));
            self.messages.take(id < self.id, line);
        }
    }
}

impl LinesAround {
    fn take(&mut self, is_before: bool, line: (i64, String)) {
        if is_before {
            self.before.push_back(line);
            if self.before.len() > MAX_MESSAGES {
                self.before.pop_front();
            }
        } else if self.after.len() < MAX_MESSAGES {
            self.after.push(line);
        }
    }
}

/// Formats a message without its signature: `#1041 price-update verified {"sku":"A"}`.
fn message_line(interval: &Interval, message: &Message) -> String {
    let envelope = interval.envelope(message);
    let verdict = match message.verdict {
        Verdict::Rejected(rejection) => format!("rejected: {}", rejection.name()),
        Verdict::Verified | Verdict::Unsigned => message.verdict.name().to_owned(),
    };
    let (name, data) = (escape_capped(envelope.name, MAX_NAME_CHARS), escape_capped(envelope.data, MAX_DATA_CHARS));
    format!("{} {name} {verdict} {data}", message.sequence).trim_end().to_owned()
}

fn reading_line(reading: &Reading) -> String {
    match reading {
        Reading::Value(value) => value.to_string(),
        Reading::Missing => "no such key".to_owned(),
        Reading::Unreadable(why) => format!("cannot be read: {}", escape(why.as_bytes())),
    }
}

fn notes(reader: &Reader) -> Result<Vec<String>, RecordError> {
    let read = || {
        let mut statement = reader.connection().prepare("SELECT text FROM note ORDER BY id")?;
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
    };
    read().map_err(|error| RecordError::failed(reader.path(), "read", &error))
}

fn conflicts(reader: &Reader) -> Result<Vec<(Channel, i64, u64)>, RecordError> {
    let read = || {
        let is_merged: bool = reader.connection().query_row(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'conflict')",
            [],
            |row| row.get(0),
        )?;
        if !is_merged {
            return Ok(Vec::new());
        }
        let sql = "SELECT c.name, x.epoch, x.sequence FROM conflict x JOIN channel c ON c.id = x.channel ORDER BY x.id";
        let mut statement = reader.connection().prepare(sql)?;
        let rows = statement.query_map([], |row| {
            Ok((crate::recording::codes::channel(row, 0)?, row.get(1)?, row.get::<_, i64>(2)?.cast_unsigned()))
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(|error| RecordError::failed(reader.path(), "read", &error))
}
