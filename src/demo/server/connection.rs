//! Serves one connection. Reading and writing do not wait for each other.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::client::{ConnectionEnd, Id};
use super::command;
use super::requests::{self, Request};
use super::state::ServerState;

/// If more than this many bytes wait to be sent, the connection's commands are not run.
const OUTPUT_PAUSE: usize = 1 << 20;

/// The minimum number of bytes to read at once.
const MIN_READ_BYTES: usize = 16 << 10;

/// The state shared by all connections.
#[derive(Debug, Clone)]
pub(super) struct SharedState(Arc<Mutex<ServerState>>);

impl SharedState {
    pub(super) fn new(state: ServerState) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    fn lock(&self) -> MutexGuard<'_, ServerState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a connection until either side ends it.
pub(super) async fn serve(mut stream: TcpStream, shared: SharedState) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection::new(shared);
    let wake = Arc::clone(&connection.wake);
    let (mut reader, mut writer) = stream.split();
    loop {
        connection.run();
        if connection.take_output() == NextStep::Close {
            return Ok(());
        }
        let sending = connection.unsent().len();
        connection.input.reserve(MIN_READ_BYTES);
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
    shared: SharedState,
    id: Id,
    wake: Arc<Notify>,
    input: Vec<u8>,
    /// The output taken from the state.
    sending: Vec<u8>,
    /// The number of bytes of `sending` that were sent.
    sent: usize,
}

#[derive(PartialEq, Eq)]
enum NextStep {
    GoOn,
    Close,
}

impl Connection {
    fn new(shared: SharedState) -> Self {
        let mut state = shared.lock();
        let id = state.connect();
        let wake = Arc::clone(&state.client(id).wake);
        drop(state);
        Self { shared, id, wake, input: Vec::new(), sending: Vec::new(), sent: 0 }
    }

    /// Runs all complete commands.
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
                    client.close();
                }
            }
        }
        drop(state);
        self.input.drain(..done);
    }

    /// Takes new output from the state when all earlier output was sent.
    fn take_output(&mut self) -> NextStep {
        let mut state = self.shared.lock();
        let client = state.client(self.id);
        if self.sent == self.sending.len() {
            self.sent = 0;
            self.sending.clear();
            std::mem::swap(&mut self.sending, &mut client.output);
        }
        match client.end {
            Some(ConnectionEnd::Now) => NextStep::Close,
            Some(ConnectionEnd::AfterOutput) if self.sending.is_empty() => NextStep::Close,
            _ => NextStep::GoOn,
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
