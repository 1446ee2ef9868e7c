//! Keeps acknowledgements for later runs. A thread writes them in order, because it may wait for the disk.

use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::mpsc::UnboundedSender;

use crate::console::app::event::Event;
use crate::ledger::finding::{Acknowledgement, Finding};
use crate::recording::acknowledgements::AcknowledgementFile;

/// A finding, and its acknowledgement unless it was withdrawn.
type Change = (Box<Finding>, Option<Acknowledgement>);

/// Writes acknowledgements. Dropping it waits until all are written.
pub(crate) struct AcknowledgementWriter {
    changes: Option<Sender<Change>>,
    thread: Option<JoinHandle<()>>,
}

impl AcknowledgementWriter {
    /// Starts the thread. Without a file, nothing is written. A write error is an [`Event::Warning`].
    pub(crate) fn start(file: Option<AcknowledgementFile>, results: UnboundedSender<Event>) -> Self {
        let Some(file) = file else { return Self { changes: None, thread: None } };
        let (sender, changes) = channel::<Change>();
        let thread = std::thread::spawn(move || {
            for (finding, acknowledgement) in changes {
                if let Err(error) = file.append(&finding, acknowledgement.as_ref()) {
                    let _ = results.send(Event::Warning(format!("not kept for later runs: {error}")));
                }
            }
        });
        Self { changes: Some(sender), thread: Some(thread) }
    }

    /// Writes a change.
    pub(crate) fn keep(&self, finding: Box<Finding>, acknowledgement: Option<Acknowledgement>) {
        if let Some(changes) = &self.changes {
            // The thread ends after the sender is dropped.
            let _ = changes.send((finding, acknowledgement));
        }
    }
}

impl Drop for AcknowledgementWriter {
    fn drop(&mut self) {
        self.changes = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
