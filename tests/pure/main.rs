//! Tests of what is pure: no network, no clock.

mod cli;
mod config;
mod console_fixture;
mod console_keys;
mod console_layout;
mod console_update;
mod console_view;
mod escape;
mod filter;
mod findings;
mod hand_over;
mod history;
mod house;
mod ledger_scenarios;
mod ledger_truth;
mod merge;
mod output;
mod php_json;
mod php_numeric;
mod record;
mod repeats;
mod resp;
mod target;
mod template;
mod vectors;
mod wire_properties;
