//! Searches for texts that must not appear anywhere: secrets and their HMACs, in any encoding.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::envelope::{Envelope, SignatureText};
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};
use base64_simd::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The texts, each with a description.
#[derive(Default)]
pub(crate) struct Needles {
    texts: Vec<(String, Vec<u8>)>,
    search: OnceLock<AhoCorasick>,
}

impl Needles {
    /// Each secret as it is, in hexadecimal, in Base64 at each of the three offsets, and as a list of numbers.
    pub(crate) fn of(secrets: &[&str]) -> Self {
        let mut needles = Self::default();
        for secret in secrets {
            needles.bytes(secret, secret.as_bytes());
        }
        needles
    }

    /// The HMACs that each of the keys would give a message, with every algorithm that a signature may name.
    pub(crate) fn and_hmacs(mut self, keys: &[&str], message: &str) -> Self {
        let envelope = Envelope::parse(message.as_bytes());
        let timestamp = SignatureText::parse(envelope.signature).unwrap().timestamp.unwrap();
        let now = std::str::from_utf8(timestamp).unwrap().parse().unwrap();
        for key in keys {
            for &algorithm in Algorithm::ALL {
                let keyring = Keyring::new(KeyringSettings {
                    signing_key: Some(Secret::new(key.as_bytes().to_vec())),
                    sign_algorithm: algorithm,
                    ..KeyringSettings::default()
                });
                let payload = keyring.payload(envelope.name, envelope.data, &SignWith::SigningKey, now).unwrap();
                let valid = SignatureText::parse(Envelope::parse(&payload).signature).unwrap().hmac.unwrap();
                let bytes: Vec<u8> = valid.chunks(2).map(hex_byte).collect();
                self.bytes(&format!("the HMAC that {key} would give {message}"), &bytes);
            }
        }
        self
    }

    /// Panics if one of them is in the bytes.
    pub(crate) fn assert_absent(&self, place: &str, bytes: &[u8]) {
        let search = self.search.get_or_init(|| AhoCorasick::new(self.texts.iter().map(|(_, text)| text)).unwrap());
        if let Some(found) = search.find(bytes) {
            let near = &bytes[found.start().saturating_sub(80)..(found.end() + 80).min(bytes.len())];
            panic!("{} in {place}: {}", self.texts[found.pattern()].0, near.escape_ascii());
        }
    }

    /// The same for every file in a directory and the directories in it, but for those named; how many files there were.
    pub(crate) fn assert_absent_below(&self, directory: &Path, but: &[&str]) -> usize {
        let mut files = 0;
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let path = entry.path();
            self.assert_absent("a path", path.as_os_str().as_encoded_bytes());
            if but.iter().any(|name| path.ends_with(name)) {
                continue;
            }
            if path.is_dir() {
                files += self.assert_absent_below(&path, but);
            } else if path.is_file() {
                // A journal may be gone by now.
                let Ok(bytes) = fs::read(&path) else { continue };
                self.assert_absent(&path.display().to_string(), &bytes);
                files += 1;
            }
        }
        files
    }

    fn bytes(&mut self, what: &str, bytes: &[u8]) {
        let mut needle = |text: Vec<u8>| self.texts.push((what.to_owned(), text));
        needle(bytes.to_vec());
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        needle(hex.to_ascii_uppercase().into_bytes());
        needle(hex.into_bytes());
        let numbers: Vec<String> = bytes.iter().map(ToString::to_string).collect();
        needle(numbers.join(", ").into_bytes());
        // Base64 encodes three bytes as four digits, so there are three possible offsets. Digits that contain bits of
        // neighbouring bytes are omitted.
        for before in 0..3 {
            let shifted = [&vec![0; before], bytes].concat();
            let first = (before * 8_usize).div_ceil(6);
            for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                let text = engine.encode_to_string(&shifted);
                needle(text.as_bytes()[first..shifted.len() * 8 / 6].to_vec());
            }
        }
    }
}

fn hex_byte(digits: &[u8]) -> u8 {
    u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap()
}

#[test]
fn a_needle_is_found_however_it_is_written() {
    let needles = Needles::of(&["s3cret-w0rd"]);
    needles.assert_absent("nothing", b"S3CRET and c2VjcmV0");
    for text in [
        "s3cret-w0rd",
        "7333637265742d77307264",
        "7333637265742D77307264",
        "115, 51, 99, 114, 101, 116, 45, 119, 48, 114, 100",
    ] {
        assert!(std::panic::catch_unwind(|| needles.assert_absent("a text", text.as_bytes())).is_err(), "{text}");
    }
    for before in ["", "x", "xy", "xyz"] {
        let text = STANDARD_NO_PAD.encode_to_string(format!("{before}s3cret-w0rd after"));
        assert!(std::panic::catch_unwind(|| needles.assert_absent("Base64", text.as_bytes())).is_err(), "{text}");
    }
    let forged = "evt:sha256|default|1795516352|00:1";
    // echo -n 'evt:1795516352:1' | openssl dgst -sha256 -hmac s3cret
    let hmac = "fb1b8e2f08788a57c69bde5fe307d05e0d1f424c54c710ee267b0ddad9d54af8";
    let needles = Needles::default().and_hmacs(&["s3cret"], forged);
    assert!(std::panic::catch_unwind(|| needles.assert_absent("a text", hmac.as_bytes())).is_err());
}
