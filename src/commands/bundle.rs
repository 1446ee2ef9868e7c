//! `bundle`: copies a finding and its context from a recording to a file for a ticket.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::cli::{BundleArgs, GlobalArgs};
use super::{ExitStatus, Failure, positions, profile, recording_files};
use crate::config::Profile;
use crate::failure::to_stderr;
use crate::recording::bundle::{self, BundleRequest, BundleSummary};
use crate::recording::reader::Reader;
use crate::wire::escape::escape;

/// Writes the bundle and its report, and prints a summary.
///
/// # Errors
/// Fails if the recording cannot be read or has no such finding, or if a new file exists or cannot be written.
pub(super) fn run(args: &BundleArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let reader = Reader::open(&args.file)?;
    let finding = positions::finding(&reader, &args.around)?;
    let acknowledgements = recording_files::acknowledgements(&reader)?;
    let profile = profile_settings(&reader, global)?;
    drop(reader);
    let report = match &args.report {
        Some(path) if path == Path::new("-") => None,
        Some(path) => Some(path.clone()),
        None => Some(default_report(&args.output)),
    };
    if report.as_ref() == Some(&args.output) {
        return Err(Failure::usage("--report and --output are the same file; choose different files"));
    }
    let request = BundleRequest {
        finding,
        before: args.before,
        after: args.after,
        notes: args.note.clone(),
        acknowledgements,
        profile,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        report: report.clone(),
    };
    let bundled = bundle::bundle(&args.file, &args.output, &request)?;
    let summary = summary(&bundled, finding, &args.output, report.as_deref());
    if report.is_some() {
        writeln!(std::io::stdout().lock(), "{summary}")?;
    } else {
        write!(std::io::stdout().lock(), "{}", bundled.report)?;
        to_stderr(&summary);
    }
    Ok(ExitStatus::Success)
}

/// The default file of the report: `OUT.md`.
fn default_report(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".md");
    name.into()
}

fn summary(bundled: &BundleSummary, finding: i64, out: &Path, report: Option<&Path>) -> String {
    let path = |path: &Path| escape(path.as_os_str().as_encoded_bytes());
    let report = report.map(|report| format!("; report: {}", path(report))).unwrap_or_default();
    let cut =
        if bundled.is_cut.contains(&true) { "; not everything, because of the size limit of a bundle" } else { "" };
    format!("bundled {} around id:{finding} to {}{report}{cut}", bundled.words(), path(out))
}

/// The settings of the profile, one per line, without secrets. None if the profile is for another server than the recording.
///
/// Bundles are also made on machines without a configuration. So the profile is optional, unless the command line names it.
fn profile_settings(reader: &Reader, global: &GlobalArgs) -> Result<Option<String>, Failure> {
    let is_named = global.profile.is_some() || global.config.is_some();
    match profile(global) {
        Ok(profile) if profile.state_key() == reader.overview()?.source => Ok(Some(redacted(&profile))),
        Ok(profile) => {
            if is_named {
                let target = profile.target.to_string();
                to_stderr(&format!(
                    "Warning: the profile is not in the bundle: it is for {target}, not for the recording's server"
                ));
            }
            Ok(None)
        }
        Err(failure) if is_named => Err(failure),
        Err(failure) => {
            to_stderr(&format!("Warning: the profile is not in the bundle: {}", failure.message.unwrap_or_default()));
            Ok(None)
        }
    }
}

/// The settings that affect how messages are received and verified. There are no keys, passwords and commands among them.
fn redacted(profile: &Profile) -> String {
    let escaped = |text: &str| escape(text.as_bytes());
    let channels: Vec<String> = profile.channels.iter().map(|channel| escaped(channel)).collect();
    let keyring = &profile.keyring;
    let keys: Vec<String> = keyring.signing_keys().into_iter().map(escape).collect();
    [
        ("name", escaped(&profile.name)),
        ("server", profile.target.to_string()),
        ("tls", profile.target.tls.is_some().to_string()),
        ("sequence_prefix", escaped(&profile.sequence_prefix)),
        ("channels", channels.join(", ")),
        ("read_only", profile.read_only.to_string()),
        ("confirm", profile.confirm.to_string()),
        ("algorithm", keyring.sign_algorithm().name().to_owned()),
        ("time_tolerance", format!("{} s", keyring.time_tolerance())),
        ("accepts_unsigned", keyring.accepts_unsigned().to_string()),
        ("key names", keys.join(", ")),
    ]
    .map(|(name, value)| format!("{name}: {value}"))
    .join("\n")
}
