//! `[profile.NAME.alerts]`: what rings the bell, and what runs a command.

use toml::Spanned;

use super::document::{Section, hint};
use super::error::ConfigError;
use crate::ledger::alert::{AlertKind, Alerts, AtMost};

/// The keys of the table.
pub(super) const KEYS: [&str; 4] = ["bell", "command", "kinds", "at_most"];

/// More than this in one time is no limit any more.
const MAX: usize = 1_000;

/// Reads the table; the command's program and the variables withheld from it are looked at later.
pub(super) fn parse(section: &Section<'_>) -> Result<Alerts, ConfigError> {
    let command = section.texts("command")?;
    if let (Some(value), true) =
        (section.value("command"), command.first().is_none_or(|word| word.get_ref().is_empty()))
    {
        return Err(section.not("command", value, "a program and its arguments, e.g. [\"notify-send\", \"aircheck\"]"));
    }
    let kinds = match section.value("kinds") {
        Some(value) if command.is_empty() => {
            let what = "kinds says what the command is run for, but there is no command; did you mean bell?";
            return Err(section.document().wrong(value.span().start, what));
        }
        Some(_) => troubles(section, "kinds")?,
        None => AlertKind::all().collect(),
    };
    Ok(Alerts {
        bell: troubles(section, "bell")?,
        kinds: if command.is_empty() { Vec::new() } else { kinds },
        command: command.iter().map(|word| (*word.get_ref()).into()).collect(),
        at_most: section.text("at_most")?.map_or(Ok(AtMost::default()), |text| at_most(section, &text))?,
        withheld: Vec::new(),
    })
}

fn troubles(section: &Section<'_>, key: &str) -> Result<Vec<AlertKind>, ConfigError> {
    let trouble = |name: &Spanned<&str>| {
        AlertKind::from_name(name.get_ref()).ok_or_else(|| {
            let hint = hint(name.get_ref(), AlertKind::all().map(AlertKind::name));
            section.document().wrong(name.span().start, format!("{key} has no such kind; {hint}"))
        })
    };
    section.texts(key)?.iter().map(trouble).collect()
}

/// `1/10s`: how many, in how long.
fn at_most(section: &Section<'_>, text: &Spanned<&str>) -> Result<AtMost, ConfigError> {
    let wrong = || {
        let what = format!("at_most must be a number from 1 to {MAX}, / and a time from 1s to 1day, e.g. \"1/10s\"");
        section.document().wrong(text.span().start, what)
    };
    let (count, time) = text.get_ref().split_once('/').ok_or_else(wrong)?;
    let count = count.trim().parse().ok().filter(|count| (1..=MAX).contains(count)).ok_or_else(wrong)?;
    let time = humantime::parse_duration(time.trim()).ok().filter(|time| (1..=86_400).contains(&time.as_secs()));
    let micros = time.and_then(|time| i64::try_from(time.as_micros()).ok()).ok_or_else(wrong)?;
    Ok(AtMost { count, micros })
}
