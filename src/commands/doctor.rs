//! `doctor`: checks the terminal, the configuration, the files and the server. Changes nothing.

use std::fmt::Write as _;
use std::fs::symlink_metadata;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{Access as FileAccess, access};
use rustix::process::geteuid;
use rustix::termios::tcgetwinsize;

use super::cli::{DoctorArgs, GlobalArgs};
use super::{ExitStatus, Failure};
use crate::config::{
    self, Environment, Profile, acknowledgements_file, config_file, history_file, settings_file, state_file,
};
use crate::failure::runtime;
use crate::ledger::format::duration;
use crate::redis::diagnosis::{Diagnosis, Permission, Right, ServerClock, diagnose};
use crate::store::connection::Access;
use crate::store::schema;
use crate::store::target::StoreArgument;
use crate::wire::escape::escape;

/// The result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
enum Outcome {
    Ok,
    Warning,
    Failed,
}

/// The report.
struct Report {
    /// The outcome, subject and text of each line.
    lines: Vec<(Outcome, String, String)>,
    /// The home directory. It is printed as `~`, because it contains the user's name.
    home: Option<String>,
}

/// Prints a line for each check.
///
/// # Errors
/// Fails if standard output cannot be written.
pub(super) fn run(args: &DoctorArgs, global: &GlobalArgs) -> Result<ExitStatus, Failure> {
    let environment = Environment::process();
    let home = environment.home.as_ref().map(|home| escape(home.as_os_str().as_encoded_bytes()));
    let mut report = Report { lines: Vec::new(), home: home.filter(|home| home != "/") };
    let profile = config::load(&global.overrides());
    report.terminal(&environment, profile.as_ref().ok().map(|profile| profile.mouse));
    match &profile {
        Ok(profile) => report.configuration(profile, global, &environment),
        Err(error) => report.add(Outcome::Failed, "configuration", error.to_string()),
    }
    report.paths();
    if let Ok(profile) = &profile {
        let channels: Vec<Vec<u8>> = if args.channels.is_empty() {
            profile.channels.iter().map(|name| name.as_bytes().to_vec()).collect()
        } else {
            args.channels.iter().map(|name| name.as_bytes().to_vec()).collect()
        };
        report.server(profile, &channels)?;
    }
    report.stores(global, &environment)?;
    report.print()?;
    Ok(ExitStatus::found(report.lines.iter().any(|(outcome, ..)| *outcome == Outcome::Failed)))
}

impl Report {
    /// Adds a line. The text must be escaped.
    fn add(&mut self, outcome: Outcome, subject: impl Into<String>, text: impl Into<String>) {
        self.lines.push((outcome, subject.into(), text.into()));
    }

    fn print(&self) -> std::io::Result<()> {
        let width = self.lines.iter().map(|(_, subject, _)| subject.chars().count()).max().unwrap_or_default();
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let mut text = format!("aircheck {}, {os} {arch}\n", env!("CARGO_PKG_VERSION"));
        for (outcome, subject, details) in &self.lines {
            let _ = writeln!(text, "{outcome:<7}  {subject:<width$}  {details}");
        }
        if let Some(home) = &self.home {
            text = text.replace(home.as_str(), "~");
        }
        std::io::stdout().lock().write_all(text.as_bytes())
    }

    /// Connects to each store of the configuration.
    fn stores(&mut self, global: &GlobalArgs, environment: &Environment) -> Result<(), Failure> {
        let overrides = global.overrides();
        // A mistake in the file was reported.
        for name in config::store_names(&overrides, environment).unwrap_or_default() {
            let subject = format!("store {}", escape(name.as_bytes()));
            let loaded = config::load_store_from(&StoreArgument::Name(name), &overrides, environment);
            let (outcome, text) = match loaded {
                Err(error) => (Outcome::Failed, error.to_string()),
                Ok(store) => match runtime()?.block_on(schema::connect(&store.target, Access::Read)) {
                    Ok(connection) => {
                        (Outcome::Ok, format!("{}, schema version {}", connection.title(), schema::SCHEMA_VERSION))
                    }
                    Err(error) => (Outcome::Failed, error.to_string()),
                },
            };
            self.add(outcome, subject, text);
        }
        Ok(())
    }

