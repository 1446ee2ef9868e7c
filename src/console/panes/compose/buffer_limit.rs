//! Whether messages come near the limit of a subscriber's output buffer on the server.
//!
//! Redis disconnects a subscriber whose unread messages exceed it (`client-output-buffer-limit pubsub`). The limits here are
//! Redis's defaults. The server is not asked for its own: `CONFIG GET` is denied to most users, and each denial is logged.

use crate::ledger::format::{bytes, duration, number};

/// A subscriber with more unread bytes is disconnected at once.
const HARD_LIMIT: u64 = 32 << 20;
/// A subscriber with more unread bytes for a minute is disconnected.
const SOFT_LIMIT: u64 = 8 << 20;

/// The limits in words.
const LIMITS: &str = "8 MiB for 60 s or 32 MiB at once by default; this server's limit is unknown";

/// A message is large if this many reach the lower limit.
const FEW: u64 = 16;
/// The bytes sent in a second from which a slow subscriber soon reaches the lower limit.
const MAX_UNWARNED_VOLUME: u64 = SOFT_LIMIT / 2;

/// The warning about one message of this size, if a few of them reach the limit.
pub(crate) fn warning(size: u64) -> Option<String> {
    let unread = SOFT_LIMIT.div_ceil(size.max(1));
    (unread <= FEW).then(|| format!("{} unread fill a subscriber's buffer ({LIMITS})", number(unread)))
}

/// The warning about `count` messages of this size, if those of one second come near the limit. Without a rate, all of them may
/// be sent within a second.
pub(crate) fn warning_for_many(size: u64, count: u64, rate: Option<u64>) -> Option<String> {
    let volume = size.saturating_mul(rate.unwrap_or(count).min(count));
    if volume < MAX_UNWARNED_VOLUME {
        return None;
    }
    let (sent, stalls) = match rate {
        Some(rate) if rate < count => {
            let micros = u128::from(HARD_LIMIT) * 1_000_000 / u128::from(volume);
            ("a second", format!(" that stalls for {}", duration(u64::try_from(micros).unwrap_or(u64::MAX))))
        }
        _ => ("within a second", String::from(" that is slow")),
    };
    Some(format!("{} {sent}: a subscriber{stalls} may be disconnected ({LIMITS})", bytes(volume)))
}
