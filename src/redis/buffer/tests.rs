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
