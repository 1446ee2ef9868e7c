//! Hash algorithms: PHP's names for them, and their HMAC implementations.

use std::fmt;
use std::hint::black_box;
use std::str::FromStr;
use std::sync::Arc;

#[cfg(feature = "legacy-hashes")]
use digest::typenum::{U16, U20};
use hmac::{Hmac, KeyInit, Mac, SimpleHmac};

use super::escape::escape_capped;
use super::tag::Tag;
#[cfg(feature = "legacy-hashes")]
use super::tiger::TruncatedTiger;

/// One row per algorithm: the variant, PHP's name, and the type that computes the HMAC.
macro_rules! algorithms {
    ($($(#[$attribute:meta])? $variant:ident $name:literal $mac:ty;)*) => {
        /// A hash algorithm of PHP's `hash_hmac` that aircheck supports.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the variants are named like the algorithms")]
        #[non_exhaustive]
        pub enum Algorithm {
            $($(#[$attribute])? $variant,)*
        }

        impl Algorithm {
            /// All supported algorithms, in the order of PHP's `hash_hmac_algos()`.
            pub const ALL: &'static [Self] = &[$($(#[$attribute])? Self::$variant,)*];

            /// PHP's name, e.g. `sha512/256`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $($(#[$attribute])? Self::$variant => $name,)*
                }
            }

            fn supported(name: &[u8]) -> Option<Self> {
                match std::str::from_utf8(name).ok()? {
                    $($(#[$attribute])? $name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        /// An HMAC state that is initialised with a key. It is created once per key and algorithm, and cloned for each message.
        /// Anyone who has it can sign, so it is never displayed.
        #[derive(Clone)]
        pub(crate) enum KeyedHmac {
            $($(#[$attribute])? $variant($mac),)*
        }

        impl KeyedHmac {
            /// Creates the HMAC state for `algorithm`. The secret can have any length. The result is an `Arc`, so that
            /// clones of a keyring share one state. There should be few copies in memory, because anyone who gets one can
            /// sign.
            pub(crate) fn new(algorithm: Algorithm, secret: &[u8]) -> Arc<Self> {
                let keyed = Self::with_key(algorithm, secret);
                wipe_stack(4);
                keyed
            }

            #[inline(never)]
            fn with_key(algorithm: Algorithm, secret: &[u8]) -> Arc<Self> {
                match algorithm {
                    $($(#[$attribute])? Algorithm::$variant => Arc::new(Self::$variant(keyed(secret))),)*
                }
            }

            /// Computes the HMAC of the concatenated parts.
            pub(crate) fn tag(&self, parts: &[&[u8]]) -> Tag {
                match self {
                    $($(#[$attribute])? Self::$variant(state) => tag(state, parts),)*
                }
            }
        }
    };
}

algorithms! {
    #[cfg(feature = "legacy-hashes")]
    Md2         "md2"         Hmac<md2::Md2>;
    #[cfg(feature = "legacy-hashes")]
    Md4         "md4"         Hmac<md4::Md4>;
    Md5         "md5"         Hmac<md5::Md5>;
    Sha1        "sha1"        Hmac<sha1::Sha1>;
    Sha224      "sha224"      Hmac<sha2::Sha224>;
    Sha256      "sha256"      Hmac<sha2::Sha256>;
    Sha384      "sha384"      Hmac<sha2::Sha384>;
    Sha512_224  "sha512/224"  Hmac<sha2::Sha512_224>;
    Sha512_256  "sha512/256"  Hmac<sha2::Sha512_256>;
    Sha512      "sha512"      Hmac<sha2::Sha512>;
    Sha3_224    "sha3-224"    SimpleHmac<sha3::Sha3_224>;
    Sha3_256    "sha3-256"    SimpleHmac<sha3::Sha3_256>;
    Sha3_384    "sha3-384"    SimpleHmac<sha3::Sha3_384>;
    Sha3_512    "sha3-512"    SimpleHmac<sha3::Sha3_512>;
    #[cfg(feature = "legacy-hashes")]
    Ripemd128   "ripemd128"   Hmac<ripemd::Ripemd128>;
    #[cfg(feature = "legacy-hashes")]
    Ripemd160   "ripemd160"   Hmac<ripemd::Ripemd160>;
    #[cfg(feature = "legacy-hashes")]
    Ripemd256   "ripemd256"   Hmac<ripemd::Ripemd256>;
    #[cfg(feature = "legacy-hashes")]
    Ripemd320   "ripemd320"   Hmac<ripemd::Ripemd320>;
    #[cfg(feature = "legacy-hashes")]
    Whirlpool   "whirlpool"   Hmac<whirlpool::Whirlpool>;
    #[cfg(feature = "legacy-hashes")]
    Tiger128_3  "tiger128,3"  SimpleHmac<TruncatedTiger<U16>>;
    #[cfg(feature = "legacy-hashes")]
    Tiger160_3  "tiger160,3"  SimpleHmac<TruncatedTiger<U20>>;
    #[cfg(feature = "legacy-hashes")]
    Tiger192_3  "tiger192,3"  Hmac<tiger::Tiger>;
    #[cfg(feature = "legacy-hashes")]
    Gost        "gost"        Hmac<gost94::Gost94Test>;
    #[cfg(feature = "legacy-hashes")]
    GostCrypto  "gost-crypto" Hmac<gost94::Gost94CryptoPro>;
}

/// The names of the algorithms that need the feature `legacy-hashes`. Empty if the feature is enabled.
const LEGACY_NAMES: &[&str] = if cfg!(feature = "legacy-hashes") {
    &[]
} else {
    &[
        "md2",
        "md4",
        "ripemd128",
        "ripemd160",
        "ripemd256",
        "ripemd320",
        "whirlpool",
        "tiger128,3",
        "tiger160,3",
        "tiger192,3",
        "gost",
        "gost-crypto",
    ]
};

/// The names in PHP's `hash_hmac_algos()` whose algorithms no maintained crate implements.
const NOT_SUPPORTED: [&str; 20] = [
    "tiger128,4",
    "tiger160,4",
    "tiger192,4",
    "snefru",
    "snefru256",
    "haval128,3",
    "haval160,3",
    "haval192,3",
    "haval224,3",
    "haval256,3",
    "haval128,4",
    "haval160,4",
    "haval192,4",
    "haval224,4",
    "haval256,4",
    "haval128,5",
    "haval160,5",
    "haval192,5",
    "haval224,5",
    "haval256,5",
];

/// Why a name is not a supported algorithm. The texts are escaped for a terminal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmError {
    /// PHP knows the algorithm, but aircheck does not support it.
    #[error("hash algorithm {0} is not supported by aircheck")]
    NotSupported(&'static str),
    /// The algorithm needs the feature `legacy-hashes`, which is disabled in this build.
    #[error("hash algorithm {0} needs the feature legacy-hashes, which this build lacks")]
    NotBuilt(&'static str),
    /// PHP does not know the algorithm. The name is escaped and cut to 40 characters.
    #[error("unknown hash algorithm \"{0}\"; expected a name from PHP's hash_hmac_algos(), e.g. sha256")]
    Unknown(String),
}

impl Algorithm {
    /// The algorithm with this name. Names are case-sensitive, as in the message format.
    ///
    /// # Errors
    /// PHP does not know the name, aircheck does not support it, or it needs the feature `legacy-hashes`.
    pub fn from_name(name: &[u8]) -> Result<Self, AlgorithmError> {
        let listed = |names: &[&'static str]| names.iter().find(|known| known.as_bytes() == name).copied();
        Self::supported(name).ok_or_else(|| {
            if let Some(known) = listed(LEGACY_NAMES) {
                AlgorithmError::NotBuilt(known)
            } else if let Some(known) = listed(&NOT_SUPPORTED) {
                AlgorithmError::NotSupported(known)
            } else if name.is_empty() {
                AlgorithmError::Unknown(String::new())
            } else {
                AlgorithmError::Unknown(escape_capped(name, 40))
            }
        })
    }

    /// Like [`Self::from_name`], for names in messages. Returns `None` instead of an error, and never allocates.
    pub(crate) fn find(name: &[u8]) -> Option<Self> {
        Self::supported(name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = AlgorithmError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::from_name(name.as_bytes())
    }
}

impl fmt::Debug for KeyedHmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHmac(…)")
    }
}

#[inline]
fn tag<M: Mac + Clone>(keyed: &M, parts: &[&[u8]]) -> Tag {
    let mut state = keyed.clone();
    for part in parts {
        state.update(part);
    }
    Tag::new(&state.finalize().into_bytes())
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length: RFC 2104, section 2")]
fn keyed<M: KeyInit>(secret: &[u8]) -> M {
    M::new_from_slice(secret).expect("HMAC takes keys of any length")
}

/// Overwrites `blocks` × 16 KiB of the stack that the previous call used. The `hmac` crate and the hash functions leave the
/// padded key there. In an unoptimised build, their frames take up to 64 KiB.
#[inline(never)]
fn wipe_stack(blocks: u8) {
    let mut block = [0_u8; 16 << 10];
    if blocks > 1 {
        wipe_stack(blocks - 1);
    }
    black_box(&mut block);
}
