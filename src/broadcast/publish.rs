//! Publishing, with and without a runtime.

use std::sync::Arc;

use serde::Serialize;
use tokio::runtime::{Builder, Runtime};

use super::error::PublishError;
use crate::ledger::sequence::Channel;
use crate::redis::publisher::{self, Receipt};
use crate::redis::subscription::now_micros;
use crate::wire::signature::{Keyring, SignWith};

/// Publishes on a channel, on a connection of its own that is made when it is first needed, and again after it broke.
///
/// A message whose fate is not known is never sent again by itself.
#[derive(Debug)]
pub struct Publisher {
    connection: publisher::Publisher,
    channel: Channel,
    keyring: Arc<Keyring>,
}

impl Publisher {
    pub(super) fn new(connection: publisher::Publisher, channel: Channel, keyring: Arc<Keyring>) -> Self {
        Self { connection, channel, keyring }
    }

    /// Sends a message without data.
    ///
    /// # Errors
    /// Where the name has a colon, or the message was not sent, not counted, or that is not known.
    pub async fn publish(&mut self, name: impl AsRef<[u8]>) -> Result<Receipt, PublishError> {
        self.send(name.as_ref(), &[]).await
    }

    /// Sends a message with data. What serializes to `null` is no data, as in the package.
    ///
    /// # Errors
    /// As [`publish`](Self::publish), and where the data cannot be written as JSON, or is more than 511 levels deep.
    pub async fn publish_with<T: Serialize + ?Sized>(
        &mut self,
        name: impl AsRef<[u8]>,
        data: &T,
    ) -> Result<Receipt, PublishError> {
        let json = serde_json::to_vec(data)?;
        self.send(name.as_ref(), if json == b"null" { &[] } else { &json }).await
    }

    /// Sends a message with data that is JSON already, byte for byte; empty is no data.
    ///
    /// # Errors
    /// As [`publish`](Self::publish), and where the data is not JSON as PHP reads it.
    pub async fn publish_json(
        &mut self,
        name: impl AsRef<[u8]>,
        json: impl AsRef<[u8]>,
    ) -> Result<Receipt, PublishError> {
        self.send(name.as_ref(), json.as_ref()).await
    }

    async fn send(&mut self, name: &[u8], json: &[u8]) -> Result<Receipt, PublishError> {
        let payload = self.keyring.payload(name, json, &SignWith::Own, now_micros() / 1_000_000)?;
        Ok(self.connection.publish(self.channel.as_bytes(), &payload).await?)
    }
}

/// A [`Publisher`] whose methods wait; not to be used within a runtime, where they panic.
#[derive(Debug)]
pub struct BlockingPublisher {
    runtime: Runtime,
    publisher: Publisher,
}

impl BlockingPublisher {
    pub(super) fn new(publisher: Publisher) -> std::io::Result<Self> {
        Ok(Self { runtime: Builder::new_current_thread().enable_all().build()?, publisher })
    }

    /// As [`Publisher::publish`].
    ///
    /// # Errors
    /// As there.
    pub fn publish(&mut self, name: impl AsRef<[u8]>) -> Result<Receipt, PublishError> {
        self.runtime.block_on(self.publisher.publish(name))
    }

    /// As [`Publisher::publish_with`].
    ///
    /// # Errors
    /// As there.
    pub fn publish_with<T: Serialize + ?Sized>(
        &mut self,
        name: impl AsRef<[u8]>,
        data: &T,
    ) -> Result<Receipt, PublishError> {
        self.runtime.block_on(self.publisher.publish_with(name, data))
    }

    /// As [`Publisher::publish_json`].
    ///
    /// # Errors
    /// As there.
    pub fn publish_json(&mut self, name: impl AsRef<[u8]>, json: impl AsRef<[u8]>) -> Result<Receipt, PublishError> {
        self.runtime.block_on(self.publisher.publish_json(name, json))
    }
}
