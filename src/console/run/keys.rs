//! The keys, read on a thread of their own: where an escape sequence comes in parts, crossterm waits for the rest of it in
//! the midst of reading, and neither the clock nor a signal may wait for that.

use std::io;
use std::thread;

use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

/// What is typed, until this is dropped.
pub(super) struct Keys {
    typed: UnboundedReceiver<io::Result<Input>>,
    /// Dropped with it, which ends the thread.
    _wanted: oneshot::Sender<()>,
}

impl Keys {
    /// Begins to read.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub(super) fn read() -> io::Result<Self> {
        let (sender, typed) = unbounded_channel();
        let (wanted, mut unwanted) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        thread::Builder::new().name("keys".to_owned()).spawn(move || {
            runtime.block_on(async {
                let mut stream = EventStream::new();
                loop {
                    tokio::select! {
                        biased;
                        _ = &mut unwanted => break,
                        Some(input) = stream.next() => if sender.send(input).is_err() {
                            break;
                        },
                        else => break,
                    }
                }
            });
        })?;
        Ok(Self { typed, _wanted: wanted })
    }

    /// The next key, click or paste. Safe to cancel.
    pub(super) async fn next(&mut self) -> Option<io::Result<Input>> {
        self.typed.recv().await
    }
}
