//! The reader returns the same frames wherever the stream is cut, and respects its limits.

use aircheck::redis::resp::{Elements, Frame, Limits, RespError, read};

/// The longest stream that is cut at every byte, in bytes.
const CUT_EVERYWHERE: usize = 256;

/// Reads the bytes as a stream of frames. The first byte selects the limits.
pub fn run(bytes: &[u8]) {
    let Some((&choice, mut stream)) = bytes.split_first() else { return };
    let limits = match choice % 3 {
        0 => Limits::default(),
        1 => Limits { depth: 2, length: 16, elements: 8 },
        _ => Limits { depth: usize::MAX, length: usize::MAX, elements: usize::MAX },
    };
    loop {
        let whole = read(stream, &limits);
        let step = (stream.len() / CUT_EVERYWHERE).max(1);
        for cut in (0..stream.len()).step_by(step) {
            match (read(&stream[..cut], &limits), &whole) {
                (Ok(None), _) => {}
                (part, whole) => assert!(part == *whole || is_nan(&part), "cut at {cut}: {part:?}, whole: {whole:?}"),
            }
        }
        match whole {
            Ok(Some((frame, length))) => {
                assert!(length > 0 && length <= stream.len());
                assert!(depth(&frame, &limits) <= limits.depth);
                stream = &stream[length..];
            }
            Ok(None) | Err(RespError::Malformed | RespError::TooLarge(_)) => return,
        }
    }
}

/// The nesting depth of aggregates. Visits every part.
fn depth(frame: &Frame<'_>, limits: &Limits) -> usize {
    match frame {
        Frame::Array(elements) | Frame::Push(elements) | Frame::Map(elements) => 1 + deepest(elements, limits),
        Frame::Blob(bytes) => {
            assert!(bytes.len() <= limits.length);
            0
        }
        _ => 0,
    }
}

fn deepest(elements: &Elements<'_>, limits: &Limits) -> usize {
    assert!(elements.len() <= limits.elements);
    let parts = elements.clone().map(|part| depth(&part, limits)).collect::<Vec<_>>();
    assert_eq!(parts.len(), elements.len(), "an aggregate has all of its parts");
    parts.into_iter().max().unwrap_or(0)
}

/// Whether the frame contains NaN, which is not equal to itself.
fn is_nan(part: &Result<Option<(Frame<'_>, usize)>, RespError>) -> bool {
    matches!(part, Ok(Some((Frame::Double(number), _))) if number.is_nan())
}
