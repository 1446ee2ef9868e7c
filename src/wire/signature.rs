//! Signing and judging: the keys of a listener and publisher.

mod checks;
mod explain;
mod keyring;

pub use keyring::Keyring;

use super::algorithm::Algorithm;
use super::envelope::EncodeError;

/// A secret key: wiped when dropped, never shown.
#[derive(Clone, Default)]
pub struct Secret(zeroize::Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(zeroize::Zeroizing::new(bytes))
    }

    /// The bytes; for the hash, and for nothing that is printed.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether it signs anything: PHP takes the empty secret and `0` for none.
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

/// What a keyring is made of; the fields are those of the package's configuration.
#[derive(Debug, Clone)]
pub struct KeyringSettings {
    /// The own key: none where unsigned messages are accepted; an empty one or `0` signs nothing and accepts nothing unsigned.
    pub signing_key: Option<Secret>,
    /// The own key's name; empty or `0` is `default`.
    pub signing_key_name: Vec<u8>,
    /// The algorithm to sign with, and the first one allowed.
    pub sign_algorithm: Algorithm,
    /// Further keys to verify with, by name. The own key wins over one of its name, a later one over an earlier.
    pub verification_keys: Vec<(Vec<u8>, Secret)>,
    /// Further algorithms allowed.
    pub verification_algorithms: Vec<Algorithm>,
    /// How far a timestamp may be from now, in seconds; equal is fine.
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
    /// The own key, if there is one that signs; otherwise the message goes unsigned, as the package does.
    #[default]
    Own,
    /// The key of that name: the own one or a verification key.
    Key(Vec<u8>),
    /// Not signed.
    None,
}

/// Why a payload cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// A name must not contain a colon.
    #[error("a message name must not contain a colon")]
    NameContainsColon,
    /// The data is not JSON.
    #[error("the data is not JSON: {0}")]
    InvalidJson(super::json::JsonError),
    /// There is no key of that name, or it is empty or `0`. The name is escaped already.
    #[error("there is no key named {0} that can sign")]
    UnknownKey(String),
    /// The key's name has a colon: every receiver would take what follows it for data.
    #[error("a key whose name contains a colon cannot sign: give it another name")]
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
