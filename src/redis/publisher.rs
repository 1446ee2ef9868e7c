//! Publishing: MULTI, PUBLISH, INCR, EXEC in that order.
//!
//! A user who may publish on `ops` and do nothing else:
//! `resetchannels &ops %RW~system_broadcast_sequence_ops -@all +multi +publish +incr +exec +auth`.
//! With `+role` or `+hello` a replica that may be written to is recognised too.

use std::time::{Duration, Instant};

use super::client::{self, Client, Role};
use super::cluster::publisher::ToOwners;
pub use super::receipt::{PublishError, Receipt};
use super::target::{Address, Target};
use super::{counter, receipt};
use crate::wire::escape::escape;

/// A connection that was idle for longer is tried before a message is entrusted to it.
const IDLE: Duration = Duration::from_secs(1);

/// What says that a server is a replica.
pub(super) const IS_REPLICA: &str = "is a replica, where PUBLISH succeeds but stays local";

/// What publishes: on one server, or on the one of a cluster that owns the channel's counter.
#[derive(Debug)]
pub struct Publisher(Way);

#[derive(Debug)]
enum Way {
    OneServer(Box<OneServer>),
    ToOwners(Box<ToOwners>),
}

/// A connection that publishes; made when first needed, and again after it broke.
#[derive(Debug)]
pub(super) struct OneServer {
    target: Target,
    sequence_prefix: String,
    live: Option<Live>,
}

#[derive(Debug)]
struct Live {
    connection: Client,
    used: Instant,
}

impl Publisher {
    /// Remembers where to publish; does not connect yet.
    #[must_use]
    pub fn new(target: Target, sequence_prefix: String) -> Self {
        Self(match &target.address {
            Address::Cluster { .. } => Way::ToOwners(Box::new(ToOwners::new(target, sequence_prefix))),
            _ => Way::OneServer(Box::new(OneServer::new(target, sequence_prefix))),
        })
    }

    /// Sends one payload and counts it, in one transaction. A message whose fate is not known is never sent again.
    ///
    /// # Errors
    /// Where it was not sent, was not counted, or where that is not known; the next call connects anew.
    pub async fn publish(&mut self, channel: &[u8], payload: &[u8]) -> Result<Receipt, PublishError> {
        match &mut self.0 {
            Way::OneServer(server) => server.publish(channel, payload).await,
            Way::ToOwners(cluster) => cluster.publish(channel, payload).await,
        }
    }
}

impl OneServer {
    pub(super) fn new(target: Target, sequence_prefix: String) -> Self {
        Self { target, sequence_prefix, live: None }
    }

    /// As [`Publisher::publish`].
    pub(super) async fn publish(&mut self, channel: &[u8], payload: &[u8]) -> Result<Receipt, PublishError> {
        let mut connection = self.connection().await?;
        // All four replies are kept, which an atomic() pipeline does not: they tell what happened to the message.
        let mut transaction = ::redis::pipe();
        transaction.cmd("MULTI");
        transaction.cmd("PUBLISH").arg(channel).arg(payload);
        transaction.cmd("INCR").arg(counter::key(&self.sequence_prefix, channel));
        transaction.cmd("EXEC");
        let replies = client::replies(&mut connection, &mut transaction)
            .await
            .map_err(|error| PublishError::Unknown(escape(client::words(&error).as_bytes())))?;
        let receipt = receipt::read(&replies);
        // After a rejection the server may have become a replica: the next call asks again.
        if !matches!(receipt, Err(PublishError::Rejected(_) | PublishError::Unknown(_))) {
            self.live = Some(Live { connection, used: Instant::now() });
        }
        receipt
    }

    /// Takes the connection out, so that one that breaks, or whose answer is not waited for, is not used again.
    async fn connection(&mut self) -> Result<Client, PublishError> {
        if let Some(Live { mut connection, used }) = self.live.take()
            && (used.elapsed() < IDLE || answers(&mut connection).await)
        {
            return Ok(connection);
        }
        let mut connection = client::connect(&self.target).await.map_err(PublishError::Unreachable)?;
        takes_transactions(&mut connection).await?;
        let Role::Replica(primary) = client::role(&mut connection).await.map_err(PublishError::Unreachable)? else {
            return Ok(connection);
        };
        let primary = primary.map(|primary| format!(", {}", escape(primary.as_bytes()))).unwrap_or_default();
        Err(PublishError::Rejected(format!("{} {IS_REPLICA}; publish to its primary{primary}", self.target)))
    }
}

async fn answers(connection: &mut Client) -> bool {
    // An error reply is an answer too.
    client::replies(connection, ::redis::pipe().cmd("PING")).await.is_ok()
}

/// Whether the server takes transactions at all; without MULTI it would run PUBLISH at once, and apart from INCR.
async fn takes_transactions(connection: &mut Client) -> Result<(), PublishError> {
    let mut questions = ::redis::pipe();
    questions.cmd("MULTI").cmd("EXEC");
    let replies = client::replies(connection, &mut questions)
        .await
        .map_err(|error| PublishError::Unreachable(escape(client::words(&error).as_bytes())))?;
    match replies.iter().find_map(client::rejection) {
        None => Ok(()),
        Some(error) => Err(PublishError::Rejected(escape(client::server_words(error).as_bytes()))),
    }
}
