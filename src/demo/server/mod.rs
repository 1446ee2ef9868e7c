//! A small Redis server for the demo and for tests. It has the commands that aircheck and its example publishers use, with the
//! replies of Redis 7.0, in RESP2 and RESP3. It keeps everything in memory and listens only on the loopback address.

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

use connection::SharedState;
use state::ServerState;

/// A running server. Dropping it ends the server and all connections.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// Starts a server on a free port of the loopback address, on the current tokio runtime.
///
/// # Errors
/// No port is available.
pub async fn start_server() -> io::Result<Server> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let shared = SharedState::new(ServerState::new(address.port()));
    let task = tokio::spawn(accept(listener, shared));
    Ok(Server { address, task })
}

impl Server {
    /// The address on which the server listens.
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

/// Accepts connections. A failed connection does not affect the others. If accepting fails, e.g. because there are no file
/// descriptors left, it is retried soon.
async fn accept(listener: TcpListener, shared: SharedState) {
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
