//! A real cluster for one test: three primaries, each with a replica.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::thread;
use std::time::{Duration, Instant};

use aircheck::redis::cluster::topology::{SLOT_COUNT, slot};
use aircheck::redis::publisher::{Publisher, Receipt, SendError};
use aircheck::redis::target::Target;
use redis::Value;

use crate::listening::PREFIX;
use crate::support::{LIMIT, RedisServer, free_port, raw};

/// The number of primaries. The replicas follow in the same order.
pub(super) const PRIMARIES: usize = 3;

pub(super) struct Cluster {
    pub(super) nodes: Vec<RedisServer>,
    ids: Vec<String>,
}

impl Cluster {
    /// Starts the cluster. Waits until all nodes know each other, and every replica follows its primary.
    pub(super) fn start() -> Self {
        let starting: Vec<_> = (0..2 * PRIMARIES).map(|_| thread::spawn(|| start_node(&[]))).collect();
        let nodes: Vec<RedisServer> = starting.into_iter().map(|node| node.join().unwrap()).collect();
        let ids = nodes.iter().map(|node| node.command(&["CLUSTER", "MYID"])).collect();
        let cluster = Self { nodes, ids };
        for (index, node) in cluster.nodes.iter().enumerate() {
            prepare(node, index);
            cluster.meet(node, node.port());
        }
        cluster.wait_for_all(&["CLUSTER", "INFO"], "cluster_known_nodes:6");
        for (index, replica) in cluster.nodes[PRIMARIES..].iter().enumerate() {
            replica.command::<()>(&["CLUSTER", "REPLICATE", &cluster.ids[index]]);
        }
        cluster.wait_for_all(&["CLUSTER", "INFO"], "cluster_state:ok");
        for replica in &cluster.nodes[PRIMARIES..] {
            replica.wait_for(&["INFO", "replication"], |answer| reply_contains(answer, "master_link_status:up"));
        }
        for node in &cluster.nodes {
            // A test may only stop a primary after all nodes know its replica.
            node.wait_for(&["CLUSTER", "SLOTS"], |answer| {
                let Value::Array(ranges) = answer else { return false };
                ranges.len() == PRIMARIES
                    && ranges.iter().all(|range| matches!(range, Value::Array(range) if range.len() == 4))
            });
        }
        cluster
    }

    /// Three primaries without replicas. They use TLS, also for the cluster bus. Returns them and their TLS ports.
    pub(super) fn start_secured(options: &[&str]) -> (Self, Vec<u16>) {
        let ports: Vec<u16> = (0..PRIMARIES).map(|_| free_port()).collect();
        let start = |port: &u16| {
            start_node(&[&["--tls-port", &port.to_string(), "--tls-cluster", "yes"][..], options].concat())
        };
        let nodes: Vec<RedisServer> = ports.iter().map(start).collect();
        let ids = nodes.iter().map(|node| node.command(&["CLUSTER", "MYID"])).collect();
        let cluster = Self { nodes, ids };
        for (index, node) in cluster.nodes.iter().enumerate() {
            prepare(node, index);
            cluster.meet(node, ports[index]);
        }
        cluster.wait_for_all(&["CLUSTER", "INFO"], "cluster_known_nodes:3");
        cluster.wait_for_all(&["CLUSTER", "INFO"], "cluster_state:ok");
        (cluster, ports)
    }

    /// Introduces a node to the others by its client port.
    fn meet(&self, node: &RedisServer, port: u16) {
        let bus =
            String::from_utf8(node.command::<Vec<Vec<u8>>>(&["CONFIG", "GET", "cluster-port"]).remove(1)).unwrap();
        self.nodes[0].command::<()>(&["CLUSTER", "MEET", "127.0.0.1", &port.to_string(), &bus]);
    }

    /// The URL with the given nodes.
    pub(super) fn url(&self, nodes: &[usize]) -> String {
        let nodes: Vec<String> = nodes.iter().map(|&node| self.address(node)).collect();
        format!("redis+cluster://{}", nodes.join(","))
    }

    pub(super) fn address(&self, node: usize) -> String {
        format!("127.0.0.1:{}", self.nodes[node].port())
    }

    pub(super) fn publisher(&self) -> Publishing {
        Publishing::new(&self.url(&[1, 0, 2, 3, 4, 5]))
    }

    /// Moves the slot of a channel's counter from one primary to another as `redis-cli --cluster reshard` does.
    pub(super) fn move_slot(&self, channel: &str, from: usize, to: usize) {
        self.begin_move(channel, from, to);
        self.end_move(channel, from, to);
    }

