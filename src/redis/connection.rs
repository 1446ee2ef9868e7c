//! The connection of a subscription: socket, handshake, and the server's identity.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::buffer::Buffer;
use super::client::error_words;
use super::connect_error::ConnectError;
use super::info;
use super::resp::{self, Frame, Limits, RespError};
use super::sentinel;
use super::socket::{self, Input, Output, Socket};
use super::target::{Address, Target};
use crate::ledger::interval::ServerInfo;
use crate::ledger::known::ServerId;

/// The time limit for opening the socket and for the handshake together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The limits of the handshake's replies, which usually take a few kilobytes.
const HANDSHAKE_LIMITS: Limits = Limits { depth: 16, length: 1 << 20, elements: 1 << 16 };

/// A connection after the RESP3 handshake, authenticated and with the database selected.
pub(super) struct Connection {
    pub(super) input: Input,
    pub(super) output: Output,
    pub(super) buffer: Buffer,
    pub(super) server: Arc<ServerInfo>,
    /// Identifies the server, or `None` if the user may not run `INFO` or the reply lacks the ids.
    pub(super) id: Option<Arc<ServerId>>,
    /// The server that Sentinel named, if the target uses Sentinel.
    pub(super) node: Option<Target>,
}

/// Which step of connecting is in progress.
#[derive(Debug)]
pub(super) struct ConnectProgress {
    /// The step that waits for a reply, and when it started.
    step: Cell<(&'static str, Instant)>,
}

impl Default for ConnectProgress {
    fn default() -> Self {
        Self { step: Cell::new(("the connection attempt", Instant::now())) }
    }
}

impl ConnectProgress {
    fn begin(&self, step: &'static str) {
        self.step.set((step, Instant::now()));
    }

    /// Waits until one step has been in progress for `time`, and returns this step.
    pub(super) async fn stalled(&self, time: Duration) -> &'static str {
        loop {
            let (step, since) = self.step.get();
            if since.elapsed() >= time {
                return step;
            }
            tokio::time::sleep_until((since + time).into()).await;
        }
    }
}

/// Connects to the server or to the primary that Sentinel names, sends `HELLO 3`, and selects the database.
///
/// Pub/sub ignores the database, but counters do not.
pub(super) async fn connect(target: &Target, progress: &ConnectProgress) -> Result<Connection, ConnectError> {
    let Address::Sentinel(sentinels) = &target.address else { return connect_one(target, progress).await };
    progress.begin("the query to the sentinels");
    let no_primary = |reason| ConnectError::NoPrimary { server: target.to_string(), reason };
    let node = sentinel::find_primary(target, sentinels).await.map_err(no_primary)?.target;
    let connection = connect_one(&node, progress).await?;
    // A failover may have happened in the meantime.
    if connection.server.role == "replica" {
        return Err(no_primary(format!("{node} is no longer a primary")));
    }
    Ok(Connection { node: Some(node), ..connection })
}

async fn connect_one(target: &Target, progress: &ConnectProgress) -> Result<Connection, ConnectError> {
    let opened = timeout(CONNECT_TIMEOUT, open(target, progress)).await;
    opened.unwrap_or_else(|_| Err(ConnectError::timed_out(target, CONNECT_TIMEOUT)))
}

async fn open(target: &Target, progress: &ConnectProgress) -> Result<Connection, ConnectError> {
    let unreachable = |source| ConnectError::of_socket(target, source);
    progress.begin("the connection attempt");
    let socket = Socket::connect(target).await.map_err(unreachable)?;
    if target.tls.is_some() {
        progress.begin("the TLS handshake");
    }
    let socket = socket.start_tls(target).await.map_err(|source| ConnectError::of_tls(target, source))?;
    let (mut input, mut output) = socket.split();
    progress.begin("HELLO");
    // If writing fails because the server has closed the connection, its last reply can still be read.
    let sent = async { output.write_all(&handshake_commands(target)).await.and(output.flush().await) }.await;
    if let Err(error) = sent
        && !socket::is_closed_by_peer(&error)
    {
        return Err(unreachable(error));
    }
    let mut buffer = Buffer::new(HANDSHAKE_LIMITS);

    let hello = read_reply(&mut input, &mut buffer, target, read_hello)
        .await
        .map_err(|error| failed_at_start(target, error))?;
    let server = Arc::new(hello.map_err(|reason| rejected_hello(target, reason))?);
    if target.database != 0 {
        progress.begin("SELECT");
        read_reply(&mut input, &mut buffer, target, |_| ())
            .await?
            .map_err(|reason| ConnectError::of_reply(target, reason))?;
    }
    progress.begin("INFO");
    // Without `INFO`, aircheck cannot recognise a replaced server. The count of every gap after a reconnection is then a
    // lower bound.
    let about = read_reply(&mut input, &mut buffer, target, |frame| blob_bytes(&frame)).await?.unwrap_or_default();
    let replication =
        read_reply(&mut input, &mut buffer, target, |frame| blob_bytes(&frame)).await?.unwrap_or_default();
    let id = info::server_id(&about, &replication).map(Arc::new);
    buffer.set_limits(Limits::default());
    Ok(Connection { input, output, buffer, server, id, node: None })
}

