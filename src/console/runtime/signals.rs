//! The signals that the console handles.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end, stop or resize the console. SIGWINCH is handled here, because crossterm's stream loses it
/// if a key arrives at the same time.
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
            // SIGTSTP has no constant in tokio.
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

/// The meaning of a signal.
pub(crate) enum Caught {
    /// Leave.
    End,
    /// Quit, unless an editor has the terminal.
    Interrupt,
    /// Stop until continued.
    Stop,
    /// Redraw everything.
    Resized,
}
