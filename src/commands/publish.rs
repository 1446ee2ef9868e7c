//! `publish`: sends broadcasts and prints the receipts.
//!
//! A broadcast comes from the command line, from lines of standard input, or from a recording (`--from`).

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, BufRead, IsTerminal as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::cli::{PublishArgs, is_misspelt};
use super::{ExitStatus, Failure, input, positions};
use crate::config::{Profile, state_file};
use crate::failure::{escape_error, runtime, to_stderr};
use crate::ledger::format::counted;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::notation::{joined, range, ranges};
use crate::ledger::sequence::{Channel, Sequence};
use crate::output::summary::Published;
use crate::recording::counters::known_channels;
use crate::recording::reader::{MAX_RANGED, MissingRange, MissingReason, RecordingReader};
use crate::redis::publisher::{Publisher, Receipt};
use crate::redis::subscription::{is_pattern, now_micros};
use crate::stdout::Printer;
use crate::wire::envelope::Envelope;
use crate::wire::escape::{escape, escape_capped};
use crate::wire::glob;
use crate::wire::signature::SignWith;
use crate::wire::verdict::Rejection;

/// The most messages that are resent at once. Nobody would check a longer list.
const MAX_RESENT: usize = 10_000;
/// The most characters of a name in the list of messages to resend.
const MAX_NAME_CHARS: usize = 60;

/// Sends the broadcasts that the arguments describe.
///
/// # Errors
/// Fails if the profile forbids it, the input is wrong, or the server rejects a broadcast or cannot be reached.
pub(super) fn run(args: &PublishArgs, profile: &Profile) -> Result<ExitStatus, Failure> {
    if profile.read_only {
        let name = escape(profile.name.as_bytes());
        return Err(Failure::failed(format!(
            "nothing was sent: the profile {name} is read_only; choose another one with --profile"
        )));
    }
    let mut sender = BroadcastSender {
        args,
        profile,
        publisher: Publisher::new(profile.target.clone(), profile.sequence_prefix.clone()),
        runtime: runtime()?,
        printer: Printer::new(args.format),
        has_sent: false,
    };
    let ended = match &args.resend.from {
        Some(file) => sender.resend_recorded(file),
        None if args.lines => sender.send_lines(&mut io::stdin().lock()),
        None => sender.send_one(),
    };
    // Any other status of a failure means that nothing was sent, so a script can try again.
    ended.map_err(|failure| if sender.has_sent { Failure { status: ExitStatus::Found, ..failure } } else { failure })
}

struct BroadcastSender<'a> {
    args: &'a PublishArgs,
    profile: &'a Profile,
    publisher: Publisher,
    runtime: tokio::runtime::Runtime,
    printer: Printer,
    /// Whether a broadcast was sent.
    has_sent: bool,
}

impl<'a> BroadcastSender<'a> {
    /// Sends the broadcast of the command line.
    fn send_one(&mut self) -> Result<ExitStatus, Failure> {
        let name = self.args.name.as_deref().unwrap_or_default().as_bytes().to_vec();
        let data = match self.args.data.as_deref().map(OsStr::as_bytes) {
            None => Vec::new(),
            Some(b"-") => input::read_all(io::stdin().lock())?.trim_ascii().to_vec(),
            Some(data) => data.to_vec(),
        };
        let payload = self.payload(&NameAndData { name, data })?;
        if self.profile.confirm && !self.args.yes {
            self.confirm(&payload)?;
        }
        self.send(&payload)?;
        Ok(ExitStatus::Success)
    }

    /// Sends one broadcast for each line. Stops at the first line that is wrong or cannot be sent.
    fn send_lines(&mut self, input: &mut impl BufRead) -> Result<ExitStatus, Failure> {
        if self.profile.confirm && !self.args.yes {
            return Err(self.needs_yes());
        }
        for number in 1_u64.. {
            let Some(line) = input::next_line(input)? else { break };
            let place = format!("line {number}");
            let line = parse_line(&line).map_err(|error| Failure::usage(format!("{place}: {error}")))?;
            if let Some(broadcast) = line {
                let payload = self.payload(&broadcast).map_err(|failure| failure.at(&place))?;
                self.send(&payload).map_err(|failure| failure.at(&place))?;
            }
        }
        Ok(ExitStatus::Success)
    }

