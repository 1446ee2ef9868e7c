//! The settings of a command: configuration file, environment variables and command line. Secrets are read here.

mod alerts;
mod check;
pub mod colour;
mod context;
mod document;
mod environment;
mod error;
mod expect;
mod file;
mod key_source;
mod keys;
mod private_file;
mod profile;
mod server;
mod store;
mod template;
mod tls;

pub use check::{ConfigReport, check};
pub(crate) use document::hint;
pub use environment::Environment;
pub use error::ConfigError;
pub use profile::{
    ConsoleSettings, Overrides, Profile, load, load_console, load_console_from, load_from, settings_file, state_file,
    state_file_in,
};
pub(crate) use profile::{
    URL_OVERRIDES_PROFILE, acknowledgements_file, config_file, history_file, profiles_and_channels,
};
pub(crate) use store::store_names;
pub use store::{Store, load_store, load_store_from};
pub use tls::TlsOverrides;
