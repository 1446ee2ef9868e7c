//! Turns received entries into runs of commands.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::handler_env::HandlerEnv;
use super::job_queues::{Cause, Ended, Work};
use super::progress::Ticket;
use super::recovery::{Next, Recovery};
use super::{Listen, Phase};
use crate::child::Outcome;
use crate::failure::{Failure, to_stderr};
use crate::ledger::dropped::Dropped;
use crate::ledger::duplicates::Duplicates;
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::{Channel, Reading, Sequence};
use crate::output::missed::Missed;
use crate::wire::verdict::Verdict;

/// Dropped messages are reported this long after the first of them.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// The most runs of `--on-missed` that may wait. Further missed messages are reported, but run no command.
const MAX_MISSED: usize = 10_000;

/// Messages that were dropped because the queue was full. Each channel has a ticket, which holds its progress until they are
/// reported.
#[derive(Debug, Default)]
pub(super) struct NoRoom {
    channels: HashMap<Channel, (Ticket, Dropped)>,
    first: Option<Instant>,
}

impl NoRoom {
    pub(super) fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// When they are reported.
    pub(super) fn due(&self) -> Option<Instant> {
        self.first.map(|first| first + REPORT_INTERVAL)
    }
}

impl Listen {
    /// Processes waiting entries until there are no more, or the queue is full.
    pub(super) fn advance(&mut self) -> Result<(), Failure> {
        while !matches!(self.phase, Phase::Halted(_)) {
            if self.stop.is_complete() {
                self.phase = Phase::Draining;
                self.pending.clear();
                self.recovery = None;
            }
            let due = self.no_room.due().is_some_and(|due| due <= Instant::now() || self.phase == Phase::Draining);
            if due {
                self.report_no_room();
            }
            if self.recovery.is_some() {
                if !self.recover() {
                    break;
                }
                continue;
            }
            let Some((interval, index)) = self.pending.pop_front() else { break };
            let Some(entry) = interval.entries().get(index) else { continue };
            // With a recording, nothing is dropped here: messages wait until the queue has room.
            if self.recorded.is_some() && matches!(entry, Entry::Message(_)) && !self.job_queues.has_room() {
                self.pending.push_front((interval, index));
                break;
            }
            self.pending.push_front((Arc::clone(&interval), index + 1));
            self.entry(&interval, entry)?;
        }
        Ok(())
    }

    fn entry(&mut self, interval: &Interval, entry: &Entry) -> Result<(), Failure> {
        match entry {
            Entry::Message(message) => self.message(interval, message, false),
            Entry::Finding(finding) => {
                self.output.printer.entry(interval, entry);
                if let Some(missed) = Missed::of(finding) {
                    self.recover_or_report(missed);
                }
            }
            Entry::Dropped(dropped) => {
                self.output.printer.entry(interval, entry);
                self.recover_or_report(Missed::of_dropped(dropped));
            }
            Entry::Link(link) => {
                self.output.printer.entry(interval, entry);
                self.stop.link(link)?;
            }
            Entry::Counter { channel, reading, server, .. } => {
                self.progress.read_from(channel, server.as_ref());
                match reading {
                    Reading::Value(counter) => self.progress.pass(channel, Some(*counter)),
                    Reading::Missing => self.progress.pass(channel, Some(0)),
                    Reading::Unreadable(_) => {}
                }
            }
            Entry::Barrier { .. } => {}
        }
        Ok(())
    }

    fn message(&mut self, interval: &Interval, message: &Message, recovered: bool) {
        let envelope = interval.envelope(message);
        let verdict = if recovered {
            // The recorder may have had other keys.
            self.keyring.judge(&envelope, message.at.div_euclid(1_000_000)).verdict
        } else {
            message.verdict
        };
        let number = match message.sequence {
            Sequence::Exact(number) | Sequence::Inferred(number) => Some(number),
            Sequence::Range { .. } | Sequence::Unknown(_) => None,
        };
        let channel = interval.channel(message);
        if let Verdict::Rejected(_) = verdict {
            let mut rejected = message.clone();
            rejected.verdict = verdict;
            self.output.printer.entry(interval, &Entry::Message(rejected));
            return self.progress.pass(channel, number);
        }
        let Some(lane) = self.handlers.of(envelope.name) else { return self.progress.pass(channel, number) };
        let duplicate = message.duplicate || self.was_received(interval, message, verdict);
        if duplicate && self.skip_duplicates {
            self.output.skipped(interval, message, recovered);
            return self.progress.pass(channel, number);
        }
        // A recovered message is only read if there is room.
        if !recovered && !self.job_queues.has_room() {
            return self.no_room(channel, message, number);
        }
        self.stop.message(Instant::now());
        self.job_queues.push(Work {
            lane,
            ticket: self.progress.begin(channel, number),
            channel: Some(channel.clone()),
            cause: Cause::Message { name: envelope.name.to_vec(), sequence: message.sequence },
            recovered,
            env: HandlerEnv::of_message(interval, message, verdict, recovered, duplicate),
            input: envelope.data.to_vec(),
        });
    }

