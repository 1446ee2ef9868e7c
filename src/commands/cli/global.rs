//! The options of every command: profile, server and TLS.

use std::path::PathBuf;

use clap::Args;

use crate::commands::completions;
use crate::config::{Overrides, TlsOverrides};

// clap does not read the variables: the configuration warns of a password on the command line, but not in the environment.
const PROFILE: &str = "Use this profile of the configuration file";
const URL: &str = "Connect to this server, e.g. redis://host:6379";
const LONG_URL: &str = "Connect to this server: redis[s]://[user[:password]@]host[:port][/db], unix:///path?db=N, redis[s]+sentinel://host:port,…/service[/db] or redis[s]+cluster://host:port,… [env: AIRCHECK_URL]";
const CONFIG: &str = "Read this configuration file instead of ~/.config/aircheck/config.toml";
const LOG_FILE: &str =
    "Append a log without payloads or secrets to this file; the environment variable AIRCHECK_LOG sets its level";

/// The profile and server. Allowed before and after the command.
#[derive(Clone, Default, Args)]
pub struct GlobalArgs {
    /// The profile.
    #[arg(long, global = true, value_name = "NAME", help_heading = "Profile", help = PROFILE,
        long_help = format!("{PROFILE} [env: AIRCHECK_PROFILE]"), add = completions::profiles())]
    pub profile: Option<String>,
    /// The server, instead of the profile's.
    #[arg(long, global = true, value_name = "URL", help_heading = "Profile", help = URL, long_help = LONG_URL)]
    pub url: Option<String>,
    /// The configuration file.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Profile", help = CONFIG,
        long_help = format!("{CONFIG} [env: AIRCHECK_CONFIG]"))]
    pub config: Option<PathBuf>,
    /// Connect only to these hosts, e.g. redis.internal,*.cache.internal, even if a sentinel or a cluster names others
    #[arg(
        long,
        global = true,
        value_name = "HOST",
        value_delimiter = ',',
        help_heading = "Profile",
        hide_short_help = true
    )]
    pub allowed_hosts: Vec<String>,
    /// The TLS options.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// The log file.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Diagnostics", hide_short_help = true, help = LOG_FILE)]
    pub log_file: Option<PathBuf>,
}

/// The TLS options, if the URL uses TLS. They override the profile.
#[derive(Debug, Clone, Default, Args)]
pub struct TlsArgs {
    /// Trust the CA certificates in this PEM file instead of the system's
    #[arg(long, global = true, value_name = "FILE", help_heading = "TLS", hide_short_help = true)]
    pub tls_ca: Option<PathBuf>,
    /// Send the client certificate in this PEM file
    #[arg(long, global = true, value_name = "FILE", help_heading = "TLS", hide_short_help = true)]
    pub tls_cert: Option<PathBuf>,
    /// Use the client key in this PEM file; only its owner may have access to the file (chmod 600)
    #[arg(long, global = true, value_name = "FILE", help_heading = "TLS", hide_short_help = true)]
    pub tls_key: Option<PathBuf>,
    /// Expect this name in the server's certificate instead of the host of the URL
    #[arg(long, global = true, value_name = "NAME", help_heading = "TLS", hide_short_help = true)]
    pub tls_server_name: Option<String>,
}

impl GlobalArgs {
    /// These options as overrides of the configuration.
    #[must_use]
    pub fn overrides(&self) -> Overrides {
        let TlsArgs { tls_ca, tls_cert, tls_key, tls_server_name } = self.tls.clone();
        let tls = TlsOverrides { ca: tls_ca, cert: tls_cert, key: tls_key, server_name: tls_server_name };
        Overrides {
            profile: self.profile.clone(),
            url: self.url.clone(),
            config: self.config.clone(),
            tls,
            allowed_hosts: self.allowed_hosts.clone(),
        }
    }
}

/// Without the URL, which may contain a password.
impl std::fmt::Debug for GlobalArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GlobalArgs")
            .field("profile", &self.profile)
            .field("url", &self.url.as_ref().map(|_| "…"))
            .field("config", &self.config)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("tls", &self.tls)
            .field("log_file", &self.log_file)
            .finish()
    }
}
