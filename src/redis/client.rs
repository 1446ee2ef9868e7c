//! A redis-rs connection to a target, with limits on time and on the size of replies; for everything but the subscription.

mod bounded;

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Pipeline, RedisConnectionInfo};
use ::redis::{ErrorKind, RedisError, RedisResult, ServerError, Value};
use tokio::time::timeout;

use self::bounded::{Bounded, Budget};
use super::socket::{self, Socket};
use super::target::{Address, Target, node};
use super::{sentinel, target, tls};
use crate::wire::escape::escape;

/// How long the server may take to accept a connection, and to answer a command.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);
/// The most characters of a server's error that are shown.
const MAX_WORDS: usize = 1000;

/// A connection whose replies are limited in size and time.
#[derive(Debug)]
pub(super) struct Client {
    connection: MultiplexedConnection,
    budget: Budget,
}

/// Connects to the server, or to the primary of a service, authenticates and selects the database.
///
/// # Errors
/// Why not, in words, already escaped for a terminal and without the password; the server's own words where it rejected.
pub(super) async fn connect(target: &Target) -> Result<Client, String> {
    match &target.address {
        Address::Sentinel(sentinels) => {
            let found = sentinel::primary(target, sentinels).await;
            found.map(|primary| primary.connection).map_err(|reason| format!("{target}: {reason}"))
        }
        Address::Tcp { .. } | Address::Unix(_) | Address::Cluster { .. } => reach(target).await,
    }
}

/// As [`connect`], to one server.
///
/// # Errors
/// As [`connect`].
pub(super) async fn reach(target: &Target) -> Result<Client, String> {
    let mut connection = open(target).await?;
    // AUTH is sent here and not by redis-rs, which keeps the server's words to itself.
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
    // Not authenticated, or still loading: better known now than from the first command that matters.
    setup.cmd("PING");
    let answers = replies(&mut connection, &mut setup).await.map_err(|error| unreachable(target, &error))?;
    let (ping, setup) = answers.split_last().unwrap_or((&Value::Nil, &[]));
    let rejection =
        setup.iter().find_map(rejection).or_else(|| rejection(ping).filter(|error| error.code() != "NOPERM"));
    match rejection {
        None => Ok(connection),
        Some(error) => {
            let login = if target::is_login(&server_words(error)) {
                format!(" the login {}", target.login())
            } else {
                String::new()
            };
            let words = escape(target.without_password(server_words(error)).as_bytes());
            Err(format!("{target} rejects{}: {words}", escape(login.as_bytes())))
        }
    }
}

/// What a server says of its place among several.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Writes are to go here.
    Primary,
    /// Writes are to go elsewhere; where, as far as the user may know it: a host and port, not escaped.
    Replica(Option<String>),
    /// Something else, or not to be known: the user may neither ask `ROLE` nor `HELLO`.
    Unknown,
}

/// Which role a server says it has.
///
/// # Errors
/// Where it does not answer; the words are escaped.
pub(super) async fn role(connection: &mut Client) -> Result<Role, String> {
    let mut questions = ::redis::pipe();
    questions.cmd("ROLE").cmd("HELLO");
    let replies = replies(connection, &mut questions).await.map_err(|error| escape(words(&error).as_bytes()))?;
    let [role, hello] = replies.as_slice() else { return Ok(Role::Unknown) };
    Ok(match role_of(role).or_else(|| role_in_hello(hello)) {
        Some(b"master") => Role::Primary,
        Some(b"slave" | b"replica") => Role::Replica(primary_of(role)),
        _ => Role::Unknown,
    })
}

/// Sends a pipeline and gives all replies, those that are errors too.
///
/// # Errors
/// Where not every reply came.
pub(super) async fn replies(client: &mut Client, pipeline: &mut Pipeline) -> RedisResult<Vec<Value>> {
    client.budget.refill();
    let replies = pipeline.ignore_errors().query_async(&mut client.connection).await;
    replies.map_err(|error| client.budget.exceeded().map_or(error, RedisError::from))
}

