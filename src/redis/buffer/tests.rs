#![expect(clippy::unwrap_used, reason = "a test")]

use super::*;

/// Puts all bytes in, as much as there is room for at a time, and gives the frames' lengths.
fn feed(buffer: &mut Buffer, mut bytes: &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    while !bytes.is_empty() {
        let room = buffer.room();
        let length = room.len().min(bytes.len());
        room[..length].copy_from_slice(&bytes[..length]);
        buffer.filled(length);
        bytes = &bytes[length..];
        while let Some((Frame::Blob(blob), length)) = buffer.frame().unwrap() {
            lengths.push(blob.len());
            buffer.consume(length);
        }
    }
    lengths
}

fn blob(length: usize) -> Vec<u8> {
    [format!("${length}\r\n").as_bytes(), &vec![b'x'; length], b"\r\n"].concat()
}

#[test]
fn a_large_frame_passes_and_its_memory_is_given_back_though_the_next_frame_has_begun() {
    let mut buffer = Buffer::default();
    let large = 20 << 20;
    let stream = [blob(3), blob(large), blob(5), blob(1000)[..500].to_vec()].concat();
    assert_eq!(feed(&mut buffer, &stream), [3, large, 5]);
    assert!(buffer.bytes.len() > large);
    assert_eq!(feed(&mut buffer, &blob(1000)[500..]), [1000]);
    assert_eq!(buffer.bytes.len(), BLOCK);
}

#[test]
fn messages_come_in_bunches_up_to_the_first_frame_that_is_none() {
    let mut buffer = Buffer::default();
    let message = |number: usize| format!(">3\r\n$7\r\nmessage\r\n$3\r\nops\r\n$2\r\n{number:02}\r\n").into_bytes();
    let stream = [(0..20).flat_map(message).collect(), blob(4), message(20), message(21)[..30].to_vec()].concat();
    let room = buffer.room();
    room[..stream.len()].copy_from_slice(&stream);
    buffer.filled(stream.len());
    let mut seen = Vec::new();
    let mut lengths = Vec::new();
    loop {
        let (messages, length) = buffer.messages();
        assert!(messages.iter().all(|(channel, _)| *channel == b"ops"));
        lengths.push(messages.len());
        seen.extend(
            messages.iter().map(|(_, payload)| std::str::from_utf8(payload).unwrap().parse::<usize>().unwrap()),
        );
        buffer.consume(length);
        if length == 0 {
            let Some((_, length)) = buffer.frame().unwrap() else { break };
            buffer.consume(length);
        }
    }
    assert_eq!(seen, (0..=20).collect::<Vec<_>>());
    assert_eq!(lengths, [BUNCH, 20 - BUNCH, 0, 1, 0]);
}

#[test]
fn no_byte_of_a_frame_that_arrives_in_many_reads_is_measured_twice() {
    let elements = 10_000;
    let stream = [format!("|1\r\n+a\r\n:1\r\n*{elements}\r\n*1\r\n").into_bytes(), b":1\r\n".repeat(elements)].concat();
    let mut buffer = Buffer::default();
    for piece in stream[..stream.len() - 1].chunks(7) {
        // A second measurement would stumble over what stands here instead of the bytes already measured.
        let measured = buffer.end.saturating_sub(8);
        buffer.bytes[..measured].fill(b'x');
        let room = buffer.room();
        room[..piece.len()].copy_from_slice(piece);
        buffer.filled(piece.len());
        assert!(matches!(buffer.frame(), Ok(None)), "after {} bytes", buffer.end);
    }
    buffer.room()[0] = b'\n';
    buffer.filled(1);
    let Ok(Some((Frame::Array(array), length))) = buffer.frame() else { panic!("no array") };
    assert_eq!((array.len(), length), (elements, stream.len()));
    buffer.consume(length);
    assert_eq!(feed(&mut buffer, &blob(3)), [3]);
}
