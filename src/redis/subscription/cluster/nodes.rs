//! Starts the readers of the nodes, and assigns channels to them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};

use super::links::{NodeLinks, list_some};
use super::node_reader::{NodeReader, TopologyHint};
use super::slot_migration::{Assignment, ReleasedChannel};
use crate::ledger::interval::{Entry, Interval};
use crate::redis::cluster::topology::{Node, Topology};
use crate::redis::connect_error::ConnectError;
use crate::redis::subscription::reader::Reader;
use crate::redis::subscription::shared::{Shared, lock};
use crate::redis::subscription::{Control, SubscriptionSettings, is_pattern, now_micros, run_server};
use crate::wire::escape::escape;

/// The readers of all nodes.
pub(super) struct Nodes {
    /// The settings with the current channels and keyring.
    settings: SubscriptionSettings,
    shared: Shared,
    links: Arc<Mutex<NodeLinks>>,
    hints: UnboundedSender<TopologyHint>,
    topology: Option<Arc<Topology>>,
    running: BTreeMap<Node, UnboundedSender<Control>>,
    tasks: JoinSet<()>,
    /// Channels whose slots no node owns.
    unowned: Vec<ReleasedChannel>,
}

impl Nodes {
    pub(super) fn new(settings: SubscriptionSettings, shared: Shared, hints: UnboundedSender<TopologyHint>) -> Self {
        Self {
            settings,
            shared,
            links: Arc::default(),
            hints,
            topology: None,
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            unowned: Vec::new(),
        }
    }

    /// Applies a control message that was sent to the subscription.
    pub(super) fn control(&mut self, control: Control) {
        match control {
            Control::Subscribe(names) => {
                for name in names {
                    if !self.settings.channels.contains(&name) {
                        self.settings.channels.push(name);
                    }
                }
                self.assign(Vec::new());
            }
            Control::Unsubscribe(names) => {
                self.settings.channels.retain(|channel| !names.contains(channel));
                self.send_to_all(|| Control::Unsubscribe(names.clone()));
            }
            Control::SetKeyring(keyring) => {
                self.settings.keyring = Arc::clone(&keyring);
                self.send_to_all(|| Control::SetKeyring(Arc::clone(&keyring)));
            }
            Control::AddConsumer(consumer) => self.shared.add(consumer),
            Control::Finish => self.send_to_all(|| Control::Finish),
            // These are only sent to the readers of single nodes.
            Control::Release(..) | Control::Assign(_) => {}
        }
    }

    /// Applies a new topology.
    pub(super) async fn follow(&mut self, topology: Topology) {
        if self.topology.as_deref() == Some(&topology) {
            return;
        }
        let nodes = list_some(topology.nodes().iter().map(Node::to_string));
        tracing::info!(nodes = %escape(nodes.as_bytes()), "cluster topology changed");
        let topology = Arc::new(topology);
        // All readers release channels before any reader takes them over, so that no message is counted on two nodes.
        let mut answers = Vec::new();
        for node in self.running.values() {
            let (to, answer) = oneshot::channel();
            let _ = node.send(Control::Release(Arc::clone(&topology), to));
            answers.push(answer);
        }
        let mut released = std::mem::take(&mut self.unowned);
        for answer in answers {
            // A reader ends early only if it panics. `join_ended` then resumes the panic.
            released.append(&mut answer.await.unwrap_or_default());
        }
        self.running.retain(|node, _| {
            let stays = topology.nodes().contains(node);
            if !stays {
                lock(&self.links).remove(node);
            }
            stays
        });
        self.topology = Some(topology);
        self.assign(released);
    }

    /// Logs that the topology could not be read. If no earlier lookup found a topology, this is also reported as an error of
    /// the cluster.
    pub(super) fn lookup_failed(&mut self, reason: String) {
        tracing::warn!(%reason, "cannot read the cluster topology");
        if self.topology.is_none() {
            let server = self.settings.target.to_string();
            self.shared.set_connect_error(ConnectError::NoPrimary { server, reason: reason.clone() });
            lock(&self.links).set_cluster_error(Some(reason));
            self.report_change();
        }
    }

