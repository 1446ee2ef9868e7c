//! Finds and watches the primary of a Sentinel service.
//!
//! This follows the Redis guidelines for Sentinel clients. aircheck asks the sentinels in turn. The server that a
//! sentinel names must not report that it is a replica. Every new connection repeats these steps.

use std::time::Duration;

use ::redis::Value;
use tokio::time::{sleep, timeout};

use super::client::{self, Client, Role, error_reply, server_error_text};
use super::target::{Address, Sentinels, Target};
use crate::wire::escape::escape;

/// The time limit for asking one sentinel and checking the primary that it names, together.
const SENTINEL_TIMEOUT: Duration = Duration::from_secs(2);
/// How often aircheck asks a sentinel whether the primary is still the same.
///
/// After a failover, Sentinel closes the clients' connections to the old primary. This check covers the case that Sentinel
/// cannot reach the old primary.
const CHECK_INTERVAL: Duration = Duration::from_secs(3);

/// The primary, and a connection to it.
pub(super) struct Primary {
    pub(super) target: Target,
    pub(super) connection: Client,
}

/// Returns the server for a target. With Sentinel, this is the current primary.
///
/// # Errors
/// No sentinel names a usable primary, or the target is a cluster. The text is escaped for a terminal.
#[cfg(feature = "program")]
pub(crate) async fn resolve(target: &Target) -> Result<Target, String> {
    match &target.address {
        Address::Sentinel(sentinels) => Ok(find_primary(target, sentinels).await?.target),
        Address::Tcp { .. } | Address::Unix(_) => Ok(target.clone()),
        Address::Cluster { .. } => Err(format!("{target} is a cluster; use the URL of a single server")),
    }
}

/// Finds the primary.
///
/// # Errors
/// No sentinel names a usable primary. The text gives the reason for each sentinel, and is escaped for a terminal.
pub(super) async fn find_primary(target: &Target, sentinels: &Sentinels) -> Result<Primary, String> {
    let mut reasons: Vec<String> = Vec::new();
    for (host, port) in &sentinels.nodes {
        let sentinel = sentinels.target(target, host, *port);
        let found = timeout(SENTINEL_TIMEOUT, confirmed_primary(target, sentinels, &sentinel)).await;
        match found.unwrap_or_else(|_| Err(format!("{sentinel}: no reply within {} s", SENTINEL_TIMEOUT.as_secs()))) {
            Ok(primary) => return Ok(primary),
            Err(reason) if reasons.contains(&reason) => {}
            Err(reason) => reasons.push(reason),
        }
    }
    Err(format!("no sentinel named a usable primary: {}", reasons.join("; ")))
}

/// Waits until a sentinel names a primary other than `from`, and that server does not report that it is a replica.
/// Returns its address.
pub(super) async fn primary_changed(target: &Target, sentinels: &Sentinels, from: &Target) -> String {
    let before = from.to_string();
    let mut queried = None;
    loop {
        sleep(CHECK_INTERVAL).await;
        if queried.is_none() {
            queried = first_reachable(target, sentinels).await;
        }
        let Some((sentinel, connection)) = &mut queried else { continue };
        match timeout(SENTINEL_TIMEOUT, query(connection, sentinel, &sentinels.service)).await {
            Ok(Ok((host, port))) if target.node(&host, port).to_string() == before => {}
            Ok(Ok(_)) => match find_primary(target, sentinels).await {
                Ok(primary) if primary.target.to_string() != before => return primary.target.to_string(),
                _ => {}
            },
            // The next round connects to the first reachable sentinel again.
            _ => queried = None,
        }
    }
}

/// Connects to the first sentinel that can be reached.
async fn first_reachable(target: &Target, sentinels: &Sentinels) -> Option<(Target, Client)> {
    for (host, port) in &sentinels.nodes {
        let sentinel = sentinels.target(target, host, *port);
        if let Ok(Ok(connection)) = timeout(SENTINEL_TIMEOUT, client::connect_one(&sentinel)).await {
            return Some((sentinel, connection));
        }
    }
    None
}

/// Returns the primary that a sentinel names, if that server does not report that it is a replica.
async fn confirmed_primary(target: &Target, sentinels: &Sentinels, sentinel: &Target) -> Result<Primary, String> {
    let mut connection = client::connect_one(sentinel)
        .await
        .map_err(|error| error.line().replace("set user and password", "set sentinel_user and sentinel_password"))?;
    let (host, port) = query(&mut connection, sentinel, &sentinels.service).await?;
    let primary = target.node(&host, port);
    let mut connection = client::connect_one(&primary).await.map_err(|error| error.line())?;
    let role = client::role(&mut connection).await.map_err(|reason| format!("{primary}: {reason}"))?;
    // If the role is unknown because the user may not query it, trust the sentinel.
    if matches!(role, Role::Replica(_)) {
        return Err(format!("{sentinel} named {primary}, which is not a primary"));
    }
    Ok(Primary { target: primary, connection })
}

const ADDRESS_COMMAND: &str = "SENTINEL GET-MASTER-ADDR-BY-NAME";
const UNEXPECTED_REPLY: &str = "unexpected reply to SENTINEL GET-MASTER-ADDR-BY-NAME; is this a sentinel?";

async fn query(connection: &mut Client, sentinel: &Target, service: &str) -> Result<(String, u16), String> {
    let mut question = ::redis::pipe();
    question.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(service);
    let replies = client::replies(connection, &mut question).await;
    let reply =
        replies.map_err(|error| format!("{sentinel}: {}", escape(client::error_text(&error).as_bytes())))?.pop();
    match &reply {
        Some(Value::Nil) => Err(format!("{sentinel} does not know the service {}", escape(service.as_bytes()))),
        Some(Value::Array(parts)) => address(parts).ok_or_else(|| format!("{sentinel}: {UNEXPECTED_REPLY}")),
        Some(reply) => match error_reply(reply) {
            Some(error) => {
                Err(format!("{sentinel} rejected {ADDRESS_COMMAND}: {}", escape(server_error_text(error).as_bytes())))
            }
            None => Err(format!("{sentinel}: {UNEXPECTED_REPLY}")),
        },
        None => Err(format!("{sentinel}: {UNEXPECTED_REPLY}")),
    }
}

fn address(parts: &[Value]) -> Option<(String, u16)> {
    let [host, port] = parts else { return None };
    let text = |value| client::text(value).and_then(|text| std::str::from_utf8(text).ok());
    Some((text(host)?.to_owned(), text(port)?.parse().ok()?))
}

impl Sentinels {
    /// One sentinel as a target. It uses the same TLS settings as the servers.
    fn target(&self, servers: &Target, host: &str, port: u16) -> Target {
        Target {
            address: Address::Tcp { host: host.to_owned(), port },
            tls: servers.tls.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
            database: 0,
            allowed_hosts: servers.allowed_hosts.clone(),
        }
    }
}
