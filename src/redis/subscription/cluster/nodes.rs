//! The readers of the nodes, and who of them sees to what.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};

use super::links::{Links, few};
use super::node_reader::{NodeReader, TopologyHint};
use super::slot_migration::{Assignment, Released};
use crate::ledger::interval::{Entry, Interval};
use crate::redis::cluster::topology::{Node, Topology};
use crate::redis::subscription::reader::Reader;
use crate::redis::subscription::shared::Shared;
use crate::redis::subscription::{Control, Settings, follow, is_pattern, now_micros};

/// All nodes that are listened to.
pub(super) struct Nodes {
    /// What is asked for, its channels and its keyring as they are now.
    settings: Settings,
    shared: Shared,
    links: Rc<RefCell<Links>>,
    hints: UnboundedSender<TopologyHint>,
    topology: Option<Arc<Topology>>,
    running: BTreeMap<Node, UnboundedSender<Control>>,
    tasks: JoinSet<()>,
    /// Channels of slots that no node owns.
    unowned: Vec<Released>,
}

impl Nodes {
    pub(super) fn new(settings: Settings, shared: Shared, hints: UnboundedSender<TopologyHint>) -> Self {
        Self {
            settings,
            shared,
            links: Rc::default(),
            hints,
            topology: None,
            running: BTreeMap::new(),
            tasks: JoinSet::new(),
            unowned: Vec::new(),
        }
    }

    /// Does what is asked of the subscription.
    pub(super) fn order(&mut self, order: Control) {
        match order {
            Control::Subscribe(names) => {
                for name in names {
                    if !self.settings.channels.contains(&name) {
                        self.settings.channels.push(name);
                    }
                }
                self.serve(Vec::new());
            }
            Control::Unsubscribe(names) => {
                self.settings.channels.retain(|channel| !names.contains(channel));
                self.tell_all(|| Control::Unsubscribe(names.clone()));
            }
            Control::Judge(keyring) => {
                self.settings.keyring = Arc::clone(&keyring);
                self.tell_all(|| Control::Judge(Arc::clone(&keyring)));
            }
            Control::HandOverTo(consumer) => self.shared.add(consumer),
            // Only nodes are asked for these.
            Control::Cede(..) | Control::Serve(_) => {}
        }
    }

    /// Follows the slots to their owners.
    pub(super) async fn follow(&mut self, topology: Topology) {
        if self.topology.as_deref() == Some(&topology) {
            return;
        }
        let topology = Arc::new(topology);
        // Every channel is given up before it is taken up: no message of it is then counted on two nodes.
        let mut answers = Vec::new();
        for node in self.running.values() {
            let (to, answer) = oneshot::channel();
            let _ = node.send(Control::Cede(Arc::clone(&topology), to));
            answers.push(answer);
        }
        let mut released = std::mem::take(&mut self.unowned);
        for answer in answers {
            // A reader that has ended has ended with a panic, which `watch` passes on.
            released.append(&mut answer.await.unwrap_or_default());
        }
        self.running.retain(|node, _| {
            let stays = topology.nodes().contains(node);
            if !stays {
                self.links.borrow_mut().remove(node);
            }
            stays
        });
        self.topology = Some(topology);
        self.serve(released);
    }

    /// The owners cannot be asked for; where they were known before, each node speaks for itself.
    pub(super) fn lost_sight(&mut self, reason: String) {
        if self.topology.is_none() {
            self.links.borrow_mut().trouble(Some(reason));
            self.say();
        }
    }

    /// Gives every node what it is to see to, and connects to those that are needed and were not before.
    fn serve(&mut self, released: Vec<Released>) {
        let Some(topology) = self.topology.clone() else { return };
        let prefix = &self.settings.sequence_prefix[..];
        let owner = |channel: &[u8]| topology.owner(&[prefix, channel].concat());
        let mut assignment: BTreeMap<&Node, (Vec<Vec<u8>>, Vec<Released>)> = BTreeMap::new();
        let (patterns, channels): (Vec<_>, Vec<_>) =
            self.settings.channels.iter().cloned().partition(|name| is_pattern(name));
        // Without a channel by name there is none that needs only some of the nodes.
        if !patterns.is_empty() || channels.is_empty() {
            assignment.extend(topology.nodes().iter().map(|node| (node, (patterns.clone(), Vec::new()))));
        }
        let mut homeless = Vec::new();
        for name in channels {
            match owner(&name) {
                Some(node) => assignment.entry(node).or_default().0.push(name),
                None => homeless.push(name),
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
        let trouble = (!homeless.is_empty()).then(|| {
            let names = homeless.iter().map(|name| String::from_utf8_lossy(name).into_owned());
            format!("no node owns the slots of {}", few(names))
        });
        self.links.borrow_mut().trouble(trouble);
        for (node, (names, released)) in assignment {
            let assignment = Assignment { topology: Arc::clone(&topology), names, released };
            let orders = self.running.entry(node.clone()).or_insert_with(|| {
                self.links.borrow_mut().add(node);
                start(&self.settings, &self.shared, &self.links, &self.hints, &topology, node, &mut self.tasks)
            });
            let _ = orders.send(Control::Serve(assignment));
        }
        self.say();
    }

    /// Says what is new of all links together.
    fn say(&self) {
        let hints = self.links.borrow_mut().hints(now_micros());
        if let Some(link) = hints {
            let mut interval = Interval::default();
            interval.push(Entry::Link(link));
            self.shared.enqueue(interval);
        }
    }

    fn tell_all(&self, order: impl Fn() -> Control) {
        for node in self.running.values() {
            let _ = node.send(order());
        }
    }

    /// Waits for readers that end; passes their panics on. Never ends where there is none.
    pub(super) async fn watch(&mut self) {
        match self.tasks.join_next().await {
            Some(ended) => pass_on(ended),
            None => std::future::pending().await,
        }
    }

    /// Ends all readers, and waits until they have handed over what was left.
    pub(super) async fn end(mut self) {
        self.running.clear();
        while let Some(ended) = self.tasks.join_next().await {
            pass_on(ended);
        }
    }
}

/// Starts the reader of a node.
fn start(
    settings: &Settings,
    shared: &Shared,
    links: &Rc<RefCell<Links>>,
    hints: &UnboundedSender<TopologyHint>,
    topology: &Arc<Topology>,
    node: &Node,
    tasks: &mut JoinSet<()>,
) -> UnboundedSender<Control> {
    let target = settings.target.node(&node.host, node.port);
    let prefix = &settings.sequence_prefix;
    let cluster_node = NodeReader::new(node.clone(), Arc::clone(topology), prefix, Rc::clone(links), hints.clone());
    let own = Settings {
        target: target.clone(),
        sequence_prefix: prefix.clone(),
        // They come with its first duties.
        channels: Vec::new(),
        keyring: Arc::clone(&settings.keyring),
        known: settings.known.clone(),
        duplicates: settings.duplicates,
    };
    let reader = Reader::new(own, shared.clone(), Some(cluster_node));
    let (orders, given) = unbounded_channel();
    tasks.spawn_local(async move { follow(&target, reader, given).await });
    orders
}

fn pass_on(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}
