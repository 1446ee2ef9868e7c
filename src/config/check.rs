//! Checks a whole configuration file: all profiles and stores, and what they refer to. Runs no command and returns no value.

use std::path::Path;

use toml::Spanned;

use super::context::Context;
use super::environment::Environment;
use super::error::ConfigError;
use super::file::ConfigFile;
use super::key_source::{self, KeySource};
use super::tls::TlsFiles;

/// What was found in a configuration file.
#[derive(Debug, Default)]
pub struct ConfigReport {
    /// The names of the profiles, not escaped.
    pub profiles: Vec<String>,
    /// Mistakes in the file.
    pub errors: Vec<ConfigError>,
    /// Insecure permissions, and secrets and certificates that cannot be read on this machine.
    pub warnings: Vec<ConfigError>,
}

/// Checks a file.
///
/// # Errors
/// The file cannot be read, or its first mistake prevents reading the rest.
pub fn check(path: &Path, environment: &Environment) -> Result<ConfigReport, ConfigError> {
    let (file, insecure) = ConfigFile::parse(path)?;
    let mut report = ConfigReport { warnings: insecure, ..ConfigReport::default() };
    let context = Context { document: &file.document, environment, secret_variables: Vec::new() };
    let unusable = |source: &Spanned<KeySource>| match source.get_ref() {
        KeySource::Command(_) => None,
        _ => key_source::read(source, &context).err(),
    };
    for (name, profile) in file.profiles() {
        report.profiles.push(name.to_owned());
        match profile.check_server(&context) {
            Ok(target) if target.tls.is_some() => {
                report.warnings.extend(TlsFiles::of_profile(&profile.tls, &context).read().err());
            }
            Ok(_) => {}
            Err(error) => report.errors.push(error),
        }
        report.warnings.extend(profile.sources().filter_map(unusable));
    }
    for (name, store) in file.stores() {
        match store.check(name, &context) {
            Ok(target) if target.tls.is_some() => {
                report.warnings.extend(TlsFiles::of_profile(&store.tls, &context).read().err());
            }
            Ok(_) => {}
            Err(error) => report.errors.push(error),
        }
        report.warnings.extend(store.password.iter().filter_map(unusable));
    }
    Ok(report)
}