    /// The channel to send to.
    fn channel(&self) -> &'a [u8] {
        let channel = self.args.channel.as_ref().or(self.args.resend.of.as_ref());
        channel.map(|name| name.as_bytes()).unwrap_or_default()
    }

    fn payload(&self, broadcast: &NameAndData) -> Result<Vec<u8>, Failure> {
        let with = match &self.args.key {
            _ if self.args.no_sign => SignWith::None,
            Some(name) => SignWith::Key(name.as_bytes().to_vec()),
            None => SignWith::SigningKey,
        };
        Ok(self.profile.keyring.payload(&broadcast.name, &broadcast.data, &with, now_micros() / 1_000_000)?)
    }

    fn send(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let channel = self.channel();
        let at = now_micros();
        let Receipt { sequence, receivers } = self.runtime.block_on(self.publisher.publish(channel, payload))?;
        let is_first = !std::mem::replace(&mut self.has_sent, true);
        self.printer.published(&Published { at, channel, sequence, receivers, payload });
        if let Err(error) = self.printer.flush()
            // If the reader of the receipts has gone, the remaining broadcasts are still sent.
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            return Err(Failure::failed(format!(
                "sent as #{sequence}, but cannot write the receipt to standard output: {}",
                escape_error(&error)
            )));
        }
        if is_first
            && receivers == 0
            && let Some(meant) = meant_channel(channel, &self.profile.channels)
        {
            let (channel, meant) = (escape(channel), escape(meant.as_bytes()));
            to_stderr(&format!("Warning: \"{channel}\" has no receivers; did you mean \"{meant}\"?"));
        }
        Ok(())
    }

    /// Shows the payload and asks for a confirmation.
    fn confirm(&self, payload: &[u8]) -> Result<(), Failure> {
        if !is_interactive() {
            return Err(self.needs_yes());
        }
        let (target, channel) = (&self.profile.target, escape(self.channel()));
        to_stderr(&format!("{}\nSend this on {channel} at {target}? [y/N]", escape(payload)));
        let answer = input::next_line(&mut io::stdin().lock())?.unwrap_or_default();
        match answer.trim_ascii().to_ascii_lowercase().as_slice() {
            b"y" | b"yes" => Ok(()),
            _ => Err(Failure::failed("nothing was sent")),
        }
    }

    fn needs_yes(&self) -> Failure {
        let name = escape(self.profile.name.as_bytes());
        Failure::failed(format!(
            "nothing was sent: the profile {name} requires a confirmation, and there is no terminal to ask for it; add --yes"
        ))
    }

    /// Lists recorded messages, asks for a confirmation, and resends them.
    fn resend_recorded(&mut self, file: &Path) -> Result<ExitStatus, Failure> {
        let (messages, is_complete) = self.read_recorded(file)?;
        // A new signature would make listeners accept what the recorder rejected. Receivers reject the old one by themselves.
        let is_sent = |message: &RecordedMessage| self.args.resend.verbatim || message.rejection.is_none();
        let (sent, rejected): (Vec<_>, Vec<_>) = messages.iter().partition(|message| is_sent(message));
        let rejected = (!rejected.is_empty()).then(|| rejected_words(&rejected));
        // Reports a message that cannot be sent before any message is sent.
        for message in &sent {
            self.resent_payload(message).map_err(|failure| failure.at(&message.sequence.to_string()))?;
        }
        list(&messages);
        if let Some(rejected) = &rejected {
            if sent.is_empty() {
                return Err(Failure::failed(format!(
                    "nothing was sent: {rejected}; to send one anyway, print it with `aircheck show`, then use `aircheck \
                     publish CHANNEL NAME JSON`"
                )));
            }
            to_stderr(&format!("not sent: {rejected}"));
        }
        self.confirm_count(sent.len())?;
        for message in &sent {
            let payload = self.resent_payload(message)?;
            self.send(&payload).map_err(|failure| failure.at(&format!("recorded {}", message.sequence)))?;
        }
        Ok(ExitStatus::found(!is_complete || rejected.is_some()))
    }

    /// Reads the messages of the range, in the order of their numbers. Also returns whether none of them is missing.
    fn read_recorded(&self, file: &Path) -> Result<(Vec<RecordedMessage>, bool), Failure> {
        let resend = &self.args.resend;
        let (Some(name), Some(numbers)) = (&resend.of, resend.seq) else {
            return Err(Failure::usage("--from needs --channel and --seq"));
        };
        let reader = RecordingReader::open(file)?;
        let channel = Channel::new(name.as_bytes());
        let epoch = match resend.epoch {
            Some(epoch) => epoch,
            None => positions::only_epoch(&reader, &channel, numbers)?.unwrap_or(1),
        };
        let mut messages = Vec::new();
        let mut cursor = None;
        loop {
            let (page, next) = reader.by_sequence(&channel, epoch, numbers, cursor, 1000)?;
            for entry in page.interval.entries() {
                let Entry::Message(message) = entry else { continue };
                let Some(number) = message.sequence.number() else { continue };
                messages.push(RecordedMessage {
                    sequence: message.sequence,
                    number,
                    payload: page.interval.payload(message).to_vec(),
                    timestamp: message.timestamp,
                    rejection: message.verdict.rejection(),
                });
            }
            cursor = next;
            if messages.len() > MAX_RESENT {
                return Err(Failure::usage(format!(
                    "--seq: the range has more than {MAX_RESENT} messages; choose a shorter one"
                )));
            }
            if cursor.is_none() {
                break;
            }
        }
        // A range without an end includes numbers that are not broadcast yet.
        let is_past = |missing: &MissingRange| missing.reason != MissingReason::After || numbers.1 != u64::MAX;
        let mut missing = reader.missing(&channel, epoch, numbers, MAX_RESENT)?;
        missing.retain(is_past);
        let inexact = inexact(&reader, &channel, epoch, &missing)?;
        if messages.is_empty() {
            let (numbers, name) = (range(numbers.0, numbers.1), escape(name.as_bytes()));
            return Err(Failure::failed(match inexact {
                Some(inexact) => format!("nothing was sent: for {numbers} of {name}, the recording has only {inexact}"),
                None => format!("nothing was sent: the recording has no message {numbers} of {name}"),
            }));
        }
        let mut is_complete = inexact.is_none();
        for missing in missing.iter().filter(|missing| missing.is_missed()) {
            is_complete = false;
            to_stderr(&format!("not in the recording, so not sent: {}", range(missing.from, missing.to)));
        }
        if let Some(inexact) = inexact {
            to_stderr(&format!("not sent: {inexact}"));
        }
        Ok((messages, is_complete))
    }

    /// The payload that is sent for a recorded message.
    fn resent_payload(&self, message: &RecordedMessage) -> Result<Vec<u8>, Failure> {
        if self.args.resend.verbatim {
            return Ok(message.payload.clone());
        }
        let envelope = Envelope::parse(&message.payload);
        let payload = self.payload(&NameAndData { name: envelope.name.to_vec(), data: envelope.data.to_vec() })?;
        // A signed message must not be resent unsigned by accident.
        if !self.args.no_sign && matches!(Envelope::parse(&payload).signature, b"" | b"0") {
            return Err(Failure::usage(
                "no signing key: configure one in the profile, or choose --no-sign or --verbatim",
            ));
        }
        Ok(payload)
    }

    /// Shows how many messages are sent, and asks for this number as a confirmation, unless `--yes` is given.
    fn confirm_count(&self, count: usize) -> Result<(), Failure> {
        let (channel, target) = (escape(self.channel()), &self.profile.target);
        let signing = match (self.args.resend.verbatim, self.args.no_sign) {
            (true, _) => "verbatim, with the old signatures: listeners reject those that are too old or not valid",
            (false, true) => "not signed",
            (false, false) => "with new signatures",
        };
        to_stderr(&format!("{} for {channel} at {target}, {signing}", counted(count as u64, "message")));
        if self.args.yes {
            return Ok(());
        }
        if !is_interactive() {
            return Err(Failure::failed(
                "nothing was sent: resending requires a confirmation, and there is no terminal to ask for it; check the \
                 list, then add --yes",
            ));
        }
        to_stderr("Type the number of messages to send them:");
        let answer = input::next_line(&mut io::stdin().lock())?.unwrap_or_default();
        if answer.trim_ascii() == count.to_string().as_bytes() {
            return Ok(());
        }
        Err(Failure::failed("nothing was sent"))
    }
}

