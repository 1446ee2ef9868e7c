//! A real `PostgreSQL` server for one test: on a free port and a Unix socket, in a temporary directory, killed when dropped.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aircheck::store::target::StoreTarget;
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::support::{LIMIT, free_port};

/// The password of the role `postgres`, the superuser.
pub(crate) const PASSWORD: &str = "s3cret-store";

/// The unprivileged user of the server if the tests run as root. Debian's package creates it.
const USER: &str = "postgres";

/// A running server with the empty database `aircheck`.
pub(crate) struct PostgresServer {
    programs: PathBuf,
    child: Child,
    directory: TempDir,
    port: u16,
    options: Vec<String>,
}

impl PostgresServer {
    /// Starts a server. `None`, with a note, if `PostgreSQL` is not installed.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with further settings, e.g. `&["ssl=on"]`.
    pub(crate) fn start_with(settings: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("SKIPPED: PostgreSQL is not installed");
            return None;
        };
        let directory = tempfile::Builder::new().prefix("aircheck-pg").tempdir().unwrap();
        let password = directory.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        give_to_server(directory.path());
        let created = unprivileged(&programs.join("initdb"))
            .args(["--auth=scram-sha-256", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg("--pwfile")
            .arg(&password)
            .arg("--pgdata")
            .arg(directory.path().join("data"))
            .output()
            .unwrap();
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
        let options: Vec<String> =
            settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]).collect();
        let port = free_port();
        let child = spawn(&programs, directory.path(), port, &options);
        let mut server = Self { programs, child, directory, port, options };
        // Another process may take the port first. The server then exits immediately.
        while !server.wait_until_ready() {
            server.port = free_port();
            server.child = spawn(&server.programs, server.directory.path(), server.port, &server.options);
        }
        server.execute_in("postgres", "CREATE DATABASE aircheck");
        Some(server)
    }

    /// The TCP port, on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The URL of the database for the superuser.
    pub(crate) fn url(&self) -> String {
        self.url_as("postgres", PASSWORD)
    }

    /// The URL of the database for a role.
    pub(crate) fn url_as(&self, role: &str, password: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/aircheck", self.port)
    }

    /// The address of the database, with the superuser's login.
    pub(crate) fn target(&self) -> StoreTarget {
        StoreTarget::parse(&self.url()).unwrap()
    }

    /// Runs statements in the database as the superuser.
    pub(crate) fn execute(&self, sql: &str) {
        self.execute_in("aircheck", sql);
    }

    /// Runs statements in the database as another role.
    pub(crate) fn execute_as(&self, role: &str, password: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
        let mut config = self.config("aircheck");
        config.user(role).password(password);
        with_client(&config, async |client| client.batch_execute(sql).await)
    }

    /// Runs statements in another database as the superuser.
    pub(crate) fn execute_in(&self, database: &str, sql: &str) {
        with_client(&self.config(database), async |client| {
            client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        });
    }

    /// The rows of a query, with all columns as text. A null is `∅`.
    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<String>> {
        with_client(&self.config("aircheck"), async |client| {
            let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            let rows = messages.iter().filter_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => {
                    Some((0..row.len()).map(|column| row.get(column).unwrap_or("∅").to_owned()).collect())
                }
                _ => None,
            });
            rows.collect()
        })
    }

    /// The only value of a query, as a number.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.query(sql)[0][0].parse().unwrap()
    }

    fn config(&self, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.port).user("postgres").password(PASSWORD).dbname(database);
        config
    }

    /// Ends the server without a shutdown, as a crash does. [`restart`](Self::restart) starts it again with its data.
    pub(crate) fn crash(&mut self) {
        // The postmaster ends its processes and does not write a checkpoint.
        self.signal("-QUIT");
        let _ = self.child.wait();
    }

    /// Starts the server again where it was.
    pub(crate) fn restart(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.crash();
        }
        let deadline = Instant::now() + LIMIT;
        loop {
            self.child = spawn(&self.programs, self.directory.path(), self.port, &self.options);
            if self.wait_until_ready() {
                return;
            }
            // Processes of the crashed server may still be ending.
            assert!(Instant::now() < deadline, "the server does not start again on port {}", self.port);
        }
    }

    /// Suspends or resumes (`-STOP`, `-CONT`) the server's main process, or ends it.
    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill {signal} failed");
    }

    /// Returns false if the process has ended.
    fn wait_until_ready(&mut self) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if runtime.block_on(self.config("postgres").connect(tokio_postgres::NoTls)).is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("PostgreSQL does not answer on port {}", self.port);
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.crash();
        }
    }
}

fn with_client<T>(config: &tokio_postgres::Config, work: impl AsyncFnOnce(Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
        let driver = tokio::spawn(connection);
        let result = work(client).await;
        driver.abort();
        result
    })
}

/// The directory of `initdb` and `postgres`: the newest version of Debian's package, or in PATH.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    found.sort_by_key(|path| path.parent().and_then(|version| version.file_name()?.to_str()?.parse::<u32>().ok()));
    found.reverse();
    found.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    found.into_iter().find(|directory| directory.join("initdb").exists() && directory.join("postgres").exists())
}

/// Lets the server's user own a directory.
pub(crate) fn give_to_server(directory: &Path) {
    if is_root() {
        // Without PostgreSQL, there is no such user.
        let _ = Command::new("chown").args(["-R", USER]).arg(directory).stderr(Stdio::null()).status();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A command of the server, which does not run as root.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--init-groups"]).arg(program);
    command
}

fn spawn(programs: &Path, directory: &Path, port: u16, options: &[String]) -> Child {
    // The tests crash processes and not the machine, so what the system has in memory survives.
    let log = fs::File::options().create(true).append(true).open(directory.join("log")).unwrap();
    let _ = fs::set_permissions(directory.join("log"), fs::Permissions::from_mode(0o644));
    unprivileged(&programs.join("postgres"))
        .arg("-D")
        .arg(directory.join("data"))
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"])
        .arg(directory)
        .args(["-c", "fsync=off", "-c", "max_connections=40", "-c", "shared_buffers=64MB"])
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("postgres cannot be started: {error}"))
}
