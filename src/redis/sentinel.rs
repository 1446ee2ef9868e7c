//! Sentinel: which server is the primary of a service at the moment, and since when no longer.
//!
//! As its protocol for clients says: the sentinels are asked in turn, and the one that is named must itself say that it is
//! the primary. That is done for every connection anew.

use std::time::Duration;

use ::redis::Value;
use tokio::time::{sleep, timeout};

use super::client::{self, Client, Role, rejection, server_words};
use super::target::{Address, Sentinels, Target};
use crate::wire::escape::escape;

/// How long one sentinel, or the primary that it names, may take before the next is asked.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a sentinel is asked whether the primary is still the same. A sentinel ends the connections to an old primary
/// itself where it can reach that one; this is for where it cannot.
const WATCH: Duration = Duration::from_secs(3);

/// The primary that was found: where it is, and a connection to it.
pub(super) struct Primary {
    pub(super) target: Target,
    pub(super) connection: Client,
}

/// The one server that a target is, or leads to at the moment.
///
/// # Errors
/// Where no sentinel leads to a primary, or it is a cluster; already escaped for a terminal.
pub async fn server(target: &Target) -> Result<Target, String> {
    match &target.address {
        Address::Sentinel(sentinels) => Ok(primary(target, sentinels).await?.target),
        Address::Tcp { .. } | Address::Unix(_) => Ok(target.clone()),
        Address::Cluster { .. } => Err(format!("{target} is not one server, which is needed here")),
    }
}

/// Finds the primary.
///
/// # Errors
/// What each sentinel says, or why it cannot be asked; already escaped for a terminal.
pub(super) async fn primary(target: &Target, sentinels: &Sentinels) -> Result<Primary, String> {
    let mut reasons: Vec<String> = Vec::new();
    for (host, port) in &sentinels.nodes {
        let sentinel = sentinels.target(target, host, *port);
        let found = timeout(PATIENCE, confirmed(target, sentinels, &sentinel)).await;
        match found.unwrap_or_else(|_| Err(format!("{sentinel}: no answer within {} s", PATIENCE.as_secs()))) {
            Ok(primary) => return Ok(primary),
            Err(reason) if reasons.contains(&reason) => {}
            Err(reason) => reasons.push(reason),
        }
    }
    Err(format!("no sentinel leads to a primary: {}", reasons.join("; ")))
}

/// Ends when the sentinels name another primary than `from`, and that says so too; gives its address.
pub(super) async fn moved(target: &Target, sentinels: &Sentinels, from: &Target) -> String {
    let before = from.to_string();
    let mut asked = None;
    loop {
        sleep(WATCH).await;
        if asked.is_none() {
            asked = any(target, sentinels).await;
        }
        let Some((sentinel, connection)) = &mut asked else { continue };
        match timeout(PATIENCE, ask(connection, sentinel, &sentinels.service)).await {
            Ok(Ok((host, port))) if target.node(&host, port).to_string() == before => {}
            Ok(Ok(_)) => match primary(target, sentinels).await {
                Ok(primary) if primary.target.to_string() != before => return primary.target.to_string(),
                _ => {}
            },
            // The next one is asked the next time.
            _ => asked = None,
        }
    }
}

/// The first sentinel that can be asked.
async fn any(target: &Target, sentinels: &Sentinels) -> Option<(Target, Client)> {
    for (host, port) in &sentinels.nodes {
        let sentinel = sentinels.target(target, host, *port);
        if let Ok(Ok(connection)) = timeout(PATIENCE, client::reach(&sentinel)).await {
            return Some((sentinel, connection));
        }
    }
    None
}

/// Whom a sentinel names, once that one has confirmed it.
async fn confirmed(target: &Target, sentinels: &Sentinels, sentinel: &Target) -> Result<Primary, String> {
    let mut connection = client::reach(sentinel).await?;
    let (host, port) = ask(&mut connection, sentinel, &sentinels.service).await?;
    let primary = target.node(&host, port);
    let mut connection = client::reach(&primary).await?;
    let role = client::role(&mut connection).await.map_err(|reason| format!("{primary}: {reason}"))?;
    // A user may not be allowed to ask: then the sentinel is believed.
    if matches!(role, Role::Replica(_)) {
        return Err(format!("{sentinel} names {primary}, which is no primary now"));
    }
    Ok(Primary { target: primary, connection })
}

async fn ask(connection: &mut Client, sentinel: &Target, service: &str) -> Result<(String, u16), String> {
    let mut question = ::redis::pipe();
    question.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(service);
    let replies = client::replies(connection, &mut question).await;
    let reply = replies.map_err(|error| format!("{sentinel}: {}", escape(client::words(&error).as_bytes())))?.pop();
    match &reply {
        Some(Value::Nil) => Err(format!("{sentinel} knows no service {}", escape(service.as_bytes()))),
        Some(Value::Array(parts)) => address(parts).ok_or_else(|| format!("{sentinel} names no address")),
        Some(reply) => match rejection(reply) {
            Some(error) => Err(format!("{sentinel} rejects: {}", escape(server_words(error).as_bytes()))),
            None => Err(format!("{sentinel} answers strangely")),
        },
        None => Err(format!("{sentinel} does not answer")),
    }
}

fn address(parts: &[Value]) -> Option<(String, u16)> {
    let [host, port] = parts else { return None };
    let text = |value| client::text(value).and_then(|text| std::str::from_utf8(text).ok());
    Some((text(host)?.to_owned(), text(port)?.parse().ok()?))
}

impl Sentinels {
    /// One sentinel as a target, with the TLS of the servers.
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
