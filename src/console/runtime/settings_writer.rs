//! The settings are written by a thread that may wait for the disk, when nothing was changed for a moment.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::console::app::event::Event;
use crate::console::app::settings::Settings;
use crate::console::runtime::settings_file;
use crate::wire::escape::escape;

/// A border that is dragged changes the settings with each cell.
const MOMENT: Duration = Duration::from_millis(500);

/// Keeps the settings; what it was told last is written before it is gone.
pub(crate) struct SettingsWriter {
    changed: Option<Sender<Settings>>,
    thread: Option<JoinHandle<()>>,
}

impl SettingsWriter {
    /// Keeps them in that file; without one it forgets them.
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

    /// The settings are these now.
    pub(crate) fn keep(&self, settings: Settings) {
        if let Some(changed) = &self.changed {
            // The thread lives as long as the sender.
            let _ = changed.send(settings);
        }
    }
}

fn keep(changes: &Receiver<Settings>, write: impl Fn(&Settings)) {
    while let Ok(mut last) = changes.recv() {
        loop {
            match changes.recv_timeout(MOMENT) {
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
