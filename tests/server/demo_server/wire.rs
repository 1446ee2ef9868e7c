//! A raw connection that reads whole frames and keeps their bytes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use aircheck::redis::resp::{Limits, read, write_command};

use crate::support::LIMIT;

pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Self { stream, buffer: Vec::new() }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub(crate) fn command(&mut self, parts: &[&[u8]]) {
        let mut bytes = Vec::new();
        write_command(&mut bytes, parts);
        self.send(&bytes);
    }

    /// Asks the server to end the connection; that it has ended already is as good.
    pub(crate) fn quit(&mut self) {
        let mut bytes = Vec::new();
        write_command(&mut bytes, &[b"QUIT"]);
        let _ = self.stream.write_all(&bytes);
    }

    /// Waits for that many frames, and returns their bytes.
    pub(crate) fn read_frames(&mut self, count: usize) -> Vec<u8> {
        let mut frames = Vec::new();
        for _ in 0..count {
            match self.next_frame() {
                Some(frame) => frames.extend(frame),
                None => panic!("the server ended the connection after {}", frames.escape_ascii()),
            }
        }
        frames
    }

    /// Waits for a frame. `None` if the server closed the connection.
    pub(crate) fn next_frame(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some((_, length)) = read(&self.buffer, &Limits::default()).unwrap() {
                return Some(self.buffer.drain(..length).collect());
            }
            if !self.fill() {
                return None;
            }
        }
    }

    /// Waits for the end of the connection. Returns the earlier frames.
    pub(crate) fn read_to_end(&mut self) -> Vec<u8> {
        while self.fill() {}
        std::mem::take(&mut self.buffer)
    }

    /// False at the end of the connection.
    fn fill(&mut self) -> bool {
        let mut chunk = [0; 16 << 10];
        match self.stream.read(&mut chunk) {
            Ok(0) => false,
            Ok(read) => {
                self.buffer.extend_from_slice(&chunk[..read]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}; so far {}", self.buffer.escape_ascii()),
        }
    }
}
