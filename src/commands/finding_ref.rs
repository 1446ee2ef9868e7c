//! The finding that `--around` names.

use super::Failure;
use crate::record::reader::Reader;

/// Findings are counted up to that many to find one by its number.
const MAX_FINDINGS: usize = 100_000;

/// The place of the finding that `--around` names.
pub(super) fn place(reader: &Reader, text: &str) -> Result<i64, Failure> {
    let wrong = || Failure::usage("--around: write the number of a finding, from 1 on, or last, or id:N");
    let text = text.trim();
    if let Some(id) = text.strip_prefix("id:") {
        let id = id.parse::<i64>().map_err(|_| wrong())?;
        return match reader.finding(id)? {
            Some(_) => Ok(id),
            None => Err(Failure::failed(format!("--around: no finding has the id {id}: see the view findings"))),
        };
    }
    let number = match text {
        "last" => usize::try_from(reader.overview()?.findings).unwrap_or(usize::MAX),
        number => number.parse::<usize>().ok().filter(|number| *number > 0).ok_or_else(wrong)?,
    };
    if number > MAX_FINDINGS {
        return Err(Failure::usage(format!("--around: only the first {MAX_FINDINGS} are counted; write id:N")));
    }
    let found = reader.findings(i64::MIN, i64::MAX, number)?;
    match found.places.last() {
        Some(place) if found.places.len() == number => Ok(place.id),
        _ => Err(Failure::failed(format!("--around: there are only {} findings", found.places.len()))),
    }
}
