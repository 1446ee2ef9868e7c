//! `publish --from`: recorded messages are sent again, after they were shown.

use std::io::{self, IsTerminal as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use super::super::lines::Line;
use super::super::{Failure, Status, lines, to_stderr};
use super::Sender;
use crate::ledger::finding::FindingKind;
use crate::ledger::format::counted;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::notation;
use crate::ledger::sequence::{Channel, Sequence};
use crate::record::reader::{MissingReason, Reader};
use crate::redis::subscription::now_micros;
use crate::wire::envelope::Envelope;
use crate::wire::escape::{escape, escape_capped};

/// No more messages are sent again at once: nobody would look at a longer list.
const MAX: usize = 10_000;
/// Names are shown up to so many characters.
const NAME: usize = 60;

/// One recorded message.
struct Recorded {
    /// The sequence number, exact or inferred, as it is shown.
    number: String,
    payload: Vec<u8>,
    timestamp: Option<i64>,
}

impl Sender<'_> {
    pub(super) fn send_again(&mut self, file: &Path) -> Result<Status, Failure> {
        let (messages, is_whole) = self.recorded(file)?;
        // Whatever cannot be sent is said before anything is.
        for message in &messages {
            self.resend(message).map_err(|failure| failure.at(&message.number))?;
        }
        self.show(&messages);
        self.confirm_again(messages.len())?;
        for message in &messages {
            let payload = self.resend(message)?;
            self.send(&payload).map_err(|failure| failure.at(&format!("recorded {}", message.number)))?;
        }
        Ok(if is_whole { Status::Success } else { Status::Found })
    }

    /// The messages, by their numbers, and whether none of the range is missing.
    fn recorded(&self, file: &Path) -> Result<(Vec<Recorded>, bool), Failure> {
        let resend = &self.args.resend;
        let (Some(name), Some(range)) = (&resend.of, resend.seq) else {
            return Err(Failure::usage("--from needs --channel and --seq"));
        };
        let reader = Reader::open(file)?;
        let channel = Channel::new(name.as_bytes());
        let epoch = match (resend.epoch, &reader.epochs(&channel, range)?[..]) {
            (Some(epoch), _) => epoch,
            (None, [epoch]) => *epoch,
            (None, []) => 1,
            (None, epochs) => {
                let all = epochs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                return Err(Failure::usage(format!(
                    "the counter was reset, and these numbers came more than once; choose --epoch: {all}"
                )));
            }
        };
        let mut messages = Vec::new();
        let mut cursor = None;
        loop {
            let (page, next) = reader.by_sequence(&channel, epoch, range, cursor, 1000)?;
            for entry in page.interval.entries() {
                let Entry::Message(message) = entry else { continue };
                if !matches!(message.sequence, Sequence::Exact(_) | Sequence::Inferred(_)) {
                    continue;
                }
                let number = message.sequence.to_string();
                let payload = page.interval.payload(message).to_vec();
                messages.push(Recorded { number, payload, timestamp: message.timestamp });
            }
            cursor = next;
            if messages.len() > MAX {
                return Err(Failure::usage(format!("--seq: more than {MAX} messages at once; name a shorter range")));
            }
            if cursor.is_none() {
                break;
            }
        }
        if messages.is_empty() {
            let channel = escape(name.as_bytes());
            return Err(Failure::failed(format!(
                "none of these messages of {channel} is recorded there; nothing was sent"
            )));
        }
        let mut is_whole = true;
        for missing in reader.missing(&channel, epoch, range, MAX)? {
            let is_missing = match &missing.reason {
                MissingReason::After => range.1 != u64::MAX,
                MissingReason::Finding(finding) => finding.kind != FindingKind::ReceivedNotCounted,
                _ => true,
            };
            if is_missing {
                is_whole = false;
                to_stderr(&format!("not recorded there, so not sent: {}", notation::range(missing.from, missing.to)));
            }
        }
        Ok((messages, is_whole))
    }

    /// What is sent for a message.
    fn resend(&self, message: &Recorded) -> Result<Vec<u8>, Failure> {
        if self.args.resend.verbatim {
            return Ok(message.payload.clone());
        }
        let envelope = Envelope::parse(&message.payload);
        let payload = self.payload(&Line { name: envelope.name.to_vec(), data: envelope.data.to_vec() })?;
        // Without a key a message would be sent unsigned that was signed.
        if !self.args.no_sign && matches!(Envelope::parse(&payload).signature, b"" | b"0") {
            return Err(Failure::usage(
                "there is no key to sign with; give the profile one, or choose --no-sign or --verbatim",
            ));
        }
        Ok(payload)
    }

    fn show(&self, messages: &[Recorded]) {
        let now = now_micros() / 1_000_000;
        for Recorded { number, payload, timestamp } in messages {
            let age = match timestamp.map(|timestamp| now.saturating_sub(timestamp)) {
                Some(age) if age < 0 => format!("signed {} ahead", time(age)),
                Some(age) => format!("signed {} ago", time(age)),
                None => "not signed".to_owned(),
            };
            let name = escape_capped(Envelope::parse(payload).name, NAME);
            to_stderr(&format!("{number}  {name}  {} bytes  {age}", payload.len()));
        }
        let (count, channel, target) = (messages.len(), escape(self.channel()), &self.profile.target);
        let how = match (self.args.resend.verbatim, self.args.no_sign) {
            (true, _) => "verbatim, with the old signatures: listeners reject those that are too old",
            (false, true) => "not signed",
            (false, false) => "signed again",
        };
        to_stderr(&format!("{} for {channel} at {target}, {how}", counted(count as u64, "message")));
    }

    /// Nothing is sent by accident: the number of messages is typed, or `--yes` says it.
    fn confirm_again(&self, count: usize) -> Result<(), Failure> {
        if self.args.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Failure::failed(
                "recorded messages are sent only after a confirmation, and nobody can be asked here; nothing was sent: \
                 look at the list and add --yes",
            ));
        }
        to_stderr("Type the number of messages to send them:");
        let answer = lines::next(&mut io::stdin().lock())?.unwrap_or_default();
        if answer.trim_ascii() == count.to_string().as_bytes() {
            return Ok(());
        }
        Err(Failure::failed("nothing was sent"))
    }
}

fn time(seconds: i64) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(seconds.unsigned_abs()))
}
