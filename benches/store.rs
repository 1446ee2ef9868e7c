//! How fast a recording is shipped, and how fast a range is found in a store of 10 million messages.
//!
//! `cargo bench --bench store` runs both parts; `ship` or `find` selects one. Needs `PostgreSQL`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark fails by panicking, and prints its results")]

#[path = "../tests/server/store/postgres.rs"]
#[expect(dead_code, reason = "only the tests use the rest")]
mod postgres;

/// What the server's module needs.
mod support {
    use std::net::TcpListener;
    use std::time::Duration;

    /// The time limit of every wait.
    pub(crate) const LIMIT: Duration = Duration::from_mins(1);

    pub(crate) fn free_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
    }
}

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aircheck::recording::schema;
use aircheck::store::connection::Access;
use aircheck::store::schema::{connect, connect_and_create};
use aircheck::store::ship::{BatchLimits, ShipSettings, ship};
use aircheck::store::status::ShipStatus;
use bytes::Bytes;
use futures_util::{SinkExt as _, TryStreamExt as _};
use rusqlite::Connection;
use tokio::sync::watch;

use self::postgres::PostgresServer;

/// The number of messages that are shipped.
const SHIPPED: u32 = 300_000;
/// How often it is measured. The best round counts, because other programs only make it slower.
const ROUNDS: usize = 4;
/// The minimum rate from the file to the store, in messages a second.
const MIN_RATE: f64 = 80_000.0;
/// The minimum share of the rate of `COPY` alone.
const MIN_SHARE: f64 = 0.75;
/// The number of messages of the search.
const STORED: u32 = 10_000_000;
/// The maximum time to find and read a range of a thousand.
const MAX_FIND: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wants = |part: &str| words.is_empty() || words.iter().any(|word| word == part);
    // Unlike the tests, the server writes to the disk as in production.
    let settings = ["fsync=on", "max_wal_size=4GB", "shared_buffers=512MB"];
    let Some(server) = PostgresServer::start_with(&settings) else { return ExitCode::SUCCESS };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut passed = true;
    if wants("ship") {
        passed &= runtime.block_on(shipping(&server));
    }
    if wants("find") {
        passed &= finding(&server, &runtime);
    }
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn shipping(server: &PostgresServer) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ops.db");
    record(&file);
    let (mut shipped, mut copied) = (0.0_f64, 0.0_f64);
    for round in 1..=ROUNDS {
        empty(server).await;
        let rate = ship_all(server, &file).await;
        let copy = copy_all(server).await;
        println!("round {round}: shipped {rate:.0}/s, COPY alone {copy:.0}/s");
        shipped = shipped.max(rate);
        copied = copied.max(copy);
    }
    let share = shipped / copied;
    println!("file to store   {shipped:>9.0} messages/s   at least {MIN_RATE:.0}");
    println!("COPY alone      {copied:>9.0} messages/s   share {share:.2}, at least {MIN_SHARE}");
    shipped >= MIN_RATE && share >= MIN_SHARE
}

/// A recording with messages of two channels during five minutes.
fn record(file: &Path) {
    let connection = Connection::open(file).unwrap();
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    schema::create(&connection, "redis://redis:6379/0 p_").unwrap();
    connection
        .execute_batch(&format!(
            "BEGIN;
             INSERT INTO session (id, started_unix_micros, last_unix_micros, host, version, target, profile)
                VALUES (1, 1, 1, 'studio', '1', 'redis:6379', '');
             INSERT INTO channel (id, name, epoch, messages, rejected) VALUES (1, 'ops', 1, 0, 0), (2, 'billing', 1, 0, 0);
             INSERT INTO message (id, session, at_unix_micros, channel, epoch, certainty, sequence, verdict, timestamp, payload)
                WITH RECURSIVE ids(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < {SHIPPED})
                SELECT id, 1, 1795516352000000 + id * 1000, 1 + id % 2, 1, 0, id / 2, 0, 1795516352,
                    CAST('price-update:sha256|default|1795516352|' || lower(hex(randomblob(32))) || ':{{\"n\":' || id || '}}' AS BLOB)
                FROM ids;
             UPDATE total SET next_id = {SHIPPED} + 1;
             COMMIT"
        ))
        .unwrap();
}

async fn empty(server: &PostgresServer) {
    let connection = connect_and_create(&server.target()).await.unwrap();
    let tables = ["message", "shipped", "recording", "channel", "session", "rate", "counter_epoch"];
    let tables = tables.map(|table| format!("aircheck.{table}")).join(", ");
    connection.client.batch_execute(&format!("TRUNCATE {tables}; CHECKPOINT")).await.unwrap();
}

async fn ship_all(server: &PostgresServer, file: &Path) -> f64 {
    let target = server.target();
    let settings =
        ShipSettings { path: file.to_owned(), target, limits: BatchLimits::default(), file_in_use: Arc::default() };
    let (publish, status) = watch::channel(ShipStatus::default());
    let started = Instant::now();
    ship(&settings, &publish).await.unwrap();
    assert_eq!(status.borrow().rows, u64::from(SHIPPED));
    f64::from(SHIPPED) / started.elapsed().as_secs_f64()
}

