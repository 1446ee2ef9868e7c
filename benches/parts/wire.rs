//! The wire format: envelope, JSON check, each algorithm, escaping, frames from the server.

use aircheck::redis::resp::{Limits, read, write_blob, write_push};
use aircheck::wire::algorithm::Algorithm;
use aircheck::wire::envelope::Envelope;
use aircheck::wire::escape::escape_into;
use aircheck::wire::json;
use divan::{Bencher, black_box};

use crate::material::{NOW, data, keyring, payload};

#[divan::bench]
fn envelope(bencher: Bencher<'_, '_>) {
    let payload = payload(&keyring(Algorithm::Sha256), 1);
    bencher.bench(|| Envelope::parse(black_box(&payload)));
}

#[divan::bench]
fn json_check(bencher: Bencher<'_, '_>) {
    let data = data(1);
    bencher.bench(|| json::check(black_box(data.as_bytes())));
}

#[divan::bench(args = Algorithm::ALL)]
fn verify(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let keyring = keyring(algorithm);
    let payload = payload(&keyring, 1);
    bencher.bench(|| keyring.verify(&Envelope::parse(black_box(&payload)), NOW));
}

#[divan::bench]
fn escape_plain(bencher: Bencher<'_, '_>) {
    let payload = payload(&keyring(Algorithm::Sha256), 1);
    bencher.with_inputs(|| String::with_capacity(512)).bench_refs(|out| escape_into(black_box(&payload), out));
}

#[divan::bench]
fn escape_hostile(bencher: Bencher<'_, '_>) {
    let hostile = "\u{1b}[31m\u{202e}a\u{300}\\ü\0".repeat(10);
    bencher
        .with_inputs(|| String::with_capacity(1024))
        .bench_refs(|out| escape_into(black_box(hostile.as_bytes()), out));
}

#[divan::bench]
fn resp_frame(bencher: Bencher<'_, '_>) {
    let mut frame = Vec::new();
    write_push(&mut frame, 3);
    for blob in [&b"message"[..], b"ops", &payload(&keyring(Algorithm::Sha256), 1)] {
        write_blob(&mut frame, blob);
    }
    bencher.bench(|| read(black_box(&frame), &Limits::default()).is_ok());
}
