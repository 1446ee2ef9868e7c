//! A proxy between client and server that simulates a bad link: it delays, fragments, throttles, discards, cuts and injects
//! bytes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::support::RedisServer;

/// The faults in both directions.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// The delay of each piece.
    pub(crate) delay: Duration,
    /// The maximum size of a piece in bytes. Each piece is written separately. 0 means unlimited.
    pub(crate) slice: usize,
    /// The maximum number of bytes per second. 0 means unlimited.
    pub(crate) rate: u64,
}

/// A proxy in front of one server. It runs until the test process ends.
pub(crate) struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    faults: Mutex<Faults>,
    links: Mutex<Vec<Link>>,
    is_paused: AtomicBool,
}

/// One connection.
struct Link {
    client: TcpStream,
    is_dead: Arc<AtomicBool>,
    /// How many more bytes pass to the client before the connection is cut.
    passes: Arc<Mutex<Option<usize>>>,
}

impl Proxy {
    /// Listens on a free port, and forwards all bytes unchanged.
    pub(crate) fn before(server: &RedisServer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, state) = (listener.local_addr().unwrap().port(), Arc::new(State::default()));
        let (shared, socket) = (Arc::clone(&state), server.socket());
        thread::spawn(move || {
            for client in listener.incoming() {
                shared.connect(client.unwrap(), &socket);
            }
        });
        Self { port, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// How many connections there were so far.
    pub(crate) fn connections(&self) -> usize {
        self.state.links.lock().unwrap().len()
    }

    /// Applies these faults to all connections from now on.
    pub(crate) fn set(&self, faults: Faults) {
        *self.state.faults.lock().unwrap() = faults;
    }

    /// Existing connections stay open but pass no more bytes. New connections work.
    pub(crate) fn half_open(&self) {
        self.state.links.lock().unwrap().iter().for_each(|link| link.is_dead.store(true, Ordering::SeqCst));
    }

    /// Nothing passes, in either direction, until [`resume`](Self::resume).
    pub(crate) fn pause(&self) {
        self.state.is_paused.store(true, Ordering::SeqCst);
    }

    /// Passes the held bytes.
    pub(crate) fn resume(&self) {
        self.state.is_paused.store(false, Ordering::SeqCst);
    }

    /// Cuts the existing connections after this many more bytes to the client.
    pub(crate) fn cut_after(&self, bytes: usize) {
        self.state.links.lock().unwrap().iter().for_each(|link| *link.passes.lock().unwrap() = Some(bytes));
    }

    /// Sends bytes to every client as if the server had sent them.
    pub(crate) fn inject(&self, bytes: &[u8]) {
        for link in &*self.state.links.lock().unwrap() {
            // The client may have closed the connection.
            let _ = (&link.client).write_all(bytes);
        }
    }
}

impl State {
    fn connect(self: &Arc<Self>, client: TcpStream, socket: &PathBuf) {
        client.set_nodelay(true).unwrap();
        // If the server is down, the client's connection is closed.
        let Ok(server) = UnixStream::connect(socket) else { return };
        let (is_dead, passes) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(None)));
        let link =
            Link { client: client.try_clone().unwrap(), is_dead: Arc::clone(&is_dead), passes: Arc::clone(&passes) };
        self.links.lock().unwrap().push(link);
        let (from_client, from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let (there, dead) = (Arc::clone(self), Arc::clone(&is_dead));
        thread::spawn(move || there.pump(from_client, server, &dead, &Mutex::new(None)));
        let back = Arc::clone(self);
        thread::spawn(move || {
            back.pump(from_server, &client, &is_dead, &passes);
            let _ = client.shutdown(Shutdown::Both);
        });
    }

    /// Forwards bytes until one side closes the connection or the permitted number of bytes has passed.
    fn pump(&self, mut from: impl Read, mut to: impl Write, is_dead: &AtomicBool, passes: &Mutex<Option<usize>>) {
        let mut block = vec![0; 16 << 10];
        while let Ok(length @ 1..) = from.read(&mut block) {
            let mut rest = &block[..length];
            while !rest.is_empty() && !is_dead.load(Ordering::SeqCst) {
                let faults = *self.faults.lock().unwrap();
                let most = if faults.slice > 0 { faults.slice } else { rest.len() };
                let (mut now, later) = rest.split_at(most.min(rest.len()));
                let mut left = passes.lock().unwrap();
                if let Some(left) = &mut *left {
                    now = &now[..now.len().min(*left)];
                    *left -= now.len();
                }
                let is_cut = *left == Some(0);
                drop(left);
                thread::sleep(faults.delay);
                while self.is_paused.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(1));
                }
                if let Some(micros) = (now.len() as u64 * 1_000_000).checked_div(faults.rate) {
                    thread::sleep(Duration::from_micros(micros));
                }
                if to.write_all(now).is_err() || is_cut {
                    return;
                }
                rest = later;
            }
        }
    }
}
