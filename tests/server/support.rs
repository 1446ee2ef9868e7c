//! A real `redis-server` for one test: on a free port and a Unix socket, in a temporary directory, killed when dropped.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use redis::{ConnectionAddr, FromRedisValue, IntoConnectionInfo, RedisConnectionInfo, RedisResult, Value};
use tempfile::TempDir;

/// The time limit of every wait. It is generous because machines can be busy.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A running server.
pub(crate) struct RedisServer {
    program: &'static str,
    child: Child,
    directory: TempDir,
    port: u16,
    options: Vec<String>,
    password: Option<String>,
}

impl RedisServer {
    /// Starts a server that keeps nothing on disk.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with further options, e.g. `&["--requirepass", "secret"]`.
    pub(crate) fn start_with(options: &[&str]) -> Self {
        Self::start_program("redis-server", options)
    }

    /// Starts Valkey if it is installed.
    pub(crate) fn start_valkey() -> Option<Self> {
        const PROGRAM: &str = "valkey-server";
        let found = Command::new(PROGRAM).arg("--version").stdout(Stdio::null()).status();
        found.is_ok_and(|status| status.success()).then(|| Self::start_program(PROGRAM, &[]))
    }

    fn start_program(program: &'static str, options: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("aircheck").tempdir().unwrap();
        let password = options.iter().position(|&option| option == "--requirepass").map(|at| options[at + 1].into());
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        let port = free_port();
        let child = spawn(program, directory.path(), port, &options);
        let mut server = Self { program, child, directory, port, options, password };
        // Another process may take the port first. The server then exits immediately.
        while !server.wait_until_ready() {
            server.port = free_port();
            server.child = spawn(program, server.directory.path(), server.port, &server.options);
        }
        server
    }

    /// The TCP port, on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("redis.sock")
    }

    /// `redis://127.0.0.1:PORT`, without user and password.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// `unix://PATH`, without user and password.
    pub(crate) fn unix_url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// A new connection to the given database, as a user with all permissions.
    pub(crate) fn connection(&self, database: i64) -> RedisResult<redis::Connection> {
        let mut settings = RedisConnectionInfo::default().set_db(database);
        if let Some(password) = &self.password {
            settings = settings.set_password(password);
        }
        let info = ConnectionAddr::Unix(self.socket()).into_connection_info()?.set_redis_settings(settings);
        let connection = redis::Client::open(info)?.get_connection()?;
        connection.set_read_timeout(Some(LIMIT))?;
        Ok(connection)
    }

    /// Runs a command on a new connection, as a user with all permissions.
    pub(crate) fn command<T: FromRedisValue>(&self, parts: &[&str]) -> T {
        raw(&mut self.connection(0).unwrap(), parts).unwrap()
    }

    /// Waits until the command's answer satisfies `wanted`; panics with the last answer after [`LIMIT`].
    pub(crate) fn wait_for(&self, parts: &[&str], wanted: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let answer: Value = self.command(parts);
            if wanted(&answer) {
                return;
            }
            assert!(Instant::now() < deadline, "{parts:?} still answers {answer:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills the server. [`restart`](Self::restart) starts it again without data, on the same port and socket.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts the server again where it was.
    pub(crate) fn restart(&mut self) {
        self.stop();
        let _ = std::fs::remove_file(self.socket());
        self.child = spawn(self.program, self.directory.path(), self.port, &self.options);
        assert!(self.wait_until_ready(), "the server does not start again on port {}", self.port);
    }

    /// Suspends the process: connections stay open, and there is no reply.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Resumes a frozen process.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill {signal} failed");
    }

    /// Returns false if the process has ended.
    fn wait_until_ready(&mut self) -> bool {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if self.connection(0).is_ok_and(|mut connection| raw::<String>(&mut connection, &["PING"]).is_ok()) {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("redis-server does not answer on {}", self.socket().display());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs a command on a connection.
pub(crate) fn raw<T: FromRedisValue>(connection: &mut redis::Connection, parts: &[&str]) -> RedisResult<T> {
    let mut command = redis::Cmd::new();
    command.arg(parts);
    command.query(connection)
}

/// A free TCP port of 127.0.0.1. Another process can take it before it is used.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(program: &str, directory: &Path, port: u16, options: &[String]) -> Child {
    Command::new(program)
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"])
        .args(["--port", &port.to_string()])
        .arg("--dir")
        .arg(directory)
        .arg("--unixsocket")
        .arg(directory.join("redis.sock"))
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"))
}
