//! How far each channel is handled, and that it is kept.
//!
//! Runs end in any order, but what is kept says that everything up to it is done. So each channel has a row of steps, in
//! the order of the stream, of which the first that is not done yet holds up the rest.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::commands::live::Keeper;
use crate::ledger::sequence::Channel;
use crate::redis::subscription::now_micros;

/// What was reached is stored after at most this long.
const STORE: Duration = Duration::from_millis(100);

/// A step that is under way.
#[derive(Debug)]
pub(super) struct Ticket {
    channel: Channel,
    /// Counted over all steps ever.
    step: u64,
}

/// One thing after which the channel is handled up to `number`, where that is known.
#[derive(Debug)]
struct Step {
    number: Option<u64>,
    under_way: bool,
}

#[derive(Debug, Default)]
struct Row {
    /// How many steps there were before those that are left.
    before: u64,
    steps: VecDeque<Step>,
}

/// All channels.
#[derive(Debug)]
pub(super) struct Progress {
    rows: HashMap<Channel, Row>,
    keeper: Keeper,
    stored: Option<Instant>,
}

impl Progress {
    pub(super) fn new(keeper: Keeper) -> Self {
        Self { rows: HashMap::new(), keeper, stored: None }
    }

    /// Something begins, after which the channel is handled up to `number`.
    pub(super) fn begin(&mut self, channel: &Channel, number: Option<u64>) -> Ticket {
        let row = self.rows.entry(channel.clone()).or_default();
        row.steps.push_back(Step { number, under_way: true });
        Ticket { channel: channel.clone(), step: row.before + row.steps.len() as u64 - 1 }
    }

    /// Nothing is to be done: the channel is handled up to `number` as soon as all that began before is.
    pub(super) fn pass(&mut self, channel: &Channel, number: Option<u64>) {
        match self.rows.get_mut(channel).and_then(|row| row.steps.back_mut()) {
            // The number of a step under way may be another's: that it ends is what everything after it waits for.
            Some(last) if last.under_way => {
                let ticket = self.begin(channel, number);
                self.end(&ticket);
            }
            Some(last) => last.number = number.or(last.number),
            None => {
                if let Some(number) = number {
                    self.keeper.reached(channel, number);
                }
            }
        }
    }

    /// What began has ended.
    pub(super) fn end(&mut self, ticket: &Ticket) {
        let Some(row) = self.rows.get_mut(&ticket.channel) else { return };
        let step = ticket.step.checked_sub(row.before).and_then(|step| usize::try_from(step).ok());
        if let Some(step) = step.and_then(|step| row.steps.get_mut(step)) {
            step.under_way = false;
        }
        let mut reached = None;
        while let Some(step) = row.steps.pop_front_if(|step| !step.under_way) {
            row.before += 1;
            reached = step.number.or(reached);
        }
        if let Some(number) = reached {
            self.keeper.reached(&ticket.channel, number);
        }
    }

    /// Stores what is to be stored by now.
    pub(super) fn store(&mut self) {
        if self.due().is_some_and(|due| due <= Instant::now()) {
            self.stored = Some(Instant::now());
            self.keeper.flush(now_micros());
        }
    }

    /// When there is something to be stored next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.keeper.is_behind().then(|| self.stored.map_or_else(Instant::now, |stored| stored + STORE))
    }

    /// Stores what is left, and waits until it is on the disk.
    pub(super) fn close(self) {
        self.keeper.close(now_micros());
    }
}
