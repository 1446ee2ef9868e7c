//! Parses target URLs.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use percent_encoding::percent_decode_str;
use url::Url;

use super::{Address, Sentinels, Target, TargetError};
use crate::redis::tls::Tls;
use crate::wire::signature::Secret;

const REDIS_PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// A hint that is appended to errors. Missing percent-encoding is the most frequent cause of an invalid URL.
const ENCODING_HINT: &str = "; in a user or password, @ : / ? # and % must be percent-encoded";

/// URL schemes of other tools, and the error text that names the replacement.
const NOT_SUPPORTED: [(&str, &str); 1] =
    [("redis-sentinel", "redis-sentinel:// is not supported; use redis+sentinel://host:port,host:port/service")];

/// See [`Target::parse`].
pub(super) fn parse(url: &str) -> Result<Target, TargetError> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let scheme = scheme.to_ascii_lowercase();
    if let Some((_, instead)) = NOT_SUPPORTED.iter().find(|(name, _)| *name == scheme) {
        return Err((*instead).into());
    }
    let target = match scheme.as_str() {
        "redis" | "rediss" | "valkey" | "valkeys" => tcp(rest)?,
        "unix" | "redis+unix" => unix(&read(&format!("unix://{rest}"))?)?,
        "redis+sentinel" | "rediss+sentinel" => sentinel(rest)?,
        "redis+cluster" | "rediss+cluster" => cluster(rest)?,
        _ => return Err("not a Redis URL; use e.g. redis://127.0.0.1:6379 or unix:///run/redis.sock".into()),
    };
    let has_tls = matches!(scheme.as_str(), "rediss" | "valkeys" | "rediss+sentinel" | "rediss+cluster");
    let tls = if has_tls { Some(Tls::for_url()?) } else { None };
    Ok(Target { tls, ..target })
}

/// Parses a URL with one host. `rest` is the part after the scheme.
fn tcp(rest: &str) -> Result<Target, TargetError> {
    let (url, mut nodes) = hosts(rest, REDIS_PORT)?;
    if let Some(query) = url.query() {
        return Err(unknown_parameter(query, "redis:// takes none (the database is the path: redis://host:6379/2)"));
    }
    let (Some((host, port)), true) = (nodes.pop(), nodes.is_empty()) else {
        return Err("several hosts need redis+sentinel://host:port,host:port/service or \
             redis+cluster://host:port,host:port"
            .into());
    };
    let (user, password) = login(&url)?;
    let database = match url.path().strip_prefix('/').unwrap_or_default() {
        "" => 0,
        text => database(text)?,
    };
    Ok(Target { address: Address::Tcp { host, port }, tls: None, user, password, database, allowed_hosts: None })
}

/// Parses a URL with one or more sentinels. `rest` is the part after the scheme.
fn sentinel(rest: &str) -> Result<Target, TargetError> {
    let (url, nodes) = hosts(rest, SENTINEL_PORT)?;
    let mut path = url.path().trim_start_matches('/').splitn(2, '/');
    let service = decode(path.next().unwrap_or_default(), "service")?;
    if service.is_empty() {
        return Err("the service is missing: redis+sentinel://host:port,host:port/service".into());
    }
    let database = path.next().map_or(Ok(0), database)?;
    let (mut sentinel_user, mut sentinel_password) = (None, None);
    for (name, value, pair) in pairs(&url) {
        match name {
            "sentinel_user" => sentinel_user = Some(decode(value, "user")?),
            "sentinel_password" => sentinel_password = Some(decode(value, "password")?),
            _ => return Err(unknown_parameter(pair, "redis+sentinel:// takes sentinel_user and sentinel_password")),
        }
    }
    let (sentinel_user, sentinel_password) = credentials(sentinel_user, sentinel_password);
    let (user, password) = login(&url)?;
    let address = Address::Sentinel(Sentinels { nodes, service, user: sentinel_user, password: sentinel_password });
    Ok(Target { address, tls: None, user, password, database, allowed_hosts: None })
}

/// Parses a URL with one or more cluster nodes. `rest` is the part after the scheme.
fn cluster(rest: &str) -> Result<Target, TargetError> {
    let (url, nodes) = hosts(rest, REDIS_PORT)?;
    if let Some(query) = url.query() {
        return Err(unknown_parameter(query, "redis+cluster:// takes none"));
    }
    match url.path().strip_prefix('/').unwrap_or_default() {
        "" => {}
        text if database(text)? == 0 => {}
        _ => return Err("a cluster has only database 0".into()),
    }
    let (user, password) = login(&url)?;
    Ok(Target { address: Address::Cluster { nodes }, tls: None, user, password, database: 0, allowed_hosts: None })
}

