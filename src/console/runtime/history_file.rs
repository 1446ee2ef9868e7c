//! What was sent is kept, and read at the start: on a thread that may wait for the disk.

use tokio::sync::mpsc::UnboundedSender;

use crate::console::app::event::Event;
use crate::console::panes::compose::history::HistoryEntry;
use crate::record::history::History;

/// Reads what was kept; the answer is [`Event::History`].
pub(crate) fn load(history: History, results: UnboundedSender<Event>) {
    tokio::task::spawn_blocking(move || {
        let lines = history.load().map_err(|error| error.to_string());
        let entries = lines.map(|lines| lines.iter().filter_map(|line| HistoryEntry::from_line(line)).collect());
        let _ = results.send(Event::History(entries));
    });
}

/// Keeps one more; where that fails, [`Event::NotRemembered`] says why.
pub(crate) fn append(history: History, entry: HistoryEntry, results: UnboundedSender<Event>) {
    tokio::task::spawn_blocking(move || {
        if let Err(error) = history.append(&entry.to_line()) {
            let _ = results.send(Event::NotRemembered(error.to_string()));
        }
    });
}
