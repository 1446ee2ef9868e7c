//! When `tail` and `listen` end, and how.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::failure::{CHECK_URL, Failure};
use crate::ledger::interval::{Link, LinkState};
use crate::wire::escape::escape;

/// How long the output may take once the program is to end.
pub(crate) const GRACE: Duration = Duration::from_secs(2);
/// A limit that is never reached.
const NEVER: Duration = Duration::from_hours(24 * 365 * 100);

/// The limits, and how far they are.
#[derive(Debug)]
pub(crate) struct StopConditions {
    /// When `--for` is over.
    pub(crate) end: Instant,
    /// The program is to end, and waits for the output until then.
    pub(crate) give_up: Option<Instant>,
    /// How many findings were printed.
    pub(crate) findings: u64,
    /// How many messages are still to be printed.
    left: Option<u64>,
    idle: Option<Duration>,
    /// When the last message was printed, or the connection made, if that was later.
    heard: Option<Instant>,
    /// What is listened to, without what the server rejected before the first connection was complete.
    allowed: HashSet<Vec<u8>>,
    /// The server's words for the last rejection.
    rejection: String,
}

impl StopConditions {
    /// The limits of a run that listens to `names`: `--count`, `--for` and `--idle`.
    pub(crate) fn new(
        count: Option<u64>,
        duration: Option<Duration>,
        idle: Option<Duration>,
        names: Vec<Vec<u8>>,
    ) -> Self {
        Self {
            end: Instant::now() + duration.unwrap_or(NEVER).min(NEVER),
            give_up: None,
            findings: 0,
            left: count,
            idle,
            heard: None,
            allowed: names.into_iter().collect(),
            rejection: String::new(),
        }
    }

    /// A message was printed at `now`: one for many messages, for a flood has no time to ask for it each time.
    pub(crate) fn message(&mut self, now: Instant) {
        self.heard = Some(now);
        self.left = self.left.map(|left| left.saturating_sub(1));
    }

    /// Whether all messages that were wanted are printed.
    pub(crate) fn is_complete(&self) -> bool {
        self.left == Some(0)
    }

    /// When `--idle` ends the program, should nothing come before.
    pub(crate) fn idle_end(&self) -> Instant {
        match (self.heard, self.idle) {
            (Some(heard), Some(idle)) => heard + idle.min(NEVER),
            _ => Instant::now() + NEVER,
        }
    }

    /// `--for` is over.
    ///
    /// # Errors
    /// Where there was never a connection: then nothing is known of what was sent.
    pub(crate) fn time_is_up(&mut self) -> Result<(), Failure> {
        if self.heard.is_none() {
            return Err(Failure::unreachable(format!("no connection within the time of --for; {CHECK_URL}")));
        }
        self.give_up = Some(Instant::now() + GRACE);
        Ok(())
    }

    /// The link changed.
    ///
    /// # Errors
    /// Where the first connection fails, or the server rejects all there is to listen to; later the link comes back.
    pub(crate) fn link(&mut self, link: &Link) -> Result<(), Failure> {
        let first = self.heard.is_none();
        let reason = || escape(link.reason.as_deref().unwrap_or_default().as_bytes());
        match link.state {
            LinkState::Disconnected if first => Err(Failure::unreachable(format!("{}; {CHECK_URL}", reason()))),
            LinkState::Denied if first => {
                if let Some(channel) = &link.channel {
                    self.allowed.remove(channel.as_bytes());
                    self.rejection = reason();
                }
                Ok(())
            }
            LinkState::Connected => {
                if first && self.allowed.is_empty() {
                    return Err(Failure::unreachable(format!(
                        "the server rejects every channel to this user: {}; have them allowed with ACL SETUSER, or log in \
                         as another user",
                        self.rejection
                    )));
                }
                self.heard = Some(Instant::now());
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
