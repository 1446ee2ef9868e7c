//! What a command learns of a message or a gap: its environment, which holds nothing else of ours.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use base64_simd::STANDARD;
use jiff::Timestamp;
use tokio::process::Command;

use crate::ledger::interval::{Interval, Message};
use crate::ledger::sequence::Sequence;
use crate::output::missed::Missed;
use crate::wire::envelope::SignatureText;
use crate::wire::verdict::Verdict;

/// All variables; each is set for every command, so that one that is inherited says nothing false.
const VARIABLES: [&str; 16] = [
    "AIRCHECK_CHANNEL",
    "AIRCHECK_CHANNEL_BASE64",
    "AIRCHECK_NAME",
    "AIRCHECK_NAME_BASE64",
    "AIRCHECK_SEQUENCE",
    "AIRCHECK_SEQUENCE_FROM",
    "AIRCHECK_SEQUENCE_TO",
    "AIRCHECK_VERDICT",
    "AIRCHECK_KEY",
    "AIRCHECK_AT",
    "AIRCHECK_RECOVERED",
    "AIRCHECK_DUPLICATE",
    "AIRCHECK_KIND",
    "AIRCHECK_FROM",
    "AIRCHECK_TO",
    "AIRCHECK_COUNT",
];

/// The variables that are not empty.
#[derive(Debug, Clone, Default)]
pub(super) struct HandlerEnv(Vec<(&'static str, OsString)>);

impl HandlerEnv {
    /// Those of a message that is accepted by `verdict`.
    pub(super) fn of_message(
        interval: &Interval,
        message: &Message,
        verdict: Verdict,
        recovered: bool,
        duplicate: bool,
    ) -> Self {
        let envelope = interval.envelope(message);
        let mut env = Self::default();
        env.bytes("AIRCHECK_CHANNEL", "AIRCHECK_CHANNEL_BASE64", interval.channel(message).as_bytes());
        env.bytes("AIRCHECK_NAME", "AIRCHECK_NAME_BASE64", envelope.name);
        let (exact, range) = match message.sequence {
            Sequence::Exact(number) => (Some(number), Some((number, number))),
            Sequence::Inferred(number) => (None, Some((number, number))),
            Sequence::Range { from, to } => (None, Some((from, to))),
            Sequence::Unknown(_) => (None, None),
        };
        env.number("AIRCHECK_SEQUENCE", exact);
        env.number("AIRCHECK_SEQUENCE_FROM", range.map(|(from, _)| from));
        env.number("AIRCHECK_SEQUENCE_TO", range.map(|(_, to)| to));
        env.text("AIRCHECK_VERDICT", verdict.name());
        let key = SignatureText::parse(envelope.signature).and_then(|signature| signature.key_name);
        env.bytes("AIRCHECK_KEY", "", key.unwrap_or_default());
        env.time(message.at);
        env.text("AIRCHECK_RECOVERED", if recovered { "1" } else { "" });
        env.text("AIRCHECK_DUPLICATE", if duplicate { "1" } else { "" });
        env
    }

    /// Those of what was missed.
    pub(super) fn of_missed(missed: &Missed) -> Self {
        let mut env = Self::default();
        env.bytes("AIRCHECK_CHANNEL", "AIRCHECK_CHANNEL_BASE64", missed.channel.as_bytes());
        env.text("AIRCHECK_KIND", missed.kind);
        env.number("AIRCHECK_FROM", missed.from);
        env.number("AIRCHECK_TO", missed.to);
        env.number("AIRCHECK_COUNT", missed.count);
        env.time(missed.at);
        env
    }

    /// Sets them for a command.
    pub(super) fn tell(&self, command: &mut Command) {
        command.envs(VARIABLES.map(|variable| (variable, ""))).envs(self.0.iter().map(|(name, value)| (name, value)));
    }

    fn text(&mut self, name: &'static str, value: &str) {
        self.0.push((name, value.into()));
    }

    fn number(&mut self, name: &'static str, value: Option<u64>) {
        if let Some(value) = value {
            self.text(name, &value.to_string());
        }
    }

    /// The system takes any byte but NUL.
    fn bytes(&mut self, name: &'static str, name_base64: &'static str, value: &[u8]) {
        if !value.contains(&0) {
            self.0.push((name, OsStr::from_bytes(value).to_owned()));
        } else if !name_base64.is_empty() {
            self.text(name_base64, &STANDARD.encode_to_string(value));
        }
    }

    fn time(&mut self, at: i64) {
        if let Ok(at) = Timestamp::from_microsecond(at) {
            self.text("AIRCHECK_AT", &format!("{at:.6}"));
        }
    }
}
