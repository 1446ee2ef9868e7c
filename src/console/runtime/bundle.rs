//! Writes a bundle around a finding. It runs on a blocking thread.

use crate::console::popups::bundle::{BundleOrder, new_files};
use crate::console::runtime::save::expand;
use crate::ledger::interval::Entry;
use crate::recording::bundle::{self, BundleExtent, BundleFiles, BundleFocus, BundleRequest};
use crate::recording::reader::RecordingReader;
use crate::redis::subscription::now_micros;
use crate::wire::escape::escape;

/// How far a bundle extends from the finding, in microseconds: 2 minutes, as with `aircheck bundle`.
const EXTENT_MICROS: i64 = 120_000_000;
/// The maximum number of findings with the same time that are compared.
const MAX_FINDINGS: usize = 10_000;

/// Writes a bundle to a new file, and its HTML report next to it. Returns what was written.
///
/// # Errors
/// If the recording does not contain the finding, or a file exists or cannot be written. The error is already escaped.
pub fn write(path: &str, order: &BundleOrder) -> Result<String, String> {
    let recording = order.recording.to_str().map_or_else(|| order.recording.clone(), expand);
    let (out, report) = new_files(&expand(path));
    let reader = RecordingReader::open(&recording).map_err(|error| error.to_string())?;
    let finding = find(&reader, order).map_err(|error| error.to_string())?.ok_or_else(|| {
        let file = escape(recording.as_os_str().as_encoded_bytes());
        format!("{file} does not contain this finding; it may have been found before the recording started")
    })?;
    let request = BundleRequest {
        focus: BundleFocus::Finding(finding),
        name: None,
        numbers: None,
        others: order.others.clone(),
        before: BundleExtent::Micros(EXTENT_MICROS),
        after: BundleExtent::Micros(EXTENT_MICROS),
        notes: Vec::new(),
        acknowledgements: order.acknowledgements.clone(),
        profile: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now_micros(),
    };
    let files = BundleFiles { recording: Some(out.clone()), markdown: None, html: Some(report.clone()) };
    let bundled = bundle::bundle(&recording, &files, &request).map_err(|error| error.to_string())?;
    let cut = if bundled.is_cut.contains(&true) { "; not everything, because of its size limit" } else { "" };
    let [out, report] = [out, report].map(|path| escape(path.as_os_str().as_encoded_bytes()));
    let content = bundled.content_words().filter(|_| !order.others.is_empty());
    let content = content.map(|words| format!(", with {words}")).unwrap_or_default();
    Ok(format!("wrote {report} and {out}: {}{content}{cut}", bundled.words()))
}

/// The id of the finding in the recording.
fn find(reader: &RecordingReader, order: &BundleOrder) -> Result<Option<i64>, crate::recording::file::RecordError> {
    let found = reader.findings(order.finding.at, order.finding.at, MAX_FINDINGS)?;
    let mut findings = found.places.iter().zip(found.interval.entries());
    let same = findings.find(|(_, entry)| matches!(entry, Entry::Finding(finding) if **finding == order.finding));
    Ok(same.map(|(place, _)| place.id))
}
