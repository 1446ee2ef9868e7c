//! Publishes messages with `MULTI`, `PUBLISH`, `INCR`, `EXEC`.
//!
//! These ACL rules allow a user to publish on `ops` and nothing else: `resetchannels &ops
//! %RW~system_broadcast_sequence_ops -@all +multi +publish +incr +exec +auth`.
//!
//! If the user also has `+role` or `+hello`, aircheck detects a replica that accepts writes, and does not publish on it.

use std::time::{Duration, Instant};

use super::client::{self, Client, Role};
use super::cluster::publisher::ClusterPublisher;
use super::connect_error::ConnectError;
pub use super::receipt::{Receipt, SendError};
use super::target::{Address, Target};
use super::{counter, receipt};
use crate::wire::escape::escape;

/// A connection that was idle for at least this long is checked with `PING` before it is used.
const MAX_UNCHECKED_IDLE: Duration = Duration::from_secs(1);

/// The error for a target that is a replica.
pub(super) const IS_REPLICA: &str = "is a replica; PUBLISH on it reaches only its own subscribers";

/// Publishes on one server, or on the cluster node that owns the channel's counter.
#[derive(Debug)]
pub struct Publisher(Route);

#[derive(Debug)]
enum Route {
    ServerPublisher(Box<ServerPublisher>),
    ClusterPublisher(Box<ClusterPublisher>),
}

/// Publishes on one server. It connects when first needed, and again after an error other than
/// [`SendError::NotCounted`].
#[derive(Debug)]
pub(super) struct ServerPublisher {
    target: Target,
    sequence_prefix: String,
    idle: Option<IdleConnection>,
}

#[derive(Debug)]
struct IdleConnection {
    connection: Client,
    used: Instant,
}

impl Publisher {
    /// Creates a publisher. It connects when it first publishes.
    #[must_use]
    pub fn new(target: Target, sequence_prefix: String) -> Self {
        Self(match &target.address {
            Address::Cluster { .. } => {
                Route::ClusterPublisher(Box::new(ClusterPublisher::new(target, sequence_prefix)))
            }
            _ => Route::ServerPublisher(Box::new(ServerPublisher::new(target, sequence_prefix))),
        })
    }

    /// Publishes one payload and increments the counter, in one transaction.
    ///
    /// If the result is unknown, the message is not sent again.
    ///
    /// # Errors
    /// The message was not sent, was not counted, or the result is unknown. Except after [`SendError::NotCounted`],
    /// the next call connects again.
    pub async fn publish(&mut self, channel: &[u8], payload: &[u8]) -> Result<Receipt, SendError> {
        match &mut self.0 {
            Route::ServerPublisher(server) => server.publish(channel, payload).await,
            Route::ClusterPublisher(cluster) => cluster.publish(channel, payload).await,
        }
    }
}

impl ServerPublisher {
    pub(super) fn new(target: Target, sequence_prefix: String) -> Self {
        Self { target, sequence_prefix, idle: None }
    }

    /// See [`Publisher::publish`].
    pub(super) async fn publish(&mut self, channel: &[u8], payload: &[u8]) -> Result<Receipt, SendError> {
        let mut connection = self.connection().await?;
        // The `atomic()` of redis-rs discards replies. All four replies are needed to know what happened to the
        // message.
        let mut transaction = ::redis::pipe();
        transaction.cmd("MULTI");
        transaction.cmd("PUBLISH").arg(channel).arg(payload);
        transaction.cmd("INCR").arg(counter::key(&self.sequence_prefix, channel));
        transaction.cmd("EXEC");
        let replies = client::replies(&mut connection, &mut transaction)
            .await
            .map_err(|error| SendError::Unknown(escape(client::error_text(&error).as_bytes())))?;
        let receipt = receipt::read(&replies);
        // After these errors, the connection is not used again, because the server may have become a replica. The next
        // call connects again and checks the role.
        if !matches!(receipt, Err(SendError::Rejected(_) | SendError::Unknown(_))) {
            self.idle = Some(IdleConnection { connection, used: Instant::now() });
        }
        receipt
    }

    /// Returns the idle connection if it still works, or opens a new one. The connection is removed from `idle`, so
    /// that it is not used again after an error or if the caller is cancelled.
    async fn connection(&mut self) -> Result<Client, SendError> {
        if let Some(IdleConnection { mut connection, used }) = self.idle.take()
            && (used.elapsed() < MAX_UNCHECKED_IDLE || is_alive(&mut connection).await)
        {
            return Ok(connection);
        }
        let mut connection = client::connect(&self.target).await.map_err(SendError::Unreachable)?;
        let unreachable = |reason| SendError::Unreachable(ConnectError::unreachable(&self.target, reason));
        check_transactions(&mut connection, &self.target).await?;
        let Role::Replica(primary) = client::role(&mut connection).await.map_err(unreachable)? else {
            return Ok(connection);
        };
        let primary = primary.map(|primary| format!(", {}", escape(primary.as_bytes()))).unwrap_or_default();
        Err(SendError::Rejected(format!("{} {IS_REPLICA}; publish to its primary{primary}", self.target)))
    }
}

async fn is_alive(connection: &mut Client) -> bool {
    // An error reply also proves that the connection works.
    client::replies(connection, ::redis::pipe().cmd("PING")).await.is_ok()
}

/// Checks that the user may use transactions. Without `MULTI`, the server would run `PUBLISH` and `INCR` immediately,
/// outside a transaction.
async fn check_transactions(connection: &mut Client, target: &Target) -> Result<(), SendError> {
    let mut pipeline = ::redis::pipe();
    pipeline.cmd("MULTI").cmd("EXEC");
    let unreachable = |error| ConnectError::unreachable(target, escape(client::error_text(&error).as_bytes()));
    let replies =
        client::replies(connection, &mut pipeline).await.map_err(|error| SendError::Unreachable(unreachable(error)))?;
    match replies.iter().find_map(client::error_reply) {
        None => Ok(()),
        Some(error) => Err(SendError::Rejected(escape(client::server_error_text(error).as_bytes()))),
    }
}
