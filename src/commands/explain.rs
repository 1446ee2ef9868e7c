//! `explain`: prints what a kind of finding or a rejection means.

use std::fmt::Write as _;
use std::io::Write as _;

use super::cli::ExplainArgs;
use super::{ExitStatus, Failure};
use crate::config::hint;
use crate::ledger::finding::FindingKind;
use crate::wire::escape::escape;
use crate::wire::verdict::Rejection;

/// Prints the entry of a kind, or a list of all kinds.
///
/// # Errors
/// Fails if the kind is unknown, or if standard output cannot be written.
pub(super) fn run(args: &ExplainArgs) -> Result<ExitStatus, Failure> {
    let text = match &args.kind {
        Some(kind) => entry(kind)?,
        None => list(),
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(ExitStatus::Success)
}

fn entry(kind: &str) -> Result<String, Failure> {
    // Accepts the spelling on screen, which has spaces.
    let name = kind.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    if let Ok(kind) = name.parse::<FindingKind>() {
        let entry = kind.reference();
        let sections = [
            ("Meaning", entry.summary),
            ("Counts as a gap", if kind.is_gap() { "yes" } else { "no" }),
            ("Cause", entry.cause),
            ("Consequence", entry.consequence),
            ("What to do", entry.advice),
        ];
        return Ok(format!("{name}: a finding\n{}", text(&sections)));
    }
    if let Ok(rejection) = name.parse::<Rejection>() {
        let check = rejection.check().rule();
        let sections =
            [("Meaning", rejection.summary()), ("Failed check", &check), ("What to do", rejection.explain())];
        return Ok(format!("{name}: a rejection\n{}", text(&sections)));
    }
    let findings = FindingKind::ALL.iter().map(|kind| kind.name());
    let known = findings.chain(Rejection::ALL.iter().map(|rejection| rejection.name()));
    let known: Vec<&str> = known.collect();
    let containing: Vec<String> = known
        .iter()
        .filter(|known| !name.is_empty() && known.contains(&name))
        .map(|name| format!("\"{name}\""))
        .collect();
    let hint = match containing.split_last() {
        Some((last, others @ [_, ..])) => format!("(did you mean {} or {last}?)", others.join(", ")),
        _ => hint(kind, known.into_iter()),
    };
    let name = escape(kind.as_bytes());
    Err(Failure::usage(format!("unknown kind \"{name}\" {hint}")))
}

fn text(sections: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (title, body) in sections {
        let _ = write!(out, "\n{title}:\n  {body}\n");
    }
    out
}

fn list() -> String {
    let findings = FindingKind::ALL.iter().map(|kind| (kind.name(), kind.reference().summary));
    let rejections = Rejection::ALL.iter().map(|rejection| (rejection.name(), rejection.summary()));
    let mut out = String::new();
    let mut group = |title: &str, rows: &mut dyn Iterator<Item = (&'static str, &'static str)>| {
        let _ = writeln!(out, "{title}:");
        for (name, summary) in rows {
            let _ = writeln!(out, "  {name:<26}  {summary}");
        }
    };
    group("Findings", &mut findings.into_iter());
    group("\nRejections", &mut rejections.into_iter());
    out
}
