//! Copies the rows around a finding to a new recording with a report: one file to attach to a ticket.
//!
//! | module | content |
//! |---|---|
//! | `window` | selects the rows around the finding |
//! | `copy` | copies these rows to the new file |
//! | `facts` | the content of the report, read from the new file |
//! | `report` | formats the report as Markdown |
//!
//! Ids, epochs and sessions stay what they are in the recording, so that both can be compared. Payloads are those of the
//! recording, to the byte. The report shows names and data of messages, and no signatures.

mod copy;
mod facts;
mod report;
mod window;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::file::{RecordError, shown};
use super::reader::Reader;
use super::staged_recording::{self, StagedRecording};
use crate::ledger::finding::counted;

/// The tables that a bundle has besides those of every recording.
pub(super) const TABLES: &str = include_str!("bundle.sql");

/// How far around the finding a bundle reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Microseconds; before a gap they are counted from where the gap began.
    Micros(i64),
    /// That many messages, of all channels together.
    Messages(usize),
}

/// What to bundle.
#[derive(Debug, Clone)]
pub struct Request {
    /// The place of the finding.
    pub finding: i64,
    /// How far back.
    pub before: Reach,
    /// How far on.
    pub after: Reach,
    /// What somebody says of it; not escaped.
    pub notes: Vec<String>,
    /// The profile as text, a setting a line: without secrets, and already escaped.
    pub profile: Option<String>,
    /// The version of aircheck.
    pub version: String,
    /// A file for the report beside the one in the bundle.
    pub report: Option<PathBuf>,
}

/// What is in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundled {
    /// Messages.
    pub messages: u64,
    /// Findings, the one asked for among them.
    pub findings: u64,
    /// Channels.
    pub channels: u64,
    /// Whether there was more than a bundle takes, before and after the finding: 20,000 rows or 64 MiB each.
    pub is_cut: [bool; 2],
    /// The report: Markdown, safe to print.
    pub report: String,
}

impl Bundled {
    /// `241 messages and 1 finding of 2 channels`.
    #[must_use]
    pub fn words(&self) -> String {
        let (messages, findings) = (counted(self.messages, "message"), counted(self.findings, "finding"));
        format!("{messages} and {findings} of {}", counted(self.channels, "channel"))
    }
}

/// Bundles what is around a finding of the recording `file` into the new file `out`, which appears when it is complete.
///
/// # Errors
/// If the recording cannot be read or has no such finding, or one of the new files is there already or cannot be made.
pub fn bundle(file: &Path, out: &Path, request: &Request) -> Result<Bundled, RecordError> {
    let reader = Reader::open(file)?;
    let window = window::around(&reader, file, request)?;
    if let Some(report) = &request.report {
        staged_recording::must_be_free(report)?;
    }
    let staged = StagedRecording::new(out, &reader.overview()?.source)?;
    staged.attach(file, "a")?;
    let failed = |error: &rusqlite::Error| RecordError::failed(out, "made", error);
    copy::copy(&staged.connection, &window, &request.notes).map_err(|error| failed(&error))?;
    let facts = facts::Facts::read(&Reader::open(staged.path())?, &window, request, (file, out))?;
    let report = report::report(&facts);
    let row = (shown(file), &request.version, window.finding, window.from_at, window.to_at);
    staged
        .connection
        .prepare(
            "INSERT INTO bundle (one, file, version, finding, from_unix_micros, to_unix_micros, truncated_before,
                truncated_after, profile, report)
             VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .and_then(|mut insert| {
            let (cut, profile) = (window.is_cut, request.profile.as_ref());
            insert.execute(rusqlite::params![row.0, row.1, row.2, row.3, row.4, cut[0], cut[1], profile, report])
        })
        .map_err(|error| failed(&error))?;
    let beside = request.report.as_deref().map(|path| write(path, &report)).transpose()?;
    staged.finish(out)?;
    if let (Some(beside), Some(path)) = (beside, &request.report) {
        beside.persist_noclobber(path).map_err(|error| RecordError::failed(path, "made", &error.error))?;
    }
    let Bundled { messages, findings, channels, .. } = facts.bundled;
    Ok(Bundled { messages, findings, channels, is_cut: window.is_cut, report })
}

/// The report under a name of its own, until the bundle is there.
fn write(path: &Path, report: &str) -> Result<tempfile::NamedTempFile, RecordError> {
    let mut file = staged_recording::temporary_file_next_to(path)?;
    file.write_all(report.as_bytes()).map_err(|error| RecordError::failed(path, "made", &error))?;
    Ok(file)
}
