//! A connection that sends batches of commands and waits for all replies.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::redis::resp::{Frame, Limits, RespError, read, write_command};
use crate::redis::sentinel;
use crate::redis::socket::{self, Socket};
use crate::redis::target::Target;
use crate::wire::escape::{escape, escape_capped};
use crate::wire::signature::Secret;

/// The time limit for a reply.
const REPLY_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum length of a server's error, in characters.
const MAX_ERROR_CHARS: usize = 200;

/// Why the traffic ended. The texts are escaped for a terminal.
#[derive(Debug, thiserror::Error)]
pub enum TrafficError {
    /// The connection failed. The values are the server and the reason.
    #[error("cannot connect to {0}: {1}; is the server running?")]
    Unreachable(String, String),
    /// The server closed the connection, or did not reply.
    #[error("lost the connection to the server: {0}")]
    Lost(#[from] io::Error),
    /// The server rejected a command. The value is the server's error.
    #[error("the server rejected the command: {0}")]
    Rejected(String),
    /// The server does not use the Redis protocol.
    #[error(transparent)]
    Protocol(#[from] RespError),
}

pub(super) struct Client {
    stream: Socket,
    batch: Batch,
    input: Vec<u8>,
}

/// Commands to be sent.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    commands: usize,
}

impl Batch {
    pub(super) fn command(&mut self, parts: &[&[u8]]) {
        write_command(&mut self.bytes, parts);
        self.commands += 1;
    }
}

impl Client {
    /// Connects, authenticates if the target has a user or password, and selects the database.
    pub(super) async fn connect(target: &Target) -> Result<Self, TrafficError> {
        let unreachable = |reason| TrafficError::Unreachable(target.to_string(), reason);
        let server = sentinel::resolve(target).await.map_err(unreachable)?;
        let stream = timeout(REPLY_TIMEOUT, Socket::open(&server))
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|error| unreachable(escape(socket::error_text(&error).as_bytes())))?;
        let mut client = Self { stream, batch: Batch::default(), input: Vec::new() };
        let password = target.password.as_ref().map(Secret::expose);
        match (&target.user, password) {
            (Some(user), password) => {
                client.batch.command(&[b"AUTH", user.as_bytes(), password.unwrap_or_default()]);
            }
            (None, Some(password)) => client.batch.command(&[b"AUTH", password]),
            (None, None) => {}
        }
        if target.database != 0 {
            client.batch.command(&[b"SELECT", target.database.to_string().as_bytes()]);
        }
        client.exchange().await?;
        Ok(client)
    }

    /// The batch to which commands for the next exchange are added.
    pub(super) fn batch(&mut self) -> &mut Batch {
        &mut self.batch
    }

    /// Sends the batch and reads all replies.
    pub(super) async fn exchange(&mut self) -> Result<(), TrafficError> {
        let batch = std::mem::take(&mut self.batch);
        timeout(REPLY_TIMEOUT, async {
            self.stream.write_all(&batch.bytes).await?;
            self.stream.flush().await?;
            for _ in 0..batch.commands {
                self.reply().await?;
            }
            Ok(())
        })
        .await
        .unwrap_or_else(|_| Err(TrafficError::Lost(io::ErrorKind::TimedOut.into())))
    }

    async fn reply(&mut self) -> Result<(), TrafficError> {
        loop {
            if let Some((frame, length)) = read(&self.input, &Limits::default())? {
                accept(&frame)?;
                self.input.drain(..length);
                return Ok(());
            }
            self.input.reserve(4 << 10);
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err(TrafficError::Lost(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}

/// Returns an error if the reply, or a reply within a transaction's reply, is an error.
fn accept(frame: &Frame<'_>) -> Result<(), TrafficError> {
    match frame {
        Frame::Error(error) => Err(TrafficError::Rejected(escape_capped(error, MAX_ERROR_CHARS))),
        Frame::Array(replies) => replies.clone().try_for_each(|reply| match reply {
            Frame::Error(error) => Err(TrafficError::Rejected(escape_capped(error, MAX_ERROR_CHARS))),
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}
