//! The content of the report, read from the new file in one pass.

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use rusqlite::{Connection, params};

use super::copy::Layout;
use super::focus::{self, NumberRange};
use super::supply::{Searched, Supply};
use super::window::Window;
use super::{BundleRequest, BundleSummary};
use crate::ledger::finding::{Acknowledgement, Acknowledgements, Finding};
use crate::ledger::interval::{Entry, Interval, Link, Message};
use crate::ledger::sequence::notation::joined;
use crate::ledger::sequence::{Channel, Reading, Sequence};
use crate::output::json::JsonLines;
use crate::recording::codes;
use crate::recording::file::{RecordError, shown};
use crate::recording::reader::{Hole, Page, Place, RecordingReader, RecordingSession, bounded};
use crate::wire::escape::{escape, escape_capped};
use crate::wire::verdict::{Rejection, Verdict};

/// The maximum number of messages that are listed before and after the place.
const MAX_MESSAGES: usize = 20;
/// The maximum number of messages of the gap that are listed.
const MAX_CONTENT: usize = 1000;
/// The maximum number of listed findings, link changes, groups of rejections, missing ranges and conflicts.
pub(super) const MAX_LISTED: usize = 200;
/// The maximum length of names and data, in characters.
const MAX_NAME_CHARS: usize = 60;
const MAX_DATA_CHARS: usize = 400;
/// The maximum size of the data of the HTML report, in bytes.
const MAX_DATA_BYTES: usize = 1 << 20;

/// The content of the report. Texts are as recorded, unless a field says that they are escaped.
pub(super) struct ReportData {
    /// The id of the finding in the new file.
    pub(super) id: Option<i64>,
    /// The numbers in the report and what was found of them.
    pub(super) content: Option<Content>,
    /// The numbers that were asked for, if the report is about a gap that has some of them.
    pub(super) asked: Option<(u64, u64)>,
    /// Whether other recordings were named. The report has their messages with the numbers, and nothing else of them.
    pub(super) has_others: bool,
    pub(super) source: String,
    pub(super) version: String,
    pub(super) made_at: i64,
    pub(super) notes: Vec<String>,
    /// The profile, one setting per line, escaped.
    pub(super) profile: Option<String>,
    /// The name of the file, escaped.
    pub(super) file: String,
    /// The recording that has the finding, escaped.
    pub(super) found_in: String,
    /// The name of the bundle, escaped. None if only a report is written.
    pub(super) out: Option<String>,
    pub(super) window: Window,
    pub(super) runs: Vec<RecorderRun>,
    pub(super) bundled: BundleSummary,
    /// The other recordings that were searched.
    pub(super) searched: Vec<Searched>,
    /// How many messages were found in them, but are not in the bundle because of its size limit.
    pub(super) not_supplied: u64,
    /// Messages next to the place: on its channel, or on all channels if the place is a time.
    pub(super) messages: Around<MessageRow>,
    /// The messages with the nearest numbers below and above those of the gap, or of the report if it is not about a gap, and
    /// their times.
    pub(super) nearest: [Option<(Sequence, i64)>; 2],
    /// The last value of the counter before the numbers of the gap, and the first one after them.
    pub(super) counter_of_gap: [Option<CounterRow>; 2],
    /// Changes of that channel's counter.
    pub(super) readings: Around<CounterRow>,
    /// The first [`MAX_LISTED`] findings, in stream order.
    pub(super) findings: Vec<FindingRow>,
    /// The acknowledged findings, by their ids.
    pub(super) acknowledged: BTreeMap<i64, Acknowledgement>,
    /// The first [`MAX_LISTED`] link changes, with their recordings, escaped.
    pub(super) links: Vec<(Link, String)>,
    pub(super) links_total: usize,
    pub(super) holes: Vec<Hole>,
    /// The first [`MAX_LISTED`] groups of rejected messages, in stream order.
    pub(super) rejections: Vec<RejectionGroup>,
    /// The number of rejected messages in other groups.
    pub(super) rejections_left_out: u64,
    /// Sequence numbers with different payloads in merged recordings, as channel, epoch and number.
    pub(super) conflicts: Vec<(Channel, i64, u64)>,
    /// The messages per Unix second, within the requested time.
    pub(super) seconds: BTreeMap<i64, SecondCount>,
    /// Everything in the bundle as JSON lines, without payloads.
    pub(super) json: Vec<u8>,
    /// How many lines did not fit.
    pub(super) json_left_out: u64,
}

