//! The keys, read on a thread of their own. The terminal blocks, and crossterm reads from it whenever it was told of bytes,
//! also where these were taken already or are half an escape sequence: it then waits for the next key in the midst of
//! reading, and neither the clock nor the screen nor a signal may wait for that.

use std::time::Duration;
use std::{io, thread};

use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The thread ends at once, unless it waits for a key in the midst of reading.
const PATIENCE: Duration = Duration::from_millis(100);

/// What is typed, until this is dropped.
pub(crate) struct Keys {
    typed: UnboundedReceiver<io::Result<Input>>,
    /// Dropped with it, which ends the thread.
    wanted: oneshot::Sender<()>,
}

impl Keys {
    /// Begins to read.
    ///
    /// # Errors
    /// Where the system gives no thread.
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

    /// Ends the reading, if any, before the keys are another program's; what was typed and not taken is lost.
    pub(crate) async fn end(keys: &mut Option<Self>) {
        let Some(Self { mut typed, wanted }) = keys.take() else { return };
        drop(wanted);
        let _ = timeout(PATIENCE, async { while typed.recv().await.is_some() {} }).await;
    }
}
