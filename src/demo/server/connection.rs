//! One connection: what comes in is run, what goes out is sent, and neither waits for the other.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::client::{End, Id};
use super::command;
use super::requests::{self, Request};
use super::state::State;

/// While more than this many bytes wait to be sent, no command of the connection is run.
const OUTPUT_PAUSE: usize = 1 << 20;

/// How many bytes are read at once, at least.
const READ: usize = 16 << 10;

/// The state that all connections share.
#[derive(Debug, Clone)]
pub(super) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until either side ends the connection.
pub(super) async fn serve(mut stream: TcpStream, shared: Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection::new(shared);
    let wake = Arc::clone(&connection.wake);
    let (mut reader, mut writer) = stream.split();
    loop {
        connection.run();
        if connection.take_output() == Next::End {
            return Ok(());
        }
        let sending = connection.unsent().len();
        connection.input.reserve(READ);
        tokio::select! {
            read = reader.read_buf(&mut connection.input), if sending < OUTPUT_PAUSE => {
                if read? == 0 {
                    return Ok(());
                }
            }
            sent = writer.write(&connection.sending[connection.sent..]), if sending > 0 => connection.sent += sent?,
            () = wake.notified() => {}
        }
    }
}

struct Connection {
    shared: Shared,
    id: Id,
    wake: Arc<Notify>,
    input: Vec<u8>,
    /// Output that was taken from the state.
    sending: Vec<u8>,
    /// How much of it was sent.
    sent: usize,
}

#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    End,
}

impl Connection {
    fn new(shared: Shared) -> Self {
        let mut state = shared.lock();
        let id = state.connect();
        let wake = Arc::clone(&state.client(id).wake);
        drop(state);
        Self { shared, id, wake, input: Vec::new(), sending: Vec::new(), sent: 0 }
    }

    /// Runs the commands that are whole.
    fn run(&mut self) {
        if self.unsent().len() >= OUTPUT_PAUSE {
            return;
        }
        let mut state = self.shared.lock();
        let mut done = 0;
        while state.client(self.id).end.is_none() && state.client(self.id).output.len() < OUTPUT_PAUSE {
            match requests::read(&self.input[done..]) {
                Request::Unfinished => break,
                Request::Command(parts, length) => {
                    if !parts.is_empty() {
                        command::execute(&mut state, self.id, &parts);
                    }
                    done += length;
                }
                Request::Error(error) => {
                    let client = state.client(self.id);
                    client.reply().error(error);
                    client.end = Some(End::AfterOutput);
                }
            }
        }
        drop(state);
        self.input.drain(..done);
    }

    /// Once everything taken before is sent, takes what has come since.
    fn take_output(&mut self) -> Next {
        let mut state = self.shared.lock();
        let client = state.client(self.id);
        if self.sent == self.sending.len() {
            self.sent = 0;
            self.sending.clear();
            std::mem::swap(&mut self.sending, &mut client.output);
        }
        match client.end {
            Some(End::Now) => Next::End,
            Some(End::AfterOutput) if self.sending.is_empty() => Next::End,
            _ => Next::GoOn,
        }
    }

    fn unsent(&self) -> &[u8] {
        &self.sending[self.sent..]
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.lock().clients.remove(&self.id);
    }
}