/// A run of a recorder.
pub(super) struct RecorderRun {
    pub(super) session: RecordingSession,
    /// Its recording, escaped.
    pub(super) file: String,
    /// Whether it was in progress when the bundle was made.
    pub(super) is_running: bool,
}

/// The messages of one second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct SecondCount {
    /// Messages outside the gap.
    pub(super) messages: u64,
    pub(super) rejected: u64,
    /// Messages of the gap.
    pub(super) of_gap: u64,
}

/// The messages of the gap, or of the numbers that the bundle is about.
pub(super) struct Content {
    pub(super) numbers: NumberRange,
    /// The first [`MAX_CONTENT`] messages with these numbers, in the order of the numbers. Then the messages without an exact
    /// number that other recordings supplied.
    pub(super) rows: Vec<MessageRow>,
    /// How many of the numbers have a message.
    pub(super) found: u64,
    /// Those of them whose message was rejected.
    pub(super) rejected: Vec<(u64, u64)>,
    /// Messages without an exact number that may have one of these numbers.
    pub(super) maybe: u64,
    /// The numbers without a message. At most [`MAX_LISTED`] ranges.
    pub(super) absent: Vec<(u64, u64)>,
}

/// A message, without its signature. Name, key and data are escaped and cut.
pub(super) struct MessageRow {
    pub(super) at: i64,
    pub(super) channel: Channel,
    pub(super) sequence: Sequence,
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) data: String,
    /// The recording that it is from, escaped.
    pub(super) file: String,
}

/// A finding.
pub(super) struct FindingRow {
    /// Its id in the new file.
    pub(super) id: i64,
    pub(super) epoch: i64,
    pub(super) finding: Finding,
    /// The recording that it is from, escaped.
    pub(super) file: String,
}

/// A counter reading.
pub(super) struct CounterRow {
    pub(super) at: i64,
    pub(super) reading: Reading,
}

/// Rejected messages of one channel, rejection and key.
pub(super) struct RejectionGroup {
    pub(super) channel: Channel,
    pub(super) rejection: Rejection,
    /// Escaped and cut; empty if there is no key.
    pub(super) key: String,
    pub(super) count: u64,
    pub(super) first: MessageRow,
    pub(super) last_at: i64,
}

/// The last rows before the place, and the first ones in it and after it.
#[derive(Debug)]
pub(super) struct Around<T> {
    pub(super) before: VecDeque<T>,
    /// Between the first and the last message of the place.
    pub(super) between: Vec<T>,
    pub(super) after: Vec<T>,
}

