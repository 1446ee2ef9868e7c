//! Copies the rows around a finding to a new recording with a report: one file to attach to a ticket.
//!
//! | module | content |
//! |---|---|
//! | `window` | selects the rows around the finding |
//! | `copy` | copies these rows to the new file |
//! | `facts` | the content of the report, read from the new file |
//! | `report` | formats the report as Markdown |
//!
//! Ids, epochs and sessions are the same as in the recording, so the two files can be compared. Payloads are copied unchanged. The
//! report shows the names and data of messages, but no signatures.

mod copy;
mod facts;
mod report;
mod window;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::file::{RecordError, shown};
use super::reader::Reader;
use super::staged_recording::{self, StagedRecording};
use crate::ledger::finding::Acknowledgements;
use crate::ledger::format::counted;

/// The additional tables of a bundle.
pub(super) const BUNDLE_TABLES: &str = include_str!("bundle.sql");

/// How far a bundle extends from the finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleExtent {
    /// In microseconds. Before a gap, counted from the start of the gap.
    Micros(i64),
    /// In messages of all channels.
    Messages(usize),
}

/// A request for a bundle.
#[derive(Debug, Clone)]
pub struct BundleRequest {
    /// The id of the finding.
    pub finding: i64,
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
    /// A file for another copy of the report.
    pub report: Option<PathBuf>,
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
    /// Whether the bundle was cut before and after the finding, because it reached 20,000 rows or 64 MiB on that side.
    pub is_cut: [bool; 2],
    /// The report in Markdown, safe to print.
    pub report: String,
}

impl BundleSummary {
    /// `241 messages and 1 finding of 2 channels`.
    #[must_use]
    pub fn words(&self) -> String {
        let (messages, findings) = (counted(self.messages, "message"), counted(self.findings, "finding"));
        format!("{messages} and {findings} of {}", counted(self.channels, "channel"))
    }
}

/// Copies the rows around a finding of the recording `file` to the new file `out`. The file appears when it is complete.
///
/// # Errors
/// The recording cannot be read or has no such finding, or a new file already exists or cannot be written.
pub fn bundle(file: &Path, out: &Path, request: &BundleRequest) -> Result<BundleSummary, RecordError> {
    let reader = Reader::open(file)?;
    let window = window::around(&reader, file, request)?;
    if let Some(report) = &request.report {
        staged_recording::must_be_free(report)?;
    }
    let staged = StagedRecording::new(out, &reader.overview()?.source)?;
    staged.attach(file, "a")?;
    let failed = |error: &rusqlite::Error| RecordError::failed(out, "create", error);
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
    facts.write_acknowledgements(&staged.connection).map_err(|error| failed(&error))?;
    let report_file = request.report.as_deref().map(|path| write(path, &report)).transpose()?;
    staged.finish(out)?;
    if let (Some(report_file), Some(path)) = (report_file, &request.report) {
        report_file.persist_noclobber(path).map_err(|error| RecordError::failed(path, "create", &error.error))?;
    }
    let BundleSummary { messages, findings, channels, .. } = facts.bundled;
    Ok(BundleSummary { messages, findings, channels, is_cut: window.is_cut, report })
}

/// Writes the report to a temporary file until the bundle is complete.
fn write(path: &Path, report: &str) -> Result<tempfile::NamedTempFile, RecordError> {
    let mut file = staged_recording::temporary_file_next_to(path)?;
    file.write_all(report.as_bytes()).map_err(|error| RecordError::failed(path, "create", &error))?;
    Ok(file)
}
