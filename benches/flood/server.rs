//! A real `redis-server` with its default output-buffer limits. It stores nothing on disk.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Outcome;

/// The maximum time until the server replies.
const LIMIT: Duration = Duration::from_secs(30);

/// A server on a free port; killed when dropped.
pub(crate) struct Server {
    child: Child,
    directory: TempDir,
    port: u16,
    control: redis::Connection,
}

/// A subscribed connection, from `CLIENT LIST`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Subscriber {
    pub(crate) id: String,
    /// The size of its output buffer, in bytes.
    pub(crate) waiting: u64,
}

impl Server {
    pub(crate) fn start() -> Outcome<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with more options.
    pub(crate) fn start_with(options: &[&str]) -> Outcome<Self> {
        let directory = tempfile::Builder::new().prefix("aircheck-flood").tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"])
            .args(["--port", &port.to_string()])
            .arg("--dir")
            .arg(directory.path())
            .args(options)
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start redis-server: {error}"))?;
        let client = redis::Client::open(("127.0.0.1", port))?;
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Ok(control) = client.get_connection() {
                return Ok(Self { child, directory, port, control });
            }
            if Instant::now() > deadline || child.try_wait()?.is_some() {
                return Err("redis-server does not reply".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A directory that is removed with the server.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Runs a command on a separate connection.
    pub(crate) fn ask<T: redis::FromRedisValue>(&mut self, command: &[&str]) -> Outcome<T> {
        Ok(redis::cmd(command[0]).arg(&command[1..]).query(&mut self.control)?)
    }

    /// The subscribed connections.
    pub(crate) fn subscribers(&mut self) -> Outcome<Vec<Subscriber>> {
        let list: String = self.ask(&["CLIENT", "LIST", "TYPE", "pubsub"])?;
        let subscriber = |line: &str| {
            let field = |name: &str| line.split(' ').find_map(|field| field.strip_prefix(name));
            let bytes = |name| field(name).and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
            Some(Subscriber { id: field("id=")?.to_owned(), waiting: bytes("omem=") + bytes("obl=") })
        };
        Ok(list.lines().filter_map(subscriber).collect())
    }

    /// Waits until `count` channels have a subscriber.
    pub(crate) fn wait_for_subscriptions(&mut self, count: u64) -> Outcome<()> {
        let deadline = Instant::now() + LIMIT;
        loop {
            if self.info("pubsub_channels")? >= count {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err("the subject does not subscribe".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The number with this name in `INFO`.
    pub(crate) fn info(&mut self, name: &str) -> Outcome<u64> {
        let info: String = self.ask(&["INFO", "all"])?;
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        Ok(line.ok_or_else(|| format!("INFO has no {name}"))?.trim().parse()?)
    }

    /// The number of calls of a command, from `INFO commandstats`.
    pub(crate) fn calls(&mut self, name: &str) -> Outcome<u64> {
        let info: String = self.ask(&["INFO", "commandstats"])?;
        let calls = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":calls=")?.split(',').next());
        Ok(calls.map_or(Ok(0), str::parse)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
