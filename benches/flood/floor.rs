//! The floor: programs that do only the work that no subscriber can avoid. They show how close aircheck could come to the
//! minimum.
//!
//! They have one thread and a blocking socket. They have no ledger, no barriers, no detection of duplicates and no queue.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use aircheck::redis::resp::{self, Frame, Limits, write_command};
use aircheck::redis::subscription::now_micros;
use aircheck::wire::envelope::Envelope;
use aircheck::wire::signature::Keyring;
use aircheck::wire::verdict::{Verdict, Verification};
use base64_simd::STANDARD;
use jiff::Timestamp;
use ratatui::DefaultTerminal;
use ratatui::style::{Color, Style};

use crate::Outcome;
use crate::inner::MESSAGES;
use crate::traffic::{CHANNEL, keyring};

/// The size of the buffer that the subscription reads into, in bytes.
const BUFFER: usize = 256 << 10;
/// The number of payloads to keep: the console's maximum number of rows.
const KEPT: usize = 100_000;
/// The time between two frames.
const FRAME: Duration = Duration::from_millis(33);

/// Reads only.
pub(crate) fn read(port: u16) -> Outcome<()> {
    follow(subscribe(port, [CHANNEL])?, |bytes| Ok(bytes.len()))
}

/// Reads, splits, copies, and verifies.
pub(crate) fn verify(port: u16) -> Outcome<()> {
    let (keyring, mut copy) = (keyring(), Vec::new());
    follow(subscribe(port, [CHANNEL])?, |bytes| {
        copy.clear();
        Ok(verified(bytes, &keyring, |message, _, _| copy.extend_from_slice(message.payload)))
    })
}

/// Like [`verify`], with many channels. Counts the messages of each channel.
pub(crate) fn channels(port: u16, names: &[String]) -> Outcome<()> {
    let index: HashMap<Vec<u8>, usize> = names.iter().map(|name| name.clone().into_bytes()).zip(0..).collect();
    let (keyring, mut copy, mut counts) = (keyring(), Vec::new(), vec![0_u64; names.len()]);
    follow(subscribe(port, names.iter().map(String::as_str))?, |bytes| {
        copy.clear();
        let used = verified(bytes, &keyring, |message, _, _| {
            if let Some(channel) = index.get(message.channel) {
                counts[*channel] += 1;
            }
            copy.extend_from_slice(message.payload);
        });
        std::hint::black_box(&counts);
        Ok(used)
    })
}

/// Writes a line of JSON for each message.
pub(crate) fn tail(port: u16) -> Outcome<()> {
    let mut output = File::options().write(true).open("/dev/null")?;
    let (keyring, mut lines, mut number) = (keyring(), Vec::with_capacity(4 * BUFFER), 0);
    follow(subscribe(port, [CHANNEL])?, |bytes| {
        let at = Timestamp::from_microsecond(now_micros())?;
        let head = format!(r#"{{"type":"message","at":"{at:.6}","channel":"{CHANNEL}","sequence":"#);
        let used = verified(bytes, &keyring, |message, envelope, verification| {
            number += 1;
            line(&mut lines, &head, number, message.payload, envelope, verification);
        });
        output.write_all(&lines)?;
        lines.clear();
        Ok(used)
    })
}

/// Keeps the newest payloads, and draws the last of them on a terminal.
pub(crate) fn console(port: u16) -> Outcome<()> {
    std::thread::spawn(|| {
        let mut key = [0];
        while matches!(io::stdin().read(&mut key), Ok(1)) && key != *b"q" {}
        ratatui::restore();
        std::process::exit(0);
    });
    let mut terminal = ratatui::try_init()?;
    let stream = subscribe(port, [CHANNEL])?;
    let clock = stream.try_clone()?;
    let (keyring, mut kept, mut number, mut shown) = (keyring(), vec![Vec::new(); KEPT], 0, 0);
    let (mut drawn, mut awake) = (Instant::now(), false);
    follow(stream, |bytes| {
        let used = verified(bytes, &keyring, |message, _, _| {
            number += 1;
            let row: &mut Vec<u8> = &mut kept[number % KEPT];
            row.clear();
            row.extend_from_slice(message.payload);
        });
        if number > shown && drawn.elapsed() >= FRAME {
            draw(&mut terminal, &kept, number)?;
            (drawn, shown) = (Instant::now(), number);
        }
        // The read must time out, so that the last rows are drawn even if no message follows.
        if awake != (number > shown) {
            awake = !awake;
            clock.set_read_timeout(awake.then_some(FRAME))?;
        }
        Ok(used)
    })
}

/// Connects and subscribes to these channels.
pub(crate) fn subscribe<'a>(port: u16, channels: impl IntoIterator<Item = &'a str>) -> Outcome<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut out = Vec::new();
    write_command(&mut out, &[b"HELLO", b"3"]);
    for channel in channels {
        write_command(&mut out, &[b"SUBSCRIBE", channel.as_bytes()]);
    }
    stream.write_all(&out)?;
    Ok(stream)
}

