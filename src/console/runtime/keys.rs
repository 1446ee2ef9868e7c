//! Reads the keys on a separate thread. Crossterm may block in the middle of an escape sequence until the next key. The
//! clock, the screen and signals must not wait for that.

use std::time::Duration;
use std::{io, thread};

use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt as _;
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
        let (sender, typed) = unbounded_channel();
        let (wanted, mut unwanted) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        thread::Builder::new().name("keys".to_owned()).spawn(move || {
            runtime.block_on(async {
                let mut stream = EventStream::new();
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
