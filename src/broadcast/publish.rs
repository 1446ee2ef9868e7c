//! Publishers, with and without a tokio runtime.

use std::sync::Arc;

use serde::Serialize;
use tokio::runtime::{Builder, Runtime};

use super::error::PublishError;
use crate::ledger::sequence::Channel;
use crate::redis::publisher::{self, Receipt};
use crate::redis::subscription::now_micros;
use crate::wire::signature::{Keyring, SignWith};

/// Publishes on a channel. [`Broadcast::publisher`](super::Broadcast::publisher) creates it.
///
/// It has its own connection, and connects when it sends its first message. If sending a message fails, it connects again for the
/// next one.
///
/// If the connection is lost before the reply, it is unknown whether the message was sent. The publisher then returns
/// [`PublishError::Unknown`], and does not send the message again.
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
    /// # Cancellation
    /// This method is not cancel-safe: if the future is dropped, the message may or may not have been sent. The publisher can still be
    /// used. It connects again for the next message.
    ///
    /// # Errors
    /// If the name or the signing key's name contains a colon. Also if the message was not sent, was sent but not
    /// counted, or may have been sent. The variants of [`PublishError`] distinguish these three cases.
    pub async fn publish(&mut self, name: impl AsRef<[u8]>) -> Result<Receipt, PublishError> {
        self.send(name.as_ref(), &[]).await
    }

    /// Sends a message with data. If the data serializes to `null`, the message is sent without data, as in the
    /// package.
    ///
    /// # Cancellation
    /// As for [`publish`](Self::publish).
    ///
    /// # Errors
    /// Like [`publish`](Self::publish). Also if the data cannot be serialized as JSON, or has more than 511 levels of nesting.
    pub async fn publish_data<T: Serialize + ?Sized>(
        &mut self,
        name: impl AsRef<[u8]>,
        data: &T,
    ) -> Result<Receipt, PublishError> {
        let json = serde_json::to_vec(data)?;
        self.send(name.as_ref(), if json == b"null" { &[] } else { &json }).await
    }

    /// Sends a message with JSON text as data, byte for byte. If the text is empty, the message is sent without data.
    ///
    /// # Cancellation
    /// As for [`publish`](Self::publish).
    ///
    /// # Errors
    /// Like [`publish`](Self::publish). Also if the data is not valid JSON by PHP's rules.
    pub async fn publish_json(
        &mut self,
        name: impl AsRef<[u8]>,
        json: impl AsRef<[u8]>,
    ) -> Result<Receipt, PublishError> {
        self.send(name.as_ref(), json.as_ref()).await
    }

    async fn send(&mut self, name: &[u8], json: &[u8]) -> Result<Receipt, PublishError> {
        let payload = self.keyring.payload(name, json, &SignWith::SigningKey, now_micros() / 1_000_000)?;
        Ok(self.connection.publish(self.channel.as_bytes(), &payload).await?)
    }
}

/// A [`Publisher`] with blocking methods. [`Broadcast::blocking_publisher`](super::Broadcast::blocking_publisher) creates it.
///
/// # Panics
/// The methods panic if they are called within a tokio runtime.
#[derive(Debug)]
pub struct BlockingPublisher {
    publisher: Publisher,
    /// The event loop; `None` before the first message.
    runtime: Option<Runtime>,
}

/// Does not wait for a host name look-up in progress, so the publisher can be dropped in asynchronous code.
impl Drop for BlockingPublisher {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Returns the event loop, and creates it if necessary.
fn start(runtime: &mut Option<Runtime>) -> Result<&Runtime, PublishError> {
    Ok(match runtime {
        Some(runtime) => runtime,
        none => none.insert(Builder::new_current_thread().enable_all().build().map_err(PublishError::Start)?),
    })
}

impl BlockingPublisher {
    pub(super) fn new(publisher: Publisher) -> Self {
        Self { publisher, runtime: None }
    }

    /// See [`Publisher::publish`].
    ///
    /// # Errors
    /// See [`Publisher::publish`].
    pub fn publish(&mut self, name: impl AsRef<[u8]>) -> Result<Receipt, PublishError> {
        start(&mut self.runtime)?.block_on(self.publisher.publish(name))
    }

    /// See [`Publisher::publish_data`].
    ///
    /// # Errors
    /// See [`Publisher::publish_data`].
    pub fn publish_data<T: Serialize + ?Sized>(
        &mut self,
        name: impl AsRef<[u8]>,
        data: &T,
    ) -> Result<Receipt, PublishError> {
        start(&mut self.runtime)?.block_on(self.publisher.publish_data(name, data))
    }

    /// See [`Publisher::publish_json`].
    ///
    /// # Errors
    /// See [`Publisher::publish_json`].
    pub fn publish_json(&mut self, name: impl AsRef<[u8]>, json: impl AsRef<[u8]>) -> Result<Receipt, PublishError> {
        start(&mut self.runtime)?.block_on(self.publisher.publish_json(name, json))
    }
}
