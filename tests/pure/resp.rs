//! The RESP3 reader: accepted and rejected input, limits, and agreement with the crate `redis-protocol`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod against_redis_protocol;
mod messages;
mod tree;

use aircheck::redis::resp::{
    Frame, Limits, RespError, read, write_array, write_blob, write_command, write_error, write_integer, write_map,
    write_null, write_push, write_simple,
};
use proptest::prelude::*;

use tree::{Tree, tree};

const SMALL: Limits = Limits { depth: 3, length: 100, elements: 10 };

fn read_all(bytes: &[u8]) -> Frame<'_> {
    let (frame, length) = read(bytes, &Limits::default()).unwrap().unwrap();
    assert_eq!(length, bytes.len());
    frame
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_what_was_written(tree in tree(), rest in prop::collection::vec(any::<u8>(), 0..9)) {
        let mut bytes = Vec::new();
        tree.encode(&mut bytes);
        let whole = bytes.len();
        bytes.extend(rest);
        let (frame, length) = read(&bytes, &Limits::default()).unwrap().unwrap();
        prop_assert_eq!(length, whole);
        prop_assert!(tree.is(&frame), "{:?} became {:?}", tree, frame);
    }

    #[test]
    fn an_incomplete_frame_needs_more_bytes(tree in tree()) {
        let mut bytes = Vec::new();
        tree.encode(&mut bytes);
        for cut in 0..bytes.len() {
            prop_assert_eq!(read(&bytes[..cut], &Limits::default()), Ok(None), "cut at {}", cut);
        }
    }

    #[test]
    fn never_panics_and_stays_within_the_bytes(bytes in prop::collection::vec(resp_byte(), 0..200)) {
        for limits in [Limits::default(), SMALL, Limits { depth: usize::MAX, length: usize::MAX, elements: usize::MAX }] {
            if let Ok(Some((frame, length))) = read(&bytes, &limits) {
                prop_assert!(length <= bytes.len());
                prop_assert_eq!(count(&frame, 0).1, true);
            }
        }
    }
}

/// Bytes that often look like RESP.
fn resp_byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        4 => prop::sample::select(b"+-:$*_,#!=(%~>|\r\n0123456789tf?".to_vec()),
        4 => Just(b'\r'),
        4 => Just(b'\n'),
        1 => any::<u8>(),
    ]
}

/// The number of frames, and whether every aggregate has as many elements as announced.
fn count(frame: &Frame<'_>, depth: usize) -> (usize, bool) {
    assert!(depth < 40);
    match frame {
        Frame::Array(elements) | Frame::Push(elements) | Frame::Map(elements) => {
            let announced = elements.len();
            let inner: Vec<_> = elements.clone().map(|frame| count(&frame, depth + 1)).collect();
            (
                1 + inner.iter().map(|(count, _)| count).sum::<usize>(),
                announced == inner.len() && inner.iter().all(|i| i.1),
            )
        }
        _ => (1, true),
    }
}

#[test]
fn a_message_has_three_elements() {
    let bytes = b">3\r\n$7\r\nmessage\r\n$3\r\nops\r\n$8\r\nevt::\r\n\0\r\n+next";
    let (frame, length) = read(bytes, &SMALL).unwrap().unwrap();
    assert_eq!(length, bytes.len() - 5);
    let Frame::Push(elements) = frame else { panic!("no push") };
    assert_eq!(elements.len(), 3);
    let parts: Vec<_> = elements.collect();
    assert_eq!(parts, [Frame::Blob(b"message"), Frame::Blob(b"ops"), Frame::Blob(b"evt::\r\n\0")]);
}

#[test]
fn nulls_of_both_protocols() {
    for bytes in [&b"_\r\n"[..], b"$-1\r\n", b"*-1\r\n"] {
        assert_eq!(read_all(bytes), Frame::Null);
    }
    let Frame::Array(elements) = read_all(b"*3\r\n$-1\r\n*-1\r\n_\r\n") else { panic!("no array") };
    assert_eq!(elements.collect::<Vec<_>>(), [Frame::Null, Frame::Null, Frame::Null]);
}

#[test]
fn attributes_are_skipped_at_every_level() {
    assert_eq!(read_all(b"|1\r\n+ttl\r\n:3600\r\n$3\r\nabc\r\n"), Frame::Blob(b"abc"));
    assert_eq!(read_all(b"|0\r\n|1\r\n+a\r\n*1\r\n_\r\n:7\r\n"), Frame::Number(7));
    let Frame::Array(mut elements) = read_all(b"*2\r\n|1\r\n+a\r\n|1\r\n+b\r\n+c\r\n+d\r\n:1\r\n:2\r\n") else {
        panic!("no array")
    };
    assert_eq!(elements.next(), Some(Frame::Number(1)));
    assert_eq!(elements.len(), 1);
    assert_eq!(elements.next(), Some(Frame::Number(2)));
    assert_eq!(elements.next(), None);
    assert!(elements.is_empty());
}

