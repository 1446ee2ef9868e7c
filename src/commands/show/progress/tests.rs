//! When a progress line is shown, and its text.

use std::time::{Duration, Instant};

use super::{FIRST, INTERVAL, Progress};

#[test]
fn a_long_search_shows_its_progress_regularly() {
    let began = Instant::now();
    let mut progress = Progress::new(began);
    progress.is_terminal = false;
    let instant = Duration::from_millis(1);
    progress.read(1_000, 0, began);
    assert_eq!(progress.line(0, began + instant), None);
    let line = progress.line(1_795_523_466_000_000, began + FIRST).unwrap_or_default();
    assert!(line.starts_with("1 000 messages searched, up to ") && line.ends_with("; Ctrl-C stops"), "{line}");
    assert_eq!(progress.line(0, began + FIRST + instant), None);
    assert!(progress.line(0, began + FIRST + INTERVAL).is_some());
    assert!(!progress.has_line, "there is no terminal");
}
