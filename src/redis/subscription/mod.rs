//! The subscription: a thread of its own that reads frames, judges messages, and hands over intervals.
//!
//! | file | holds |
//! |---|---|
//! | `reader` | what outlives a connection: the channels' ledgers, and what is found in them |
//! | `ingest` | the way of a message |
//! | `table` | the channels that are known, and who may count what |
//! | `untracked` | the messages of channels beyond the bound of the table |
//! | `interval_builder` | the messages that wait for their barrier |
//! | `barrier` | which counters to ask for, and what the answers say |
//! | `pending` | the requests without a reply, and whether the link is stale |
//! | `session` | one connection: reading, writing, and what is due when |
//! | `warnings` | what is said beside the messages: a clock that was set, duplicates that may go unseen |
//! | `frames` | what each frame that comes means |
//! | `shared` | what the connections to several nodes share |
//! | `cluster` | one connection a node, and the channels that go from one to another |

mod barrier;
mod cluster;
mod frames;
mod ingest;
mod interval_builder;
mod pending;
mod reader;
mod session;
mod shared;
mod table;
mod untracked;
mod warnings;

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use self::cluster::{Assignment, Released};
use self::pending::STALE_TIMEOUT;
use self::reader::Reader;
use self::session::Ended;
use self::shared::Shared;
use super::backoff::Backoff;
use super::cluster::topology::Topology;
use super::connection::{Attempt, ConnectError, Connection, connect};
use super::queue::Sender;
use super::sentinel;
use super::target::{Address, Target};
use crate::ledger::duplicates::Duplicates;
use crate::ledger::interval::LinkState;
use crate::ledger::known::KnownCounter;
use crate::wire::signature::Keyring;

/// What to subscribe to, and how to judge what comes.
#[derive(Debug)]
pub struct Settings {
    /// The server.
    pub target: Target,
    /// What stands before a channel's name in its counter's key.
    pub sequence_prefix: Vec<u8>,
    /// The channels, and the patterns: names with `*`, `?` or `[`, as Redis reads them.
    pub channels: Vec<Vec<u8>>,
    /// The keys to judge with.
    pub keyring: Arc<Keyring>,
    /// The last counters known from an earlier run.
    pub known: Vec<KnownCounter>,
    /// How many signed messages are remembered, to find those that come again.
    pub duplicates: usize,
}

/// A running subscription; dropping it ends the thread.
#[derive(Debug)]
pub struct Subscription {
    control: UnboundedSender<Control>,
    thread: Option<JoinHandle<()>>,
}

/// What is asked of a running subscription.
#[derive(Debug)]
enum Control {
    Subscribe(Vec<Vec<u8>>),
    Judge(Arc<Keyring>),
    Unsubscribe(Vec<Vec<u8>>),
    HandOverTo(Sender),
    /// Of one node of a cluster: give up the channels that are others' now.
    Cede(Arc<Topology>, oneshot::Sender<Vec<Released>>),
    /// Of one node of a cluster: see to these channels from now on.
    Serve(Assignment),
}

