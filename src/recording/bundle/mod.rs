//! Copies the rows around a place of a recording to a new recording with a report: one file to attach to a ticket.
//!
//! | module | content |
//! |---|---|
//! | `focus` | finds the place in the recording: a finding, sequence numbers or a time |
//! | `window` | selects the rows around the place |
//! | `supply` | finds missed messages in other recordings |
//! | `copy` | copies the rows and messages to the new file |
//! | `report_data` | the content of the report, read from the new file |
//! | `report` | formats the report as Markdown and as HTML |
//!
//! Epochs and sessions are the same as in the recording, so the two files can be compared. Ids are the same too, except that those
//! from the gap on are higher if other recordings supplied its messages. Payloads are copied unchanged. The reports show the names
//! and data of messages, but no signatures.
//!
//! A bundle contains the finding of a gap also if its messages are in the bundle: those that other recordings supplied, or those
//! with which a merge filled the gap.

pub(super) mod copy;
mod focus;
mod report;
mod report_data;
mod supply;
mod window;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use self::focus::Focus;
use super::file::{RecordError, shown};
use super::reader::RecordingReader;
use super::staged_recording::{self, StagedRecording};
use crate::ledger::finding::{Acknowledgements, Finding};
use crate::ledger::format::{counted, number};
use crate::ledger::sequence::Channel;

/// How far a bundle extends from the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleExtent {
    /// In microseconds. Before a gap, counted from the start of the gap.
    Micros(i64),
    /// In messages of all channels.
    Messages(usize),
}

/// The place that a bundle is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundleFocus {
    /// The finding with this id.
    Finding(i64),
    /// A gap of a merged recording that was filled by the merge.
    FilledGap(Finding),
    /// Sequence numbers that no finding reports.
    Numbers {
        /// The channel.
        channel: Channel,
        /// The counter epoch.
        epoch: i64,
        /// The first and the last number, inclusive.
        range: (u64, u64),
    },
    /// A time, in microseconds since the epoch.
    Time(i64),
}

impl BundleFocus {
    /// The id of the row to show for the place: the finding, the last message that fills a filled gap, the first message with the
    /// numbers, or the message nearest to the time.
    ///
    /// # Errors
    /// The recording does not have the place, or cannot be read.
    pub fn row(&self, reader: &RecordingReader) -> Result<i64, RecordError> {
        if let Self::Finding(id) = self {
            return Ok(*id);
        }
        let (first, last) = Focus::find(reader, reader.path(), self)?.span;
        Ok(if matches!(self, Self::FilledGap(_)) { last } else { first })
    }
}

/// The new files. Each is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundleFiles {
    /// The bundle: a recording.
    pub recording: Option<PathBuf>,
    /// The report in Markdown.
    pub markdown: Option<PathBuf>,
    /// The report in HTML.
    pub html: Option<PathBuf>,
}

/// A request for a bundle.
#[derive(Debug, Clone)]
pub struct BundleRequest {
    /// The place.
    pub focus: BundleFocus,
    /// The name of the recording in the report, escaped; `None` for its file name.
    pub name: Option<String>,
    /// More sequence numbers whose messages are wanted, inclusive. They overlap with those of the gap.
    pub numbers: Option<(u64, u64)>,
    /// Other recordings, which may have the messages of a gap.
    pub others: Vec<PathBuf>,
    /// How far to go back.
    pub before: BundleExtent,
    /// How far to go forward.
    pub after: BundleExtent,
    /// The user's notes, not escaped.
    pub notes: Vec<String>,
    /// The acknowledgements of the recording's findings. Those of the findings in the bundle are copied.
    pub acknowledgements: Acknowledgements,
    /// The profile without secrets, one setting per line, escaped.
    pub profile: Option<String>,
    /// The version of aircheck.
    pub version: String,
    /// The current time, in microseconds since the epoch.
    pub made_at: i64,
}

/// The content of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleSummary {
    /// The number of messages.
    pub messages: u64,
    /// The number of findings, including the requested one.
    pub findings: u64,
    /// The number of channels.
    pub channels: u64,
    /// If it is about sequence numbers, e.g. of a gap: for how many of them it has a message, and how many there are.
    pub found: Option<(u64, u64)>,
    /// How many messages without an exact number other recordings supplied. They may have the numbers that no message has.
    pub maybe: u64,
    /// Whether the bundle was cut before and after the place, because it reached 20,000 rows or 64 MiB on that side. After the
    /// place also if another recording has more messages with the numbers than one supplies: 10,000 messages or 16 MiB.
    pub is_cut: [bool; 2],
    /// The report in Markdown, safe to print.
    pub report: String,
}