/// Copies the same rows into the same table, without reading a file.
async fn copy_all(server: &PostgresServer) -> f64 {
    let connection = connect(&server.target(), Access::Write).await.unwrap();
    let client = &connection.client;
    let rows = client.copy_out("COPY (SELECT * FROM aircheck.message ORDER BY id) TO STDOUT (FORMAT binary)").await;
    let rows: Vec<Bytes> = rows.unwrap().try_collect().await.unwrap();
    // One part per row would be slow.
    let mut parts = vec![Vec::new()];
    for row in rows {
        if parts.last().unwrap().len() > 256 << 10 {
            parts.push(Vec::new());
        }
        parts.last_mut().unwrap().extend_from_slice(&row);
    }
    client.batch_execute("TRUNCATE aircheck.message; CHECKPOINT").await.unwrap();
    let started = Instant::now();
    let sink = client.copy_in("COPY aircheck.message FROM STDIN (FORMAT binary)").await.unwrap();
    let mut sink = Box::pin(sink);
    for part in parts {
        sink.send(Bytes::from(part)).await.unwrap();
    }
    let rows = sink.as_mut().finish().await.unwrap();
    assert_eq!(rows, u64::from(SHIPPED));
    f64::from(SHIPPED) / started.elapsed().as_secs_f64()
}

/// Stores messages of ten recordings and 30 days, and finds a range of one channel.
fn finding(server: &PostgresServer, runtime: &tokio::runtime::Runtime) -> bool {
    runtime.block_on(empty(server));
    let started = Instant::now();
    server.execute(&format!(
        "SELECT aircheck.create_partition(date '2026-11-01' + day) FROM generate_series(0, 29) AS day;
         INSERT INTO aircheck.recording (recording, source)
            SELECT lpad(n::text, 32, '0')::uuid, 'redis://redis:6379/0 p_' FROM generate_series(0, 9) AS n;
         INSERT INTO aircheck.shipped (recording, through_id, complete, shipped_at, host)
            SELECT recording, {STORED} / 10, true, now(), 'studio' FROM aircheck.recording;
         INSERT INTO aircheck.session (recording, id, started_unix_micros, last_unix_micros, host, version, target, profile)
            SELECT recording, 1, 1793491200000000, 1796083200000000, 'studio', '1', 'redis:6379', '' FROM aircheck.recording;
         INSERT INTO aircheck.channel (recording, id, name, name_text, epoch, messages)
            SELECT recording, 1, 'ops', 'ops', 1, {STORED} / 10 FROM aircheck.recording;
         INSERT INTO aircheck.counter_epoch (recording, channel, epoch, broadcast_epoch)
            SELECT recording, 1, 1, 1 FROM aircheck.recording;
         INSERT INTO aircheck.message (recording, id, session, at, channel, epoch, certainty, sequence, verdict, payload)
            SELECT lpad((n % 10)::text, 32, '0')::uuid, n / 10 + 1, 1, timestamptz '2026-11-01 00:00:00+00'
                + make_interval(secs => n * 30.0 * 86400 / {STORED}), 1, 1, 0, n / 10 + 1, 0,
                convert_to('price-update::{{\"n\":' || n || '}}', 'UTF8')
            FROM generate_series(0, {STORED} - 1) AS n ORDER BY n;
         ANALYZE"
    ));
    println!("stored {STORED} messages in {:.0} s", started.elapsed().as_secs_f64());
    // A thousand messages of one recording, on the day of their times.
    let range = "SELECT m.id, m.at, m.sequence, m.payload FROM aircheck.channel c
            JOIN aircheck.message m ON m.recording = c.recording AND m.channel = c.id
         WHERE c.name = 'ops' AND c.recording = '00000000-0000-0000-0000-000000000003'
            AND m.sequence BETWEEN 500000 AND 500999 AND m.at >= '2026-11-15' AND m.at < '2026-11-17'
         ORDER BY m.at, m.id";
    let plan: Vec<String> = server.query(&format!("EXPLAIN {range}")).concat();
    let plan = plan.join("\n");
    let partitions = plan.matches(" on message_2026").count();
    let is_indexed = !plan.contains("Seq Scan on message");
    // The first run reads from the disk.
    let found: Vec<Duration> = (0..5)
        .map(|_| {
            runtime.block_on(async {
                let connection = connect(&server.target(), Access::Read).await.unwrap();
                let started = Instant::now();
                assert_eq!(connection.client.query(range, &[]).await.unwrap().len(), 1000);
                started.elapsed()
            })
        })
        .collect();
    let slowest = found.iter().max().unwrap();
    println!("{plan}");
    println!("range of 1000   {slowest:>9.1?}   at most {MAX_FIND:?}, {partitions} partitions, indexed: {is_indexed}");
    *slowest <= MAX_FIND && is_indexed && partitions <= 3
}
