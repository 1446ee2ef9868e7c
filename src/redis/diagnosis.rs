//! Queries a server for `aircheck doctor`. Publishes nothing and changes nothing on the server.

use std::time::Instant;

use ::redis::{Pipeline, Value};

use super::client::{self, Client};
use super::cluster::servers::Servers;
use super::counter;
use super::info;
use super::subscription::{is_pattern, now_micros};
use super::target::Target;
use crate::wire::escape::escape;

/// What a server reported. All texts are escaped.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    /// The version, or why it is unknown.
    pub(crate) version: Result<String, String>,
    /// `Ok` if the server supports RESP3, otherwise the reason.
    pub(crate) resp3: Result<(), String>,
    /// The server's clock, or why it is unknown.
    pub(crate) clock: Result<ServerClock, String>,
    /// The ACL user, or why it is unknown.
    pub(crate) user: Result<String, String>,
    /// The rights for each channel, in the order of the channels passed to [`diagnose`].
    pub(crate) rights: Vec<Vec<Right>>,
}

/// The clock of a server compared with this machine's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerClock {
    /// The server's time minus this machine's, in microseconds.
    pub(crate) offset_micros: i64,
    /// The maximum error of the offset, in microseconds: half of the round trip.
    pub(crate) error_micros: u64,
}

/// The right to run a command for a channel.
#[derive(Debug)]
pub(crate) struct Right {
    /// The command.
    pub(crate) command: &'static str,
    /// Whether the user may run it.
    pub(crate) permission: Permission,
}

/// Whether the user may run a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// The user may run it.
    Granted,
    /// The user may not run it.
    Denied,
    /// The server does not report it. The text is the reason.
    Unknown(String),
}

/// Queries the server's version, clock and user, and the user's rights for channels and patterns.
///
/// # Errors
/// The server cannot be reached, or rejected the login. The text gives the reason, and is escaped.
pub(crate) async fn diagnose(
    target: &Target,
    sequence_prefix: &str,
    channels: &[Vec<u8>],
) -> Result<Diagnosis, String> {
    let mut servers = Servers::connect(target).await.map_err(|error| error.line())?;
    let no_server = || "the target has no servers".to_owned();
    let Some(connection) = servers.connections.first_mut() else { return Err(no_server()) };
    let user = text_reply(connection, ::redis::pipe().cmd("ACL").arg("WHOAMI")).await;
    let mut rights = Vec::new();
    for channel in channels {
        let key = counter::key(sequence_prefix, channel);
        let owner = servers.owner_index(&key).unwrap_or_default();
        let Some(connection) = servers.connections.get_mut(owner) else { continue };
        rights.push(rights_for(connection, user.as_deref().ok(), channel, &key).await);
    }
    let Some(connection) = servers.connections.first_mut() else { return Err(no_server()) };
    Ok(Diagnosis {
        version: version(connection).await,
        clock: clock(connection).await,
        user: user.map(|user| escape(user.as_bytes())),
        rights,
        // Last, because `HELLO` changes the protocol of the connection.
        resp3: resp3(connection).await,
    })
}

async fn version(connection: &mut Client) -> Result<String, String> {
    let reply = text_reply(connection, ::redis::pipe().cmd("INFO").arg("server")).await?;
    let found = ["valkey_version", "redis_version"].iter().find_map(|name| info::field(reply.as_bytes(), name));
    found.map(|version| escape(version.as_bytes())).ok_or_else(|| "INFO does not contain it".to_owned())
}

async fn clock(connection: &mut Client) -> Result<ServerClock, String> {
    let (before, started) = (now_micros(), Instant::now());
    let reply = reply(connection, ::redis::pipe().cmd("TIME")).await?;
    let half = u64::try_from(started.elapsed().as_micros() / 2).unwrap_or(u64::MAX);
    let parts = if let Value::Array(parts) = &reply { &parts[..] } else { &[] };
    let numbers: Vec<i64> =
        parts.iter().filter_map(|part| std::str::from_utf8(client::text(part)?).ok()?.parse().ok()).collect();
    let [seconds, micros] = numbers[..] else { return Err("unexpected reply to TIME".to_owned()) };
    let server = seconds.saturating_mul(1_000_000).saturating_add(micros);
    let middle = before.saturating_add(half.cast_signed());
    Ok(ServerClock { offset_micros: server.saturating_sub(middle), error_micros: half })
}

