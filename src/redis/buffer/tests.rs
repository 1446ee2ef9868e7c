#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

/// Feeds all bytes, as many at a time as there is space for. Returns the lengths of the blobs.
fn feed(buffer: &mut Buffer, mut bytes: &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    while !bytes.is_empty() {
        let free = buffer.free_space();
        let length = free.len().min(bytes.len());
        free[..length].copy_from_slice(&bytes[..length]);
        buffer.advance(length);
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
fn memory_of_a_large_frame_is_freed_after_it() {
    let mut buffer = Buffer::default();
    let large = 20 << 20;
    let stream = [blob(3), blob(large), blob(5), blob(1000)[..500].to_vec()].concat();
    assert_eq!(feed(&mut buffer, &stream), [3, large, 5]);
    assert!(buffer.bytes.len() > large);
    assert_eq!(feed(&mut buffer, &blob(1000)[500..]), [1000]);
    assert_eq!(buffer.bytes.len(), MIN_CAPACITY);
}

#[test]
fn complete_messages_are_read_one_by_one_up_to_another_frame() {
    let mut buffer = Buffer::default();
    let message = |number: usize| format!(">3\r\n$7\r\nmessage\r\n$3\r\nops\r\n$2\r\n{number:02}\r\n").into_bytes();
    let stream = [message(0), message(1), blob(4), message(2), message(3)[..30].to_vec()].concat();
    let free = buffer.free_space();
    free[..stream.len()].copy_from_slice(&stream);
    buffer.advance(stream.len());
    for expected in [Some(&b"00"[..]), Some(b"01"), None, Some(b"02"), None] {
        assert_eq!(buffer.message().map(|(_, payload, _)| payload), expected);
        let length = buffer.message().map(|(_, _, length)| length);
        let length = length.or_else(|| buffer.frame().unwrap().map(|(_, length)| length));
        buffer.consume(length.unwrap_or(0));
    }
}

#[test]
fn a_frame_in_many_pieces_is_measured_once() {
    let elements = 10_000;
    let stream = [format!("|1\r\n+a\r\n:1\r\n*{elements}\r\n*1\r\n").into_bytes(), b":1\r\n".repeat(elements)].concat();
    let mut buffer = Buffer::default();
    for piece in stream[..stream.len() - 1].chunks(7) {
        // Overwrite the bytes that were measured. If the buffer measured them again, it would fail.
        let measured = buffer.end.saturating_sub(8);
        buffer.bytes[..measured].fill(b'x');
        let free = buffer.free_space();
        free[..piece.len()].copy_from_slice(piece);
        buffer.advance(piece.len());
        assert!(matches!(buffer.frame(), Ok(None)), "after {} bytes", buffer.end);
    }
    buffer.free_space()[0] = b'\n';
    buffer.advance(1);
    let Ok(Some((Frame::Array(array), length))) = buffer.frame() else { panic!("no array") };
    assert_eq!((array.len(), length), (elements, stream.len()));
    buffer.consume(length);
    assert_eq!(feed(&mut buffer, &blob(3)), [3]);
}