    /// Assigns the channels to the nodes, and starts the readers that are missing.
    fn assign(&mut self, released: Vec<ReleasedChannel>) {
        let Some(topology) = self.topology.clone() else { return };
        let prefix = &self.settings.sequence_prefix[..];
        let owner = |channel: &[u8]| topology.owner(&[prefix, channel].concat());
        let mut assignment: BTreeMap<&Node, (Vec<Vec<u8>>, Vec<ReleasedChannel>)> = BTreeMap::new();
        let (patterns, channels): (Vec<_>, Vec<_>) =
            self.settings.channels.iter().cloned().partition(|name| is_pattern(name));
        // Patterns are subscribed on all nodes. Without any channels or patterns, connect to all nodes too.
        if !patterns.is_empty() || channels.is_empty() {
            assignment.extend(topology.nodes().iter().map(|node| (node, (patterns.clone(), Vec::new()))));
        }
        let mut without_owner = Vec::new();
        for name in channels {
            match owner(&name) {
                Some(node) => assignment.entry(node).or_default().0.push(name),
                None => without_owner.push(name),
            }
        }
        for released in released {
            match owner(released.ledger.channel().as_bytes()) {
                Some(node) => assignment.entry(node).or_default().1.push(released),
                None => self.unowned.push(released),
            }
        }
        for node in self.running.keys() {
            if let Some(node) = topology.nodes().iter().find(|known| *known == node) {
                assignment.entry(node).or_default();
            }
        }
        let cluster_error = (!without_owner.is_empty()).then(|| {
            let names = without_owner.iter().map(|name| String::from_utf8_lossy(name).into_owned());
            format!("no node owns the slots of {}", list_some(names))
        });
        lock(&self.links).set_cluster_error(cluster_error);
        for (node, (names, released)) in assignment {
            let assignment = Assignment { topology: Arc::clone(&topology), names, released };
            let controls = self.running.entry(node.clone()).or_insert_with(|| {
                lock(&self.links).add(node);
                start(&self.settings, &self.shared, &self.links, &self.hints, &topology, node, &mut self.tasks)
            });
            let _ = controls.send(Control::Assign(assignment));
        }
        self.report_change();
    }

    /// Reports the combined link if it has changed.
    fn report_change(&self) {
        // Locked until the change is sent, because otherwise a reader could send a newer state first.
        let mut links = lock(&self.links);
        if let Some(link) = links.take_change(now_micros()) {
            let mut interval = Interval::default();
            interval.push(Entry::Link(link));
            self.shared.enqueue(interval);
        }
    }

    fn send_to_all(&self, control: impl Fn() -> Control) {
        for node in self.running.values() {
            let _ = node.send(control());
        }
    }

    /// Waits for a reader to end. If the reader panicked, resumes the panic. Never returns if there are no readers.
    pub(super) async fn join_ended(&mut self) {
        match self.tasks.join_next().await {
            Some(ended) => resume_panic(ended),
            None => std::future::pending().await,
        }
    }

    /// Stops all readers, and waits until they have sent their last messages.
    pub(super) async fn stop(mut self) {
        self.running.clear();
        while let Some(ended) = self.tasks.join_next().await {
            resume_panic(ended);
        }
    }
}

/// Starts the reader of a node.
fn start(
    settings: &SubscriptionSettings,
    shared: &Shared,
    links: &Arc<Mutex<NodeLinks>>,
    hints: &UnboundedSender<TopologyHint>,
    topology: &Arc<Topology>,
    node: &Node,
    tasks: &mut JoinSet<()>,
) -> UnboundedSender<Control> {
    let target = settings.target.node(&node.host, node.port);
    let prefix = &settings.sequence_prefix;
    let cluster_node = NodeReader::new(node.clone(), Arc::clone(topology), prefix, Arc::clone(links), hints.clone());
    let own = SubscriptionSettings {
        target: target.clone(),
        sequence_prefix: prefix.clone(),
        // The first assignment contains the channels.
        channels: Vec::new(),
        keyring: Arc::clone(&settings.keyring),
        known: settings.known.clone(),
        duplicates: settings.duplicates,
        expected: settings.expected.clone(),
    };
    let reader = Reader::new(own, shared.clone(), Some(cluster_node));
    let (controls, received) = unbounded_channel();
    // Each node has its own thread and event loop, so that the nodes are read in parallel.
    tasks.spawn_blocking(move || {
        let reading = run_server(&target, reader, received);
        match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                runtime.block_on(reading);
                // This does not wait for a DNS lookup in progress.
                runtime.shutdown_background();
            }
            // Without an event loop of its own, the thread uses that of the subscription, which is slower.
            Err(_) => Handle::current().block_on(reading),
        }
    });
    controls
}

fn resume_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}
