//! Maps channels to small numbers. A number is permanent, or valid while a message of the channel is stored.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::ledger::sequence::Channel;

/// A reference-counted table of channels, and a list of channels with permanent numbers. If no stored message uses a channel
/// any more, its number is reused. Channels with permanent numbers need no look-up and no reference counts.
#[derive(Debug, Default)]
pub(super) struct ChannelNumbers {
    permanent: Vec<Channel>,
    permanent_numbers: HashMap<Channel, u32>,
    table: Vec<NumberedChannel>,
    numbers: HashMap<Channel, u32>,
    free: Vec<u32>,
    /// The number that `take` returned last. Consecutive messages usually have the same channel, and then need no look-up.
    last: u32,
}

#[derive(Debug)]
struct NumberedChannel {
    channel: Channel,
    uses: u32,
}

/// The bit that marks permanent numbers.
const PERMANENT_BIT: u32 = 1 << 31;

impl ChannelNumbers {
    /// Returns a channel's permanent number. It is the same for every caller, so a new connection to a cluster node does not
    /// use up new numbers.
    pub(super) fn keep(&mut self, channel: &Channel) -> u32 {
        let next = u32::try_from(self.permanent.len()).unwrap_or(u32::MAX) | PERMANENT_BIT;
        *self.permanent_numbers.entry(channel.clone()).or_insert_with(|| {
            self.permanent.push(channel.clone());
            next
        })
    }

    /// Returns a channel's number and adds one use. A `u32` is sufficient, because more channels would not fit in memory.
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
        match number & PERMANENT_BIT {
            0 => self.table.get(number as usize).map(|name| name.channel.clone()),
            _ => self.permanent.get((number ^ PERMANENT_BIT) as usize).cloned(),
        }
    }

    /// Removes one use. Has no effect on permanent numbers.
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
        let name = NumberedChannel { channel: channel.clone(), uses: 0 };
        let number = self.free.pop().unwrap_or_else(|| u32::try_from(self.table.len()).unwrap_or(u32::MAX));
        match self.table.get_mut(number as usize) {
            Some(place) => *place = name,
            None => self.table.push(name),
        }
        self.numbers.insert(channel.clone(), number);
        number
    }
}
