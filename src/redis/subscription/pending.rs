//! The requests without a reply. They show whether the link is stale or dead. Callers pass the current time.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::barrier::ExpectedReply;

/// The link is stale if the oldest request has had no reply for this long.
pub(super) const STALE_TIMEOUT: Duration = Duration::from_secs(2);
/// The connection is closed if a request is pending and nothing was received for this long.
const DEAD_TIMEOUT: Duration = Duration::from_secs(8);

/// The requests without a reply, oldest first. The server replies in order.
#[derive(Debug)]
pub(super) struct PendingRequests {
    requests: VecDeque<(ExpectedReply, Instant)>,
    /// When bytes were received last.
    received: Instant,
    is_stale: bool,
}

impl PendingRequests {
    pub(super) fn new(now: Instant) -> Self {
        Self { requests: VecDeque::new(), received: now, is_stale: false }
    }

    /// Adds a request. `since` is when it was sent, or when it was due if it was sent late.
    pub(super) fn push(&mut self, request: ExpectedReply, since: Instant) {
        self.requests.push_back((request, since));
    }

    /// Removes and returns the request that the next reply belongs to.
    pub(super) fn pop(&mut self) -> Option<ExpectedReply> {
        self.requests.pop_front().map(|(request, _)| request)
    }

    /// When bytes were received last.
    pub(super) fn received(&self) -> Instant {
        self.received
    }

    /// Records that bytes were received at `now`.
    pub(super) fn receive(&mut self, now: Instant) {
        self.received = now;
    }

    /// Returns the reason if the link becomes stale now.
    pub(super) fn becomes_stale(&mut self, now: Instant) -> Option<String> {
        let (request, since) = self.requests.front()?;
        if self.is_stale || now < *since + STALE_TIMEOUT {
            return None;
        }
        self.is_stale = true;
        let still = if now < self.received + STALE_TIMEOUT / 2 { ", but other data arrives" } else { "" };
        Some(format!("no reply to {} for {} s{still}", request.command(), STALE_TIMEOUT.as_secs()))
    }

    /// Whether a stale link becomes live now: no pending request is too old.
    pub(super) fn becomes_live(&mut self, now: Instant) -> bool {
        let is_old = self.requests.front().is_some_and(|(_, since)| now >= *since + STALE_TIMEOUT);
        let becomes_live = self.is_stale && !is_old;
        self.is_stale &= is_old;
        becomes_live
    }

    /// Returns the reason if the connection must be closed.
    pub(super) fn is_dead(&self, now: Instant) -> Option<String> {
        let dead = now >= self.dead_at()?;
        dead.then(|| format!("nothing received for {} s", DEAD_TIMEOUT.as_secs()))
    }

    /// Extends all deadlines by a time during which this process did not run.
    pub(super) fn extend_deadlines(&mut self, time: Duration) {
        self.received += time;
        for (_, since) in &mut self.requests {
            *since += time;
        }
    }

    /// When the link becomes stale, or the connection must be closed, if nothing is received until then. `None` if no request
    /// is pending.
    pub(super) fn due(&self) -> Option<Instant> {
        let (_, since) = self.requests.front()?;
        if self.is_stale { self.dead_at() } else { Some(*since + STALE_TIMEOUT) }
    }

    fn dead_at(&self) -> Option<Instant> {
        let (_, since) = self.requests.front()?;
        Some(self.received.max(*since) + DEAD_TIMEOUT)
    }
}
