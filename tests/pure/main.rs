//! Tests of what is pure: no network, no clock.

mod findings;
mod ledger_scenarios;
mod ledger_truth;
mod repeats;
