//! Handles the frames of a connection: messages and replies.

use std::sync::Arc;

use super::barrier::{self, ExpectedReply};
use super::session::Session;
use super::table::{CounterAccess, NameState};
use crate::ledger::interval::{Entry, LinkState};
use crate::ledger::sequence::Reading;
use crate::redis::client::error_words;
use crate::redis::resp::{Elements, Frame};
use crate::wire::escape::escape;

/// Replies are matched to commands by their order alone. After a mismatch, every later reply would be assigned to the
/// wrong command.
const OUT_OF_ORDER: &str = "unexpected reply: it does not match the pending command";

impl Session<'_> {
    /// Handles one frame.
    ///
    /// # Errors
    /// The connection must be closed. The error is the reason.
    pub(super) fn frame(&mut self, frame: Frame<'_>, at: i64) -> Result<(), Arc<str>> {
        match frame {
            Frame::Push(elements) => self.push(elements, at),
            reply => self.reply(&reply, at),
        }
    }

    fn push(&mut self, mut elements: Elements<'_>, at: i64) -> Result<(), Arc<str>> {
        let mut next = || match elements.next() {
            Some(Frame::Blob(text) | Frame::Simple(text)) => Ok(text),
            _ => Err(Arc::from("the server sent a malformed message")),
        };
        match next()? {
            b"message" => {
                let (channel, payload) = (next()?, next()?);
                self.reader.message(channel, payload, at);
            }
            b"pmessage" => {
                let (pattern, channel, payload) = (next()?, next()?, next()?);
                if let Some(pattern) = self.reader.table.pattern(pattern)
                    && self.reader.counts_here(channel)
                {
                    self.reader.pattern_message(channel, pattern, payload, at);
                }
            }
            b"subscribe" | b"psubscribe" => match self.pending.pop() {
                Some(ExpectedReply::Subscribe(name)) => {
                    self.pending_subscribes -= 1;
                    self.subscribed(name, at);
                }
                _ => return Err(OUT_OF_ORDER.into()),
            },
            b"unsubscribe" | b"punsubscribe" => match self.pending.pop() {
                Some(ExpectedReply::Unsubscribe(name)) => self.reader.unsubscribed(name, at),
                _ => return Err(OUT_OF_ORDER.into()),
            },
            _ => {}
        }
        Ok(())
    }

    fn subscribed(&mut self, name: usize, at: i64) {
        // The name was unsubscribed before the server replied to the subscription. The reply to `UNSUBSCRIBE` follows.
        if self.reader.table.names[name].state == NameState::Dropped {
            self.reader.subscribed(name, at);
            return;
        }
        let before = std::mem::replace(&mut self.reader.table.names[name].state, NameState::Subscribed);
        let channel = &self.reader.table.names[name].bytes;
        tracing::debug!(server = %self.reader.server, channel = %escape(channel), "subscribed");
        self.reader.subscribed(name, at);
        if before == NameState::Denied {
            let bytes = self.reader.table.names[name].bytes.clone();
            self.reader.channel_link(LinkState::Granted, &bytes, None, at);
        }
    }

    fn denied(&mut self, name: usize, words: &[u8], at: i64) {
        if self.reader.table.names[name].state == NameState::Dropped {
            return;
        }
        let before = std::mem::replace(&mut self.reader.table.names[name].state, NameState::Denied);
        if before != NameState::Denied {
            let bytes = self.reader.table.names[name].bytes.clone();
            let reason = error_words(words).into();
            self.reader.channel_link(LinkState::Denied, &bytes, Some(reason), at);
        }
    }

    /// The reason for closing the connection after the server rejected a subscription with an error other than `NOPERM`. The
    /// server would also reject the other subscriptions, e.g. because it does not have the command.
    fn subscribe_failed(&self, name: usize, words: &[u8]) -> Arc<str> {
        let command = if self.reader.table.names[name].is_pattern { "PSUBSCRIBE" } else { "SUBSCRIBE" };
        format!("the server rejected {command}: {}", error_words(words)).into()
    }

    /// The server rejected an unsubscribe command, so it continues to send messages. The name stays subscribed, and this is
    /// reported.
    fn unsubscribe_failed(&mut self, name: usize, words: &[u8], at: i64) {
        if self.reader.table.names[name].state == NameState::Dropped {
            self.reader.table.names[name].state = NameState::Subscribed;
            let bytes = self.reader.table.names[name].bytes.clone();
            let reason = error_words(words).into();
            self.reader.channel_link(LinkState::UnsubscribeFailed, &bytes, Some(reason), at);
        }
    }

    fn reply(&mut self, frame: &Frame<'_>, at: i64) -> Result<(), Arc<str>> {
        match (self.pending.pop(), frame) {
            (Some(ExpectedReply::Subscribe(name)), Frame::Error(words)) => {
                if !words.starts_with(b"NOPERM") {
                    return Err(self.subscribe_failed(name, words));
                }
                self.pending_subscribes -= 1;
                self.denied(name, words, at);
                return Ok(());
            }
            (Some(ExpectedReply::Unsubscribe(name)), Frame::Error(words)) => {
                self.unsubscribe_failed(name, words, at);
                return Ok(());
            }
            (Some(ExpectedReply::Fence(topology)), Frame::Simple(_) | Frame::Blob(_) | Frame::Error(_)) => {
                self.reader.fenced(&topology, at);
                return Ok(());
            }
            (Some(ExpectedReply::Mget(channels)), Frame::Array(readings)) if readings.len() == channels.len() => {
                for (channel, reading) in channels.into_iter().zip(readings.clone()) {
                    self.mget_reply(channel, &reading, at);
                }
            }
            // `MGET` fails as a whole if the user may not read one of the keys. Read each one alone.
            (Some(ExpectedReply::Mget(channels)), Frame::Error(_)) => {
                for channel in channels {
                    self.request_get(channel, CounterAccess::Probe);
                }
            }
            (Some(ExpectedReply::Get(channel)), Frame::Null | Frame::Blob(_) | Frame::Error(_)) => {
                self.get_reply(channel, frame, at);
            }
            (Some(ExpectedReply::Ping), Frame::Simple(_) | Frame::Blob(_) | Frame::Error(_)) => {}
            // An error reply without a pending request is the server's reason for closing the connection.
            (None, Frame::Error(words)) => return Err(error_words(words).into()),
            _ => return Err(OUT_OF_ORDER.into()),
        }
        self.pending_readings -= 1;
        if self.pending_readings == 0 {
            let round_trip = u64::try_from(self.barrier_sent.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.reader.builder.push(Entry::Barrier { round_trip, at });
        }
        Ok(())
    }

    /// Reads the channel's counter again in the next barrier, with the command that `access` requires.
    fn request_get(&mut self, channel: usize, access: CounterAccess) {
        self.reader.table.channels[channel].access = access;
        self.reader.mark_dirty(channel);
    }

    /// `MGET` reports a key of another type as missing. `GET` reports the type error.
    fn mget_reply(&mut self, channel: usize, frame: &Frame<'_>, at: i64) {
        let tracked = &mut self.reader.table.channels[channel];
        let is_missing = *frame == Frame::Null && tracked.access != CounterAccess::MgetOnly;
        let was_there =
            tracked.reading != Some(Reading::Missing) && tracked.ledger.known().is_some_and(|known| known > 0);
        if is_missing && was_there {
            return self.request_get(channel, CounterAccess::Lost);
        }
        if tracked.access != CounterAccess::MgetOnly {
            tracked.access = if is_missing { CounterAccess::Absent } else { CounterAccess::Mget };
        }
        self.reader.barrier(channel, barrier::reading(frame), at, self.is_finishing);
    }

    fn get_reply(&mut self, channel: usize, frame: &Frame<'_>, at: i64) {
        if let (Frame::Error(words), Some(cluster_node)) = (frame, &self.reader.cluster_node)
            && words.starts_with(b"MOVED ")
        {
            cluster_node.report_moved(words);
        }
        let uses_mget = self.reader.table.uses_mget;
        let access = &mut self.reader.table.channels[channel].access;
        let mget_found_none = uses_mget && matches!(access, CounterAccess::Absent | CounterAccess::Lost);
        *access = match frame {
            // `MGET` found no counter at an earlier point of the stream, and messages may have been counted since. Read
            // the counter with `MGET` again.
            Frame::Error(words) if words.starts_with(b"NOPERM") && mget_found_none => {
                return self.request_get(channel, CounterAccess::MgetOnly);
            }
            Frame::Error(words) if words.starts_with(b"NOPERM") => CounterAccess::Denied,
            Frame::Error(words) if words.starts_with(b"WRONGTYPE") => CounterAccess::Probe,
            Frame::Null => CounterAccess::Absent,
            _ => CounterAccess::Mget,
        };
        self.reader.barrier(channel, barrier::reading(frame), at, self.is_finishing);
    }
}
