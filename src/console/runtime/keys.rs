//! Reads the keys on a separate thread. Crossterm may block in the middle of an escape sequence until the next key. The
//! clock, the screen and signals must not wait for that.

use std::time::Duration;
use std::{io, thread};

use crossterm::event::{self, Event as Input, EventStream};
use futures_util::StreamExt as _;
use rustix::termios::{QueueSelector, tcflush};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The time to wait for the thread, which ends at once unless crossterm blocks.
const PATIENCE: Duration = Duration::from_millis(100);

/// The typed keys. Dropping this ends the thread.
pub(crate) struct Keys {
    typed: UnboundedReceiver<io::Result<Input>>,
    /// Dropping it ends the thread.
    wanted: oneshot::Sender<()>,
}

impl Keys {
    /// Starts the thread.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(crate) fn read() -> io::Result<Self> {
        Self::start(None)
    }

    /// As [`read`](Self::read), but without the keys that were typed until now. Waits until they are discarded.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(crate) async fn read_new() -> io::Result<Self> {
        let (discarded, is_discarded) = oneshot::channel();
        let keys = Self::start(Some(discarded))?;
        // If crossterm blocks in the middle of an escape sequence, the thread discards that too.
        let _ = timeout(PATIENCE, is_discarded).await;
        Ok(keys)
    }

    /// Starts the thread. With `discarded`, it first discards what was typed, and then reports that.
    fn start(discarded: Option<oneshot::Sender<()>>) -> io::Result<Self> {
        let (sender, typed) = unbounded_channel();
        let (wanted, mut unwanted) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        thread::Builder::new().name("keys".to_owned()).spawn(move || {
            runtime.block_on(async {
                // This waits for the thread before, if crossterm still blocks there.
                let mut stream = EventStream::new();
                if let Some(discarded) = discarded {
                    discard_typed();
                    let _ = discarded.send(());
                }
                loop {
                    let input = tokio::select! {
                        biased;
                        _ = &mut unwanted => break,
                        input = stream.next() => input,
                    };
                    if input.is_none_or(|input| sender.send(input).is_err()) {
                        break;
                    }
                }
            });
        })?;
        Ok(Self { typed, wanted })
    }

    /// The next key, click or paste. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Option<io::Result<Input>> {
        self.typed.recv().await
    }

    /// Stops reading before another program gets the keys. Keys that were typed but not handled are lost.
    pub(crate) async fn end(keys: &mut Option<Self>) {
        let Some(Self { mut typed, wanted }) = keys.take() else { return };
        drop(wanted);
        let _ = timeout(PATIENCE, async { while typed.recv().await.is_some() {} }).await;
    }
}

/// Discards what was typed until now. Nothing else may read the terminal meanwhile.
fn discard_typed() {
    // Crossterm has keys that it has read already. It also knows where a paste ends.
    while let Ok(true) = event::poll(Duration::ZERO) {
        if event::read().is_err() {
            break;
        }
    }
    // Crossterm may leave keys in the terminal: it reads at most 1 KiB each time that the terminal reports new ones.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}
