//! Appends frames to a buffer.

/// Appends a command as an array of blobs.
pub fn write_command(out: &mut Vec<u8>, parts: &[&[u8]]) {
    write_array(out, parts.len());
    for part in parts {
        write_blob(out, part);
    }
}

/// Appends a simple string. CR and LF in it become spaces.
pub fn write_simple(out: &mut Vec<u8>, text: &[u8]) {
    write_line(out, b'+', text);
}

/// Appends an error with its code, e.g. `ERR unknown command`. CR and LF in it become spaces, as in Redis.
pub fn write_error(out: &mut Vec<u8>, text: &[u8]) {
    write_line(out, b'-', text);
}

/// Appends an integer.
pub fn write_integer(out: &mut Vec<u8>, number: i64) {
    out.push(b':');
    if number < 0 {
        out.push(b'-');
    }
    write_digits(out, number.unsigned_abs());
}

/// Appends a blob.
pub fn write_blob(out: &mut Vec<u8>, blob: &[u8]) {
    write_header(out, b'$', blob.len());
    out.extend_from_slice(blob);
    out.extend_from_slice(b"\r\n");
}

/// Appends RESP3's null.
pub fn write_null(out: &mut Vec<u8>) {
    out.extend_from_slice(b"_\r\n");
}

/// Appends the header of an array. The caller must append its `count` elements.
pub fn write_array(out: &mut Vec<u8>, count: usize) {
    write_header(out, b'*', count);
}

/// Appends the header of a push message. The caller must append its `count` elements.
pub fn write_push(out: &mut Vec<u8>, count: usize) {
    write_header(out, b'>', count);
}

/// Appends the header of a map. The caller must append the key and the value of each of its `pairs` pairs.
pub fn write_map(out: &mut Vec<u8>, pairs: usize) {
    write_header(out, b'%', pairs);
}

fn write_header(out: &mut Vec<u8>, kind: u8, length: usize) {
    out.push(kind);
    write_digits(out, length as u64);
}

fn write_line(out: &mut Vec<u8>, kind: u8, text: &[u8]) {
    out.push(kind);
    out.extend(text.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }));
    out.extend_from_slice(b"\r\n");
}

/// Appends the decimal number and CRLF.
fn write_digits(out: &mut Vec<u8>, mut number: u64) {
    let mut text = *b"00000000000000000000\r\n";
    let mut at = 19;
    loop {
        text[at] = b"0123456789"[(number % 10) as usize];
        number /= 10;
        if number == 0 {
            break;
        }
        at -= 1;
    }
    out.extend_from_slice(&text[at..]);
}
