//! A scripted server, for behaviour that a real server does not show.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use aircheck::redis::resp::{self, Frame, Limits};

use super::support::LIMIT;

/// Listens on a free port, and passes each connection with its number (from 0) to `script`. Returns the URL. Runs until the test
/// process ends or the script panics.
pub(crate) fn peer(mut script: impl FnMut(Conversation, usize) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for number in 0.. {
            let (stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            script(Conversation { stream, read: Vec::new() }, number);
        }
    });
    url
}

/// As [`peer`], for many connections at once: accepts every login, and lets `answer` reply to all other commands.
pub(crate) fn server(answer: impl Fn(&mut Conversation, &[String]) + Send + Sync + 'static) -> String {
    let answer = Arc::new(answer);
    peer(move |mut peer, _| {
        let answer = Arc::clone(&answer);
        thread::spawn(move || {
            while let Some(command) = peer.command() {
                match command[0].as_str() {
                    "CLIENT" | "AUTH" | "SELECT" => peer.send("+OK\r\n"),
                    "PING" => peer.send("+PONG\r\n"),
                    _ => answer(&mut peer, &command),
                }
            }
        });
    })
}

/// One connection, seen from the server.
pub(crate) struct Conversation {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Conversation {
    /// Sends bytes. The other side may have closed the connection.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Sends the bytes repeatedly until the other side closes the connection. Returns the number of bytes sent.
    pub(crate) fn flood(&mut self, bytes: &[u8]) -> usize {
        let mut sent = 0;
        while self.stream.write_all(bytes).is_ok() {
            sent += bytes.len();
        }
        sent
    }

    /// The next command. `None` if the other side has closed the connection.
    pub(crate) fn command(&mut self) -> Option<Vec<String>> {
        loop {
            if let Some((Frame::Array(parts), length)) = resp::read(&self.read, &Limits::default()).unwrap() {
                let text = |part| match part {
                    Frame::Blob(text) => String::from_utf8_lossy(text).into_owned(),
                    other => panic!("no part of a command: {other:?}"),
                };
                let command = parts.map(text).collect();
                self.read.drain(..length);
                return Some(command);
            }
            let mut block = vec![0; 64 << 10];
            match self.stream.read(&mut block) {
                Ok(length) if length > 0 => self.read.extend_from_slice(&block[..length]),
                _ => return None,
            }
        }
    }

    /// The arguments of the next command, which must have this name.
    pub(crate) fn expect(&mut self, name: &str) -> Vec<String> {
        let mut command = self.command().unwrap_or_else(|| panic!("{name} did not come"));
        assert_eq!(command.remove(0), name);
        command
    }

    /// Answers the handshake like Redis.
    pub(crate) fn greet(&mut self) {
        self.expect("HELLO");
        self.send(HELLO);
        self.expect("INFO");
        self.send(INFO);
        self.expect("INFO");
        self.send(INFO);
    }

    /// Accepts this many subscriptions.
    pub(crate) fn accept(&mut self, names: usize) {
        for _ in 0..names {
            let name = self.expect("SUBSCRIBE").remove(0);
            self.send(format!(">3\r\n$9\r\nsubscribe\r\n${}\r\n{name}\r\n:1\r\n", name.len()));
        }
    }

    /// Delivers a message.
    pub(crate) fn message(&mut self, channel: &str, payload: &str) {
        let (c, p) = (channel.len(), payload.len());
        self.send(format!(">3\r\n$7\r\nmessage\r\n${c}\r\n{channel}\r\n${p}\r\n{payload}\r\n"));
    }

    /// Answers barriers with these texts for the counters until the other side closes the connection.
    pub(crate) fn answer(&mut self, counter: impl Fn(&str) -> String) {
        while let Some(command) = self.command() {
            match command[0].as_str() {
                "MGET" => {
                    let counters: String = command[1..].iter().map(|key| counter(key)).collect();
                    self.send(format!("*{}\r\n{counters}", command.len() - 1));
                }
                "GET" => self.send(counter(&command[1])),
                _ => self.send("+PONG\r\n"),
            }
        }
    }
}

pub(crate) const HELLO: &str = "%2\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$4\r\nrole\r\n$6\r\nmaster\r\n";
/// The reply to `INFO server`, and to `INFO replication`.
pub(crate) const INFO: &str = "$31\r\nrun_id:abc\r\nmaster_replid:def\r\n\r\n";
