//! `bundle`: one file for a ticket, with what a recording holds around a finding.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::cli::{BundleArgs, GlobalArgs};
use super::{Failure, Status, finding_ref, profile, to_stderr};
use crate::config::Profile;
use crate::record::bundle::{self, BundleRequest, BundleSummary};
use crate::record::reader::Reader;
use crate::wire::escape::escape;

/// Bundles, and says what is in it.
///
/// # Errors
/// Where the recording cannot be read or has no such finding, or a new file is there already or cannot be written.
pub fn run(args: &BundleArgs, global: &GlobalArgs) -> Result<Status, Failure> {
    let reader = Reader::open(&args.file)?;
    let finding = finding_ref::place(&reader, &args.around)?;
    let profile = settings(&reader, global)?;
    drop(reader);
    let report = match &args.report {
        Some(path) if path == Path::new("-") => None,
        Some(path) => Some(path.clone()),
        None => Some(beside(&args.output)),
    };
    if report.as_ref() == Some(&args.output) {
        return Err(Failure::usage("--report and --output name one file; name two"));
    }
    let request = BundleRequest {
        finding,
        before: args.before,
        after: args.after,
        notes: args.note.clone(),
        profile,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        report: report.clone(),
    };
    let bundled = bundle::bundle(&args.file, &args.output, &request)?;
    let sums = sums(&bundled, finding, &args.output, report.as_deref());
    if report.is_some() {
        writeln!(std::io::stdout().lock(), "{sums}")?;
    } else {
        write!(std::io::stdout().lock(), "{}", bundled.report)?;
        to_stderr(&sums);
    }
    Ok(Status::Success)
}

/// `OUT.md`.
fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".md");
    name.into()
}

fn sums(bundled: &BundleSummary, finding: i64, out: &Path, report: Option<&Path>) -> String {
    let what = bundled.words();
    let path = |path: &Path| escape(path.as_os_str().as_encoded_bytes());
    let report = report.map(|report| format!("; the report is {}", path(report))).unwrap_or_default();
    let cut = if bundled.is_cut.contains(&true) { "; there was more than a bundle takes" } else { "" };
    format!("bundled {what} around id:{finding} in {}{report}{cut}", path(out))
}

/// The settings of the profile, a line each, without secrets; none where it is of another server than the recording.
///
/// A bundle is wanted on machines too that have no keys: where the profile was not asked for by name, it need not be there.
fn settings(reader: &Reader, global: &GlobalArgs) -> Result<Option<String>, Failure> {
    let is_named = global.profile.is_some() || global.config.is_some();
    match profile(global) {
        Ok(profile) if profile.state_key() == reader.overview()?.source => Ok(Some(redacted(&profile))),
        Ok(profile) => {
            if is_named {
                let target = profile.target.to_string();
                to_stderr(&format!(
                    "Warning: the profile is not bundled: it is of {target}, not of the recording's server"
                ));
            }
            Ok(None)
        }
        Err(failure) if is_named => Err(failure),
        Err(failure) => {
            to_stderr(&format!("Warning: the profile is not bundled: {}", failure.message.unwrap_or_default()));
            Ok(None)
        }
    }
}

/// No key, no password and no command: only what says how messages were received and judged.
fn redacted(profile: &Profile) -> String {
    let safe = |text: &str| escape(text.as_bytes());
    let channels: Vec<String> = profile.channels.iter().map(|channel| safe(channel)).collect();
    let keyring = &profile.keyring;
    let keys: Vec<String> = keyring.signing_keys().into_iter().map(escape).collect();
    [
        ("name", safe(&profile.name)),
        ("server", profile.target.to_string()),
        ("tls", profile.target.tls.is_some().to_string()),
        ("sequence_prefix", safe(&profile.sequence_prefix)),
        ("channels", channels.join(", ")),
        ("read_only", profile.read_only.to_string()),
        ("confirm", profile.confirm.to_string()),
        ("algorithm", keyring.sign_algorithm().name().to_owned()),
        ("time_tolerance", format!("{} s", keyring.time_tolerance())),
        ("accepts_unsigned", keyring.accepts_unsigned().to_string()),
        ("names of keys", keys.join(", ")),
    ]
    .map(|(name, value)| format!("{name}: {value}"))
    .join("\n")
}
