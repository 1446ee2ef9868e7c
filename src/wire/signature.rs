//! Signing and judging: the keys of a listener and publisher.

use super::algorithm::Algorithm;
use super::envelope::Envelope;
use super::verdict::{Check, Judgement, Verdict};

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
    pub sign_key: Option<Secret>,
    /// The own key's name; empty or `0` is `default`.
    pub sign_key_name: Vec<u8>,
    /// The algorithm to sign with, and the first one allowed.
    pub sign_algorithm: Algorithm,
    /// Further keys to verify with, by name.
    pub verification_keys: Vec<(Vec<u8>, Secret)>,
    /// Further algorithms allowed.
    pub verification_algorithms: Vec<Algorithm>,
    /// How far a timestamp may be from now, in seconds; equal is fine.
    pub time_tolerance: u64,
}

impl Default for KeyringSettings {
    fn default() -> Self {
        Self {
            sign_key: None,
            sign_key_name: b"default".to_vec(),
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
    /// There is no key of that name, or it is empty or `0`.
    #[error("there is no key named {0} that can sign")]
    UnknownKey(String),
}

/// Keyed hash states, ready to judge and to sign.
#[derive(Debug, Clone)]
pub struct Keyring {
    settings: KeyringSettings,
}

impl Keyring {
    /// Keys the hash states once.
    #[must_use]
    pub fn new(settings: KeyringSettings) -> Self {
        Self { settings }
    }

    /// Judges a message at `now`, in Unix seconds; the checks are made in PHP's order and the first that fails decides.
    #[must_use]
    pub fn judge<'a>(&self, envelope: &Envelope<'a>, now: i64) -> Judgement<'a> {
        let _ = (&self.settings, now, envelope);
        Judgement { verdict: Verdict::Unsigned, algorithm: None, key_name: None, timestamp: None }
    }

    /// The same checks one by one, each with what was found.
    #[must_use]
    pub fn explain(&self, envelope: &Envelope<'_>, now: i64) -> Vec<Check> {
        let _ = (envelope, now);
        Vec::new()
    }

    /// Makes the payload of a message: `name`, JSON `data` (empty: none), signed at `now`, in Unix seconds.
    ///
    /// # Errors
    /// Where the name has a colon, the data is not JSON, or the key is not known.
    pub fn payload(&self, name: &[u8], data: &[u8], with: &SignWith, now: i64) -> Result<Vec<u8>, SignError> {
        let _ = (name, data, with, now);
        Ok(Vec::new())
    }

    /// The names of the keys that can sign, the own key first.
    #[must_use]
    pub fn signing_keys(&self) -> Vec<&[u8]> {
        Vec::new()
    }

    /// The algorithm to sign with.
    #[must_use]
    pub fn sign_algorithm(&self) -> Algorithm {
        self.settings.sign_algorithm
    }

    /// The time tolerance, in seconds.
    #[must_use]
    pub fn time_tolerance(&self) -> u64 {
        self.settings.time_tolerance
    }

    /// Whether unsigned messages are accepted.
    #[must_use]
    pub fn accepts_unsigned(&self) -> bool {
        self.settings.sign_key.is_none()
    }
}
