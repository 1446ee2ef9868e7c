//! Signed broadcasts as bytes, and the writer that sends them as fast as the server accepts them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aircheck::redis::resp::{write_array, write_blob};
use aircheck::wire::signature::{Keyring, KeyringSettings, Secret, SignWith};

use crate::Outcome;

/// The channel if there is only one.
pub(crate) const CHANNEL: &str = "ops";
/// The signing key.
pub(crate) const SECRET: &str = "a secret of the benchmark";
/// The last command.
const MARKER: &[u8] = b"*2\r\n$4\r\nECHO\r\n$10\r\nthe-marker\r\n";
/// The size of one write, in bytes.
const BLOCK: usize = 64 << 10;

/// The keyring to sign and verify with.
pub(crate) fn keyring() -> Keyring {
    let signing_key = Some(Secret::new(SECRET.as_bytes().to_vec()));
    Keyring::new(KeyringSettings { signing_key, ..KeyringSettings::default() })
}

/// Different payloads of about 170 bytes.
pub(crate) struct Payloads {
    keyring: Keyring,
    now: i64,
    number: u64,
}

impl Payloads {
    pub(crate) fn new() -> Outcome<Self> {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        Ok(Self { keyring: keyring(), now, number: 0 })
    }

    pub(crate) fn next(&mut self) -> Outcome<Vec<u8>> {
        let number = self.number;
        self.number += 1;
        let names = ["price-update", "cache-flush", "user-logout", "stock-level", "invoice-sent"];
        let name = names[usize::try_from(number)? % names.len()];
        let data = format!(r#"{{"sku":"A-{number:07}","price":{}.{:02},"stock":true}}"#, number % 997, number % 100);
        Ok(self.keyring.payload(name.as_bytes(), data.as_bytes(), &SignWith::SigningKey, self.now)?)
    }
}

/// Transactions, ready to be written to the server.
pub(crate) struct Traffic {
    bytes: Vec<u8>,
    messages: u64,
}

impl Traffic {
    /// The next `messages` payloads, sent to `channels` in turn.
    pub(crate) fn new(payloads: &mut Payloads, messages: u64, channels: &[String]) -> Outcome<Self> {
        let mut bytes = Vec::with_capacity(usize::try_from(messages)? * 340);
        for (_, channel) in (0..messages).zip(channels.iter().cycle()) {
            transaction(&mut bytes, channel, &payloads.next()?);
        }
        Ok(Self { bytes, messages })
    }

    /// `messages` messages for [`CHANNEL`].
    pub(crate) fn to_one_channel(messages: u64) -> Outcome<Self> {
        Self::new(&mut Payloads::new()?, messages, &[CHANNEL.to_owned()])
    }

    pub(crate) fn messages(&self) -> u64 {
        self.messages
    }

    /// Sends everything as fast as the server accepts it. Returns after the reply to the last transaction.
    pub(crate) fn send(&self, port: u16) -> Outcome<()> {
        let mut stream = connect(port)?;
        let mut answers = stream.try_clone()?;
        let reader = std::thread::spawn(move || read_until_marker(&mut answers));
        for block in self.bytes.chunks(BLOCK) {
            stream.write_all(block)?;
        }
        stream.write_all(MARKER)?;
        reader.join().map_err(|_| "the reader of the replies panicked")??;
        Ok(())
    }

    /// Sends everything at about this rate, in messages per second.
    pub(crate) fn send_at(&self, port: u16, rate: u32) -> Outcome<()> {
        let mut stream = connect(port)?;
        let mut answers = stream.try_clone()?;
        let reader = std::thread::spawn(move || read_until_marker(&mut answers));
        let started = Instant::now();
        let size = self.bytes.len() / usize::try_from(self.messages)?;
        let block = (usize::try_from(rate)? * size / 500).max(1);
        for (number, block) in (0..).zip(self.bytes.chunks(block)) {
            let due = Duration::from_millis(2) * number;
            std::thread::sleep(due.saturating_sub(started.elapsed()));
            stream.write_all(block)?;
        }
        stream.write_all(MARKER)?;
        reader.join().map_err(|_| "the reader of the replies panicked")??;
        Ok(())
    }
}

/// Sends one message after the other, at this rate in messages per second. Returns when each was sent.
pub(crate) fn send_each(messages: &[Traffic], port: u16, rate: u32) -> Outcome<Vec<Instant>> {
    let mut stream = connect(port)?;
    let mut answers = stream.try_clone()?;
    let reader = std::thread::spawn(move || read_until_marker(&mut answers));
    let started = Instant::now();
    let mut sent = Vec::with_capacity(messages.len());
    for (number, message) in (0..).zip(messages) {
        let due = Duration::from_secs(1) * number / rate;
        std::thread::sleep(due.saturating_sub(started.elapsed()));
        sent.push(Instant::now());
        stream.write_all(&message.bytes)?;
    }
    stream.write_all(MARKER)?;
    reader.join().map_err(|_| "the reader of the replies panicked")??;
    Ok(sent)
}

fn connect(port: u16) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads and ignores the replies, up to that of the last command.
fn read_until_marker(answers: &mut TcpStream) -> std::io::Result<()> {
    const END: &[u8] = b"the-marker\r\n";
    let mut buffer = vec![0; 256 << 10];
    let mut kept = 0;
    loop {
        let length = answers.read(&mut buffer[kept..])?;
        if length == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let end = kept + length;
        if buffer[..end].ends_with(END) {
            return Ok(());
        }
        kept = end.min(END.len());
        buffer.copy_within(end - kept..end, 0);
    }
}

fn transaction(out: &mut Vec<u8>, channel: &str, payload: &[u8]) {
    let mut command = |parts: &[&[u8]]| {
        write_array(out, parts.len());
        for part in parts {
            write_blob(out, part);
        }
    };
    command(&[b"MULTI"]);
    command(&[b"PUBLISH", channel.as_bytes(), payload]);
    command(&[b"INCR", format!("system_broadcast_sequence_{channel}").as_bytes()]);
    command(&[b"EXEC"]);
}