impl ReportData {
    /// Reads the new file.
    pub(super) fn read(
        reader: &RecordingReader,
        (window, layout): (&Window, Layout),
        request: &BundleRequest,
        supply: Supply,
        (file, out): (&Path, Option<&Path>),
    ) -> Result<Self, RecordError> {
        let overview = reader.overview()?;
        let channels = reader.channels()?.len() as u64;
        let files = SessionFiles::read(reader, request.name_of(file))?;
        let content = match &window.focus.numbers {
            Some(numbers) => Some(Content::read(reader, numbers, &files)?),
            None => None,
        };
        let (mut start, mut end) = layout.span(window);
        if let Some(numbers) = &window.focus.numbers
            && let Some((first, last, ..)) = focus::rows(reader, numbers)?
        {
            (start, end) = (start.min(first), end.max(last.saturating_add(1)));
        }
        let (left_out, maybe) = (supply.left_out(), supply.maybe());
        let mut pass = Pass {
            facts: Self {
                id: layout.finding(window),
                source: overview.source,
                version: request.version.clone(),
                made_at: request.made_at,
                notes: notes(reader)?,
                profile: request.profile.clone(),
                file: request.name_of(file),
                found_in: files.of(window.focus.session).to_owned(),
                out: out.map(shown),
                window: window.clone(),
                runs: reader.sessions()?.into_iter().map(|session| files.run(session, window.running)).collect(),
                bundled: BundleSummary {
                    messages: overview.messages,
                    findings: overview.findings,
                    channels,
                    found: content.as_ref().map(|content| (content.found, content.numbers.count())),
                    maybe,
                    is_cut: [window.is_cut[0], window.is_cut[1] || left_out > 0],
                    report: String::new(),
                },
                not_supplied: left_out,
                searched: supply.searched,
                content,
                asked: request.numbers,
                has_others: !request.others.is_empty(),
                messages: Around::default(),
                nearest: [None; 2],
                counter_of_gap: [None, None],
                readings: Around::default(),
                findings: Vec::new(),
                acknowledged: BTreeMap::new(),
                links: Vec::new(),
                links_total: 0,
                holes: reader.holes(0, i64::MAX)?,
                rejections: Vec::new(),
                rejections_left_out: 0,
                conflicts: conflicts(reader)?,
                seconds: BTreeMap::new(),
                json: Vec::new(),
                json_left_out: 0,
            },
            files,
            span: (start, end),
            supplied: layout.split..layout.split.saturating_add(layout.supplied),
            acknowledgements: &request.acknowledgements,
            lines: JsonLines::default(),
        };
        let mut after = 0;
        loop {
            let page = reader.forward(after, 1000)?;
            pass.page(&page);
            match page.places.last() {
                Some(last) if page.is_cut => after = last.id,
                _ => return Ok(pass.facts),
            }
        }
    }

    /// The finding that the bundle is about.
    pub(super) fn finding(&self) -> Option<&Finding> {
        self.window.focus.finding.as_ref()
    }

    /// The finding that the bundle is about, if it is a gap.
    pub(super) fn gap(&self) -> Option<&Finding> {
        self.finding().filter(|finding| finding.kind.is_gap())
    }

    /// The numbers of the gap that the bundle is about.
    fn gap_range(&self) -> Option<(u64, u64)> {
        self.gap().and_then(|gap| gap.sequence_from.zip(gap.sequence_to))
    }

    /// Whether the report is about a gap, and about sequence numbers outside of it.
    pub(super) fn is_wider_than_gap(&self) -> bool {
        self.gap_range().zip(self.content.as_ref()).is_some_and(|(range, content)| range != content.numbers.range)
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
}

/// The pass over the rows of the new file.
struct Pass<'a> {
    facts: ReportData,
    files: SessionFiles,
    /// The first row of the place, and the row after its last one.
    span: (i64, i64),
    /// The supplied messages.
    supplied: std::ops::Range<i64>,
    acknowledgements: &'a Acknowledgements,
    lines: JsonLines,
}

