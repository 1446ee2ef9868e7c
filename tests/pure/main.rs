//! Tests without a network.

mod cli;
mod config;
mod escape;
mod php_json;
mod php_numeric;
mod target;
mod vectors;
mod wire_properties;
