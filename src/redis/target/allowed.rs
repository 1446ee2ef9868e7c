//! The hosts that aircheck may connect to.

use std::net::IpAddr;

use super::TargetError;

/// The only hosts that aircheck may connect to. This applies to hosts in the URL, and to hosts that a sentinel or a
/// cluster node names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// Parses host names and addresses without a port, and `*.domain` for all names below a domain.
    ///
    /// # Errors
    /// An entry is invalid, or there are no entries. The error text contains the invalid entry, not escaped.
    pub fn parse<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Result<Self, TargetError> {
        let hosts = hosts.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        if hosts.is_empty() {
            return Err("name at least one host".into());
        }
        Ok(Self(hosts))
    }

    /// Whether aircheck may connect to a host. Names are compared as text; there is no DNS lookup.
    #[must_use]
    pub fn contains(&self, host: &str) -> bool {
        let host = plain(host);
        self.0.iter().any(|allowed| match allowed.strip_prefix('*') {
            Some(domain) => host.len() > domain.len() && host.ends_with(domain),
            None => host == *allowed,
        })
    }
}

fn entry(text: &str) -> Result<String, TargetError> {
    let host = plain(text);
    let name = host.strip_prefix("*.").unwrap_or(&host);
    let is_host = host.parse::<IpAddr>().is_ok()
        || !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if is_host {
        Ok(host)
    } else {
        Err(format!("\"{text}\" is not a host; use a name or address without a port, or *.domain").into())
    }
}

/// Normalises a host: lower case, without brackets and without a final dot.
fn plain(host: &str) -> String {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase(),
    }
}