/// The error that a reply is, if it is one.
pub(super) fn rejection(reply: &Value) -> Option<&ServerError> {
    match reply {
        Value::ServerError(error) => Some(error),
        _ => None,
    }
}

/// The server's words, e.g. `NOPERM this user has no permissions …`; not escaped.
pub(super) fn server_words(error: &ServerError) -> String {
    cut(match error.details() {
        Some(details) => format!("{} {details}", error.code()),
        None => error.code().to_owned(),
    })
}

/// A few words on what went wrong; not escaped.
pub(super) fn words(error: &RedisError) -> String {
    if let Some(words) = tls::words(error) {
        return words;
    }
    if error.is_timeout() {
        return format!("no answer within {} s", TIMEOUT.as_secs());
    }
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => {
            cut(format!("{} {}", error.code().unwrap_or_default(), error.detail().unwrap_or_default())
                .trim()
                .to_owned())
        }
        // The system's words without its number.
        _ => cut(error.to_string().split(" (os error").next().unwrap_or_default().to_owned()),
    }
}

/// A server chooses how long its words are.
fn cut(mut words: String) -> String {
    if let Some((end, _)) = words.char_indices().nth(MAX_WORDS) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// The bytes of a text.
pub(super) fn text(value: &Value) -> Option<&[u8]> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.as_bytes()),
        _ => None,
    }
}

/// `ROLE` answers with the role as its first element.
fn role_of(reply: &Value) -> Option<&[u8]> {
    match reply {
        Value::Array(elements) => elements.first().and_then(text),
        _ => None,
    }
}

/// In a replica's answer to `ROLE`, its primary's host and port follow.
fn primary_of(reply: &Value) -> Option<String> {
    let Value::Array(elements) = reply else { return None };
    let (host, Value::Int(port)) = (elements.get(1).and_then(text)?, elements.get(2)?) else { return None };
    Some(node(&String::from_utf8_lossy(host), u16::try_from(*port).ok()?))
}

/// `HELLO` answers with names and values in turn; a user who may not ask `ROLE` may still ask this one.
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

fn unreachable(target: &Target, error: &RedisError) -> String {
    format!("{target}: {}", escape(words(error).as_bytes()))
}

/// What may be wrong where a server hangs up, or speaks something else, before it has answered anything.
fn hint(target: &Target, error: &RedisError) -> &'static str {
    let strange = error.is_connection_dropped() || error.kind() == ErrorKind::Parse;
    if strange && tls::words(error).is_none() { socket::hint(target) } else { "" }
}

/// The socket is ours, so that TLS is the same as for the subscription; redis-rs speaks over it.
async fn open(target: &Target) -> Result<Client, String> {
    let late = |_| format!("{target}: no answer within {} s", TIMEOUT.as_secs());
    let failed = |error: std::io::Error| format!("{target}: {}", escape(socket::words(&error).as_bytes()));
    let socket = timeout(TIMEOUT, Socket::open(target)).await.map_err(late)?.map_err(failed)?;
    let settings = RedisConnectionInfo::default().set_lib_name("aircheck", env!("CARGO_PKG_VERSION"));
    let limits = AsyncConnectionConfig::new().set_response_timeout(Some(TIMEOUT));
    let budget = Budget::new();
    let socket = Bounded { socket, budget: budget.clone() };
    let made = timeout(TIMEOUT, MultiplexedConnection::new_with_config(&settings, socket, limits)).await;
    let at_once = |error: RedisError| {
        let error = budget.exceeded().map_or(error, RedisError::from);
        format!("{}{}", unreachable(target, &error), hint(target, &error))
    };
    let (connection, driver) = made.map_err(late)?.map_err(at_once)?;
    // It ends with the last handle of the connection.
    tokio::spawn(driver);
    Ok(Client { connection, budget })
}
