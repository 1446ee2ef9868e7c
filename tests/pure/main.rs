//! Tests that need no network and no server.

mod config;
mod escape;
mod php_json;
mod php_numeric;
mod resp;
mod target;
mod vectors;
mod wire_properties;