fn handshake_commands(target: &Target) -> Vec<u8> {
    let mut out = Vec::new();
    let mut hello: Vec<&[u8]> = vec![b"HELLO", b"3"];
    if let Some(password) = &target.password {
        hello.extend([&b"AUTH"[..], target.user.as_deref().unwrap_or("default").as_bytes(), password.expose()]);
    }
    hello.extend([&b"SETNAME"[..], b"aircheck"]);
    resp::write_command(&mut out, &hello);
    if target.database != 0 {
        resp::write_command(&mut out, &[b"SELECT", target.database.to_string().as_bytes()]);
    }
    for section in info::ID_SECTIONS {
        resp::write_command(&mut out, &[b"INFO", section.as_bytes()]);
    }
    out
}

/// Reads one reply. The inner error is the server's error reply.
async fn read_reply<T>(
    input: &mut Input,
    buffer: &mut Buffer,
    target: &Target,
    read: impl Fn(Frame<'_>) -> T,
) -> Result<Result<T, String>, ConnectError> {
    loop {
        let unexpected =
            |error: RespError| ConnectError::UnexpectedReply { server: target.to_string(), reason: error.to_string() };
        if let Some((frame, length)) = buffer.frame().map_err(unexpected)? {
            let value = match frame {
                // Push messages are not replies.
                Frame::Push(_) => None,
                Frame::Error(words) => Some(Err(error_words(words))),
                other => Some(Ok(read(other))),
            };
            buffer.consume(length);
            match value {
                Some(value) => return Ok(value),
                None => continue,
            }
        }
        let unreachable = |source| ConnectError::of_socket(target, source);
        let length = input.read(buffer.free_space()).await.map_err(unreachable)?;
        if length == 0 {
            return Err(unreachable(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")));
        }
        buffer.advance(length);
    }
}

/// Adds a hint to an error that occurred before the first reply, e.g. that the port may be a TLS port.
fn failed_at_start(target: &Target, error: ConnectError) -> ConnectError {
    let words = match &error {
        ConnectError::Unreachable { source, .. } if socket::is_closed_by_peer(source) => socket::error_text(source),
        ConnectError::UnexpectedReply { reason, .. } => reason.clone(),
        _ => return error,
    };
    ConnectError::unreachable(target, format!("{words}{}", socket::connection_hint(target)))
}

fn rejected_hello(target: &Target, reason: String) -> ConnectError {
    if reason.starts_with("NOPROTO") || reason.to_ascii_lowercase().contains("unknown command") {
        let (server, reason) = (target.to_string(), target.without_password(reason));
        return ConnectError::NoResp3 { server, reason };
    }
    ConnectError::of_reply(target, reason)
}

/// Reads the `HELLO` reply, a map of names and values.
fn read_hello(frame: Frame<'_>) -> ServerInfo {
    let mut server = ServerInfo { version: String::new(), role: String::new(), mode: String::new() };
    if let Frame::Map(mut pairs) = frame {
        while let (Some(name), Some(value)) = (pairs.next(), pairs.next()) {
            let (Frame::Blob(name) | Frame::Simple(name), Frame::Blob(value) | Frame::Simple(value)) = (name, value)
            else {
                continue;
            };
            let value = String::from_utf8_lossy(value).into_owned();
            match name {
                b"version" => server.version = value,
                b"role" => server.role = standard_role(value),
                b"mode" => server.mode = value,
                _ => {}
            }
        }
    }
    server
}

/// Redis calls a primary `master` and a replica `slave` or `replica`.
fn standard_role(role: String) -> String {
    match role.as_str() {
        "master" => "primary".to_owned(),
        "slave" => "replica".to_owned(),
        _ => role,
    }
}

/// The bytes of a blob, or no bytes for any other frame.
fn blob_bytes(frame: &Frame<'_>) -> Vec<u8> {
    match frame {
        Frame::Blob(text) => text.to_vec(),
        _ => Vec::new(),
    }
}