#[test]
fn malformed_resp3_is_rejected() {
    let malformed: [&[u8]; 37] = [
        b"x",
        b"\r\n",
        b"PING\r\n",
        b";4\r\nabcd\r\n",
        b".\r\n",
        b"$?\r\n",
        b"*?\r\n",
        b"%?\r\n",
        b"$+5\r\nhello\r\n",
        b"$05\r\nhello\r\n",
        b"$00\r\n\r\n",
        b"$-0\r\n",
        b"$-2\r\n",
        b"$-10\r\n",
        b"$\r\n",
        b"$ 5\r\n",
        b"$5 \r\n",
        b"$5\nhello\n",
        b"$5\rhello",
        b"$5\r\nhelloX\n",
        b"$5\r\nhello\rX",
        b"!-1\r\n",
        b"=-1\r\n",
        b"=3\r\ntxt\r\n",
        b"=5\r\ntxt;a\r\n",
        b"%-1\r\n",
        b"~-1\r\n",
        b">-1\r\n",
        b"|-1\r\n",
        b":\r\n",
        b":1x\r\n",
        b":9223372036854775808\r\n",
        b",one\r\n",
        b"#\r\n",
        b"#T\r\n",
        b"_x\r\n",
        b"(1.5\r\n",
    ];
    for bytes in malformed {
        assert_eq!(read(bytes, &Limits::default()), Err(RespError::Malformed), "{}", bytes.escape_ascii());
    }
}

#[test]
fn excessive_lengths_are_rejected_before_their_bytes_arrive() {
    let large: [&[u8]; 11] = [
        b"$99999999999999999999",
        b"$18446744073709551616",
        b"$18446744073709551615",
        b"$9223372036854775807",
        b"$536870913",
        b"!536870913",
        b"=536870913",
        b"*1048577",
        b">1048577",
        b"%524289",
        b"|524289",
    ];
    for bytes in large {
        assert!(
            matches!(read(bytes, &Limits::default()), Err(RespError::TooLarge(_))),
            "{}: {:?}",
            bytes.escape_ascii(),
            read(bytes, &Limits::default())
        );
    }
    assert_eq!(read(b"$536870912\r\n", &Limits::default()), Ok(None));
    assert_eq!(read(b"*1048576\r\n", &Limits::default()), Ok(None));
}

#[test]
fn each_limit_is_exact() {
    let blob = |length: usize| [format!("${length}\r\n").into_bytes(), vec![b'x'; length], b"\r\n".to_vec()].concat();
    assert!(read(&blob(100), &SMALL).unwrap().is_some());
    assert_eq!(read(&blob(101), &SMALL), Err(RespError::TooLarge("blob length")));

    let array = |count: usize| [format!("*{count}\r\n").into_bytes(), b"_\r\n".repeat(count)].concat();
    assert!(read(&array(10), &SMALL).unwrap().is_some());
    assert_eq!(read(&array(11), &SMALL), Err(RespError::TooLarge("elements")));

    let nested = |depth: usize| [b"*1\r\n".repeat(depth), b"_\r\n".to_vec()].concat();
    assert!(read(&nested(3), &SMALL).unwrap().is_some());
    assert_eq!(read(&nested(4), &SMALL), Err(RespError::TooLarge("nesting")));
    let deepest = Limits { depth: usize::MAX, ..SMALL };
    assert!(read(&nested(32), &deepest).unwrap().is_some());
    assert_eq!(read(&nested(33), &deepest), Err(RespError::TooLarge("nesting")));
    assert_eq!(read(&b"*1\r\n".repeat(1 << 20), &deepest), Err(RespError::TooLarge("nesting")));

    let simple = |length: usize| [b"+".to_vec(), vec![b'x'; length], b"\r\n".to_vec()].concat();
    assert!(read(&simple(64 << 10), &SMALL).unwrap().is_some());
    assert_eq!(read(&simple((64 << 10) + 1), &SMALL), Err(RespError::TooLarge("line length")));
}

#[test]
fn a_whole_frame_is_bounded() {
    let limits = Limits { depth: 16, length: 1000, elements: 1 << 20 };
    assert_eq!(
        read(b"*1000000\r\n", &limits),
        Err(RespError::TooLarge("elements")),
        "a million elements cannot fit in the 1 MiB that the frame may have"
    );
    let nested = b"*300000\r\n*300000\r\n";
    assert_eq!(read(nested, &limits), Err(RespError::TooLarge("elements")), "neither can twice 300,000");
    let blobs =
        [b"*1100\r\n".to_vec(), [b"$1000\r\n".to_vec(), vec![b'x'; 1000], b"\r\n".to_vec()].concat().repeat(1100)];
    assert_eq!(read(&blobs.concat(), &limits), Err(RespError::TooLarge("frame size")));
    let line = [b"+".to_vec(), vec![b'x'; 64 << 10], b"\r\n".to_vec()].concat();
    let lines = |count: usize| [format!("*{count}\r\n").into_bytes(), line.repeat(count)].concat();
    assert!(read(&lines(15), &limits).unwrap().is_some());
    assert_eq!(read(&lines(17), &limits), Err(RespError::TooLarge("frame size")));
}

#[test]
fn writers_match_redis() {
    let mut out = Vec::new();
    write_command(&mut out, &[b"SET", b"", b"\r\n"]);
    write_simple(&mut out, b"O\rK");
    write_error(&mut out, b"ERR a\r\nb");
    for number in [0, -1, 42, i64::MIN, i64::MAX] {
        write_integer(&mut out, number);
    }
    write_null(&mut out);
    write_array(&mut out, 0);
    write_push(&mut out, 12);
    write_map(&mut out, 1);
    write_blob(&mut out, &[b'x'; 10]);
    let expected = "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$2\r\n\r\n\r\n+O K\r\n-ERR a  b\r\n:0\r\n:-1\r\n:42\r\n\
                    :-9223372036854775808\r\n:9223372036854775807\r\n_\r\n*0\r\n>12\r\n%1\r\n$10\r\nxxxxxxxxxx\r\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn incomplete_and_complete_trees_differ() {
    // Checks the comparison that the property tests use.
    assert!(!Tree::Array(vec![Tree::Null]).is(&read_all(b"*2\r\n_\r\n_\r\n")));
    assert!(!Tree::Push(vec![Tree::Null]).is(&read_all(b"*1\r\n_\r\n")));
}
