//! The dashboard and the alert rules of `assets/monitoring`, with a real Prometheus: Debian's package `prometheus`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::record::service::{ask, value};
use crate::support::{LIMIT, RedisServer, free_port};
use crate::tailing::{Tailing, broadcast};
use crate::world::World;

fn monitoring(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/monitoring").join(name)
}

fn promtool(arguments: &[&str]) {
    let output = Command::new("promtool").args(arguments).current_dir(monitoring("")).output();
    let output = output.unwrap_or_else(|error| panic!("promtool, of Debian's package prometheus: {error}"));
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_alert_rules_pass_their_tests() {
    promtool(&["check", "rules", "--lint-fatal", "aircheck.rules.yml"]);
    promtool(&["test", "rules", "aircheck.rules.test.yml"]);
}

/// The queries of the dashboard, without Grafana's variables.
fn queries() -> Vec<String> {
    let dashboard: Value =
        serde_json::from_str(&fs::read_to_string(monitoring("grafana-dashboard.json")).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let queries = targets.map(|target| {
        let query = target["expr"].as_str().unwrap();
        query.replace("$instance", ".*").replace("$channel", ".*").replace("$__rate_interval", "10s")
    });
    queries.collect()
}

#[test]
fn the_dashboard_and_the_rules_use_all_metrics_and_no_others() {
    let names = |text: &str| -> BTreeSet<String> {
        let name = regex::Regex::new("aircheck_[a-z_]+").unwrap();
        name.find_iter(text).map(|found| found.as_str().trim_end_matches("_bucket").to_owned()).collect()
    };
    let sample = aircheck::commands::record::metrics_sample();
    let all: BTreeSet<String> =
        sample.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned)).collect();
    let rules = fs::read_to_string(monitoring("aircheck.rules.yml")).unwrap();
    let used: BTreeSet<String> = names(&queries().join("\n")).union(&names(&rules)).cloned().collect();
    let unknown: Vec<_> = used.difference(&all).collect();
    assert!(unknown.is_empty(), "{unknown:?} are no metrics");
    let unused: Vec<_> = all.difference(&used).map(String::as_str).collect();
    assert_eq!(
        unused,
        [
            "aircheck_deleted_messages_total",
            "aircheck_recorded_messages_total",
            "aircheck_recorder_pending_messages",
            // Only a recorder with a store has these.
            "aircheck_store_connected",
            "aircheck_store_error",
            "aircheck_store_lag_seconds",
            "aircheck_store_pending_rows",
            "aircheck_store_rows_total",
        ]
    );
}

/// A Prometheus that scrapes one address. It is killed when dropped.
struct Prometheus {
    child: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

impl Prometheus {
    fn start(target: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let rules = monitoring("aircheck.rules.yml");
        let config = format!(
            "global: {{scrape_interval: 500ms, evaluation_interval: 500ms}}\nrule_files: ['{}']\n\
             scrape_configs: [{{job_name: aircheck, static_configs: [{{targets: ['{target}']}}]}}]\n",
            rules.display()
        );
        let file = directory.path().join("prometheus.yml");
        fs::write(&file, config).unwrap();
        let port = free_port();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", directory.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("prometheus, of Debian's package prometheus: {error}"));
        Self { child, port, _directory: directory }
    }

    /// The answer to a request; none while it starts.
    fn get(&self, path: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(LIMIT)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// Waits until a query returns data.
    fn wait_for(&self, query: &str) -> Value {
        let encoded = query.bytes().fold(String::new(), |mut encoded, byte| {
            write!(encoded, "%{byte:02X}").unwrap();
            encoded
        });
        self.wait(&format!("/api/v1/query?query={encoded}"), query, |data| {
            data["result"].as_array().is_some_and(|result| !result.is_empty())
        })
    }

    fn wait(&self, path: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + LIMIT;
        loop {
            let answer = self.get(path);
            if let Some(answer) = &answer
                && answer["status"] == "success"
                && wanted(&answer["data"])
            {
                return answer["data"].clone();
            }
            assert!(Instant::now() < deadline, "{what} returns {answer:?}");
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_query_of_the_dashboard_returns_data_and_a_silence_raises_an_alert() {
    let server = RedisServer::start();
    let world = World::of(&server).config(
        "
        [profile.a]
        channels = ['ops']
        [profile.a.expect.heartbeat]
        channel = 'ops'
        at_least = '1/s'
        grace = '1s'
        ",
    );
    let address = format!("127.0.0.1:{}", free_port());
    let mut recorder = world.process(&["record", "-o", "ops.db", "--metrics", &address]);
    recorder.current_dir(world.home());
    let recorder = Tailing::spawn(recorder);
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(1)"));
    broadcast(&server, "ops", &["evt::", "evt::no json"]);
    let prometheus = Prometheus::start(&address);
    for query in queries() {
        prometheus.wait_for(&query);
    }
    let alert = "AircheckExpectationNotMet";
    prometheus.wait("/api/v1/alerts", alert, |data| {
        let alerts = data["alerts"].as_array();
        alerts.is_some_and(|alerts| {
            alerts.iter().any(|it| it["labels"]["alertname"] == alert && it["labels"]["channel"] == "ops")
        })
    });
    assert_eq!(
        value(&ask(&address, "GET /metrics").1, "aircheck_expectation_met{channel=\"ops\",expectation=\"heartbeat\"}"),
        "0"
    );
    recorder.signal("-INT");
}
