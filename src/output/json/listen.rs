//! The lines of `listen`.

use super::super::missed::Missed;
use super::super::summary::{HandlerRun, Missing, Recorded, RunCause};
use super::{JsonLines, range, sequence, value};
use crate::ledger::sequence::Channel;

impl JsonLines {
    /// Appends missed messages as a line of type `finding` or `dropped`.
    pub fn missed(&mut self, out: &mut Vec<u8>, missed: &Missed) {
        let channel = missed.channel.as_ref().map(Channel::as_bytes);
        self.start(out, if missed.cause.is_some() { "finding" } else { "dropped" }, missed.at);
        if missed.cause.is_some() {
            value::text(out, "kind", missed.kind);
        }
        value::optional_bytes(out, "channel", channel);
        range(out, (missed.sequence_from, missed.sequence_to), missed.count);
        if let Some(cause) = &missed.cause {
            self.cause(out, cause);
        }
        out.extend_from_slice(b"}\n");
    }

    /// Appends messages that a recording does not contain.
    pub fn missing(&self, out: &mut Vec<u8>, missing: &Missing<'_>) {
        out.extend_from_slice(b"{\"type\":\"missing\"");
        value::optional_bytes(out, "channel", missing.channel);
        range(out, missing.range, missing.count);
        value::text(out, "kind", missing.kind);
        value::text(out, "reason", missing.reason);
        out.extend_from_slice(b"}\n");
    }

    /// Appends messages that a recording has.
    pub fn recorded(&mut self, out: &mut Vec<u8>, recorded: &Recorded<'_>) {
        out.extend_from_slice(b"{\"type\":\"recorded\"");
        value::bytes(out, "channel", recorded.channel);
        value::text(out, "recording", recorded.recording);
        value::signed(out, "epoch", recorded.epoch);
        let (from, to) = recorded.range;
        range(out, (Some(from), Some(to)), Some((to - from).saturating_add(1)));
        let (first_at, last_at) = recorded.at;
        out.extend_from_slice(b",\"first_at\":");
        self.time(out, first_at);
        out.extend_from_slice(b",\"last_at\":");
        self.time(out, last_at);
        out.extend_from_slice(b"}\n");
    }

    /// Appends a finished run of a handler command.
    pub fn handler_run(&mut self, out: &mut Vec<u8>, run: &HandlerRun<'_>) {
        self.start(out, "run", run.at);
        value::optional_bytes(out, "channel", run.channel);
        match run.cause {
            RunCause::Message { name, sequence: number } => {
                sequence(out, number);
                value::bytes(out, "name", name);
            }
            RunCause::Missed(missed) => {
                value::text(out, "kind", missed.kind);
                range(out, (missed.sequence_from, missed.sequence_to), missed.count);
            }
        }
        value::boolean(out, "recovered", run.recovered);
        value::text(out, "outcome", run.outcome);
        if let Some(status) = run.status {
            value::signed(out, "status", status.into());
        }
        if let Some(signal) = run.signal {
            value::signed(out, "signal", signal.into());
        }
        if run.outcome != "done" {
            value::text(out, "reason", run.reason);
        }
        value::number(out, "attempts", Some(run.attempts.into()));
        value::number(out, "duration_micros", Some(run.duration_micros));
        out.extend_from_slice(b"}\n");
    }
}
