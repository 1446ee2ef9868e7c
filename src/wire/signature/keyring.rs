//! The keys of a publisher or listener, ready to compute HMACs.

use std::sync::Arc;

use super::checks;
use super::explain;
use super::{KeyringSettings, Secret, SignError, SignWith};
use crate::wire::algorithm::{Algorithm, KeyedHmac};
use crate::wire::envelope::{self, Envelope};
use crate::wire::escape::escape_capped;
use crate::wire::json;
use crate::wire::verdict::{Check, Verification};

/// The keys and settings for signing and verification.
#[derive(Debug, Clone)]
pub struct Keyring {
    /// The keys. The signing key is the first, if there is one.
    pub(super) keys: Vec<Key>,
    pub(super) has_signing_key: bool,
    /// The allowed algorithms. The first is the one to sign with.
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) time_tolerance: u64,
}

/// A key. The secret itself is not stored.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) name: Vec<u8>,
    /// One HMAC state per allowed algorithm, in the keyring's order. Empty if the secret is empty or `0`.
    states: Vec<Arc<KeyedHmac>>,
}

impl Key {
    fn new(name: Vec<u8>, secret: &Secret, algorithms: &[Algorithm]) -> Self {
        let keyed = |&algorithm| KeyedHmac::new(algorithm, secret.expose());
        let states = if secret.is_usable() { algorithms.iter().map(keyed).collect() } else { Vec::new() };
        Self { name, states }
    }

    /// The HMAC state for the algorithm at this index of the keyring's list. `None` if the key's secret is empty or `0`.
    #[inline]
    pub(super) fn state(&self, algorithm: usize) -> Option<&KeyedHmac> {
        self.states.get(algorithm).map(AsRef::as_ref)
    }
}

impl Keyring {
    /// Creates a keyring. It keeps one HMAC state per key and algorithm, and wipes the secrets from memory.
    #[must_use]
    pub fn new(settings: KeyringSettings) -> Self {
        let mut algorithms = vec![settings.sign_algorithm];
        for algorithm in settings.verification_algorithms {
            if !algorithms.contains(&algorithm) {
                algorithms.push(algorithm);
            }
        }
        let mut keys: Vec<Key> = Vec::new();
        let has_signing_key = settings.signing_key.is_some();
        if let Some(secret) = &settings.signing_key {
            let name = match settings.signing_key_name.as_slice() {
                b"" | b"0" => b"default".to_vec(),
                _ => settings.signing_key_name,
            };
            keys.push(Key::new(name, secret, &algorithms));
        }
        let own = keys.len();
        for (name, secret) in settings.verification_keys {
            let key = Key::new(name, &secret, &algorithms);
            match keys.iter().position(|known| known.name == key.name) {
                Some(at) if at < own => {}
                Some(at) => keys[at] = key,
                None => keys.push(key),
            }
        }
        Self { keys, has_signing_key, algorithms, time_tolerance: settings.time_tolerance }
    }

    /// Checks a message. `now` is the current time in Unix seconds. The checks are made in the package's order, and the first
    /// one that fails decides the verdict.
    #[must_use]
    pub fn verify<'a>(&self, envelope: &Envelope<'a>, now: i64) -> Verification<'a> {
        checks::run(self, envelope, now)
    }

    /// Checks a message like [`verify`](Self::verify), and describes each check. Returns every
    /// [`CheckKind`](crate::wire::verdict::CheckKind) once, in order. The first failed check decides the verdict. The later
    /// checks that do not depend on it are evaluated too.
    #[must_use]
    pub fn explain(&self, envelope: &Envelope<'_>, now: i64) -> Vec<Check> {
        explain::explain(self, envelope, now)
    }

    /// Creates a payload with `name` and JSON `data`, and signs it with the timestamp `now`, in Unix seconds. If `data` is
    /// empty, the message has no data. The data is copied unchanged.
    ///
    /// # Errors
    /// The name contains a colon, the data is not JSON, or the key is unknown, cannot sign or has a colon in its name.
    pub fn payload(&self, name: &[u8], data: &[u8], with: &SignWith, now: i64) -> Result<Vec<u8>, SignError> {
        if name.contains(&b':') {
            return Err(SignError::NameContainsColon);
        }
        if !data.is_empty() {
            json::check(data).map_err(SignError::InvalidJson)?;
        }
        let key = match with {
            SignWith::None => None,
            SignWith::SigningKey => self.signing().next().filter(|_| self.signing_key_signs()),
            SignWith::Key(wanted) => {
                let unknown = || SignError::UnknownKey(escape_capped(wanted, 40));
                Some(self.signing().find(|(key, _)| key == wanted).ok_or_else(unknown)?)
            }
        };
        let signature = key.map(|key| self.signature(key, name, data, now)).unwrap_or_default();
        Ok(envelope::encode(name, &signature, data)?)
    }

    fn signature(&self, (key, state): (&[u8], &KeyedHmac), name: &[u8], data: &[u8], now: i64) -> Vec<u8> {
        let timestamp = now.to_string();
        let algorithm = self.sign_algorithm().name();
        let mut text = [algorithm.as_bytes(), key, timestamp.as_bytes(), b""].join(&b'|');
        state.tag(&[name, b":", timestamp.as_bytes(), b":", data]).write_hex(&mut text);
        text
    }

    /// The keys that can sign, each with its HMAC state for the signing algorithm.
    fn signing(&self) -> impl Iterator<Item = (&[u8], &KeyedHmac)> {
        self.keys.iter().filter_map(|key| Some((key.name.as_slice(), key.state(0)?)))
    }

    fn signing_key_signs(&self) -> bool {
        self.has_signing_key && self.keys.first().is_some_and(|own| own.state(0).is_some())
    }

    /// The names of the keys that can sign, the signing key first.
    #[must_use]
    pub fn signing_keys(&self) -> Vec<&[u8]> {
        self.signing().map(|(name, _)| name).collect()
    }

    /// The algorithm to sign with.
    #[must_use]
    pub fn sign_algorithm(&self) -> Algorithm {
        self.algorithms[0]
    }

    /// The time tolerance, in seconds.
    #[must_use]
    pub fn time_tolerance(&self) -> u64 {
        self.time_tolerance
    }

    /// Whether unsigned messages are accepted.
    #[must_use]
    pub fn accepts_unsigned(&self) -> bool {
        !self.has_signing_key
    }
}