async fn resp3(connection: &mut Client) -> Result<(), String> {
    match reply(connection, ::redis::pipe().cmd("HELLO").arg(3)).await? {
        Value::Map(_) => Ok(()),
        _ => Err("unexpected reply to HELLO; is this a Redis server?".to_owned()),
    }
}

/// The rights for a channel or pattern. A pattern has no counter and cannot be published to.
async fn rights_for(connection: &mut Client, user: Option<&str>, channel: &[u8], key: &[u8]) -> Vec<Right> {
    let mut right = async |command: &'static str, arguments: &[&[u8]]| {
        let permission = match user {
            Some(user) => dry_run(connection, user, command, arguments).await,
            None => Permission::Unknown("ACL WHOAMI failed".to_owned()),
        };
        Right { command, permission }
    };
    if is_pattern(channel) {
        return vec![right("PSUBSCRIBE", &[channel]).await];
    }
    let mut rights = vec![
        right("SUBSCRIBE", &[channel]).await,
        right("GET", &[key]).await,
        right("PUBLISH", &[channel, b""]).await,
        right("INCR", &[key]).await,
    ];
    // If `ACL DRYRUN` gives no answer, run `GET` itself. It changes nothing.
    if let Some(get) = rights.iter_mut().find(|right| right.command == "GET")
        && matches!(get.permission, Permission::Unknown(_))
    {
        get.permission = match reply(connection, ::redis::pipe().cmd("GET").arg(key)).await {
            Ok(_) => Permission::Granted,
            Err(error) if error.starts_with("NOPERM") => Permission::Denied,
            // The user may read the key, although it is not a string.
            Err(error) if error.starts_with("WRONGTYPE") => Permission::Granted,
            Err(error) => Permission::Unknown(error),
        };
    }
    rights
}

/// Asks whether the user may run a command, without running it.
async fn dry_run(connection: &mut Client, user: &str, command: &str, arguments: &[&[u8]]) -> Permission {
    let mut pipeline = ::redis::pipe();
    pipeline.cmd("ACL").arg("DRYRUN").arg(user).arg(command);
    for argument in arguments {
        pipeline.arg(*argument);
    }
    match reply(connection, &mut pipeline).await {
        Ok(Value::Okay) => Permission::Granted,
        // The reply is a text that names the missing right.
        Ok(_) => Permission::Denied,
        Err(error) => without_dry_run(connection, user, error).await,
    }
}

/// Used if `ACL DRYRUN` fails, e.g. because the server is older than Redis 7. `ACL GETUSER` at least shows whether the user
/// has all rights.
async fn without_dry_run(connection: &mut Client, user: &str, error: String) -> Permission {
    let Ok(Value::Array(parts)) = reply(connection, ::redis::pipe().cmd("ACL").arg("GETUSER").arg(user)).await else {
        return Permission::Unknown(error);
    };
    let has = |flag: &str| {
        let flags = parts.get(1);
        matches!(flags, Some(Value::Array(flags)) if flags.iter().filter_map(client::text).any(|it| it == flag.as_bytes()))
    };
    if ["allkeys", "allcommands", "allchannels"].into_iter().all(has) {
        Permission::Granted
    } else {
        Permission::Unknown(error)
    }
}

/// Returns the reply to one command as text. An error reply becomes an `Err`.
async fn text_reply(connection: &mut Client, pipeline: &mut Pipeline) -> Result<String, String> {
    let reply = reply(connection, pipeline).await?;
    let text = client::text(&reply).ok_or_else(|| "unexpected reply".to_owned())?;
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// Returns the reply to one command. An error reply becomes an `Err`.
async fn reply(connection: &mut Client, pipeline: &mut Pipeline) -> Result<Value, String> {
    let replies = client::replies(connection, pipeline).await;
    let replies = replies.map_err(|error| escape(client::error_text(&error).as_bytes()))?;
    match replies.into_iter().next() {
        Some(Value::ServerError(error)) => Err(escape(client::server_error_text(&error).as_bytes())),
        Some(reply) => Ok(reply),
        None => Err("no reply".to_owned()),
    }
}
