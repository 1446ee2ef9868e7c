//! The Findings pane: gaps and everything else the ledger reports.

mod brief;
pub mod state;
pub mod view;
