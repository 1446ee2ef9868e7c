//! Turns received entries into jobs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::handlers::HandlerEnv;
use super::job_queues::{FinishedJob, Job, JobCause};
use super::progress::ProgressHold;
use super::recovery::{Recovery, RecoveryStep};
use super::{Listener, Phase};
use crate::child::CommandOutcome;
use crate::failure::{Failure, to_stderr};
use crate::ledger::dropped::Dropped;
use crate::ledger::duplicates::Duplicates;
use crate::ledger::finding::FindingKind;
use crate::ledger::interval::{Entry, Interval, Message};
use crate::ledger::sequence::{Channel, Reading};
use crate::output::json::JsonLines;
use crate::output::missed::Missed;
use crate::wire::verdict::Verdict;

/// Dropped messages are reported this long after the first of them.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// The most jobs of `--on-missed` that may wait. Further missed messages are reported, but run no command.
const MAX_MISSED_JOBS: usize = 10_000;

/// Messages that were dropped because the job queue was full, by channel. A hold keeps the saved number of the channel until they
/// are reported.
#[derive(Debug, Default)]
pub(super) struct QueueDrops {
    channels: HashMap<Channel, (ProgressHold, Dropped)>,
    first: Option<Instant>,
}

impl QueueDrops {
    pub(super) fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    /// When they must be reported. None if there are none.
    pub(super) fn due(&self) -> Option<Instant> {
        self.first.map(|first| first + REPORT_INTERVAL)
    }
}

impl Listener {
    /// Processes pending entries until there are no more, or until recovered messages must wait for a place in the job queue.
    pub(super) fn advance(&mut self) -> Result<(), Failure> {
        while !matches!(self.phase, Phase::Stopping(_)) {
            if self.feed.stop.is_complete() {
                self.phase = Phase::Draining;
                self.discard();
                self.recovery = None;
            }
            let is_due = |due| due <= Instant::now() || self.phase == Phase::Draining;
            if self.queue_drops.due().is_some_and(is_due) {
                self.report_drops();
            }
            if self.recovery.is_some() {
                if !self.recover() {
                    break;
                }
                continue;
            }
            let Some((interval, index)) = self.pending.pop_front() else { break };
            let Some(entry) = interval.entries().get(index) else { continue };
            // With a recording, nothing is dropped here: messages wait for a place in the queue.
            if self.recovery_source.is_some() && matches!(entry, Entry::Message(_)) && !self.job_queues.has_capacity() {
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
                self.feed.stop.link(link)?;
            }
            Entry::Counter { channel, reading, server, .. } => {
                self.progress.set_server(channel, server.as_ref());
                match reading {
                    Reading::Value(counter) => self.progress.advance(channel, Some(*counter)),
                    Reading::Missing => self.progress.advance(channel, Some(0)),
                    Reading::Unreadable(_) => {}
                }
            }
            Entry::Expectation(status) => self.progress.set_status(status),
            Entry::Barrier { .. } => {}
        }
        Ok(())
    }

