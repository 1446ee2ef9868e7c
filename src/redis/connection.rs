//! The subscription's own connection: socket, greeting, and what the server says of itself.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::buffer::Buffer;
use super::info;
use super::resp::{self, Frame, Limits, RespError};
use super::sentinel;
use super::socket::{self, Input, Output, Socket};
use super::target::{Address, Target, is_login};
use crate::ledger::interval::Server;
use crate::ledger::known::ServerId;

/// How long the socket and the greeting may take together.
const PATIENCE: Duration = Duration::from_secs(5);
/// What a reply to the greeting may hold: some kilobytes are usual.
const GREETING: Limits = Limits { depth: 16, length: 1 << 20, elements: 1 << 16 };

/// Why there is no connection, or no longer; the server's words are not escaped.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The socket cannot be opened, or TLS not be spoken over it.
    #[error("cannot reach {target}: {}", socket::words(source))]
    Unreachable {
        /// The target, without secrets.
        target: String,
        /// What the system or TLS says.
        source: io::Error,
    },
    /// The sentinels lead to no primary.
    #[error("cannot reach {target}: {words}")]
    NoPrimary {
        /// The target, without secrets.
        target: String,
        /// What each sentinel says, or why it cannot be asked.
        words: String,
    },
    /// No answer in time.
    #[error("{target} does not answer within {} s", PATIENCE.as_secs())]
    TimedOut {
        /// The target, without secrets.
        target: String,
    },
    /// The server wants a password, or another one.
    #[error("{target} rejects the login {login}: {words}")]
    Login {
        /// The target, without secrets.
        target: String,
        /// As whom.
        login: String,
        /// The server's words.
        words: String,
    },
    /// The server does not speak RESP3.
    #[error("{target} does not speak RESP3, which Redis does since version 6: {words}")]
    NoResp3 {
        /// The target, without secrets.
        target: String,
        /// The server's words.
        words: String,
    },
    /// The server rejects for another reason, e.g. too many clients.
    #[error("{target} rejects: {words}")]
    Rejected {
        /// The target, without secrets.
        target: String,
        /// The server's words.
        words: String,
    },
    /// What came is no RESP3 at all.
    #[error("{target}: {source}")]
    Protocol {
        /// The target, without secrets.
        target: String,
        /// What is wrong with it.
        source: RespError,
    },
}

/// A connection that speaks RESP3 and is logged in.
pub(super) struct Connection {
    pub(super) input: Input,
    pub(super) output: Output,
    pub(super) buffer: Buffer,
    pub(super) server: Arc<Server>,
    /// Which server it is; none if the user may not ask (`INFO`), or the server does not say.
    pub(super) id: Option<Arc<ServerId>>,
    /// Which of several servers it is, where the target leads to one of them.
    pub(super) node: Option<Target>,
}

/// How far an attempt to connect has got.
#[derive(Debug)]
pub(super) struct Attempt {
    /// What it waits for a reply to, and since when.
    step: Cell<(&'static str, Instant)>,
}

impl Default for Attempt {
    fn default() -> Self {
        Self { step: Cell::new(("the connection attempt", Instant::now())) }
    }
}

impl Attempt {
    fn waits_for(&self, step: &'static str) {
        self.step.set((step, Instant::now()));
    }

    /// Ends if one step has had no reply for `time`; returns what it is.
    pub(super) async fn stalls(&self, time: Duration) -> &'static str {
        loop {
            let (step, since) = self.step.get();
            if since.elapsed() >= time {
                return step;
            }
            tokio::time::sleep_until((since + time).into()).await;
        }
    }
}

/// Connects to the server, or to the primary of a service, greets with `HELLO 3`, and chooses the database: pub/sub
/// ignores it, the counters do not.
pub(super) async fn connect(target: &Target, attempt: &Attempt) -> Result<Connection, ConnectError> {
    let Address::Sentinel(sentinels) = &target.address else { return greet(target, attempt).await };
    attempt.waits_for("the query to the sentinels");
    let no_primary = |words| ConnectError::NoPrimary { target: target.to_string(), words };
    let node = sentinel::primary(target, sentinels).await.map_err(no_primary)?.target;
    let connection = greet(&node, attempt).await?;
    // A failover may have happened since it was asked.
    if matches!(connection.server.role.as_str(), "slave" | "replica") {
        return Err(no_primary(format!("{node} is no primary any more")));
    }
    Ok(Connection { node: Some(node), ..connection })
}

async fn greet(target: &Target, attempt: &Attempt) -> Result<Connection, ConnectError> {
    let opened = timeout(PATIENCE, open(target, attempt)).await;
    opened.unwrap_or_else(|_| Err(ConnectError::TimedOut { target: target.to_string() }))
}

