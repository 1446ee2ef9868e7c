//! What can go wrong in the example traffic.

use std::time::Duration;

use super::rate::between;

/// Something that a watcher should see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A message without a signature.
    Unsigned,
    /// A message whose HMAC does not match.
    ForgedSignature,
    /// An INCR without a PUBLISH: a number that no message has.
    LoneIncr,
    /// A PUBLISH past the counter.
    RoguePublish,
    /// All subscribers are disconnected, and messages go out before they can be back. Only for a server that nobody else
    /// uses.
    LostConnection,
    /// A message signed with a key that listeners do not have.
    UnknownKey,
    /// A message whose data is not JSON.
    InvalidJson,
    /// An earlier signed message once more.
    Replay,
    /// A message of a signer whose clock is 40 minutes late: within the tolerance, but not by much.
    ClockSkew,
    /// A properly signed message with escape sequences, bidi and zero-width characters in its name and data.
    HostileContent,
}

impl Fault {
    /// All of them, in the order in which they are first shown.
    pub const ALL: [Self; 10] = [
        Self::Unsigned,
        Self::ForgedSignature,
        Self::LoneIncr,
        Self::RoguePublish,
        Self::LostConnection,
        Self::UnknownKey,
        Self::InvalidJson,
        Self::Replay,
        Self::ClockSkew,
        Self::HostileContent,
    ];
}

/// Which faults there are, and how often: first each of them in turn, later one now and then.
#[derive(Debug, Clone)]
pub struct Faults {
    allowed: Vec<Fault>,
    first_pause: Duration,
    later_pause: Duration,
    shown: usize,
}

impl Faults {
    /// All faults: within the first ten seconds each of them once, later one every ten seconds or so.
    #[must_use]
    pub fn all() -> Self {
        Self::only(&Fault::ALL)
    }

    /// All faults but the one that disconnects the subscribers of others.
    #[must_use]
    pub fn without_lost_connections() -> Self {
        let mut faults = Self::all();
        faults.allowed.retain(|fault| *fault != Fault::LostConnection);
        faults
    }

    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::only(&[])
    }

    /// Those faults only, in that order at first.
    #[must_use]
    pub fn only(faults: &[Fault]) -> Self {
        Self {
            allowed: faults.to_vec(),
            first_pause: Duration::from_millis(800),
            later_pause: Duration::from_secs(10),
            shown: 0,
        }
    }

    /// With other pauses: the one before each fault of the first round, and the mean of those after it. After a lost
    /// connection it is twice as long, so that watchers are back.
    #[must_use]
    pub fn with_pauses(self, first: Duration, later: Duration) -> Self {
        Self { first_pause: first, later_pause: later, ..self }
    }

    /// Whether that fault may happen.
    #[must_use]
    pub fn allows(&self, fault: Fault) -> bool {
        self.allowed.contains(&fault)
    }

    /// When the first fault is due, in seconds since the start.
    pub(super) fn first_after(&self) -> f64 {
        if self.allowed.is_empty() { f64::INFINITY } else { self.first_pause.as_secs_f64() }
    }

    /// The next fault, and the pause after it in seconds; none where no fault is allowed.
    pub(super) fn next(&mut self, random: &mut fastrand::Rng) -> Option<(Fault, f64)> {
        let in_first_round = self.allowed.get(self.shown).copied();
        let fault = in_first_round.or_else(|| random.choice(&self.allowed).copied())?;
        self.shown = self.shown.saturating_add(1);
        let pause = if self.shown < self.allowed.len() {
            self.first_pause.as_secs_f64()
        } else {
            self.later_pause.as_secs_f64() * between((0.5, 1.5), random)
        };
        Some((fault, if fault == Fault::LostConnection { 2.0 * pause } else { pause }))
    }
}
