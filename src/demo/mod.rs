//! An embedded server with example traffic, which shows everything that the console can report.

pub mod server;
pub mod traffic;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::redis::target::{Address, Target};
use crate::wire::signature::{KeyringSettings, Secret};

use server::{Server, start_server};
use traffic::{Script, run_traffic};

/// The channels of the example traffic.
pub const CHANNELS: [&str; 5] =
    ["ops", "billing:eu-central:orders", "billing:us-eastern:orders", "inventory:stock", "audit"];

/// The pause before the traffic starts again after it lost its connection.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);

/// An embedded server with example traffic and faults. Both end when this is dropped.
#[derive(Debug)]
pub struct Demo {
    /// The URL of the server, e.g. `redis://127.0.0.1:40123`.
    pub url: String,
    /// The server as a target.
    pub target: Target,
    _server: Server,
    traffic: JoinHandle<()>,
}

impl Demo {
    /// Starts both on the current tokio runtime. `seed` and `rate` are those of [`run_traffic`].
    ///
    /// # Errors
    /// If the server cannot listen on a loopback port.
    pub async fn start(sequence_prefix: String, seed: u64, rate: f64) -> io::Result<Self> {
        let server = start_server().await?;
        let target = loopback(server.address());
        let publisher = target.clone();
        let traffic = tokio::spawn(async move {
            loop {
                let _ = run_traffic(publisher.clone(), sequence_prefix.clone(), Script::demo(), seed, rate).await;
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
        });
        Ok(Self { url: server.url(), target, _server: server, traffic })
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.traffic.abort();
    }
}

fn loopback(address: SocketAddr) -> Target {
    let address = Address::Tcp { host: address.ip().to_string(), port: address.port() };
    Target { address, tls: None, user: None, password: None, database: 0, allowed_hosts: None }
}

/// The keys of a listener that accepts the example traffic. It is signed with the key `default` and SHA-256. The key is
/// public.
#[must_use]
pub fn demo_keyring_settings() -> KeyringSettings {
    KeyringSettings {
        signing_key: Some(Secret::new(b"the key of the aircheck demo is no secret".to_vec())),
        ..KeyringSettings::default()
    }
}
