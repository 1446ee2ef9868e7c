//! How it looks: one pane a file.
