//! `merge`: two recordings of one server become one.

use std::io::Write as _;

use super::cli::MergeArgs;
use super::{Failure, Status, to_stderr};
use crate::ledger::sequence::notation::range;
use crate::record::merge::{self, MergeSummary, RemainingGap};
use crate::wire::escape::escape;

/// Merges, and says what came of it: the sums on standard output, what is missing still on standard error.
///
/// # Errors
/// Where a recording cannot be read, both are one, or the new file is there already or cannot be written.
pub fn run(args: &MergeArgs) -> Result<Status, Failure> {
    let merged = merge::merge(&args.first, &args.second, &args.output, args.same_server)?;
    writeln!(std::io::stdout().lock(), "{}", sums(&merged))?;
    for (channel, epoch, number) in &merged.conflicting {
        let channel = escape(channel.as_bytes());
        to_stderr(&format!(
            "conflict: {channel} #{number}{}: the recordings hold different bytes; that of the first is kept, both are in \
             conflicts",
            of_epoch(*epoch)
        ));
    }
    for left in &merged.left {
        to_stderr(&words(left));
    }
    let untold = (merged.gaps - merged.left.len() as u64) + (merged.conflicts - merged.conflicting.len() as u64);
    if untold > 0 {
        to_stderr(&format!("and {untold} more: see the views gaps, holes and conflicts of the new file"));
    }
    Ok(if merged.gaps == 0 && merged.conflicts == 0 { Status::Success } else { Status::Found })
}

fn sums(merged: &MergeSummary) -> String {
    let MergeSummary { messages, taken: [first, second], narrowed, filled, conflicts, gaps, .. } = merged;
    format!(
        "merged {messages} messages: {first} from the first recording, {second} only or better from the second; {filled} gaps \
         filled, {gaps} left, {narrowed} numbers known better, {conflicts} conflicts"
    )
}

fn words(left: &RemainingGap) -> String {
    let channel = left.channel.as_ref().map(|channel| escape(channel.as_bytes())).unwrap_or_default();
    let numbers = match left.numbers {
        Some((from, to)) => format!(" {}", range(from, to)),
        None => String::new(),
    };
    let count = left.count.map(|count| format!(" ({count})")).unwrap_or_default();
    let why = match left.reason.as_str() {
        "unknown" => "nothing in the recordings says why",
        reason => reason,
    };
    format!("missing in both: {channel}{numbers}{}{count}: {why}", of_epoch(left.epoch))
}

fn of_epoch(epoch: i64) -> String {
    if epoch == 1 { String::new() } else { format!(" of epoch {epoch}") }
}