async fn open(target: &Target, attempt: &Attempt) -> Result<Connection, ConnectError> {
    let unreachable = |source| ConnectError::Unreachable { target: target.to_string(), source };
    attempt.waits_for("the connection attempt");
    let socket = Socket::reach(target).await.map_err(unreachable)?;
    if target.tls.is_some() {
        attempt.waits_for("the TLS handshake");
    }
    let (mut input, mut output) = socket.secure(target).await.map_err(unreachable)?.split();
    attempt.waits_for("HELLO");
    // Where the server has hung up already, what it said before is still to be read.
    let sent = async { output.write_all(&greeting(target)).await.and(output.flush().await) }.await;
    if let Err(error) = sent
        && !socket::ended(&error)
    {
        return Err(unreachable(error));
    }
    let mut buffer = Buffer::new(GREETING);

    let hello = reply(&mut input, &mut buffer, target, server_facts).await.map_err(|error| at_once(target, error))?;
    let server = Arc::new(hello.map_err(|words| rejection(target, words))?);
    if target.database != 0 {
        attempt.waits_for("SELECT");
        reply(&mut input, &mut buffer, target, |_| ()).await?.map_err(|words| rejection(target, words))?;
    }
    attempt.waits_for("INFO");
    // A user may lack `INFO`: then it is unknown whether the server is the same, and every missed range is a lower bound.
    let about = reply(&mut input, &mut buffer, target, |frame| blob(&frame)).await?.unwrap_or_default();
    let replication = reply(&mut input, &mut buffer, target, |frame| blob(&frame)).await?.unwrap_or_default();
    let id = info::server_id(&about, &replication).map(Arc::new);
    buffer.limit(Limits::default());
    Ok(Connection { input, output, buffer, server, id, node: None })
}

fn greeting(target: &Target) -> Vec<u8> {
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
    for section in info::SECTIONS {
        resp::write_command(&mut out, &[b"INFO", section.as_bytes()]);
    }
    out
}

/// Waits for one frame and reads it; the inner error holds the server's words where it is an error.
async fn reply<T>(
    input: &mut Input,
    buffer: &mut Buffer,
    target: &Target,
    read: impl Fn(Frame<'_>) -> T,
) -> Result<Result<T, String>, ConnectError> {
    loop {
        let protocol = |source| ConnectError::Protocol { target: target.to_string(), source };
        if let Some((frame, length)) = buffer.frame().map_err(protocol)? {
            let value = match frame {
                // A push answers nothing.
                Frame::Push(_) => None,
                Frame::Error(words) => Some(Err(String::from_utf8_lossy(words).into_owned())),
                other => Some(Ok(read(other))),
            };
            buffer.consume(length);
            match value {
                Some(value) => return Ok(value),
                None => continue,
            }
        }
        let unreachable = |source| ConnectError::Unreachable { target: target.to_string(), source };
        let length = input.read(buffer.room()).await.map_err(unreachable)?;
        if length == 0 {
            return Err(unreachable(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")));
        }
        buffer.filled(length);
    }
}

/// The server hung up, or speaks something else, before it has answered anything.
fn at_once(target: &Target, error: ConnectError) -> ConnectError {
    let words = match &error {
        ConnectError::Unreachable { source, .. } if socket::ended(source) => socket::words(source),
        ConnectError::Protocol { source, .. } => source.to_string(),
        _ => return error,
    };
    let source = io::Error::other(format!("{words}{}", socket::hint(target)));
    ConnectError::Unreachable { target: target.to_string(), source }
}

fn rejection(target: &Target, words: String) -> ConnectError {
    let no_resp3 = words.starts_with("NOPROTO") || words.to_ascii_lowercase().contains("unknown command");
    let (is_login, login) = (is_login(&words), target.login());
    let (target, words) = (target.to_string(), target.without_password(words));
    if no_resp3 {
        ConnectError::NoResp3 { target, words }
    } else if is_login {
        ConnectError::Login { target, login, words }
    } else {
        ConnectError::Rejected { target, words }
    }
}

/// The reply to HELLO: a map of names and values.
fn server_facts(frame: Frame<'_>) -> Server {
    let mut server = Server { version: String::new(), role: String::new(), mode: String::new() };
    if let Frame::Map(mut pairs) = frame {
        while let (Some(name), Some(value)) = (pairs.next(), pairs.next()) {
            let (Frame::Blob(name) | Frame::Simple(name), Frame::Blob(value) | Frame::Simple(value)) = (name, value)
            else {
                continue;
            };
            let value = String::from_utf8_lossy(value).into_owned();
            match name {
                b"version" => server.version = value,
                b"role" => server.role = value,
                b"mode" => server.mode = value,
                _ => {}
            }
        }
    }
    server
}

/// The bytes of a blob; nothing for any other frame.
fn blob(frame: &Frame<'_>) -> Vec<u8> {
    match frame {
        Frame::Blob(text) => text.to_vec(),
        _ => Vec::new(),
    }
}
