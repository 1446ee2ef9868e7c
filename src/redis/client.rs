//! A redis-rs connection with limits on time and reply size.
//!
//! Everything that talks to a server uses it, except the subscription and the traffic of the demo.

mod bounded;

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Pipeline, RedisConnectionInfo};
use ::redis::{ErrorKind, RedisError, RedisResult, ServerError, Value};
use tokio::time::timeout;

use self::bounded::{Bounded, Budget};
use super::connect_error::ConnectError;
use super::socket::{self, Socket};
use super::target::{Address, Target, node};
use super::{sentinel, tls};
use crate::wire::escape::escape;

/// The time limit for opening the socket, for the handshake, and for the replies to each pipeline. Each is measured
/// separately.
pub(super) const REPLY_TIMEOUT: Duration = Duration::from_secs(5);
/// The maximum length of a server's error text, in characters. A longer text is cut.
const MAX_ERROR_CHARS: usize = 1000;

/// A connection whose replies are limited in size and time.
#[derive(Debug)]
pub(super) struct Client {
    connection: MultiplexedConnection,
    budget: Budget,
}

/// Connects to the server or to the primary that Sentinel names, authenticates, and selects the database.
///
/// # Errors
/// The connection failed. The texts are escaped for a terminal.
pub(super) async fn connect(target: &Target) -> Result<Client, ConnectError> {
    let connected = match &target.address {
        Address::Sentinel(sentinels) => {
            let found = sentinel::find_primary(target, sentinels).await;
            found
                .map(|primary| primary.connection)
                .map_err(|reason| ConnectError::NoPrimary { server: target.to_string(), reason })
        }
        Address::Tcp { .. } | Address::Unix(_) | Address::Cluster { .. } => connect_one(target).await,
    };
    match &connected {
        Ok(_) => tracing::info!(server = %target, "connected for commands"),
        Err(error) => tracing::warn!(reason = %error.line(), "cannot connect for commands"),
    }
    connected
}

/// Like [`connect`], for a target that is a single server and not a Sentinel service.
///
/// # Errors
/// See [`connect`].
pub(super) async fn connect_one(target: &Target) -> Result<Client, ConnectError> {
    let mut connection = open(target).await?;
    // redis-rs discards the server's error text, so `AUTH` is sent here.
    let mut setup = ::redis::pipe();
    if let Some(password) = &target.password {
        setup.cmd("AUTH");
        if let Some(user) = &target.user {
            setup.arg(user);
        }
        setup.arg(password.expose());
    }
    if target.database != 0 {
        setup.cmd("SELECT").arg(target.database);
    }
    // An error reply shows that the server requires a login or is still loading its data.
    setup.cmd("PING");
    let answers = replies(&mut connection, &mut setup).await.map_err(|error| unreachable(target, &error))?;
    let (ping, setup) = answers.split_last().unwrap_or((&Value::Nil, &[]));
    let rejection =
        setup.iter().find_map(error_reply).or_else(|| error_reply(ping).filter(|error| error.code() != "NOPERM"));
    match rejection {
        None => Ok(connection),
        Some(error) => Err(ConnectError::of_reply(target, server_error_text(error)).escaped()),
    }
}

/// The replication role of a server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Accepts writes.
    Primary,
    /// Replicates a primary. Holds the primary's host and port if the user may run `ROLE`; not escaped.
    Replica(Option<String>),
    /// Another role, or the user may run neither `ROLE` nor `HELLO`.
    Unknown,
}

/// Asks for the server's role.
///
/// # Errors
/// The server did not reply. The text is escaped.
pub(super) async fn role(connection: &mut Client) -> Result<Role, String> {
    let mut questions = ::redis::pipe();
    questions.cmd("ROLE").cmd("HELLO");
    let replies = replies(connection, &mut questions).await.map_err(|error| escape(error_text(&error).as_bytes()))?;
    let [role, hello] = replies.as_slice() else { return Ok(Role::Unknown) };
    Ok(match role_in_role_reply(role).or_else(|| role_in_hello(hello)) {
        Some(b"master") => Role::Primary,
        Some(b"slave" | b"replica") => Role::Replica(primary_of(role)),
        _ => Role::Unknown,
    })
}

/// Sends a pipeline and returns all replies, including error replies.
///
/// # Errors
/// The connection failed, or a reply timed out or was too large.
pub(super) async fn replies(client: &mut Client, pipeline: &mut Pipeline) -> RedisResult<Vec<Value>> {
    client.budget.refill();
    let replies = pipeline.ignore_errors().query_async(&mut client.connection).await;
    replies.map_err(|error| client.budget.exceeded().map_or(error, RedisError::from))
}

/// Returns the error if the reply is one.
pub(super) fn error_reply(reply: &Value) -> Option<&ServerError> {
    match reply {
        Value::ServerError(error) => Some(error),
        _ => None,
    }
}

