//! `merge`: merges recordings of one server.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::cli::MergeArgs;
use super::recording_files::recordings;
use super::{ExitStatus, Failure};
use crate::failure::to_stderr;
use crate::ledger::format::counted;
use crate::ledger::sequence::notation::range;
use crate::recording::merge::{self, MergeSummary, RemainingGap, ServerProof};
use crate::wire::escape::escape;

/// Merges the recordings. Prints a summary to standard output, and what is still missing to standard error.
///
/// # Errors
/// Fails if a recording cannot be read, if there are fewer than two or two are the same file, or if the new file exists or cannot
/// be written.
pub(super) fn run(args: &MergeArgs) -> Result<ExitStatus, Failure> {
    let files = recordings(&args.files)?;
    if files.len() < 2 {
        return Err(Failure::usage(format!("{} to merge; name two or more", counted(files.len() as u64, "recording"))));
    }
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let merged = merge::merge(&files, &args.output, args.same_server)?;
    for proof in &merged.proofs {
        to_stderr(&server_proof(proof));
    }
    writeln!(std::io::stdout().lock(), "{}", summary(&merged))?;
    for (channel, epoch, number) in &merged.conflicting {
        let channel = escape(channel.as_bytes());
        to_stderr(&format!(
            "conflict: {channel} #{number}{}: there is more than one payload; the merged recording has the first one, and all \
             are in the view conflicts",
            of_epoch(*epoch)
        ));
    }
    for left in &merged.left {
        to_stderr(&remaining_gap(left));
    }
    let unreported = (merged.gaps - merged.left.len() as u64) + (merged.conflicts - merged.conflicting.len() as u64);
    if unreported > 0 {
        to_stderr(&format!("and {unreported} more; see the views gaps, holes and conflicts of the new file"));
    }
    Ok(ExitStatus::found(merged.gaps > 0 || merged.conflicts > 0))
}

fn summary(merged: &MergeSummary) -> String {
    let MergeSummary { messages, taken, narrowed, filled, conflicts, gaps, .. } = merged;
    let taken: Vec<String> =
        taken.iter().map(|(file, messages)| format!("{messages} from {}", escape(file.as_bytes()))).collect();
    format!(
        "merged {}: {}; {} filled, {gaps} remaining, {} more exact, {}",
        counted(*messages, "message"),
        taken.join(", "),
        counted(*filled, "gap"),
        counted(*narrowed, "number"),
        counted(*conflicts, "conflict"),
    )
}

/// `a.db and b.db have different server addresses, but are of the same server: 50 messages with the same sequence number
/// compared, none differs`
fn server_proof(ServerProof { files: [first, second], equal, has_same_id }: &ServerProof) -> String {
    let (first, second) = (escape(first.as_bytes()), escape(second.as_bytes()));
    let messages = format!("{} with the same sequence number compared, none differs", counted(*equal, "message"));
    let why = if *has_same_id { format!("the server IDs are equal; {messages}") } else { messages };
    format!("{first} and {second} have different server addresses, but are of the same server: {why}")
}

fn remaining_gap(left: &RemainingGap) -> String {
    let channel = left.channel.as_ref().map_or("unknown channels".to_owned(), |channel| escape(channel.as_bytes()));
    let numbers = match left.numbers {
        Some((from, to)) => format!(" {}", range(from, to)),
        None => String::new(),
    };
    let reason = match left.reason.as_str() {
        "unknown" => "unknown reason",
        reason => reason,
    };
    format!("missing in all: {channel}{numbers}{} ({}): {reason}", of_epoch(left.epoch), left.count)
}

fn of_epoch(epoch: i64) -> String {
    if epoch == 1 { String::new() } else { format!(" of counter epoch {epoch}") }
}