fn unix(url: &Url) -> Result<Target, TargetError> {
    if url.host_str().is_some_and(|host| !host.is_empty()) || url.path().len() < 2 {
        return Err("a unix socket needs an absolute path with three slashes: unix:///run/redis.sock".into());
    }
    let path: Vec<u8> = percent_decode_str(url.path()).collect();
    let (mut user, mut password, mut number) = (None, None, 0);
    for (name, value, pair) in pairs(url) {
        match name {
            "db" => number = database(value)?,
            "user" => user = Some(decode(value, "user")?),
            "pass" => password = Some(decode(value, "password")?),
            _ => return Err(unknown_parameter(pair, "unix:// takes db, user and pass")),
        }
    }
    let (user, password) = credentials(user, password);
    let address = Address::Unix(OsString::from_vec(path).into());
    Ok(Target { address, tls: None, user, password, database: number, allowed_hosts: None })
}

fn read(url: &str) -> Result<Url, TargetError> {
    let url = Url::parse(url).map_err(|error| TargetError::from(format!("{error}{ENCODING_HINT}")))?;
    match url.fragment() {
        Some(_) => Err(format!("a fragment (#…) is not allowed{ENCODING_HINT}").into()),
        None => Ok(url),
    }
}

/// Parses the part of a URL after the scheme, with one or more comma-separated hosts. Returns a URL that contains only
/// the first host, and a list of all hosts (without brackets) and their ports.
fn hosts(rest: &str, default_port: u16) -> Result<(Url, Vec<(String, u16)>), TargetError> {
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let start = authority.rfind('@').map_or(0, |at| at + 1);
    let mut further = authority[start..].split(',');
    let first = further.next().unwrap_or_default();
    let url = read(&format!("redis://{}{first}{}", &rest[..start], &rest[authority.len()..]))?;
    let mut nodes = vec![host(&url, default_port)?];
    for node in further {
        nodes.push(host(&read(&format!("redis://{node}"))?, default_port)?);
    }
    Ok((url, nodes))
}

fn host(url: &Url, default_port: u16) -> Result<(String, u16), TargetError> {
    let host = match url.host() {
        Some(url::Host::Domain(name)) if !name.is_empty() => decode(name, "host")?,
        Some(url::Host::Ipv4(address)) => address.to_string(),
        Some(url::Host::Ipv6(address)) => address.to_string(),
        _ => return Err(format!("the host is missing{ENCODING_HINT}").into()),
    };
    Ok((host, url.port().unwrap_or(default_port)))
}

fn login(url: &Url) -> Result<(Option<String>, Option<Secret>), TargetError> {
    let user = decode(url.username(), "user")?;
    let password = url.password().map(|password| decode(password, "password")).transpose()?;
    Ok(credentials(Some(user), password))
}

/// A user without a password gets an empty password, because `AUTH` needs both. Otherwise the user would be ignored
/// silently.
fn credentials(user: Option<String>, password: Option<String>) -> (Option<String>, Option<Secret>) {
    let user = user.filter(|user| !user.is_empty());
    let password = password.or_else(|| user.is_some().then(String::new));
    (user, password.map(|password| Secret::new(password.into_bytes())))
}

/// The name, value and whole text of each query parameter, not decoded.
fn pairs(url: &Url) -> impl Iterator<Item = (&str, &str, &str)> {
    url.query().into_iter().flat_map(|query| query.split('&')).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name, value, pair)
    })
}

fn decode(text: &str, what: &str) -> Result<String, TargetError> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(format!("the {what} is not UTF-8 after percent-decoding").into()),
    }
}

fn database(text: &str) -> Result<u32, TargetError> {
    // The text is not shown, because it may be part of a password that contains a slash.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits => Ok(number),
        _ => Err(format!("the database is not a number from 0 up{ENCODING_HINT}").into()),
    }
}

/// The error for an unknown query parameter. It contains the parameter's name, unless the name may be part of a
/// password that contains a question mark.
fn unknown_parameter(query: &str, instead: &str) -> TargetError {
    let name = query.split(['=', '&']).next().unwrap_or_default();
    let harmless = !query.contains('@') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match (name, harmless) {
        ("", _) | (_, false) => format!("unknown parameter after the question mark; {instead}{ENCODING_HINT}").into(),
        (name, true) => format!("unknown parameter {name}; {instead}").into(),
    }
}
