//! Writes the settings in a thread, which may wait for the disk, after no setting has changed for a moment.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::console::app::event::Event;
use crate::console::app::settings::Settings;
use crate::console::runtime::settings_file;
use crate::wire::escape::escape;

/// How long to wait for further changes. A dragged border changes the settings with each cell.
const WRITE_DELAY: Duration = Duration::from_millis(500);

/// Writes the settings. Dropping it writes the last change first.
pub(crate) struct SettingsWriter {
    changed: Option<Sender<Settings>>,
    thread: Option<JoinHandle<()>>,
}

impl SettingsWriter {
    /// Starts the thread. Without a path, nothing is written.
    pub(crate) fn start(path: Option<PathBuf>, results: UnboundedSender<Event>) -> Self {
        let Some(path) = path else { return Self { changed: None, thread: None } };
        let (sender, receiver) = channel();
        let write = move |settings: &Settings| {
            if let Err(error) = settings_file::write(&path, settings) {
                let _ = results.send(Event::NotKept(escape(error.to_string().as_bytes())));
            }
        };
        Self { changed: Some(sender), thread: Some(std::thread::spawn(move || keep(&receiver, write))) }
    }

    /// Writes these settings.
    pub(crate) fn keep(&self, settings: Settings) {
        if let Some(changed) = &self.changed {
            // The thread ends after the sender is dropped.
            let _ = changed.send(settings);
        }
    }
}

fn keep(changes: &Receiver<Settings>, write: impl Fn(&Settings)) {
    while let Ok(mut last) = changes.recv() {
        loop {
            match changes.recv_timeout(WRITE_DELAY) {
                Ok(newer) => last = newer,
                Err(RecvTimeoutError::Timeout) => break write(&last),
                Err(RecvTimeoutError::Disconnected) => return write(&last),
            }
        }
    }
}

impl Drop for SettingsWriter {
    fn drop(&mut self) {
        self.changed = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
