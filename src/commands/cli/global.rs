//! The arguments that every command takes: which profile, and which server.

use std::path::PathBuf;

use clap::Args;

use crate::config::{Overrides, TlsOverrides};

// The variables are read with the configuration file, which tells a URL on the command line from one in the environment.
const PROFILE: &str = "The profile of the configuration file [env: AIRCHECK_PROFILE]";
const URL: &str = "The server: redis[s]://[user[:password]@]host[:port][/db], unix:///path?db=N or redis[s]+sentinel://host:port,…/service[/db] [env: AIRCHECK_URL]";
const CONFIG: &str = "The configuration file, instead of ~/.config/aircheck/config.toml [env: AIRCHECK_CONFIG]";

/// Which profile and server; before or after the command.
#[derive(Clone, Default, Args)]
pub struct GlobalArgs {
    /// The profile of the configuration file
    #[arg(long, global = true, value_name = "NAME", help_heading = "Profile", help = PROFILE)]
    pub profile: Option<String>,
    /// The server, instead of the profile's
    #[arg(long, global = true, value_name = "URL", help_heading = "Profile", help = URL)]
    pub url: Option<String>,
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", help_heading = "Profile", help = CONFIG)]
    pub config: Option<PathBuf>,
    /// Connect only to these hosts, e.g. redis.internal,*.cache.internal, even if a sentinel or a cluster names others
    #[arg(long, global = true, value_name = "HOST", value_delimiter = ',', help_heading = "Profile")]
    pub allowed_hosts: Vec<String>,
    /// How to speak TLS
    #[command(flatten)]
    pub tls: TlsArgs,
}

/// How to speak TLS, where the URL asks for it; each before the profile's.
#[derive(Debug, Clone, Default, Args)]
pub struct TlsArgs {
    /// The CA certificates to trust for rediss://, in PEM, instead of the system's
    #[arg(long, global = true, value_name = "FILE", help_heading = "TLS")]
    pub tls_ca: Option<PathBuf>,
    /// The client certificate, in PEM
    #[arg(long, global = true, value_name = "FILE", help_heading = "TLS")]
    pub tls_cert: Option<PathBuf>,
    /// The key of the client certificate, in PEM; a file that only its owner can read
    #[arg(long, global = true, value_name = "FILE", help_heading = "TLS")]
    pub tls_key: Option<PathBuf>,
    /// The name in the server's certificate, where it is not the host of the URL
    #[arg(long, global = true, value_name = "NAME", help_heading = "TLS")]
    pub tls_server_name: Option<String>,
}

impl GlobalArgs {
    /// For the configuration.
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

/// Without the URL, which may hold a password.
impl std::fmt::Debug for GlobalArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GlobalArgs")
            .field("profile", &self.profile)
            .field("url", &self.url.as_ref().map(|_| "…"))
            .field("config", &self.config)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("tls", &self.tls)
            .finish()
    }
}