/// A message that is read from a recording to be resent.
struct RecordedMessage {
    /// Exact or inferred.
    sequence: Sequence,
    number: u64,
    payload: Vec<u8>,
    timestamp: Option<i64>,
    /// Why the recorder rejected it; none if it did not.
    rejection: Option<Rejection>,
}

/// Lists recorded messages, also those that are not sent.
fn list(messages: &[RecordedMessage]) {
    let now = now_micros() / 1_000_000;
    for RecordedMessage { sequence, payload, timestamp, rejection, .. } in messages {
        let age = match timestamp.map(|timestamp| now.saturating_sub(timestamp)) {
            Some(age) if age < 0 => format!("signed {} in the future", seconds(age)),
            Some(age) => format!("signed {} ago", seconds(age)),
            None => "not signed".to_owned(),
        };
        let name = escape_capped(Envelope::parse(payload).name, MAX_NAME_CHARS);
        let rejected = rejection.map(|why| format!("  ✗ rejected: {why}")).unwrap_or_default();
        to_stderr(&format!("{sequence}  {name}  {}  {age}{rejected}", counted(payload.len() as u64, "byte")));
    }
}

/// `2 messages were rejected when they were recorded (#81, #84)`.
fn rejected_words(rejected: &[&RecordedMessage]) -> String {
    let numbers = ranges(&joined(rejected.iter().map(|message| (message.number, message.number))));
    let count = counted(rejected.len() as u64, "message");
    let when = if rejected.len() == 1 { "was rejected when it was" } else { "were rejected when they were" };
    format!("{count} {when} recorded ({numbers})")
}

