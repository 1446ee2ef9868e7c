//! Signing and verification of messages. The HMAC covers `name:timestamp:data`.

mod checks;
mod explain;
mod keyring;

pub use keyring::Keyring;

use super::algorithm::Algorithm;
use super::envelope::EncodeError;

/// A secret key. It is wiped from memory when dropped, and never displayed.
#[derive(Clone, Default)]
pub struct Secret(zeroize::Zeroizing<Vec<u8>>);

impl Secret {
    /// Creates a secret from its bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(zeroize::Zeroizing::new(bytes))
    }

    /// The bytes. Use them for hashing only; never print them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether the secret can sign. PHP treats an empty secret and `0` as no secret.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        !matches!(self.expose(), b"" | b"0")
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The settings of a keyring. The fields correspond to the package's configuration.
#[derive(Debug, Clone)]
pub struct KeyringSettings {
    /// The signing key. If `None`, messages are sent unsigned, and unsigned messages are accepted. If the secret is empty or `0`,
    /// messages are sent unsigned too, but unsigned messages are rejected.
    pub signing_key: Option<Secret>,
    /// The signing key's name. Empty or `0` means `default`.
    pub signing_key_name: Vec<u8>,
    /// The algorithm to sign with. It is always allowed for verification.
    pub sign_algorithm: Algorithm,
    /// Additional keys for verification, by name. A later key replaces an earlier one with the same name. The signing key takes
    /// precedence over a verification key with its name.
    pub verification_keys: Vec<(Vec<u8>, Secret)>,
    /// Additional algorithms allowed for verification.
    pub verification_algorithms: Vec<Algorithm>,
    /// The maximum difference between a timestamp and the current time in either direction, in seconds, inclusive.
    pub time_tolerance: u64,
}

impl Default for KeyringSettings {
    fn default() -> Self {
        Self {
            signing_key: None,
            signing_key_name: b"default".to_vec(),
            sign_algorithm: Algorithm::Sha256,
            verification_keys: Vec::new(),
            verification_algorithms: Vec::new(),
            time_tolerance: 3600,
        }
    }
}

/// Which key to sign a message with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum SignWith {
    /// The signing key. If there is none, or its secret is empty or `0`, the message is sent unsigned, as in the package.
    #[default]
    SigningKey,
    /// The key with this name: the signing key or a verification key.
    Key(Vec<u8>),
    /// No key: the message is sent unsigned.
    None,
}

/// Why a payload cannot be created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The name contains a colon.
    #[error("a message name must not contain a colon")]
    NameContainsColon,
    /// The data is not JSON.
    #[error("the data is not valid JSON: {0}")]
    InvalidJson(super::json::JsonError),
    /// No key has this name, or the key's secret is empty or `0`. The name is escaped.
    #[error("cannot sign with key \"{0}\": it is unknown, or its secret is empty or 0")]
    UnknownKey(String),
    /// The key's name contains a colon. Receivers would parse the part after it as data.
    #[error("cannot sign: the key's name contains a colon; rename the key")]
    KeyNameContainsColon,
}

impl From<EncodeError> for SignError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::NameContainsColon => Self::NameContainsColon,
            EncodeError::SignatureContainsColon => Self::KeyNameContainsColon,
        }
    }
}