    fn terminal(&mut self, environment: &Environment, mouse: Option<bool>) {
        let variable = |name| environment.get(name).map(|value| escape(value.as_encoded_bytes()));
        let term = variable("TERM");
        let colours = if variable("NO_COLOR").is_some() {
            "no colours (NO_COLOR)"
        } else if variable("COLORTERM").is_some_and(|value| matches!(&*value, "truecolor" | "24bit")) {
            "24-bit colours"
        } else if term.as_ref().is_some_and(|term| term.contains("256color")) {
            "256 colours"
        } else {
            "16 colours"
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
        let is_utf8 = locale.as_ref().is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
        let encoding = match &locale {
            Some(_) if is_utf8 => "UTF-8".to_owned(),
            Some(locale) => format!("not UTF-8 (locale {locale})"),
            None => "no locale is set, so UTF-8 is unknown".to_owned(),
        };
        let mouse = match mouse {
            Some(true) => ", mouse",
            Some(false) => ", mouse off",
            None => "",
        };
        let is_usable = term.as_ref().is_some_and(|term| term != "dumb");
        let shown = term.unwrap_or_else(|| "TERM is not set".to_owned());
        let outcome = if is_usable && is_utf8 { Outcome::Ok } else { Outcome::Warning };
        self.add(outcome, "terminal", format!("{shown}, {colours}, {encoding}{mouse}"));
        let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
        let size = if stdout.is_terminal() {
            tcgetwinsize(&stdout)
        } else if stderr.is_terminal() {
            tcgetwinsize(&stderr)
        } else {
            tcgetwinsize(&stdin)
        };
        match size {
            Ok(size) => self.add(Outcome::Ok, "size", format!("{} columns, {} rows", size.ws_col, size.ws_row)),
            Err(_) => self.add(Outcome::Warning, "size", "unknown: not a terminal"),
        }
    }

    fn configuration(&mut self, profile: &Profile, global: &GlobalArgs, environment: &Environment) {
        let name = if profile.name.is_empty() { "no profile".to_owned() } else { format!("profile {}", profile.name) };
        let name = escape(name.as_bytes());
        match config_file(&global.overrides(), environment) {
            Ok(path) if path.exists() => self.add(Outcome::Ok, "configuration", format!("{}, {name}", shown(&path))),
            Ok(path) => self.add(Outcome::Ok, "configuration", format!("{} does not exist; defaults", shown(&path))),
            Err(error) => self.add(Outcome::Warning, "configuration", error.to_string()),
        }
        for warning in &profile.warnings {
            self.add(Outcome::Warning, "configuration", warning);
        }
    }

    /// The directory of the counters, and the files in it.
    fn paths(&mut self) {
        let counters = match state_file() {
            Ok(counters) => counters,
            Err(error) => return self.add(Outcome::Failed, "state directory", error.to_string()),
        };
        let directory = counters.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A missing directory can be created if its nearest existing ancestor is writable.
        let existing = directory.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(directory);
        let (outcome, state) = match access(existing, FileAccess::WRITE_OK | FileAccess::EXEC_OK) {
            Err(error) => (Outcome::Failed, format!("cannot be written: {error}")),
            Ok(()) if existing == directory => (Outcome::Ok, "writable".to_owned()),
            Ok(()) => (Outcome::Ok, "does not exist yet; can be created".to_owned()),
        };
        self.add(outcome, "state directory", format!("{}: {state}", shown(directory)));
        let files = [
            ("counters", Ok(counters.clone())),
            ("settings", settings_file()),
            ("history", history_file()),
            ("acknowledgements", acknowledgements_file()),
        ];
        for (subject, path) in files {
            let Ok(path) = path else { continue };
            if let Some((outcome, text)) = file(&path) {
                self.add(outcome, subject, format!("{}: {text}", shown(&path)));
            }
        }
    }

    fn server(&mut self, profile: &Profile, channels: &[Vec<u8>]) -> Result<(), Failure> {
        let diagnosis = runtime()?.block_on(diagnose(&profile.target, &profile.sequence_prefix, channels));
        let diagnosis = match diagnosis {
            Ok(diagnosis) => diagnosis,
            Err(reason) => {
                self.add(Outcome::Failed, "server", reason);
                return Ok(());
            }
        };
        let Diagnosis { version, resp3, clock, user, rights } = diagnosis;
        let title = escape(profile.target.title().as_bytes());
        match version {
            Ok(version) => self.add(Outcome::Ok, "server", format!("{title}, version {version}")),
            Err(reason) => {
                self.add(Outcome::Warning, "server", format!("{title}, version unknown: {reason}"));
            }
        }
        match resp3 {
            Ok(()) => self.add(Outcome::Ok, "RESP3", "supported"),
            Err(reason) => self.add(Outcome::Failed, "RESP3", reason),
        }
        match clock {
            Ok(clock) => {
                let tolerance = profile.keyring.time_tolerance();
                self.add(clock_outcome(clock, tolerance), "clock", clock_text(clock));
            }
            Err(reason) => self.add(Outcome::Warning, "clock", format!("unknown: {reason}")),
        }
        match user {
            Ok(user) => self.add(Outcome::Ok, "user", user),
            Err(reason) => self.add(Outcome::Warning, "user", format!("unknown: {reason}")),
        }
        if channels.is_empty() {
            self.add(
                Outcome::Warning,
                "rights",
                "not checked: the profile has no channels; name some on the command line",
            );
        }
        for (channel, rights) in channels.iter().zip(rights) {
            let (outcome, text) = rights_text(&rights);
            self.add(outcome, format!("rights on {}", escape(channel)), text);
        }
        Ok(())
    }
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

/// Checks that only its owner can access a file. `None` if the file does not exist.
fn file(path: &Path) -> Option<(Outcome, String)> {
    let metadata = match symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => return Some((Outcome::Failed, escape(error.to_string().as_bytes()))),
    };
    let mode = metadata.permissions().mode() & 0o7777;
    Some(if !metadata.is_file() {
        (Outcome::Failed, "not a regular file".to_owned())
    } else if metadata.uid() != geteuid().as_raw() {
        (Outcome::Failed, format!("belongs to another user (uid {})", metadata.uid()))
    } else if mode & 0o077 != 0 {
        (Outcome::Warning, format!("others can access it (mode {mode:04o})"))
    } else {
        (Outcome::Ok, "private".to_owned())
    })
}

/// Warns if the offset is more than half of the tolerance, the limit of the finding `clock_skew`.
fn clock_outcome(clock: ServerClock, tolerance: u64) -> Outcome {
    let limit = tolerance.saturating_mul(1_000_000) / 2;
    if clock.offset_micros.unsigned_abs() > limit { Outcome::Warning } else { Outcome::Ok }
}

fn clock_text(clock: ServerClock) -> String {
    let offset = clock.offset_micros;
    let error = duration(clock.error_micros);
    if offset.unsigned_abs() <= clock.error_micros {
        return format!("the server's clock is the same (± {error})");
    }
    let direction = if offset < 0 { "behind" } else { "ahead" };
    format!("the server's clock is {} {direction} (± {error})", duration(offset.unsigned_abs()))
}

/// Describes the rights on a channel. If subscribing or reading the counter is denied, aircheck cannot watch the channel. The
/// other rights are only needed for sending.
fn rights_text(rights: &[Right]) -> (Outcome, String) {
    let outcome = |right: &Right| match (&right.permission, right.command) {
        (Permission::Granted, _) => Outcome::Ok,
        (Permission::Denied, "SUBSCRIBE" | "PSUBSCRIBE" | "GET") => Outcome::Failed,
        (Permission::Denied | Permission::Unknown(_), _) => Outcome::Warning,
    };
    let outcomes: Vec<Outcome> = rights.iter().map(outcome).collect();
    let worst = [Outcome::Failed, Outcome::Warning].into_iter().find(|worst| outcomes.contains(worst));
    let text = |right: &Right| match &right.permission {
        Permission::Granted => right.command.to_owned(),
        Permission::Denied => format!("{} denied", right.command),
        Permission::Unknown(_) => format!("{} unknown", right.command),
    };
    let mut texts = rights.iter().map(text).collect::<Vec<_>>().join(", ");
    let reason = rights.iter().find_map(|right| match &right.permission {
        Permission::Unknown(reason) => Some(reason),
        Permission::Granted | Permission::Denied => None,
    });
    if let Some(reason) = reason {
        texts.push_str(": ");
        texts.push_str(reason);
    }
    (worst.unwrap_or(Outcome::Ok), texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_compared_within_the_round_trip() {
        let clock = |offset_micros, error_micros| ServerClock { offset_micros, error_micros };
        for (offset, error, text) in [
            (400, 500, "the server's clock is the same (± 0.5 ms)"),
            (-2_000_000, 500, "the server's clock is 2.0 s behind (± 0.5 ms)"),
            (60_000_000, 500, "the server's clock is 1 min ahead (± 0.5 ms)"),
        ] {
            assert_eq!(clock_text(clock(offset, error)), text);
        }
        assert_eq!(clock_outcome(clock(-30_000_000, 1), 60), Outcome::Ok);
        assert_eq!(clock_outcome(clock(-30_000_001, 1), 60), Outcome::Warning);
    }

    #[test]
    fn denied_and_unknown_rights_are_not_ok() {
        let right = |command, permission| Right { command, permission };
        let unknown = || Permission::Unknown("NOPERM acl".to_owned());
        for (rights, outcome, text) in [
            (vec![right("SUBSCRIBE", Permission::Granted)], Outcome::Ok, "SUBSCRIBE"),
            (
                vec![right("GET", Permission::Granted), right("PUBLISH", Permission::Denied)],
                Outcome::Warning,
                "GET, PUBLISH denied",
            ),
            (
                vec![right("GET", Permission::Denied), right("INCR", Permission::Denied)],
                Outcome::Failed,
                "GET denied, INCR denied",
            ),
            (
                vec![right("SUBSCRIBE", unknown()), right("GET", Permission::Granted)],
                Outcome::Warning,
                "SUBSCRIBE unknown, GET: NOPERM acl",
            ),
        ] {
            assert_eq!(rights_text(&rights), (outcome, text.to_owned()));
        }
    }
}
