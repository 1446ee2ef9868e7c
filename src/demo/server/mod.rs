//! A small Redis: the commands that aircheck and its example publishers use, with the replies of Redis 7.0, in RESP2 and
//! RESP3. For the demo and for tests; it keeps everything in memory and listens on the loopback address only.

mod client;
mod command;
mod connection;
mod info;
mod keys;
mod pubsub;
mod reply;
mod requests;
mod session;
mod state;
mod transactions;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use connection::Shared;
use state::State;

/// A running server; it ends, with all of its connections, when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// Starts a server on a free port of the loopback address, on the current tokio runtime.
///
/// # Errors
/// Where no port can be had.
pub async fn start_server() -> io::Result<Server> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let shared = Shared::new(State::new(address.port()));
    let task = tokio::spawn(accept(listener, shared));
    Ok(Server { address, task })
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, e.g. `redis://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection that fails ends alone; where none can be accepted (no file descriptor left), it is tried again soon.
async fn accept(listener: TcpListener, shared: Shared) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(connection::serve(stream, shared.clone()));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        while connections.try_join_next().is_some() {}
    }
}