impl Subscription {
    /// Starts the thread; what it reads goes to every one of `consumers`.
    ///
    /// # Errors
    /// Where the system gives no thread or no event loop.
    pub fn start(settings: Settings, consumers: Vec<Sender>) -> io::Result<Self> {
        let (control, orders) = unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("subscription".to_owned()).spawn(move || {
            runtime.block_on(run(settings, consumers, orders));
            // A name that is still being looked up is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(Self { control, thread: Some(thread) })
    }

    /// Subscribes to further channels and patterns; those that are subscribed already are left alone.
    pub fn subscribe(&self, channels: Vec<Vec<u8>>) {
        // The thread is gone only while the program ends.
        let _ = self.control.send(Control::Subscribe(channels));
    }

    /// Judges with other keys what comes from now on.
    pub fn judge_with(&self, keyring: Arc<Keyring>) {
        let _ = self.control.send(Control::Judge(keyring));
    }

    /// Ends the subscription to these channels and patterns; those that are not subscribed are left alone. What was known
    /// of a channel is kept: subscribed again, it begins with a finding of what was missed meanwhile.
    pub fn unsubscribe(&self, channels: Vec<Vec<u8>>) {
        let _ = self.control.send(Control::Unsubscribe(channels));
    }

    /// Hands what comes from now on over to one more consumer, until that drops its end.
    pub fn hand_over_to(&self, consumer: Sender) {
        let _ = self.control.send(Control::HandOverTo(consumer));
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let (closed, _) = unbounded_channel();
        self.control = closed;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whether a name is a pattern rather than one channel.
#[must_use]
pub fn is_pattern(name: &[u8]) -> bool {
    name.iter().any(|byte| b"*?[".contains(byte))
}

/// Listens to one server, or to the nodes of a cluster, until the subscription is dropped.
async fn run(settings: Settings, consumers: Vec<Sender>, orders: UnboundedReceiver<Control>) {
    let shared = Shared::new(consumers, Duplicates::new(settings.duplicates, settings.keyring.time_tolerance()));
    if matches!(settings.target.address, Address::Cluster { .. }) {
        return cluster::run(settings, shared, orders).await;
    }
    let target = settings.target.clone();
    follow(&target, Reader::new(settings, shared, None), orders).await;
}

/// Connects, and connects again, until nobody gives orders any more.
async fn follow(target: &Target, mut reader: Reader, mut orders: UnboundedReceiver<Control>) {
    let mut backoff = Backoff::default();
    loop {
        let Some(connected) = attempt(target, &mut reader, &mut orders).await else { break };
        let reason: Arc<str> = match connected {
            Ok(connection) => {
                backoff.connected(Instant::now());
                let node = connection.node.clone();
                let ended = tokio::select! {
                    biased;
                    ended = session::run(connection, &mut reader, &mut orders) => ended,
                    primary = moved(target, node) => Ended::Lost(format!("the primary is now {primary}").into()),
                };
                match ended {
                    Ended::Dropped => break,
                    Ended::Lost(reason) => reason,
                }
            }
            Err(error) => error.to_string().into(),
        };
        reader.disconnected(&reason, now_micros());
        backoff.ended(Instant::now());
        let pause = tokio::time::sleep(backoff.step());
        if meanwhile(pause, &mut reader, &mut orders).await.is_none() {
            break;
        }
    }
    reader.end();
}

/// Tries to connect once; none if the subscription was dropped.
async fn attempt(
    target: &Target,
    reader: &mut Reader,
    orders: &mut UnboundedReceiver<Control>,
) -> Option<Result<Connection, ConnectError>> {
    let attempt = Attempt::default();
    let mut connected = pin!(connect(target, &attempt));
    let first = async {
        tokio::select! {
            biased;
            connected = &mut connected => Ok(connected),
            step = attempt.stalls(STALE_TIMEOUT) => Err(step),
        }
    };
    match meanwhile(first, reader, orders).await? {
        Ok(connected) => Some(connected),
        Err(step) => {
            let reason = format!("no reply to {step} for {} s", STALE_TIMEOUT.as_secs());
            reader.stalled(&reason.into(), now_micros());
            meanwhile(connected, reader, orders).await
        }
    }
}

/// Ends when another server is to be listened to than `node`; gives its address.
async fn moved(target: &Target, node: Option<Target>) -> String {
    match (&target.address, node) {
        (Address::Sentinel(sentinels), Some(node)) => sentinel::moved(target, sentinels, &node).await,
        _ => std::future::pending().await,
    }
}

/// Waits for something, and notes what is asked meanwhile; none where the subscription was dropped.
async fn meanwhile<T>(
    awaited: impl Future<Output = T>,
    reader: &mut Reader,
    orders: &mut UnboundedReceiver<Control>,
) -> Option<T> {
    let mut awaited = pin!(awaited);
    loop {
        tokio::select! {
            value = &mut awaited => return Some(value),
            order = orders.recv() => match order {
                None => return None,
                Some(Control::Subscribe(names)) => {
                    let _ = reader.table.add_names(names);
                }
                Some(Control::Unsubscribe(names)) => {
                    let _ = reader.table.drop_names(&names);
                }
                Some(Control::Judge(keyring)) => reader.keyring = keyring,
                Some(Control::HandOverTo(consumer)) => reader.shared.add(consumer),
                Some(Control::Cede(topology, to)) => reader.cede_unconnected(&topology, to),
                Some(Control::Serve(assignment)) => reader.serve_unconnected(assignment),
            },
        }
    }
}

/// The wall clock, in microseconds since the epoch; 0 where it stands before that.
#[must_use]
pub fn now_micros() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A change of the link without a channel.
fn link(state: LinkState, reason: Option<Arc<str>>, at: i64) -> crate::ledger::interval::Link {
    crate::ledger::interval::Link { state, reason, channel: None, server: None, at }
}
