//! Channels as small numbers: for good, or for as long as one of their messages is remembered.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::ledger::sequence::Channel;

/// A table of channels that counts its uses; a channel without any is dropped and its number used again. Beside it, those that
/// have a number for good: nothing is looked up for their messages, and nothing counted.
#[derive(Debug, Default)]
pub(super) struct Names {
    lasting: Vec<Channel>,
    lasting_numbers: HashMap<Channel, u32>,
    table: Vec<Name>,
    numbers: HashMap<Channel, u32>,
    free: Vec<u32>,
    /// The number given out last: messages of one channel mostly come in a row, and then need no look-up.
    last: u32,
}

#[derive(Debug)]
struct Name {
    channel: Channel,
    uses: u32,
}

/// What is added to the numbers for good, to tell them from the others.
const LASTING: u32 = 1 << 31;

impl Names {
    /// A channel's number for good; the same one to all who ask, for a cluster's nodes come and go.
    pub(super) fn keep(&mut self, channel: &Channel) -> u32 {
        let next = u32::try_from(self.lasting.len()).unwrap_or(u32::MAX) | LASTING;
        *self.lasting_numbers.entry(channel.clone()).or_insert_with(|| {
            self.lasting.push(channel.clone());
            next
        })
    }

    /// The number of a channel, used once more. There are never more channels than remembered messages, which a `u32` counts.
    pub(super) fn take(&mut self, channel: &Channel) -> u32 {
        let number = self.number(channel);
        if let Some(name) = self.table.get_mut(number as usize) {
            name.uses += 1;
        }
        self.last = number;
        number
    }

    /// The channel of a number.
    pub(super) fn get(&self, number: u32) -> Option<Channel> {
        match number & LASTING {
            0 => self.table.get(number as usize).map(|name| name.channel.clone()),
            _ => self.lasting.get((number ^ LASTING) as usize).cloned(),
        }
    }

    /// Takes one use back, where uses are counted.
    pub(super) fn release(&mut self, number: u32) {
        let Some(name) = self.table.get_mut(number as usize) else { return };
        name.uses = name.uses.saturating_sub(1);
        if name.uses == 0 {
            self.numbers.remove(&name.channel);
            self.free.push(number);
        }
    }

    fn number(&mut self, channel: &Channel) -> u32 {
        if self.table.get(self.last as usize).is_some_and(|name| name.uses > 0 && name.channel == *channel) {
            return self.last;
        }
        if let Some(&number) = self.numbers.get(channel) {
            return number;
        }
        let name = Name { channel: channel.clone(), uses: 0 };
        let number = self.free.pop().unwrap_or_else(|| u32::try_from(self.table.len()).unwrap_or(u32::MAX));
        match self.table.get_mut(number as usize) {
            Some(place) => *place = name,
            None => self.table.push(name),
        }
        self.numbers.insert(channel.clone(), number);
        number
    }
}