/// The server's error, e.g. `NOPERM this user has no permissions …`; not escaped.
pub(super) fn server_error_text(error: &ServerError) -> String {
    truncate_error(match error.details() {
        Some(details) => format!("{} {details}", error.code()),
        None => error.code().to_owned(),
    })
}

/// Describes an error in one line; not escaped.
pub(super) fn error_text(error: &RedisError) -> String {
    if let Some(words) = tls::error_text(error) {
        return words;
    }
    if error.is_timeout() {
        return format!("no reply within {} s", REPLY_TIMEOUT.as_secs());
    }
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => truncate_error(
            format!("{} {}", error.code().unwrap_or_default(), error.detail().unwrap_or_default()).trim().to_owned(),
        ),
        // Removes the system's error number.
        _ => truncate_error(error.to_string().split(" (os error").next().unwrap_or_default().to_owned()),
    }
}

/// The text of an error reply, cut to [`MAX_ERROR_CHARS`]; not escaped.
pub(super) fn error_words(words: &[u8]) -> String {
    // A character has at most four bytes.
    let start = &words[..words.len().min(4 * (MAX_ERROR_CHARS + 1))];
    truncate_error(String::from_utf8_lossy(start).into_owned())
}

/// Cuts a text to [`MAX_ERROR_CHARS`], because the server can send an error of any length.
fn truncate_error(mut words: String) -> String {
    if let Some((end, _)) = words.char_indices().nth(MAX_ERROR_CHARS) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// The bytes of a string reply.
pub(super) fn text(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    }
}

/// Reads the role from a `ROLE` reply: its first element.
fn role_in_role_reply(reply: &Value) -> Option<&[u8]> {
    match reply {
        Value::Array(elements) => elements.first().and_then(text),
        _ => None,
    }
}

/// Reads the primary's host and port from a replica's `ROLE` reply: its second and third elements.
fn primary_of(reply: &Value) -> Option<String> {
    let Value::Array(elements) = reply else { return None };
    let (host, Value::Int(port)) = (elements.get(1).and_then(text)?, elements.get(2)?) else { return None };
    Some(node(&String::from_utf8_lossy(host), u16::try_from(*port).ok()?))
}

/// Reads the role from a `HELLO` reply, which contains names and values. A user who may not run `ROLE` may still be
/// allowed to run `HELLO`.
fn role_in_hello(reply: &Value) -> Option<&[u8]> {
    match reply {
        Value::Array(pairs) => {
            pairs.chunks_exact(2).find(|pair| text(&pair[0]) == Some(b"role")).and_then(|pair| text(&pair[1]))
        }
        Value::Map(pairs) => {
            pairs.iter().find(|(name, _)| text(name) == Some(b"role")).and_then(|(_, role)| text(role))
        }
        _ => None,
    }
}

fn unreachable(target: &Target, error: &RedisError) -> ConnectError {
    let source = std::io::Error::other(format!("{}{}", escape(error_text(error).as_bytes()), hint(target, error)));
    match tls::error_text(error) {
        Some(_) => ConnectError::of_tls(target, source),
        None => ConnectError::Unreachable { server: target.to_string(), source },
    }
}

/// The likely cause if a server closes the connection, or sends something other than RESP, before its first reply.
fn hint(target: &Target, error: &RedisError) -> &'static str {
    let is_unexpected = error.is_connection_dropped() || error.kind() == ErrorKind::Parse;
    if is_unexpected && tls::error_text(error).is_none() { socket::connection_hint(target) } else { "" }
}

/// Opens the socket without redis-rs, so that TLS works in the same way as for the subscription. redis-rs then uses
/// this socket.
async fn open(target: &Target) -> Result<Client, ConnectError> {
    let timed_out = |_| ConnectError::timed_out(target, REPLY_TIMEOUT);
    let open = async {
        let socket = Socket::connect(target).await.map_err(|source| ConnectError::of_socket(target, source))?;
        socket.start_tls(target).await.map_err(|source| ConnectError::of_tls(target, source))
    };
    let socket = timeout(REPLY_TIMEOUT, open).await.map_err(timed_out)??;
    let settings = RedisConnectionInfo::default().set_lib_name("aircheck", env!("CARGO_PKG_VERSION"));
    let limits = AsyncConnectionConfig::new().set_response_timeout(Some(REPLY_TIMEOUT));
    let budget = Budget::new();
    let socket = Bounded { socket, budget: budget.clone() };
    let made = timeout(REPLY_TIMEOUT, MultiplexedConnection::new_with_config(&settings, socket, limits)).await;
    let failed_at_start = |error: RedisError| unreachable(target, &budget.exceeded().map_or(error, RedisError::from));
    let (connection, driver) = made.map_err(timed_out)?.map_err(failed_at_start)?;
    // The task ends when the last handle of the connection is dropped.
    tokio::spawn(driver);
    Ok(Client { connection, budget })
}
