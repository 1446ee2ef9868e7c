//! Writes a bundle around a finding. It runs on a blocking thread.

use std::path::PathBuf;

use crate::console::popups::bundle::BundleOrder;
use crate::console::runtime::save::expand;
use crate::ledger::interval::Entry;
use crate::recording::bundle::{self, BundleExtent, BundleRequest};
use crate::recording::reader::Reader;
use crate::wire::escape::escape;

/// How far a bundle extends from the finding, in microseconds: 2 minutes, as with `aircheck bundle`.
const EXTENT_MICROS: i64 = 120_000_000;
/// The maximum number of findings with the same time that are compared.
const MAX_FINDINGS: usize = 10_000;

/// Writes a bundle to a new file, and its report next to it. Returns what was written.
///
/// # Errors
/// If the recording does not contain the finding, or a file exists or cannot be written. The error is already escaped.
pub fn write(path: &str, order: &BundleOrder) -> Result<String, String> {
    let recording = order.recording.to_str().map_or_else(|| order.recording.clone(), expand);
    let out = expand(path);
    let mut report = out.clone().into_os_string();
    report.push(".md");
    let report = PathBuf::from(report);
    let reader = Reader::open(&recording).map_err(|error| error.to_string())?;
    let finding = find(&reader, order).map_err(|error| error.to_string())?.ok_or_else(|| {
        let file = escape(recording.as_os_str().as_encoded_bytes());
        format!("{file} does not contain this finding; it may have been found before the recording started")
    })?;
    let request = BundleRequest {
        finding,
        before: BundleExtent::Micros(EXTENT_MICROS),
        after: BundleExtent::Micros(EXTENT_MICROS),
        notes: Vec::new(),
        acknowledgements: order.acknowledgements.clone(),
        profile: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        report: Some(report),
    };
    let bundled = bundle::bundle(&recording, &out, &request).map_err(|error| error.to_string())?;
    let cut = if bundled.is_cut.contains(&true) { "; not everything, because of its size limit" } else { "" };
    let out = escape(out.as_os_str().as_encoded_bytes());
    Ok(format!("bundled {} to {out}, with the report {out}.md{cut}", bundled.words()))
}

/// The id of the finding in the recording.
fn find(reader: &Reader, order: &BundleOrder) -> Result<Option<i64>, crate::recording::file::RecordError> {
    let found = reader.findings(order.finding.at, order.finding.at, MAX_FINDINGS)?;
    let mut findings = found.places.iter().zip(found.interval.entries());
    let same = findings.find(|(_, entry)| matches!(entry, Entry::Finding(finding) if **finding == order.finding));
    Ok(same.map(|(place, _)| place.id))
}
