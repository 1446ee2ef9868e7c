//! A real `redis-server` for one test: on a free port and a Unix socket, in a temporary directory, killed when dropped.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use redis::{ConnectionAddr, FromRedisValue, IntoConnectionInfo, RedisConnectionInfo, RedisResult, Value};
use tempfile::TempDir;
use tokio::net::TcpSocket;

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
        server.wait_until_ready();
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
        connect(info)
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
        self.wait_until_ready();
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

    fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let ended = self.child.try_wait().unwrap();
            if self.connection(0).is_ok_and(|mut connection| raw::<String>(&mut connection, &["PING"]).is_ok()) {
                return;
            }
            if ended.is_some() || Instant::now() >= deadline {
                let log = std::fs::read_to_string(log_file(self.directory.path())).unwrap_or_default();
                let state = ended.map_or_else(|| "still runs".to_owned(), |status| status.to_string());
                panic!("{} is not ready on port {} ({state}): {log}", self.program, self.port);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Connects. The connection attempt, the login, and every later read and write end after [`LIMIT`].
pub(crate) fn connect(info: impl IntoConnectionInfo) -> RedisResult<redis::Connection> {
    let connection = redis::Client::open(info)?.get_connection_with_timeout(LIMIT)?;
    connection.set_read_timeout(Some(LIMIT))?;
    connection.set_write_timeout(Some(LIMIT))?;
    Ok(connection)
}

/// Runs a command on a connection.
pub(crate) fn raw<T: FromRedisValue>(connection: &mut redis::Connection, parts: &[&str]) -> RedisResult<T> {
    let mut command = redis::Cmd::new();
    command.arg(parts);
    command.query(connection)
}

/// A TCP port of 127.0.0.1 that only this test uses. Nothing listens on it yet.
///
/// A socket stays bound to the port until the test process ends. The kernel therefore never chooses the port for another
/// socket. A server can still listen on it, because both set `SO_REUSEADDR` and this socket never listens.
pub(crate) fn free_port() -> u16 {
    static RESERVED: Mutex<Vec<TcpSocket>> = Mutex::new(Vec::new());
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
    let port = socket.local_addr().unwrap().port();
    RESERVED.lock().unwrap().push(socket);
    port
}

/// The file that receives a server's log.
fn log_file(directory: &Path) -> PathBuf {
    directory.join("server.log")
}

fn spawn(program: &str, directory: &Path, port: u16, options: &[String]) -> Child {
    let log = File::create(log_file(directory)).unwrap();
    Command::new(program)
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"])
        .args(["--port", &port.to_string()])
        .arg("--dir")
        .arg(directory)
        .arg("--unixsocket")
        .arg(directory.join("redis.sock"))
        .args(options)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"))
}