impl BundleSummary {
    /// `241 messages on 2 channels, and 1 finding`.
    #[must_use]
    pub fn words(&self) -> String {
        let (messages, findings) = (counted(self.messages, "message"), counted(self.findings, "finding"));
        format!("{messages} on {}, and {findings}", counted(self.channels, "channel"))
    }

    /// `the content of 12 of 16 numbers`, or `the content of 12 of 16 numbers and 5 messages without an exact number`. None if it
    /// is not about sequence numbers.
    #[must_use]
    pub fn content_words(&self) -> Option<String> {
        let (found, all) = self.found?;
        let maybe = match self.maybe {
            0 => String::new(),
            maybe => format!(" and {} without an exact number", counted(maybe, "message")),
        };
        Some(format!("the content of {} of {}{maybe}", number(found), counted(all, "number")))
    }
}

/// Copies the rows around a place of the recording `file`. The new files appear when they are complete.
///
/// # Errors
/// The recording cannot be read or does not have the place, or a new file already exists or cannot be written.
pub fn bundle(file: &Path, files: &BundleFiles, request: &BundleRequest) -> Result<BundleSummary, RecordError> {
    let reader = RecordingReader::open(file)?;
    let window = window::around(&reader, file, request)?;
    let supply = supply::Supply::search(&reader, &window, &request.others)?;
    let reports = [&files.markdown, &files.html].map(Option::as_deref);
    for new in files.recording.as_deref().into_iter().chain(reports.into_iter().flatten()) {
        staged_recording::must_be_free(new)?;
    }
    // A report alone is also made from a recording, which is not kept.
    let out = [files.recording.as_deref(), reports[1], reports[0]].into_iter().flatten().next().unwrap_or(file);
    let staged = StagedRecording::next_to(out, &reader.overview()?.source)?;
    staged.attach(file, "a")?;
    let failed = |error: &rusqlite::Error| RecordError::failed(out, "create", error);
    let layout = copy::copy(&staged.connection, &window, &supply, &request.notes).map_err(|error| failed(&error))?;
    let paths = (file, files.recording.as_deref());
    let facts = report_data::ReportData::read(
        &RecordingReader::open(staged.path())?,
        (&window, layout),
        request,
        supply,
        paths,
    )?;
    let report = report::report(&facts);
    let row = (request.name_of(file), &request.version, facts.id, window.from_at, window.to_at);
    staged
        .connection
        .prepare(
            "INSERT INTO bundle (one, file, version, finding, from_unix_micros, to_unix_micros, truncated_before,
                truncated_after, profile, report)
             VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .and_then(|mut insert| {
            let (cut, profile) = (facts.bundled.is_cut, request.profile.as_ref());
            insert.execute(rusqlite::params![row.0, row.1, row.2, row.3, row.4, cut[0], cut[1], profile, report])
        })
        .map_err(|error| failed(&error))?;
    facts.write_acknowledgements(&staged.connection).map_err(|error| failed(&error))?;
    let html = files.html.as_ref().map(|_| report::html::report(&facts));
    let written = [(reports[0], Some(&report)), (reports[1], html.as_ref())]
        .into_iter()
        .filter_map(|(path, report)| path.zip(report))
        .map(|(path, report)| Ok((path, write(path, report)?)))
        .collect::<Result<Vec<_>, RecordError>>()?;
    if let Some(recording) = &files.recording {
        staged.finish(recording)?;
    }
    for (path, report) in written {
        report.persist_noclobber(path).map_err(|error| RecordError::failed(path, "create", &error.error))?;
    }
    Ok(BundleSummary { report, ..facts.bundled })
}

impl BundleRequest {
    /// The name of the recording in the report, escaped.
    fn name_of(&self, file: &Path) -> String {
        self.name.clone().unwrap_or_else(|| shown(file))
    }
}

/// Writes a report to a temporary file until the bundle is complete.
fn write(path: &Path, report: &str) -> Result<NamedTempFile, RecordError> {
    let mut file = staged_recording::temporary_file_next_to(path)?;
    file.write_all(report.as_bytes()).map_err(|error| RecordError::failed(path, "create", &error))?;
    Ok(file)
}