impl Pass<'_> {
    fn page(&mut self, page: &Page) {
        for (place, entry) in page.places.iter().zip(page.interval.entries()) {
            self.json(&page.interval, entry);
            match entry {
                Entry::Message(message) => self.message(place, &page.interval, message),
                Entry::Finding(finding) => self.finding(place, finding),
                Entry::Link(link) => {
                    self.facts.links_total += 1;
                    if self.facts.links.len() < MAX_LISTED {
                        self.facts.links.push((link.clone(), self.files.of(place.session).to_owned()));
                    }
                }
                Entry::Counter { channel, reading, at, .. }
                    if self.facts.window.focus.channel().is_some_and(|known| known == channel) =>
                {
                    self.counter_of_gap(reading, *at);
                    let row = CounterRow { at: *at, reading: reading.clone() };
                    self.facts.readings.take(self.side(place.id), row);
                }
                Entry::Counter { .. } | Entry::Expectation(_) | Entry::Dropped(_) | Entry::Barrier { .. } => {}
            }
        }
    }

    fn finding(&mut self, &Place { id, session, epoch }: &Place, finding: &Finding) {
        if let Some(acknowledgement) = self.acknowledgements.get(finding) {
            self.facts.acknowledged.insert(id, acknowledgement.clone());
        }
        if self.facts.findings.len() < MAX_LISTED || self.facts.id == Some(id) {
            let file = self.files.of(session).to_owned();
            self.facts.findings.push(FindingRow { id, epoch, finding: finding.clone(), file });
        }
    }

    /// Keeps the counter reading if it is the nearest one to the numbers of the gap.
    fn counter_of_gap(&mut self, reading: &Reading, at: i64) {
        let Some((gap, (from, to))) = self.facts.gap().zip(self.facts.gap_range()) else { return };
        let (found_at, &Reading::Value(value)) = (gap.at, reading) else { return };
        let row = Some(CounterRow { at, reading: reading.clone() });
        let [before, after] = &mut self.facts.counter_of_gap;
        if value < from && at < found_at {
            // An earlier value after the gap was of another counter epoch.
            (*before, *after) = (row, None);
        } else if value >= to && after.is_none() {
            *after = row;
        }
    }

    /// Whether a row is before the place, in it or after it.
    fn side(&self, id: i64) -> Ordering {
        if id < self.span.0 {
            Ordering::Less
        } else if id < self.span.1 {
            Ordering::Equal
        } else {
            Ordering::Greater
        }
    }

    fn message(&mut self, &Place { id, session, epoch }: &Place, interval: &Interval, message: &Message) {
        let channel = interval.channel(message);
        self.neighbour(channel, epoch, message);
        let numbers = self.facts.window.focus.numbers.as_ref();
        let is_content = self.supplied.contains(&id)
            || numbers.is_some_and(|numbers| numbers.has(channel, message.sequence.number()));
        if (self.facts.window.from_at..=self.facts.window.to_at).contains(&message.at) {
            let gap = self.facts.gap_range();
            let number = message.sequence.number();
            let is_of_gap = self.supplied.contains(&id)
                || is_content && gap.zip(number).is_none_or(|((from, to), number)| (from..=to).contains(&number));
            let second = self.facts.seconds.entry(message.at.div_euclid(1_000_000)).or_default();
            *(if is_of_gap { &mut second.of_gap } else { &mut second.messages }) += 1;
            second.rejected += u64::from(message.verdict.rejection().is_some());
        }
        if let Verdict::Rejected(rejection) = message.verdict {
            self.rejected(session, interval, message, rejection);
        }
        if !is_content && self.facts.window.focus.channel().is_none_or(|known| known == channel) {
            let row = MessageRow::new(interval, message, self.files.of(session));
            self.facts.messages.take(self.side(id), row);
        }
    }

    /// Keeps the message if its number is the nearest one to the numbers of the gap or of the report.
    fn neighbour(&mut self, channel: &Channel, epoch: i64, message: &Message) {
        let is_same = |numbers: &&NumberRange| (&numbers.channel, numbers.epoch) == (channel, epoch);
        let numbers = self.facts.window.focus.numbers.as_ref().filter(is_same);
        let Some((numbers, number)) = numbers.zip(message.sequence.number()) else { return };
        let (from, to) = self.facts.gap_range().unwrap_or(numbers.range);
        let [below, above] = &mut self.facts.nearest;
        let known = |side: &Option<(Sequence, i64)>| side.and_then(|(sequence, _)| sequence.number());
        if number < from && known(below).is_none_or(|known| known < number) {
            *below = Some((message.sequence, message.at));
        } else if number > to && known(above).is_none_or(|known| known > number) {
            *above = Some((message.sequence, message.at));
        }
    }

    fn rejected(&mut self, session: i64, interval: &Interval, message: &Message, rejection: Rejection) {
        let channel = interval.channel(message);
        let signature = interval.envelope(message).signature;
        let key = escape_capped(signature.split(|byte| *byte == b'|').nth(1).unwrap_or_default(), MAX_NAME_CHARS);
        let groups = &mut self.facts.rejections;
        let is_same =
            |group: &RejectionGroup| (&group.channel, group.rejection, &group.key) == (channel, rejection, &key);
        match groups.iter().position(is_same) {
            Some(index) => {
                groups[index].count += 1;
                groups[index].last_at = message.at;
            }
            None if groups.len() < MAX_LISTED => groups.push(RejectionGroup {
                channel: channel.clone(),
                rejection,
                key,
                count: 1,
                first: MessageRow::new(interval, message, self.files.of(session)),
                last_at: message.at,
            }),
            None => self.facts.rejections_left_out += 1,
        }
    }

    /// Appends the JSON line of an entry. Payloads are left out, because they contain signatures.
    fn json(&mut self, interval: &Interval, entry: &Entry) {
        let out = &mut self.facts.json;
        let start = out.len();
        if start > MAX_DATA_BYTES {
            self.facts.json_left_out += 1;
            return;
        }
        match entry {
            Entry::Message(message) => self.lines.message_without_payload(out, interval, message),
            Entry::Finding(finding) => {
                self.lines.finding_of_recording(out, finding, self.acknowledgements.get(&**finding));
            }
            entry => {
                self.lines.entry(out, interval, entry);
            }
        }
        if out.len() > MAX_DATA_BYTES {
            out.truncate(start);
            self.facts.json_left_out += 1;
        }
    }
}

