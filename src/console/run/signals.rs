//! The signals that concern the console.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end or stop the console.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    stop: Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            // SIGTSTP has no name there.
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
        })
    }

    pub(super) async fn next(&mut self) -> Caught {
        tokio::select! {
            _ = self.terminate.recv() => Caught::End,
            _ = self.interrupt.recv() => Caught::Interrupt,
            _ = self.hang_up.recv() => Caught::End,
            _ = self.stop.recv() => Caught::Stop,
        }
    }
}

/// What a signal asks for.
pub(super) enum Caught {
    /// Leave.
    End,
    /// Leave, unless it is meant for an editor.
    Interrupt,
    /// Stop until continued.
    Stop,
}
