//! Tests that need no network and no server.

mod escape;
mod php_json;
mod php_numeric;
mod vectors;
mod wire_properties;