    fn message(&mut self, interval: &Interval, message: &Message, recovered: bool) {
        let envelope = interval.envelope(message);
        let verdict = if recovered {
            // The recorder may have had other keys.
            self.keyring.verify(&envelope, message.at.div_euclid(1_000_000)).verdict
        } else {
            message.verdict
        };
        let number = message.sequence.number();
        let channel = interval.channel(message);
        if let Verdict::Rejected(_) = verdict {
            let mut rejected = message.clone();
            rejected.verdict = verdict;
            self.output.printer.entry(interval, &Entry::Message(rejected));
            return self.progress.advance(channel, number);
        }
        let Some(command) = self.handlers.of(envelope.name) else { return self.progress.advance(channel, number) };
        let duplicate = message.duplicate || self.was_received(interval, message, verdict);
        if duplicate && self.skip_duplicates {
            self.output.skipped(interval, message, recovered);
            return self.progress.advance(channel, number);
        }
        // A recovered message is only read if the queue has a place.
        if !recovered && !self.job_queues.has_capacity() {
            return self.drop_message(channel, message, number);
        }
        self.feed.stop.count_message(Instant::now());
        self.job_queues.push(Job {
            command,
            hold: self.progress.hold(channel, number),
            channel: Some(channel.clone()),
            cause: JobCause::Message { name: envelope.name.to_vec(), sequence: message.sequence },
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

    /// Starts to recover missed messages, or reports them. Later entries wait until this is done, so that the saved number does
    /// not skip the missed messages.
    fn recover_or_report(&mut self, missed: Missed) {
        self.recovery = self.recovery_source.as_ref().and_then(|_| Recovery::new(&missed));
        if self.recovery.is_none() {
            self.missed(missed, None);
        }
    }

    /// Runs `--on-missed`. `hold` is the hold of the channel, if it already exists.
    fn missed(&mut self, missed: Missed, hold: Option<ProgressHold>) {
        self.has_failures = true;
        // A counter that disappeared starts at 0.
        let start = (missed.kind == FindingKind::CounterReset.name()).then_some(0);
        let hold = hold.unwrap_or_else(|| {
            let channel = missed.channel.clone().unwrap_or_else(|| Channel::new(b""));
            self.progress.hold(&channel, missed.sequence_to.or(start))
        });
        match self.handlers.missed.filter(|&command| self.job_queues.waiting_for(command) < MAX_MISSED_JOBS) {
            None => self.progress.release(&hold),
            Some(command) => self.job_queues.push(Job {
                command,
                hold,
                channel: missed.channel.clone(),
                env: HandlerEnv::of_missed(&missed),
                input: json_line(&missed),
                cause: JobCause::Missed(missed),
                recovered: false,
            }),
        }
    }

    /// Continues the recovery. Returns false if it must wait.
    fn recover(&mut self) -> bool {
        let (Some(recovery), Some(source)) = (&mut self.recovery, &mut self.recovery_source) else { return true };
        if !self.job_queues.has_capacity() || Instant::now() < recovery.retry_at {
            return false;
        }
        match recovery.next(source) {
            Ok(RecoveryStep::Wait) => return false,
            Ok(RecoveryStep::Message(interval, message)) => self.message(&interval, &message, true),
            Ok(RecoveryStep::Missing(missed)) => {
                self.output.printer.not_recovered(&missed);
                self.missed(missed, None);
            }
            Ok(RecoveryStep::Done) => self.recovery = None,
            Err(error) => {
                to_stderr(&format!("--recover: {error}"));
                if let Some(remaining) = self.recovery.take().and_then(|recovery| recovery.remaining()) {
                    self.missed(remaining, None);
                }
            }
        }
        true
    }

    /// Drops a message because the job queue is full.
    fn drop_message(&mut self, channel: &Channel, message: &Message, number: Option<u64>) {
        let range = message.sequence.range();
        match self.queue_drops.channels.get_mut(channel) {
            Some((_, dropped)) if dropped.range.is_some() == range.is_some() => dropped.add(range, message.at),
            other => {
                if other.is_some() {
                    self.report_drops();
                }
                let hold = self.progress.hold(channel, None);
                let dropped = Dropped::new(Some(channel.clone()), range, message.at);
                self.queue_drops.channels.insert(channel.clone(), (hold, dropped));
                self.queue_drops.first.get_or_insert_with(Instant::now);
            }
        }
        self.progress.advance(channel, number);
    }

    fn report_drops(&mut self) {
        self.queue_drops.first = None;
        for (_, (hold, dropped)) in std::mem::take(&mut self.queue_drops.channels) {
            self.output.printer.dropped(&dropped);
            self.missed(Missed::of_dropped(&dropped), Some(hold));
        }
    }

    /// Prints a finished job. Its message counts as handled, even if the command failed.
    pub(super) fn job_finished(&mut self, finished: &FinishedJob) {
        self.has_failures |= finished.outcome != CommandOutcome::Done;
        self.output.job_finished(finished);
        self.progress.release(&finished.job.hold);
    }
}

/// The standard input of the `--on-missed` command.
fn json_line(missed: &Missed) -> Vec<u8> {
    let mut line = Vec::new();
    JsonLines::default().missed(&mut line, missed);
    line
}