    /// Whether the same signed payload was handled before. Only needed with a recording: the subscription marks duplicates of
    /// messages that it received itself, but not of recovered messages.
    fn was_received(&mut self, interval: &Interval, message: &Message, verdict: Verdict) -> bool {
        let (Some(duplicates), Verdict::Verified, Some(timestamp)) = (&mut self.duplicates, verdict, message.timestamp)
        else {
            return false;
        };
        let channel = interval.channel(message);
        let seen = duplicates.note(interval.envelope(message).hmac(), channel, timestamp, message.at);
        seen.is_some_and(|seen| Duplicates::finding(seen, channel, message.at).is_some())
    }

    /// Starts to recover missed messages, or reports them. Later entries wait until this is done, so the saved number does not
    /// pass them.
    fn recover_or_report(&mut self, missed: Missed) {
        self.recovery = self.recorded.as_ref().and_then(|_| Recovery::of(&missed));
        if self.recovery.is_none() {
            self.missed(missed, None);
        }
    }

    /// Runs `--on-missed`. `ticket` holds the progress of the channel, if it already exists.
    fn missed(&mut self, missed: Missed, ticket: Option<Ticket>) {
        self.trouble = true;
        // After a reset without a counter, the next message has number 1.
        let start = (missed.kind == FindingKind::CounterReset.name()).then_some(0);
        let ticket = ticket.unwrap_or_else(|| {
            let channel = missed.channel.clone().unwrap_or_else(|| Channel::new(b""));
            self.progress.begin(&channel, missed.sequence_to.or(start))
        });
        match self.handlers.missed.filter(|&lane| self.job_queues.waiting_in(lane) < MAX_MISSED) {
            None => self.progress.end(&ticket),
            Some(lane) => self.job_queues.push(Work {
                lane,
                ticket,
                channel: missed.channel.clone(),
                env: HandlerEnv::of_missed(&missed),
                input: line(&missed),
                cause: Cause::Missed(missed),
                recovered: false,
            }),
        }
    }

    /// Continues the recovery. Returns false if it must wait.
    fn recover(&mut self) -> bool {
        let (Some(recovery), Some(recorded)) = (&mut self.recovery, &self.recorded) else { return true };
        if !self.job_queues.has_room() || Instant::now() < recovery.at {
            return false;
        }
        match recovery.next(recorded) {
            Ok(Next::Later) => return false,
            Ok(Next::Message(interval, message)) => self.message(&interval, &message, true),
            Ok(Next::Missing(missed)) => {
                self.output.printer.not_recovered(&missed);
                self.missed(missed, None);
            }
            Ok(Next::Nothing) => self.recovery = None,
            Err(error) => {
                to_stderr(&format!("--recover: {error}"));
                if let Some(rest) = self.recovery.take().and_then(|recovery| recovery.rest()) {
                    self.missed(rest, None);
                }
            }
        }
        true
    }

    /// Drops a message because the queue is full.
    fn no_room(&mut self, channel: &Channel, message: &Message, number: Option<u64>) {
        let range = message.sequence.range();
        match self.no_room.channels.get_mut(channel) {
            Some((_, dropped)) if dropped.range.is_some() == range.is_some() => dropped.add(range, message.at),
            other => {
                if other.is_some() {
                    self.report_no_room();
                }
                let ticket = self.progress.begin(channel, None);
                let dropped = Dropped::new(Some(channel.clone()), range, message.at);
                self.no_room.channels.insert(channel.clone(), (ticket, dropped));
                self.no_room.first.get_or_insert_with(Instant::now);
            }
        }
        self.progress.pass(channel, number);
    }

    fn report_no_room(&mut self) {
        self.no_room.first = None;
        for (_, (ticket, dropped)) in std::mem::take(&mut self.no_room.channels) {
            self.output.printer.dropped(&dropped);
            self.missed(Missed::of_dropped(&dropped), Some(ticket));
        }
    }

    /// Records a finished run.
    pub(super) fn ended(&mut self, ended: &Ended) {
        self.trouble |= ended.outcome != Outcome::Done;
        self.output.ran(ended);
        self.progress.end(&ended.work.ticket);
    }
}

/// The standard input of a command of `--on-missed`.
fn line(missed: &Missed) -> Vec<u8> {
    let mut line = Vec::new();
    crate::output::json::JsonLines::default().missed(&mut line, missed);
    line
}
