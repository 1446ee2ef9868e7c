//! The acknowledgements of findings, kept between runs in a file of lines.

use std::path::PathBuf;

use super::MAX_ACKNOWLEDGEMENTS;
use super::history::{History, HistoryError};
use super::import::AcknowledgementLine;
use crate::ledger::finding::{Acknowledgement, Acknowledgements, Finding};
use crate::output::json::JsonLines;

/// The acknowledgements of one server's findings. The file has those of all servers.
///
/// Each line names the server and the finding. A line without `acknowledged_at` withdraws the acknowledgement.
#[derive(Debug)]
pub struct AcknowledgementFile {
    lines: History,
    server: String,
}

impl AcknowledgementFile {
    /// The acknowledgements of a server: the profile's `state_key`, or the source of a recording. The file may be missing.
    #[must_use]
    pub fn new(path: PathBuf, server: String) -> Self {
        Self { lines: History::new(path, MAX_ACKNOWLEDGEMENTS), server }
    }

    /// Applies the lines of this server to `known`, in their order. Invalid lines are ignored.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn apply(&self, known: &mut Acknowledgements) -> Result<(), HistoryError> {
        let lines = self.lines.load()?;
        let parsed = lines.iter().filter_map(|line| serde_json::from_str::<AcknowledgementLine>(line).ok());
        for line in parsed.filter(|line| line.server == self.server) {
            match line.acknowledgement() {
                Ok((finding, Some(acknowledgement))) => drop(known.insert(finding, acknowledgement)),
                Ok((finding, None)) => drop(known.remove(&finding)),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Appends the acknowledgement of a finding. `None` withdraws it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append(&self, finding: &Finding, acknowledgement: Option<&Acknowledgement>) -> Result<(), HistoryError> {
        let mut line = Vec::new();
        JsonLines::default().finding_of_recording(&mut line, finding, acknowledgement);
        let (server, line) = (serde_json::Value::from(self.server.as_str()), String::from_utf8_lossy(&line));
        self.lines.append(&format!("{{\"server\":{server},\"finding\":{}}}", line.trim_end()))
    }
}
