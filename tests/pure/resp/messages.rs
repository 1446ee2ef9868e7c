//! The fast path for messages agrees with the general reader.

use aircheck::redis::resp::{Frame, Limits, read, read_message, write_blob, write_push};
use proptest::prelude::*;

const SMALL: Limits = Limits { depth: 3, length: 100, elements: 10 };

fn message(kind: &[u8], channel: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_push(&mut bytes, 3);
    for blob in [kind, channel, payload] {
        write_blob(&mut bytes, blob);
    }
    bytes
}

/// What the general reader finds, if that is a whole message.
fn general<'a>(bytes: &'a [u8], limits: &Limits) -> Option<(&'a [u8], &'a [u8], usize)> {
    let (frame, length) = read(bytes, limits).ok()??;
    let Frame::Push(elements) = frame else { return None };
    match elements.collect::<Vec<_>>()[..] {
        [Frame::Blob(b"message"), Frame::Blob(channel), Frame::Blob(payload)] => Some((channel, payload, length)),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_complete_message_is_read_whatever_follows(
        channel in prop::collection::vec(any::<u8>(), 0..30),
        payload in prop::collection::vec(any::<u8>(), 0..300),
        rest in prop::collection::vec(any::<u8>(), 0..9),
    ) {
        let mut bytes = message(b"message", &channel, &payload);
        let whole = bytes.len();
        bytes.extend(rest);
        let limits = Limits::default();
        prop_assert_eq!(read_message(&bytes, &limits), Some((&channel[..], &payload[..], whole)));
        for cut in 0..whole {
            prop_assert_eq!(read_message(&bytes[..cut], &limits), None);
        }
    }

    #[test]
    fn the_fast_path_matches_the_general_reader(
        channel in prop::collection::vec(any::<u8>(), 0..5),
        payload in prop::collection::vec(any::<u8>(), 0..120),
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(b">$*_|\r\n0123456789-m:".to_vec()),
        kind in prop::sample::select(vec![&b"message"[..], b"message", b"Message", b"subscribe"]),
    ) {
        let mut bytes = message(kind, &channel, &payload);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        for limits in [Limits::default(), SMALL] {
            prop_assert_eq!(read_message(&bytes, &limits), general(&bytes, &limits), "{}", bytes.escape_ascii());
        }
    }
}