/// The known channel that a misspelt channel is probably meant to be. None if the channel is known. A channel is known if it is
/// in the profile, or if an earlier run stored its counter.
fn meant_channel(channel: &[u8], of_profile: &[String]) -> Option<String> {
    let stored = state_file().ok().and_then(|path| known_channels(&path).ok()).unwrap_or_default();
    let is_known = of_profile.iter().any(|name| glob::matches(name.as_bytes(), channel))
        || stored.iter().any(|known| known.as_bytes() == channel);
    let channel = str::from_utf8(channel).ok().filter(|_| !is_known)?;
    let stored = stored.iter().filter_map(|known| String::from_utf8(known.as_bytes().to_vec()).ok());
    let mut names = of_profile.iter().filter(|name| !is_pattern(name.as_bytes())).cloned().chain(stored);
    names.find(|name| is_misspelt(channel, name))
}

/// The messages that may have a missing number, as text; none if there are none.
fn inexact(
    reader: &RecordingReader,
    channel: &Channel,
    epoch: i64,
    missing: &[MissingRange],
) -> Result<Option<String>, Failure> {
    let mut possible = BTreeMap::new();
    for missing in missing {
        let page = reader.ranged(channel, epoch, (missing.from, missing.to), MAX_RANGED)?;
        for (entry, place) in page.interval.entries().iter().zip(&page.places) {
            if let Entry::Message(message) = entry
                && let Some(range) = message.sequence.range()
            {
                possible.insert(place.id, range);
            }
        }
    }
    let Some((from, to)) = possible.values().copied().reduce(|all, (from, to)| (all.0.min(from), all.1.max(to))) else {
        return Ok(None);
    };
    Ok(Some(format!(
        "{} without an exact number ({}); `aircheck merge` with another recording can make numbers exact",
        counted(possible.len() as u64, "message"),
        range(from, to)
    )))
}

fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn seconds(seconds: i64) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(seconds.unsigned_abs()))
}

/// The name and the data of a broadcast to send.
#[derive(Debug, PartialEq, Eq)]
struct NameAndData {
    name: Vec<u8>,
    /// JSON; empty if there is no data.
    data: Vec<u8>,
}

/// A line of `--lines` in the form of a JSON object.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonLine<'a> {
    name: String,
    /// The original text. Encoding it again could change the signed bytes.
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// The error without `line 1`, which would look like another number of the line of input.
fn json_error(error: &serde_json::Error) -> String {
    let text = escape_error(error);
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(what) => format!("{what} at column {}", error.column()),
        None => text,
    }
}

/// Parses a line of `--lines`: `NAME`, `NAME JSON` or `{"name": …, "data": …}`. Returns none if it is blank.
fn parse_line(line: &[u8]) -> Result<Option<NameAndData>, String> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(None);
    }
    if line.starts_with(b"{") {
        let object: JsonLine<'_> = serde_json::from_slice(line)
            .map_err(|error| format!("not a JSON object with name and data: {}", json_error(&error)))?;
        let data = object.data.map(|data| data.get().as_bytes().to_vec()).unwrap_or_default();
        return Ok(Some(NameAndData { name: object.name.into_bytes(), data }));
    }
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    let (name, data) = line.split_at(end);
    Ok(Some(NameAndData { name: name.to_vec(), data: data.trim_ascii_start().to_vec() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Option<(String, String)> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        parse_line(line.as_bytes()).ok().flatten().map(|line| (text(line.name), text(line.data)))
    }

    #[test]
    fn a_line_is_a_name_and_json_or_an_object() {
        for (line, name, data) in [
            ("evt", "evt", ""),
            ("evt {\"a\": 1}\r\n", "evt", "{\"a\": 1}"),
            ("  evt\t\"x y\" \n", "evt", "\"x y\""),
            ("{\"name\": \"a b\"}", "a b", ""),
            ("{\"name\": \"\", \"data\": null}", "", ""),
            ("{\"data\": {\"k\":  1.0 , \"l\": \"\\/\"}, \"name\": \"evt\"}", "evt", "{\"k\":  1.0 , \"l\": \"\\/\"}"),
        ] {
            assert_eq!(parsed(line), Some((name.to_owned(), data.to_owned())), "{line}");
        }
    }

    #[test]
    fn blank_lines_are_skipped_and_other_objects_are_errors() {
        assert_eq!(parse_line(b" \r\n"), Ok(None));
        for line in ["{", "{}", "{\"name\": 1}", "{\"name\": \"a\", \"date\": 1}", "{\"name\": \"a\"} x"] {
            assert!(parse_line(line.as_bytes()).is_err(), "{line}");
        }
    }
}
