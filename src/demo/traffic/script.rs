//! The things that go wrong in the example traffic, and when.

use std::collections::VecDeque;
use std::time::Duration;

/// Something that a watcher should see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A message without a signature.
    Unsigned,
    /// A message whose HMAC does not match.
    ForgedSignature,
    /// An INCR without a PUBLISH: a sequence number that no message has.
    LoneIncr,
    /// A PUBLISH without an INCR.
    RoguePublish,
    /// All subscribers are disconnected, and messages are sent before they can reconnect. Only for a server that nobody
    /// else uses.
    LostConnection,
    /// A message signed with a key that listeners do not have.
    UnknownKey,
    /// A message whose data is not JSON.
    InvalidJson,
    /// A signed message from some seconds ago, sent again.
    Replay,
    /// A signed message that a publisher sends three times in a row.
    Copies,
    /// A message of a signer whose clock is 40 minutes behind: within the tolerance of an hour.
    ClockSkew,
    /// The counter of a channel is deleted. Only for a server that nobody else uses.
    CounterReset,
    /// A properly signed message with escape sequences, bidi and zero-width characters in its name and data.
    HostileContent,
}

/// Every fault with its time in seconds since the start. Calm traffic follows.
const SCRIPT: [(u64, Fault); 15] = [
    (4, Fault::Unsigned),
    (9, Fault::LostConnection),
    (15, Fault::ForgedSignature),
    (21, Fault::UnknownKey),
    (28, Fault::Copies),
    (36, Fault::UnknownKey),
    (45, Fault::LoneIncr),
    (58, Fault::Replay),
    (70, Fault::InvalidJson),
    (84, Fault::UnknownKey),
    (98, Fault::ClockSkew),
    (114, Fault::RoguePublish),
    (132, Fault::HostileContent),
    (150, Fault::CounterReset),
    (170, Fault::UnknownKey),
];

/// The faults to come, in order.
#[derive(Debug, Clone)]
pub struct Script(VecDeque<(Duration, Fault)>);

impl Script {
    /// The three minutes of the demo: each kind of finding once, and most of the rejections.
    #[must_use]
    pub fn demo() -> Self {
        Self(SCRIPT.map(|(second, fault)| (Duration::from_secs(second), fault)).into())
    }

    /// The script for a server that others may use: it does not disconnect subscribers or delete counters.
    #[must_use]
    pub fn shared_server() -> Self {
        let mut script = Self::demo();
        script.0.retain(|(_, fault)| !matches!(fault, Fault::LostConnection | Fault::CounterReset));
        script
    }

    /// These faults, each after a pause. An empty slice is traffic without faults.
    #[must_use]
    pub fn of(faults: &[Fault], pause: Duration) -> Self {
        Self((1..).zip(faults).map(|(number, fault)| (pause * number, *fault)).collect())
    }

    /// The faults of this script, in order.
    pub fn faults(&self) -> impl Iterator<Item = Fault> {
        self.0.iter().map(|(_, fault)| *fault)
    }

    /// When the next fault is due, since the start. `None` at the end of the script.
    pub(super) fn next_at(&self) -> Option<Duration> {
        self.0.front().map(|(at, _)| *at)
    }

    /// Takes the next fault.
    pub(super) fn next(&mut self) -> Option<Fault> {
        self.0.pop_front().map(|(_, fault)| fault)
    }
}
