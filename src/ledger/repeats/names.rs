//! Channels as small numbers, for as long as one of their messages is remembered.

use std::collections::HashMap;

use crate::ledger::sequence::Channel;

/// A table of channels that counts its uses; a channel without any is dropped and its number used again.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<Name>,
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

impl Names {
    /// The number of a channel, used once more. There are never more channels than remembered messages, which a `u32` counts.
    pub(super) fn take(&mut self, channel: &Channel) -> u32 {
        let number = self.number(channel);
        if let Some(name) = self.names.get_mut(number as usize) {
            name.uses += 1;
        }
        self.last = number;
        number
    }

    /// The channel of a number.
    pub(super) fn get(&self, number: u32) -> Option<Channel> {
        self.names.get(number as usize).map(|name| name.channel.clone())
    }

    /// Takes one use back.
    pub(super) fn release(&mut self, number: u32) {
        let Some(name) = self.names.get_mut(number as usize) else { return };
        name.uses = name.uses.saturating_sub(1);
        if name.uses == 0 {
            self.numbers.remove(&name.channel);
            self.free.push(number);
        }
    }

    fn number(&mut self, channel: &Channel) -> u32 {
        if self.names.get(self.last as usize).is_some_and(|name| name.uses > 0 && name.channel == *channel) {
            return self.last;
        }
        if let Some(&number) = self.numbers.get(channel) {
            return number;
        }
        let name = Name { channel: channel.clone(), uses: 0 };
        let number = match self.free.pop() {
            Some(number) => {
                if let Some(place) = self.names.get_mut(number as usize) {
                    *place = name;
                }
                number
            }
            None => {
                self.names.push(name);
                u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.numbers.insert(channel.clone(), number);
        number
    }
}