    /// Moves the counter, and leaves the slot's migration in progress.
    pub(super) fn begin_move(&self, channel: &str, from: usize, to: usize) {
        let key = format!("{PREFIX}{channel}");
        let slot = slot(key.as_bytes()).to_string();
        let (source, target) = (&self.nodes[from], &self.nodes[to]);
        target.command::<()>(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &self.ids[from]]);
        source.command::<()>(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &self.ids[to]]);
        source.command::<()>(&["MIGRATE", "127.0.0.1", &target.port().to_string(), &key, "0", "5000"]);
    }

    /// Gives the slot to its new owner.
    pub(super) fn end_move(&self, channel: &str, from: usize, to: usize) {
        let slot = slot(format!("{PREFIX}{channel}").as_bytes()).to_string();
        for node in [to, from] {
            self.nodes[node].command::<()>(&["CLUSTER", "SETSLOT", &slot, "NODE", &self.ids[to]]);
        }
    }

    /// Adds a node without slots. Returns its index.
    pub(super) fn join(&mut self, node: RedisServer) -> usize {
        self.ids.push(node.command(&["CLUSTER", "MYID"]));
        self.meet(&node, node.port());
        self.nodes.push(node);
        let known = format!("cluster_known_nodes:{}", self.nodes.len());
        self.wait_for_all(&["CLUSTER", "INFO"], &known);
        self.wait_for_all(&["CLUSTER", "INFO"], "cluster_state:ok");
        self.nodes.len() - 1
    }

    /// Waits until a primary's replica has all its data.
    pub(super) fn wait_for_replica_of(&self, primary: usize) {
        self.nodes[primary].wait_for(&["INFO", "replication"], |answer| {
            let text = format!("{answer:?}");
            let after = |words: &str| {
                let digits = text.split(words).nth(1)?;
                digits.split(|sign: char| !sign.is_ascii_digit()).next().map(str::to_owned)
            };
            after(",offset=").is_some() && after(",offset=") == after("master_repl_offset:")
        });
    }

    /// Promotes a replica with a manual failover. Retries until it succeeds.
    pub(super) fn take_over(&self, replica: usize) {
        let replica = &self.nodes[replica];
        let deadline = Instant::now() + LIMIT;
        while !reply_contains(&replica.command(&["INFO", "replication"]), "role:master") {
            assert!(Instant::now() < deadline, "the replica does not take over");
            let _ = raw::<()>(&mut replica.connection(0).unwrap(), &["CLUSTER", "FAILOVER"]);
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Waits until every node's reply contains a text.
    pub(super) fn wait_for_all(&self, parts: &[&str], text: &str) {
        for node in &self.nodes {
            node.wait_for(parts, |answer| reply_contains(answer, text));
        }
    }
}

/// Whether a reply contains a text.
pub(super) fn reply_contains(answer: &Value, text: &str) -> bool {
    match answer {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).contains(text),
        Value::VerbatimString { text: words, .. } | Value::SimpleString(words) => words.contains(text),
        _ => false,
    }
}

/// Starts a server in cluster mode.
pub(super) fn start_node(further: &[&str]) -> RedisServer {
    // The default port of the bus is 10000 higher, which may exceed 65535.
    let bus = free_port().to_string();
    let own = [
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        &bus,
        "--cluster-node-timeout",
        "1500",
        "--cluster-require-full-coverage",
        "no",
        "--cluster-replica-validity-factor",
        "0",
        "--cluster-allow-replica-migration",
        "no",
        "--repl-diskless-sync-delay",
        "0",
        // `CLUSTER SLOTS` lists a replica only after it has received a ping.
        "--repl-ping-replica-period",
        "1",
    ];
    RedisServer::start_with(&[&own, further].concat())
}

/// Sets a unique epoch, and the slots of a primary.
fn prepare(node: &RedisServer, index: usize) {
    node.command::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
    if index < PRIMARIES {
        let (first, last) = range(index);
        node.command::<()>(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]);
    }
}

fn range(primary: usize) -> (u16, u16) {
    let edge = |primary: usize| u16::try_from(usize::from(SLOT_COUNT) * primary / PRIMARIES).unwrap();
    (edge(primary), edge(primary + 1) - 1)
}

/// The first channel of the form `name0`, `name1`, … whose counter a primary owns at the start.
pub(super) fn channel_of(primary: usize, name: &str) -> String {
    let (first, last) = range(primary);
    let owned = |channel: &String| (first..=last).contains(&slot(format!("{PREFIX}{channel}").as_bytes()));
    (0..1000).map(|number| format!("{name}{number}")).find(owned).unwrap()
}

/// The publisher of these tests. It works like `aircheck publish`.
pub(super) struct Publishing {
    publisher: Publisher,
    runtime: tokio::runtime::Runtime,
}

impl Publishing {
    pub(super) fn new(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { publisher: Publisher::new(Target::parse(url).unwrap(), PREFIX.to_owned()), runtime }
    }

    /// Publishes. Returns the sequence number.
    pub(super) fn publish(&mut self, channel: &str, payload: &str) -> u64 {
        self.attempt(channel, payload).unwrap().sequence
    }

    /// Publishes once; panics if this takes longer than [`LIMIT`].
    fn attempt(&mut self, channel: &str, payload: &str) -> Result<Receipt, SendError> {
        let publish = self.publisher.publish(channel.as_bytes(), payload.as_bytes());
        let published = self.runtime.block_on(async { tokio::time::timeout(LIMIT, publish).await });
        published.unwrap_or_else(|_| panic!("publishing on {channel} did not end within {LIMIT:?}"))
    }

    /// Publishes. Retries until it succeeds, because a failover takes time.
    pub(super) fn insist(&mut self, channel: &str, payload: &str) -> u64 {
        let deadline = Instant::now() + LIMIT;
        loop {
            match self.attempt(channel, payload) {
                Ok(receipt) => return receipt.sequence,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}
