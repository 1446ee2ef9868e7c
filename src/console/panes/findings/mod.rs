//! The Findings pane: gaps and everything else the ledger reports.

pub mod state;
pub mod view;
