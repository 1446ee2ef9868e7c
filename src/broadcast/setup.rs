//! The settings of publishers and listeners: server, channel and keys.

use std::sync::Arc;
use std::time::Duration;

use super::error::{SequenceError, SetupError};
use super::{BlockingPublisher, Listener, Publisher};
use crate::ledger::sequence::{Channel, Reading};
use crate::redis::discovery;
use crate::redis::publisher;
use crate::redis::subscription::is_pattern;
use crate::redis::target::Target;
use crate::wire::algorithm::Algorithm;
use crate::wire::escape::escape;
use crate::wire::signature::{Keyring, KeyringSettings, Secret};

/// The default prefix, as in the package.
const SEQUENCE_PREFIX: &str = "system_broadcast_sequence_";

/// A channel on a server, with the keys of its publishers and listeners. Creating one does not connect.
#[derive(Debug, Clone)]
pub struct Broadcast {
    pub(super) target: Target,
    pub(super) channel: Channel,
    pub(super) sequence_prefix: String,
    keys: KeyringSettings,
}

impl Broadcast {
    /// Creates a `Broadcast` for `channel` on the server at `url`, e.g. `redis://host:6379/0`. [`Target::parse`]
    /// documents all forms. The default port is 6379, and the default database is 0.
    ///
    /// # Errors
    /// If the URL is invalid, or the channel's name contains `*`, `?` or `[`.
    pub fn new(url: &str, channel: impl AsRef<[u8]>) -> Result<Self, SetupError> {
        Self::with_target(Target::parse(url)?, channel)
    }

    /// Like [`new`](Self::new), with a URL that is already parsed.
    ///
    /// # Errors
    /// If the channel's name contains `*`, `?` or `[`.
    pub fn with_target(target: Target, channel: impl AsRef<[u8]>) -> Result<Self, SetupError> {
        let channel = channel.as_ref();
        if is_pattern(channel) {
            return Err(SetupError::Channel(escape(channel)));
        }
        let (channel, keys) = (Channel::new(channel), KeyringSettings::default());
        Ok(Self { target, channel, sequence_prefix: SEQUENCE_PREFIX.to_owned(), keys })
    }

    /// Signs messages with this key, and rejects unsigned ones. Without a signing key, messages are sent unsigned and
    /// unsigned messages are accepted. As in the package, the empty key and the key `"0"` do not sign, but unsigned
    /// messages are still rejected.
    #[must_use]
    pub fn with_signing_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.keys.signing_key = Some(Secret::new(key.into()));
        self
    }

    /// Sets the name of the signing key. The default is `default`. The empty name and the name `"0"` mean `default`
    /// too. Publishing fails if the name contains `:`, because receivers could not parse the signature.
    #[must_use]
    pub fn with_signing_key_name(mut self, name: impl Into<Vec<u8>>) -> Self {
        self.keys.signing_key_name = name.into();
        self
    }

    /// Sets the algorithm to sign with. It is always allowed for verification too. The default is SHA-256.
    #[must_use]
    pub fn with_signing_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.keys.sign_algorithm = algorithm;
        self
    }

    /// Adds a key for verification. A later key replaces an earlier one with the same name. The signing key takes precedence.
    ///
    /// Verification keys do not reject unsigned messages. Only [`with_signing_key`](Self::with_signing_key) does.
    #[must_use]
    pub fn with_verification_key(mut self, name: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.keys.verification_keys.push((name.into(), Secret::new(key.into())));
        self
    }

    /// Allows another algorithm for verification.
    #[must_use]
    pub fn with_verification_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.keys.verification_algorithms.push(algorithm);
        self
    }

    /// Sets the maximum difference between a signature's timestamp and the current time, in either direction. Timestamps are
    /// in whole seconds, so fractions of a second are ignored. The default is 1 h.
    ///
    /// # Errors
    /// If the tolerance is less than one second.
    pub fn with_time_tolerance(mut self, tolerance: Duration) -> Result<Self, SetupError> {
        match tolerance.as_secs() {
            0 => Err(SetupError::TimeTolerance(tolerance)),
            seconds => {
                self.keys.time_tolerance = seconds;
                Ok(self)
            }
        }
    }

    /// Sets the prefix of the counter's key. The key is the prefix followed by the channel's name. The default is
    /// `system_broadcast_sequence_`, as in the package.
    #[must_use]
    pub fn with_sequence_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.sequence_prefix = prefix.into();
        self
    }

    /// Creates a publisher. It connects when it sends its first message.
    #[must_use]
    pub fn publisher(&self) -> Publisher {
        let connection = publisher::Publisher::new(self.target.clone(), self.sequence_prefix.clone());
        Publisher::new(connection, self.channel.clone(), self.keyring())
    }

    /// Creates a publisher with blocking methods, for programs without a tokio runtime. It connects when it sends its first
    /// message.
    #[must_use]
    pub fn blocking_publisher(&self) -> BlockingPublisher {
        BlockingPublisher::new(self.publisher())
    }

    /// Creates a listener without handlers. It connects when [`Listener::listen`] is called, or when the stream of
    /// [`Listener::into_stream`] is first polled.
    #[must_use]
    pub fn listener(&self) -> Listener {
        Listener::new(self.clone())
    }

    /// Reads the channel's counter, which is the sequence number of the last broadcast. Returns 0 if there is no
    /// counter. Opens a connection for each call.
    ///
    /// # Cancellation
    /// This method is cancel-safe, because it changes nothing.
    ///
    /// # Errors
    /// If the connection fails, the counter cannot be read, or a reply takes more than five seconds.
    pub async fn sequence(&self) -> Result<u64, SequenceError> {
        let channels = std::slice::from_ref(&self.channel);
        match discovery::counters(&self.target, &self.sequence_prefix, channels).await?.as_slice() {
            [Reading::Value(value)] => Ok(*value),
            [Reading::Unreadable(reason)] => Err(SequenceError::Unreadable { reason: escape(reason.as_bytes()) }),
            _ => Ok(0),
        }
    }

    /// Whether a signing key is set. If so, unsigned messages are rejected.
    #[must_use]
    pub fn uses_signatures(&self) -> bool {
        self.keys.signing_key.is_some()
    }

    /// The channel's name.
    #[must_use]
    pub fn channel(&self) -> &[u8] {
        self.channel.as_bytes()
    }

    /// The server.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The prefix of the counter's key.
    #[must_use]
    pub fn sequence_prefix(&self) -> &str {
        &self.sequence_prefix
    }

    /// The name of the signing key, as it was set. The empty name and the name `"0"` mean `default`.
    #[must_use]
    pub fn signing_key_name(&self) -> &[u8] {
        &self.keys.signing_key_name
    }

    /// The algorithm to sign with.
    #[must_use]
    pub fn signing_algorithm(&self) -> Algorithm {
        self.keys.sign_algorithm
    }

    /// The maximum difference between a signature's timestamp and the current time, in whole seconds.
    #[must_use]
    pub fn time_tolerance(&self) -> Duration {
        Duration::from_secs(self.keys.time_tolerance)
    }

    /// The names of the verification keys, without the signing key.
    pub fn verification_key_names(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.verification_keys.iter().map(|(name, _)| name.as_slice())
    }

    /// The additional algorithms allowed for verification.
    #[must_use]
    pub fn verification_algorithms(&self) -> &[Algorithm] {
        &self.keys.verification_algorithms
    }

    pub(super) fn keyring(&self) -> Arc<Keyring> {
        Arc::new(Keyring::new(self.keys.clone()))
    }
}
