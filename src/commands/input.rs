//! Reads standard input and files, with a limit for the length.

use std::io::{self, BufRead, Read};

use super::Failure;
use crate::failure::escape_error;

/// The longest payload that Redis accepts by default (`proto-max-bulk-len`), in bytes.
const MAX_LENGTH: u64 = 512 << 20;

/// Reads the next line with its line feed. Returns none at the end.
pub(super) fn next_line(input: &mut impl BufRead) -> Result<Option<Vec<u8>>, Failure> {
    let mut line = Vec::new();
    let length = input.take(MAX_LENGTH + 1).read_until(b'\n', &mut line).map_err(|error| unreadable(&error))?;
    check_length(&line)?;
    Ok((length > 0).then_some(line))
}

/// Reads everything.
pub(super) fn read_all(input: impl Read) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    input.take(MAX_LENGTH + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    check_length(&bytes)?;
    Ok(bytes)
}

fn check_length(bytes: &[u8]) -> Result<(), Failure> {
    if bytes.len() as u64 > MAX_LENGTH {
        return Err(Failure::usage("the input is longer than 512 MiB, the limit of Redis"));
    }
    Ok(())
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::usage(format!("cannot read the input: {}", escape_error(error)))
}
