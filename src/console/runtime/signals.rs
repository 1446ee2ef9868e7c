//! The signals that concern the console.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end, stop or resize the console. That of a new size is ours, too: crossterm's stream forgets it where
/// a key comes at the same time, for it leaves the list of what is ready at the first event.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    stop: Signal,
    resized: Signal,
}

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            // SIGTSTP has no name there.
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            resized: signal(SignalKind::window_change())?,
        })
    }

    pub(crate) async fn next(&mut self) -> Caught {
        tokio::select! {
            _ = self.terminate.recv() => Caught::End,
            _ = self.interrupt.recv() => Caught::Interrupt,
            _ = self.hang_up.recv() => Caught::End,
            _ = self.stop.recv() => Caught::Stop,
            _ = self.resized.recv() => Caught::Resized,
        }
    }
}

/// What a signal asks for.
pub(crate) enum Caught {
    /// Leave.
    End,
    /// Leave, unless it is meant for an editor.
    Interrupt,
    /// Stop until continued.
    Stop,
    /// Draw all of it anew.
    Resized,
}
