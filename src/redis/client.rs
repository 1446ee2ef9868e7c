//! A redis-rs connection to a target, with our time limits; for everything but the subscription.

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, Pipeline, RedisConnectionInfo};
use ::redis::{ErrorKind, RedisError, RedisResult, ServerError, Value};

use super::target::{Address, Target};
use crate::wire::escape::escape;

/// How long the server may take to accept a connection, and to answer a command.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// Connects, authenticates and selects the database.
///
/// # Errors
/// Why not, in words, already escaped for a terminal and without the password; the server's own words where it refused.
pub(super) async fn connect(target: &Target) -> Result<MultiplexedConnection, String> {
    let mut connection = open(target).await.map_err(|error| unreachable(target, &error))?;
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
    let refusal = setup.iter().find_map(refusal).or_else(|| refusal(ping).filter(|error| error.code() != "NOPERM"));
    match refusal {
        None => Ok(connection),
        Some(error) => {
            Err(format!("{target} refuses: {}", escape(target.without_password(server_words(error)).as_bytes())))
        }
    }
}

/// Sends a pipeline and gives all replies, those that are errors too.
///
/// # Errors
/// Where not every reply came.
pub(super) async fn replies(
    connection: &mut MultiplexedConnection,
    pipeline: &mut Pipeline,
) -> RedisResult<Vec<Value>> {
    pipeline.ignore_errors().query_async(connection).await
}

/// The error that a reply is, if it is one.
pub(super) fn refusal(reply: &Value) -> Option<&ServerError> {
    match reply {
        Value::ServerError(error) => Some(error),
        _ => None,
    }
}

/// The server's words, e.g. `NOPERM this user has no permissions …`; not escaped.
pub(super) fn server_words(error: &ServerError) -> String {
    match error.details() {
        Some(details) => format!("{} {details}", error.code()),
        None => error.code().to_owned(),
    }
}

/// A few words on what went wrong; not escaped.
pub(super) fn words(error: &RedisError) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TIMEOUT.as_secs());
    }
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => {
            format!("{} {}", error.code().unwrap_or_default(), error.detail().unwrap_or_default()).trim().to_owned()
        }
        // The system's words without its number.
        _ => error.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    }
}

fn unreachable(target: &Target, error: &RedisError) -> String {
    format!("{target}: {}", escape(words(error).as_bytes()))
}

async fn open(target: &Target) -> RedisResult<MultiplexedConnection> {
    let address = match &target.address {
        Address::Tcp { host, port } => ConnectionAddr::Tcp(host.clone(), *port),
        Address::Unix(path) => ConnectionAddr::Unix(path.clone()),
    };
    let settings = RedisConnectionInfo::default().set_lib_name("aircheck", env!("CARGO_PKG_VERSION"));
    let client = Client::open(address.into_connection_info()?.set_redis_settings(settings))?;
    let limits = AsyncConnectionConfig::new().set_connection_timeout(Some(TIMEOUT)).set_response_timeout(Some(TIMEOUT));
    client.get_multiplexed_async_connection_with_config(&limits).await
}
