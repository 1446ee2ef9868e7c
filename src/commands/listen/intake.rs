//! From what comes to what is run.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::facts::Facts;
use super::lanes::{Cause, Ended, Work};
use super::progress::Ticket;
use super::recovery::{Next, Recovery};
use super::{Listen, Phase};
use crate::child::Outcome;
use crate::commands::{Failure, to_stderr};
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::{Channel, Reading, Sequence};
use crate::output::missed::{DROPPED, Missed};
use crate::redis::subscription::now_micros;
use crate::wire::verdict::Verdict;

/// What was dropped is said this long after the first of it.
const TELL: Duration = Duration::from_secs(1);
/// Runs of `--on-missed` that may wait; what comes beyond is said, and not run for.
const MISSED: usize = 10_000;

/// Messages for whose commands there was no room, and what holds their channels up until they are said.
#[derive(Debug, Default)]
pub(super) struct Dropped {
    channels: HashMap<Channel, (Ticket, Missed)>,
    first: Option<Instant>,
    /// How many the hand-over was said to have dropped.
    in_hand_over: u64,
}

impl Dropped {
    pub(super) fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// When they are to be said.
    pub(super) fn due(&self) -> Option<Instant> {
        self.first.map(|first| first + TELL)
    }
}

impl Listen {
    /// Deals with what came, as far as that goes.
    pub(super) fn advance(&mut self) -> Result<(), Failure> {
        while !matches!(self.phase, Phase::Halted(_)) {
            if self.ending.is_complete() {
                self.phase = Phase::Draining;
                self.pending.clear();
                self.recovery = None;
            }
            let due = self.dropped.due().is_some_and(|due| due <= Instant::now() || self.phase == Phase::Draining);
            if due {
                self.tell_dropped();
            }
            if self.recovery.is_some() {
                if !self.recover() {
                    break;
                }
                continue;
            }
            let Some((interval, index)) = self.pending.pop_front() else { break };
            let Some(entry) = interval.entries().get(index) else { continue };
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
                    self.recovery = self.recorded.as_ref().and_then(|_| Recovery::of(&missed));
                    if self.recovery.is_none() {
                        self.missed(missed, None);
                    }
                }
            }
            Entry::Link(link) => {
                self.output.printer.entry(interval, entry);
                self.ending.link(link)?;
            }
            Entry::Counter { channel, reading: Reading::Value(counter), .. } => {
                self.progress.pass(channel, Some(*counter));
            }
            Entry::Counter { channel, reading: Reading::Missing, .. } => self.progress.pass(channel, Some(0)),
            Entry::Counter { .. } | Entry::Barrier { .. } => {}
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
            Sequence::Exact(number) | Sequence::Presumed(number) => Some(number),
            Sequence::Range { .. } | Sequence::Unknown(_) => None,
        };
        let channel = interval.channel(message);
        if let Verdict::Refused(_) = verdict {
            let mut refused = message.clone();
            refused.verdict = verdict;
            self.output.printer.entry(interval, &Entry::Message(refused));
            return self.progress.pass(channel, number);
        }
        let Some(lane) = self.handlers.of(envelope.name) else { return self.progress.pass(channel, number) };
        // What is recovered waits for room before it is read.
        if !recovered && !self.lanes.has_room() {
            return self.no_room(channel, number);
        }
        self.ending.message(Instant::now());
        self.lanes.push(Work {
            lane,
            ticket: self.progress.begin(channel, number),
            channel: channel.clone(),
            cause: Cause::Message { name: envelope.name.to_vec(), sequence: message.sequence },
            recovered,
            facts: Facts::of_message(interval, message, verdict, recovered),
            input: envelope.data.to_vec(),
        });
    }

    /// Something was missed; `ticket` holds its channel up, where that was begun before.
    fn missed(&mut self, missed: Missed, ticket: Option<Ticket>) {
        self.trouble = true;
        // A reset without a counter after it begins anew.
        let ticket = ticket.unwrap_or_else(|| self.progress.begin(&missed.channel, missed.to.or(Some(0))));
        match self.handlers.missed.filter(|&lane| self.lanes.waiting_in(lane) < MISSED) {
            None => self.progress.end(&ticket),
            Some(lane) => self.lanes.push(Work {
                lane,
                ticket,
                channel: missed.channel.clone(),
                facts: Facts::of_missed(&missed),
                input: line(&missed),
                cause: Cause::Missed(missed),
                recovered: false,
            }),
        }
    }

    /// Goes on with the gap that is being filled; false where that must wait.
    fn recover(&mut self) -> bool {
        let (Some(recovery), Some(recorded)) = (&mut self.recovery, &self.recorded) else { return true };
        if !self.lanes.has_room() || Instant::now() < recovery.at {
            return false;
        }
        match recovery.next(recorded) {
            Ok(Next::Later) => return false,
            Ok(Next::Message(interval, message)) => self.message(&interval, &message, true),
            Ok(Next::Missing(missed)) => {
                self.output.printer.missing(&missed);
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

    /// Too much waits already.
    fn no_room(&mut self, channel: &Channel, number: Option<u64>) {
        if let Some((_, missed)) = self.dropped.channels.get_mut(channel) {
            missed.extend(number);
        } else {
            let ticket = self.progress.begin(channel, None);
            let missed = Missed::dropped(channel.clone(), number, now_micros());
            self.dropped.channels.insert(channel.clone(), (ticket, missed));
            self.dropped.first.get_or_insert_with(Instant::now);
        }
        self.progress.pass(channel, number);
    }

    fn tell_dropped(&mut self) {
        self.dropped.first = None;
        for (_, (ticket, missed)) in std::mem::take(&mut self.dropped.channels) {
            self.output.printer.not_handled(&missed);
            self.missed(missed, Some(ticket));
        }
    }

    /// What was dropped because this thread did not come to take it: of which channels is not known.
    pub(super) fn lost_in_hand_over(&mut self) {
        let count = self.receiver.dropped() - self.dropped.in_hand_over;
        if count > 0 {
            self.dropped.in_hand_over += count;
            let channel = Channel::new(b"");
            let missed = Missed { channel, kind: DROPPED, from: None, to: None, count: Some(count), at: now_micros() };
            self.output.printer.not_handled(&missed);
            let ticket = self.progress.begin(&missed.channel, None);
            self.missed(missed, Some(ticket));
        }
    }

    /// A run has ended.
    pub(super) fn ended(&mut self, ended: &Ended) {
        self.trouble |= ended.outcome != Outcome::Done;
        self.output.ran(ended);
        self.progress.end(&ended.work.ticket);
    }
}

/// What a command of `--on-missed` gets on its standard input.
fn line(missed: &Missed) -> Vec<u8> {
    let mut line = Vec::new();
    crate::output::json::JsonLines::default().missed(&mut line, missed);
    line
}