impl MessageRow {
    fn new(interval: &Interval, message: &Message, file: &str) -> Self {
        let envelope = interval.envelope(message);
        Self {
            at: message.at,
            channel: interval.channel(message).clone(),
            sequence: message.sequence,
            name: escape_capped(envelope.name, MAX_NAME_CHARS),
            verdict: message.verdict,
            data: escape_capped(envelope.data, MAX_DATA_CHARS),
            file: file.to_owned(),
        }
    }
}

impl Content {
    /// How many of the numbers have a message that was rejected.
    pub(super) fn rejected_count(&self) -> u64 {
        self.rejected.iter().map(|(from, to)| to - from + 1).sum()
    }

    fn read(reader: &RecordingReader, numbers: &NumberRange, files: &SessionFiles) -> Result<Self, RecordError> {
        let NumberRange { channel, epoch, range } = numbers;
        let mut rows = Vec::new();
        let mut cursor = None;
        loop {
            let (page, next) = reader.by_sequence(channel, *epoch, *range, cursor, MAX_CONTENT - rows.len())?;
            for (place, entry) in page.places.iter().zip(page.interval.entries()) {
                if let Entry::Message(message) = entry {
                    rows.push(MessageRow::new(&page.interval, message, files.of(place.session)));
                }
            }
            cursor = next;
            if cursor.is_none() || rows.len() >= MAX_CONTENT {
                break;
            }
        }
        let ranged = reader.ranged(channel, *epoch, *range, MAX_CONTENT)?;
        for (place, entry) in ranged.places.iter().zip(ranged.interval.entries()) {
            if let Entry::Message(message) = entry
                && files.supplier(place.session).is_some()
                && rows.len() < MAX_CONTENT
            {
                rows.push(MessageRow::new(&ranged.interval, message, files.of(place.session)));
            }
        }
        let present = reader.numbers(channel, *epoch, *range)?;
        let absent = reader.missing(channel, *epoch, *range, MAX_LISTED)?;
        Ok(Self {
            numbers: numbers.clone(),
            rows,
            found: present.iter().map(|(from, to)| to - from + 1).sum(),
            rejected: joined(rejected(reader, numbers)?.into_iter().map(|number| (number, number))),
            maybe: ranged.interval.messages() as u64,
            absent: joined(absent.into_iter().map(|missing| (missing.from, missing.to))),
        })
    }
}

