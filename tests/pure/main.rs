//! Tests of what is pure: no network, no clock.

mod console_view;
mod filter;
mod findings;
mod ledger_scenarios;
mod ledger_truth;
mod output;
mod repeats;
mod resp;
mod target;
