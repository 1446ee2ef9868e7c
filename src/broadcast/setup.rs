//! What a broadcast is made of: a server, a channel, and keys.

use std::sync::Arc;
use std::time::Duration;

use super::error::SetupError;
use super::{BlockingPublisher, Listener, Publisher, SequenceError};
use crate::ledger::sequence::{Channel, Reading};
use crate::redis::discovery;
use crate::redis::publisher;
use crate::redis::subscription::is_pattern;
use crate::redis::target::Target;
use crate::wire::algorithm::Algorithm;
use crate::wire::escape::escape;
use crate::wire::signature::{Keyring, KeyringSettings, Secret};

/// The package's own default.
const SEQUENCE_PREFIX: &str = "system_broadcast_sequence_";

/// A channel on a server, with the keys of its publishers and listeners. Cheap to make: nothing is connected yet.
#[derive(Debug, Clone)]
pub struct Broadcast {
    pub(super) target: Target,
    pub(super) channel: Channel,
    pub(super) sequence_prefix: String,
    keys: KeyringSettings,
}

impl Broadcast {
    /// The broadcasts of `channel` on the server at `url`: what [`Target::parse`] reads, such as `redis://host:6379/0`,
    /// where the port 6379 and the database 0 may be left out.
    ///
    /// # Errors
    /// Where the URL cannot be read, or the channel's name has `*`, `?` or `[` in it.
    pub fn new(url: &str, channel: impl AsRef<[u8]>) -> Result<Self, SetupError> {
        Self::at(Target::parse(url)?, channel)
    }

    /// The same, on a server that was read before.
    ///
    /// # Errors
    /// Where the channel's name has `*`, `?` or `[` in it.
    pub fn at(target: Target, channel: impl AsRef<[u8]>) -> Result<Self, SetupError> {
        let channel = channel.as_ref();
        if is_pattern(channel) {
            return Err(SetupError::Pattern(escape(channel)));
        }
        let (channel, keys) = (Channel::new(channel), KeyringSettings::default());
        Ok(Self { target, channel, sequence_prefix: SEQUENCE_PREFIX.to_owned(), keys })
    }

    /// Signs with this key, and rejects what is not signed. Without, nothing is signed, and unsigned messages are accepted.
    /// As in PHP, an empty key and `0` sign nothing and accept nothing unsigned.
    #[must_use]
    pub fn with_signing_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.keys.signing_key = Some(Secret::new(key.into()));
        self
    }

    /// The name of the key to sign with; `default` where none is set, or an empty one, or `0`. A name with `:` signs
    /// nothing that anybody can read, and is rejected when it is to.
    #[must_use]
    pub fn with_signing_key_name(mut self, name: impl Into<Vec<u8>>) -> Self {
        self.keys.signing_key_name = name.into();
        self
    }

    /// The algorithm to sign with, which is always allowed for verification too. The default is SHA-256.
    #[must_use]
    pub fn with_sign_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.keys.sign_algorithm = algorithm;
        self
    }

    /// Verifies with one more key. The own key wins over one of its name, a later one over an earlier.
    ///
    /// Verification keys alone do not reject unsigned messages: only [`with_signing_key`](Self::with_signing_key) does.
    #[must_use]
    pub fn with_verification_key(mut self, name: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.keys.verification_keys.push((name.into(), Secret::new(key.into())));
        self
    }

    /// Allows one more algorithm.
    #[must_use]
    pub fn with_verification_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.keys.verification_algorithms.push(algorithm);
        self
    }

    /// How far a signature's time may be from now; whole seconds, the rest is left out. The default is an hour.
    #[must_use]
    pub fn with_time_tolerance(mut self, tolerance: Duration) -> Self {
        self.keys.time_tolerance = tolerance.as_secs();
        self
    }

    /// What stands before the channel's name in its counter's key. The default is that of the package.
    #[must_use]
    pub fn with_sequence_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.sequence_prefix = prefix.into();
        self
    }

    /// A publisher; it connects with its first message.
    #[must_use]
    pub fn publisher(&self) -> Publisher {
        let connection = publisher::Publisher::new(self.target.clone(), self.sequence_prefix.clone());
        Publisher::new(connection, self.channel.clone(), self.keyring())
    }

    /// A publisher for programs without a runtime; its methods wait until the message is sent.
    ///
    /// # Errors
    /// Where the system gives no event loop.
    pub fn blocking_publisher(&self) -> std::io::Result<BlockingPublisher> {
        BlockingPublisher::new(self.publisher())
    }

    /// A listener without handlers; it connects when it [listens](Listener::listen).
    #[must_use]
    pub fn listener(&self) -> Listener {
        Listener::new(self.clone())
    }

    /// How many broadcasts were ever sent on the channel: its counter, now. 0 where there was none.
    ///
    /// # Errors
    /// Where the server cannot be asked, or the counter not be read.
    pub async fn sequence(&self) -> Result<u64, SequenceError> {
        let channels = std::slice::from_ref(&self.channel);
        match discovery::counters(&self.target, &self.sequence_prefix, channels).await?.as_slice() {
            [Reading::Value(value)] => Ok(*value),
            [Reading::Unreadable(reason)] => Err(SequenceError::Rejected(escape(reason.as_bytes()))),
            _ => Ok(0),
        }
    }

    /// Whether there is a signing key, so that unsigned messages are rejected.
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

    /// What stands before the channel's name in its counter's key.
    #[must_use]
    pub fn sequence_prefix(&self) -> &str {
        &self.sequence_prefix
    }

    /// The name of the key to sign with.
    #[must_use]
    pub fn signing_key_name(&self) -> &[u8] {
        &self.keys.signing_key_name
    }

    /// The algorithm to sign with.
    #[must_use]
    pub fn sign_algorithm(&self) -> Algorithm {
        self.keys.sign_algorithm
    }

    /// How far a signature's time may be from now.
    #[must_use]
    pub fn time_tolerance(&self) -> Duration {
        Duration::from_secs(self.keys.time_tolerance)
    }

    /// The names of the further keys to verify with.
    pub fn verification_key_names(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.verification_keys.iter().map(|(name, _)| name.as_slice())
    }

    /// The further algorithms allowed.
    #[must_use]
    pub fn verification_algorithms(&self) -> &[Algorithm] {
        &self.keys.verification_algorithms
    }

    pub(super) fn keyring(&self) -> Arc<Keyring> {
        Arc::new(Keyring::new(self.keys.clone()))
    }
}