/// The numbers whose message was rejected.
fn rejected(
    reader: &RecordingReader,
    NumberRange { channel, epoch, range }: &NumberRange,
) -> Result<Vec<u64>, RecordError> {
    let read = || {
        let mut statement = reader.connection().prepare(
            "SELECT DISTINCT m.sequence FROM message m JOIN channel c ON c.id = m.channel
             WHERE c.name = ? AND m.epoch = ? AND m.sequence BETWEEN ? AND ? AND m.verdict >= 2 ORDER BY 1",
        )?;
        let name = codes::NameColumn(channel.as_bytes());
        let values = params![name, epoch, bounded(range.0), bounded(range.1)];
        statement
            .query_map(values, |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(|error| RecordError::failed(reader.path(), "read", &error))
}

impl<T> Default for Around<T> {
    fn default() -> Self {
        Self { before: VecDeque::new(), between: Vec::new(), after: Vec::new() }
    }
}

impl<T> Around<T> {
    fn take(&mut self, side: Ordering, row: T) {
        let rows = match side {
            Ordering::Less => {
                self.before.push_back(row);
                if self.before.len() > MAX_MESSAGES {
                    self.before.pop_front();
                }
                return;
            }
            Ordering::Equal => &mut self.between,
            Ordering::Greater => &mut self.after,
        };
        if rows.len() < MAX_MESSAGES {
            rows.push(row);
        }
    }
}

/// The recordings that the sessions are from.
struct SessionFiles {
    /// The recording that is bundled, escaped.
    default: String,
    /// The first session of each recording that was merged into it, and its file, escaped.
    merged: Vec<(i64, String)>,
    /// The sessions of the recordings that supplied messages, and their files, escaped.
    supplied: Vec<(i64, String)>,
}

impl SessionFiles {
    fn read(reader: &RecordingReader, default: String) -> Result<Self, RecordError> {
        let read = |table: &str, session: &str| {
            if !reader.has_table(table)? {
                return Ok(Vec::new());
            }
            let sql = format!("SELECT {session}, file FROM {table} ORDER BY 1");
            let mut statement = reader.connection().prepare(&sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
            rows.map(|row| row.map(|(session, file)| (session, escape(file.as_bytes()))))
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        let failed = |error: rusqlite::Error| RecordError::failed(reader.path(), "read", &error);
        Ok(Self {
            default,
            merged: read("recording", "first_session").map_err(failed)?,
            supplied: read("supplied", "session").map_err(failed)?,
        })
    }

    fn run(&self, session: RecordingSession, running: Option<i64>) -> RecorderRun {
        // The ids of supplied sessions are not those of the recording.
        let is_running = running == Some(session.id) && self.supplier(session.id).is_none();
        RecorderRun { file: self.of(session.id).to_owned(), is_running, session }
    }

    fn of(&self, session: i64) -> &str {
        let merged = || self.merged.iter().rev().find(|(first, _)| *first <= session);
        self.supplier(session).or_else(merged).map_or(&self.default, |(_, file)| file)
    }

    fn supplier(&self, session: i64) -> Option<&(i64, String)> {
        self.supplied.iter().find(|(known, _)| *known == session)
    }
}

/// The text of a counter reading, escaped.
pub(super) fn reading_words(reading: &Reading) -> String {
    match reading {
        Reading::Value(value) => value.to_string(),
        Reading::Missing => "no such key".to_owned(),
        Reading::Unreadable(why) => format!("cannot be read: {}", escape(why.as_bytes())),
    }
}

fn notes(reader: &RecordingReader) -> Result<Vec<String>, RecordError> {
    let read = || {
        let mut statement = reader.connection().prepare("SELECT text FROM note ORDER BY id")?;
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
    };
    read().map_err(|error| RecordError::failed(reader.path(), "read", &error))
}

fn conflicts(reader: &RecordingReader) -> Result<Vec<(Channel, i64, u64)>, RecordError> {
    let read = || {
        if !reader.has_table("conflict")? {
            return Ok(Vec::new());
        }
        let sql = "SELECT c.name, x.epoch, x.sequence FROM conflict x JOIN channel c ON c.id = x.channel ORDER BY x.id";
        let mut statement = reader.connection().prepare(sql)?;
        let rows = statement
            .query_map([], |row| Ok((codes::channel(row, 0)?, row.get(1)?, row.get::<_, i64>(2)?.cast_unsigned())))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(|error| RecordError::failed(reader.path(), "read", &error))
}