/// Reads until the process ends. `use_up` returns how many bytes it has processed; the rest is an incomplete frame.
pub(crate) fn follow(mut stream: TcpStream, mut use_up: impl FnMut(&[u8]) -> Outcome<usize>) -> Outcome<()> {
    let mut buffer = vec![0; BUFFER];
    let mut end = 0;
    loop {
        match stream.read(&mut buffer[end..]) {
            Ok(0) => std::thread::park(),
            Ok(length) => end += length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        let used = use_up(&buffer[..end])?;
        buffer.copy_within(used..end, 0);
        end -= used;
    }
}

/// A received message.
pub(crate) struct Message<'a> {
    channel: &'a [u8],
    pub(crate) payload: &'a [u8],
}

/// Splits frames and verifies messages. Calls `keep` for each verified message. Returns how many bytes were processed.
pub(crate) fn verified<'a>(
    bytes: &'a [u8],
    keyring: &Keyring,
    mut keep: impl FnMut(&Message<'a>, &Envelope<'a>, &Verification<'a>),
) -> usize {
    let now = now_micros() / 1_000_000;
    let (mut at, mut verified) = (0, 0);
    while let Ok(Some((frame, length))) = resp::read(&bytes[at..], &Limits::default()) {
        if let Frame::Push(mut elements) = frame
            && let (Some(Frame::Blob(channel)), Some(Frame::Blob(payload))) = (elements.nth(1), elements.next())
        {
            let envelope = Envelope::parse(payload);
            let verification = keyring.verify(&envelope, now);
            if verification.verdict == Verdict::Verified {
                keep(&Message { channel, payload }, &envelope, &verification);
                verified += 1;
            }
        }
        at += length;
    }
    MESSAGES.fetch_add(verified, Ordering::Relaxed);
    at
}

fn line(
    out: &mut Vec<u8>,
    head: &str,
    number: u64,
    payload: &[u8],
    envelope: &Envelope<'_>,
    verification: &Verification<'_>,
) {
    out.reserve(3 * payload.len() + 512);
    out.extend_from_slice(head.as_bytes());
    digits(out, number);
    string(out, b",\"name\":", envelope.name);
    out.extend_from_slice(b",\"data\":");
    out.extend_from_slice(envelope.data);
    string(out, b",\"verdict\":", verification.verdict.name().as_bytes());
    string(out, b",\"key\":", verification.key_name.unwrap_or_default());
    string(out, b",\"algorithm\":", envelope.signature.split(|byte| *byte == b'|').next().unwrap_or_default());
    out.extend_from_slice(b",\"timestamp\":");
    digits(out, verification.timestamp.unwrap_or_default().unsigned_abs());
    out.extend_from_slice(b",\"payload_base64\":\"");
    STANDARD.encode_append(payload, out);
    out.extend_from_slice(b"\"}\n");
}

fn string(out: &mut Vec<u8>, key: &[u8], text: &[u8]) {
    out.extend_from_slice(key);
    if text.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
        out.push(b'"');
        out.extend_from_slice(text);
        out.push(b'"');
    } else {
        let _ = serde_json::to_writer(out, &String::from_utf8_lossy(text));
    }
}

fn digits(out: &mut Vec<u8>, mut number: u64) {
    let mut text = [b'0'; 20];
    let mut at = text.len();
    while number > 0 || at == text.len() {
        at -= 1;
        text[at] = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
    out.extend_from_slice(&text[at..]);
}

fn draw(terminal: &mut DefaultTerminal, kept: &[Vec<u8>], newest: usize) -> Outcome<()> {
    terminal.draw(|frame| {
        let area = frame.area();
        let rows = usize::from(area.height).min(newest);
        for (line, number) in (area.y..).zip(newest + 1 - rows..=newest) {
            let envelope = Envelope::parse(&kept[number % KEPT]);
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            let parts = [
                (0, format!("#{number}"), Color::Gray),
                (12, text(envelope.name), Color::White),
                (32, text(envelope.data), Color::Cyan),
            ];
            for (left, text, colour) in parts {
                let room = usize::from(area.width.saturating_sub(left));
                frame.buffer_mut().set_stringn(area.x + left, line, text, room, Style::new().fg(colour));
            }
        }
    })?;
    Ok(())
}
