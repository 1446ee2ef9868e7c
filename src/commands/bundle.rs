//! `bundle`: copies a place of a recording and its context to a file for a ticket.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::cli::{BundleArgs, GlobalArgs};
use super::fetch;
use super::place::{self, Place, PlaceQuery};
use super::{ExitStatus, Failure, profile, recording_files, stores};
use crate::config::Profile;
use crate::failure::{escape_error, to_stderr};
use crate::ledger::sequence::Channel;
use crate::recording::bundle::{self, BundleFiles, BundleRequest, BundleSummary};
use crate::recording::reader::RecordingReader;
use crate::redis::subscription::now_micros;
use crate::store::target::StoreTarget;
use crate::wire::escape::escape;

/// Writes the bundle and its report, and prints a summary.
///
/// # Errors
/// Fails if a recording cannot be read, if none has the place, or if a new file exists or cannot be written.
pub(super) fn run(args: &BundleArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    for (index, argument) in args.files.iter().enumerate() {
        let Some(target) = stores::named(argument.as_os_str(), global)? else { continue };
        if args.files.len() > 1 {
            let other = &args.files[usize::from(index == 0)];
            return Err(Failure::usage(format!(
                "a store cannot be bundled together with {}; use the store alone",
                escape(other.as_os_str().as_encoded_bytes())
            )));
        }
        return of_store(&target, args, global);
    }
    if args.source.is_some() {
        return Err(Failure::usage("--source is only for a store"));
    }
    of_files(args, None, global)
}

/// Bundles a window of a store: fetches it to a temporary recording, and bundles that.
fn of_store(target: &StoreTarget, args: &BundleArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    new_files(args)?;
    let reader = RecordingReader::open_store(target, args.source.as_deref())?;
    let window = query(args).window(&reader)?;
    let directory = tempfile::tempdir()
        .map_err(|error| Failure::failed(format!("cannot create a temporary directory: {}", escape_error(&error))))?;
    let file = directory.path().join("store.db");
    let fetched = fetch::copy(&reader, &window, None, &file)?;
    let around = match window.finding {
        Some(id) => match fetched.finding_ids.iter().find(|(known, _)| *known == id) {
            Some((_, new)) => format!("id:{new}"),
            None => return Err(Failure::failed("--around: another recording has all messages of this gap")),
        },
        None => args.around.clone(),
    };
    let args = BundleArgs { files: vec![file], around, channel: args.channel.clone(), ..args.clone() };
    of_files(&args, Some(format!("store {}", reader.title())), global)
}

fn query(args: &BundleArgs) -> PlaceQuery<'_> {
    PlaceQuery {
        around: &args.around,
        channel: args.channel.as_deref().map(|channel| Channel::new(channel.as_encoded_bytes())),
        epoch: args.epoch,
        before: args.before,
        after: args.after,
    }
}

fn of_files(args: &BundleArgs, name: Option<String>, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let recordings = recording_files::recordings(&args.files)?;
    let files = new_files(args)?;
    let place = place::find(&recordings, &query(args))?;
    let file = &recordings[place.recording];
    let reader = RecordingReader::open(file)?;
    let acknowledgements = recording_files::acknowledgements(&reader)?;
    let profile = profile_settings(&reader, global)?;
    drop(reader);
    let others = recordings.iter().enumerate().filter(|(index, _)| *index != place.recording);
    let request = BundleRequest {
        focus: place.focus.clone(),
        name,
        numbers: place.numbers,
        others: others.map(|(_, other)| other.clone()).collect(),
        before: args.before,
        after: args.after,
        notes: args.note.clone(),
        acknowledgements,
        profile,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now_micros(),
    };
    let bundled = bundle::bundle(file, &files, &request)?;
    let has_others = !request.others.is_empty();
    let summary = summary(&bundled, &place, has_others, &args.output, files.markdown.as_deref());
    if args.report.as_deref() == Some(Path::new("-")) {
        write!(std::io::stdout().lock(), "{}", bundled.report)?;
        to_stderr(&summary);
    } else {
        writeln!(std::io::stdout().lock(), "{summary}")?;
    }
    Ok(ExitStatus::Success)
}

/// The new files: the output by its extension, and the Markdown report.
fn new_files(args: &BundleArgs) -> Result<BundleFiles, Failure> {
    let extension = args.output.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_html = ["html", "htm"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    let markdown = match &args.report {
        Some(path) if path == Path::new("-") => None,
        Some(path) => Some(path.clone()),
        None => (!is_html).then(|| default_report(&args.output)),
    };
    if markdown.as_ref() == Some(&args.output) {
        return Err(Failure::usage("--report and --output are the same file; choose different files"));
    }
    let output = Some(args.output.clone());
    Ok(if is_html {
        BundleFiles { recording: None, markdown, html: output }
    } else {
        BundleFiles { recording: output, markdown, html: None }
    })
}

/// The default file of the report: `OUT.md`.
fn default_report(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".md");
    name.into()
}

fn summary(bundled: &BundleSummary, place: &Place, has_others: bool, out: &Path, report: Option<&Path>) -> String {
    let path = |path: &Path| escape(path.as_os_str().as_encoded_bytes());
    let report = report.map(|report| format!("; report: {}", path(report))).unwrap_or_default();
    let cut =
        if bundled.is_cut.contains(&true) { "; not everything, because of the size limit of a bundle" } else { "" };
    // A gap in one recording usually has no content, which needs no mention.
    let content = bundled.content_words().filter(|_| has_others || bundled.found.is_some_and(|(found, _)| found > 0));
    let content = content.map(|words| format!(", with {words}")).unwrap_or_default();
    format!("bundled {}{content} around {} to {}{report}{cut}", bundled.words(), place.words, path(out))
}

/// The settings of the profile, one per line, without secrets. None if the profile is for another server than the recording.
///
/// Bundles are also made on machines without a configuration. So the profile is optional, unless the command line names it.
fn profile_settings(reader: &RecordingReader, global: &GlobalArgs) -> Result<Option<String>, Failure> {
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
