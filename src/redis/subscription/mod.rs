//! The subscription: a thread that reads messages and counters, verifies the messages, and sends them to consumers in
//! [intervals](crate::ledger::interval).
//!
//! | module | content |
//! |---|---|
//! | `session` | one connection: reading, writing and timers |
//! | `frames` | handles each received frame |
//! | `ingest` | processes a message |
//! | `reader` | the state that outlives a connection |
//! | `table` | the tracked channels and the subscribed names |
//! | `barrier` | reads counters within the stream of messages (a *barrier*) |
//! | `interval_builder` | holds messages until the next barrier gives them sequence numbers |
//! | `expecting` | checks the expectations |
//! | `pending` | requests without a reply; detects a stale link |
//! | `warnings` | changes of the clock; limits of the duplicate check |
//! | `shared` | the state shared by the readers of all cluster nodes |
//! | `cluster` | one reader per cluster node; slot migration |

mod barrier;
mod cluster;
mod expecting;
mod frames;
mod ingest;
mod interval_builder;
mod pending;
mod reader;
mod session;
mod shared;
mod table;
mod warnings;

use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use self::cluster::{Assignment, ReleasedChannel};
use self::pending::STALE_TIMEOUT;
use self::reader::Reader;
use self::session::ConnectionEnd;
use self::shared::Shared;
use super::backoff::Backoff;
use super::cluster::topology::Topology;
use super::connect_error::ConnectError;
use super::connection::{ConnectProgress, Connection, connect};
use super::queue::Sender;
use super::sentinel;
use super::target::{Address, Target};
use crate::ledger::duplicates::Duplicates;
use crate::ledger::expectation::Expected;
use crate::ledger::interval::LinkState;
use crate::ledger::known::KnownCounter;
use crate::wire::escape::escape;
use crate::wire::signature::Keyring;

/// The maximum number of helper threads of a subscription. Each cluster node needs one, and DNS lookups need some.
const MAX_NODES: usize = 4096;

/// What to subscribe to, and how to verify messages.
#[derive(Debug)]
pub struct SubscriptionSettings {
    /// The server.
    pub target: Target,
    /// The prefix of counter keys. The channel's name follows it.
    pub sequence_prefix: Vec<u8>,
    /// The channels and patterns. A name with `*`, `?` or `[` is subscribed as a pattern (`PSUBSCRIBE`), any other
    /// name as a channel (`SUBSCRIBE`).
    pub channels: Vec<Vec<u8>>,
    /// The keys that verify signatures.
    pub keyring: Arc<Keyring>,
    /// The last known counters of an earlier run. Messages counted since then are reported as missed.
    pub known: Vec<KnownCounter>,
    /// How many verified messages are stored to detect duplicates; see [`Duplicates::new`]. 0 disables the detection.
    pub duplicates: usize,
    /// How many messages the channels should receive.
    pub expected: Expected,
}

/// A running subscription. It reconnects after each connection loss, without limit. Dropping it stops the thread. The
/// sequence numbers of messages that still wait for a barrier are then inferred or unknown; see
/// [`finish`](Self::finish).
#[derive(Debug)]
pub struct Subscription {
    control: UnboundedSender<Control>,
    /// Dropping it ends a wait for the settings.
    wanted: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    connect_error: ConnectErrorSlot,
}

/// The error of the last failed attempt to connect.
type ConnectErrorSlot = Arc<Mutex<Option<ConnectError>>>;

/// A message to the thread of a subscription.
#[derive(Debug)]
enum Control {
    Subscribe(Vec<Vec<u8>>),
    SetKeyring(Arc<Keyring>),
    Unsubscribe(Vec<Vec<u8>>),
    AddConsumer(Sender),
    /// End after a last barrier.
    Finish,
    /// To the reader of a cluster node: release the channels that the node does not own in this topology.
    Release(Arc<Topology>, oneshot::Sender<Vec<ReleasedChannel>>),
    /// To the reader of a cluster node: take these channels over.
    Assign(Assignment),
}

impl Subscription {
    /// Starts the thread. Each consumer receives all intervals.
    ///
    /// # Errors
    /// The system cannot create the thread or its event loop.
    pub fn start(settings: SubscriptionSettings, consumers: Vec<Sender>) -> io::Result<Self> {
        Self::start_later(std::future::ready(settings), consumers)
    }

    /// As [`start`](Self::start), but connects once the settings are known. What is called before, e.g.
    /// [`subscribe`](Self::subscribe), takes effect then.
    pub(crate) fn start_later(
        settings: impl Future<Output = SubscriptionSettings> + Send + 'static,
        consumers: Vec<Sender>,
    ) -> io::Result<Self> {
        let (control, controls) = unbounded_channel();
        let (wanted, unwanted) = oneshot::channel::<()>();
        let connect_error = ConnectErrorSlot::default();
        let slot = Arc::clone(&connect_error);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        // Each node of a cluster needs a thread.
        let runtime = runtime.enable_all().max_blocking_threads(MAX_NODES).thread_name("subscription").build()?;
        let thread = std::thread::Builder::new().name("subscription".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    settings = settings => run(settings, consumers, slot, controls).await,
                    _ = unwanted => {}
                }
            });
            // This does not wait for a DNS lookup in progress.
            runtime.shutdown_background();
        })?;
        Ok(Self { control, wanted: Some(wanted), thread: Some(thread), connect_error })
    }

    /// Returns and removes the error of the last failed attempt to connect. `None` if no attempt failed since the last call.
    /// Its texts are escaped.
    #[must_use]
    pub fn take_connect_error(&self) -> Option<ConnectError> {
        self.connect_error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Subscribes to more channels and patterns. Names that are already subscribed are ignored.
    pub fn subscribe(&self, channels: Vec<Vec<u8>>) {
        // Sending fails only if the thread has ended.
        let _ = self.control.send(Control::Subscribe(channels));
    }

    /// Verifies later messages with these keys.
    pub fn set_keyring(&self, keyring: Arc<Keyring>) {
        let _ = self.control.send(Control::SetKeyring(keyring));
    }

    /// Unsubscribes from channels and patterns. Names that are not subscribed are ignored.
    ///
    /// The ledger of a channel is kept. If the channel is subscribed again, a finding reports what was missed in
    /// between.
    pub fn unsubscribe(&self, channels: Vec<Vec<u8>>) {
        let _ = self.control.send(Control::Unsubscribe(channels));
    }

    /// Adds a consumer for later intervals. It is removed when it drops its receiver.
    pub fn add_consumer(&self, consumer: Sender) {
        let _ = self.control.send(Control::AddConsumer(consumer));
    }

    /// Stops the thread without waiting for its end, unlike a drop.
    pub fn stop_in_background(mut self) {
        // Without its handle, `drop` does not join the thread. The thread ends because `drop` closes the control channel.
        self.thread = None;
    }

    /// Stops the thread after a last barrier, so that the last messages have exact sequence numbers. If the server
    /// does not reply within a second, their numbers are inferred or unknown.
    pub fn finish(self) {
        let _ = self.control.send(Control::Finish);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let (closed, _) = unbounded_channel();
        self.control = closed;
        self.wanted = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whether a name is a pattern, not a channel.
#[must_use]
pub fn is_pattern(name: &[u8]) -> bool {
    name.iter().any(|byte| b"*?[".contains(byte))
}

/// Reads from one server or from the nodes of a cluster, until the subscription is dropped.
async fn run(
    settings: SubscriptionSettings,
    consumers: Vec<Sender>,
    connect_error: ConnectErrorSlot,
    controls: UnboundedReceiver<Control>,
) {
    let duplicates = Duplicates::new(settings.duplicates, settings.keyring.time_tolerance());
    let shared = Shared::new(consumers, duplicates, connect_error);
    if matches!(settings.target.address, Address::Cluster { .. }) {
        return cluster::run(settings, shared, controls).await;
    }
    let target = settings.target.clone();
    run_server(&target, Reader::new(settings, shared, None), controls).await;
}

/// Connects and reconnects until `controls` is closed.
async fn run_server(target: &Target, mut reader: Reader, mut controls: UnboundedReceiver<Control>) {
    let mut backoff = Backoff::default();
    loop {
        tracing::info!(server = %target, "connecting");
        let Some(connected) = try_connect(target, &mut reader, &mut controls).await else { break };
        let reason: Arc<str> = match connected {
            Ok(connection) => {
                backoff.connected(Instant::now());
                let node = connection.node.clone();
                let ended = tokio::select! {
                    biased;
                    ended = session::run(connection, &mut reader, &mut controls) => ended,
                    primary = primary_changed(target, node) => ConnectionEnd::Lost(format!("the primary is now {primary}").into()),
                };
                match ended {
                    ConnectionEnd::Dropped => break,
                    ConnectionEnd::Lost(reason) => {
                        tracing::warn!(server = %target, reason = %escape(reason.as_bytes()), "connection lost");
                        reason
                    }
                }
            }
            Err(error) => {
                let reason = error.link_reason();
                reader.shared.set_connect_error(error.escaped());
                tracing::warn!(server = %target, reason = %escape(reason.as_bytes()), "cannot connect");
                reason.into()
            }
        };
        reader.disconnected(&reason, now_micros());
        backoff.ended(Instant::now());
        let pause = tokio::time::sleep(backoff.step());
        if handle_controls_until(pause, &mut reader, &mut controls).await.is_none() {
            break;
        }
    }
    tracing::info!(server = %target, "subscription ended");
    reader.finish();
}

/// Tries to connect once. Returns `None` if the subscription was dropped.
async fn try_connect(
    target: &Target,
    reader: &mut Reader,
    controls: &mut UnboundedReceiver<Control>,
) -> Option<Result<Connection, ConnectError>> {
    let progress = ConnectProgress::default();
    let mut connected = pin!(connect(target, &progress));
    let first = async {
        tokio::select! {
            biased;
            connected = &mut connected => Ok(connected),
            step = progress.stalled(STALE_TIMEOUT) => Err(step),
        }
    };
    match handle_controls_until(first, reader, controls).await? {
        Ok(connected) => Some(connected),
        Err(step) => {
            let reason = format!("no reply to {step} for {} s", STALE_TIMEOUT.as_secs());
            reader.connect_stalled(&reason.into(), now_micros());
            handle_controls_until(connected, reader, controls).await
        }
    }
}

/// Waits until the primary is no longer `node`. Returns the address of the new primary. Waits forever if the target
/// does not use Sentinel.
async fn primary_changed(target: &Target, node: Option<Target>) -> String {
    match (&target.address, node) {
        (Address::Sentinel(sentinels), Some(node)) => sentinel::primary_changed(target, sentinels, &node).await,
        _ => std::future::pending().await,
    }
}

/// Applies control messages until `awaited` completes. Returns `None` if the subscription was dropped.
async fn handle_controls_until<T>(
    awaited: impl Future<Output = T>,
    reader: &mut Reader,
    controls: &mut UnboundedReceiver<Control>,
) -> Option<T> {
    let mut awaited = pin!(awaited);
    loop {
        tokio::select! {
            value = &mut awaited => return Some(value),
            control = controls.recv() => match control {
                None | Some(Control::Finish) => return None,
                Some(Control::Subscribe(names)) => {
                    let _ = reader.table.add_names(names);
                }
                Some(Control::Unsubscribe(names)) => {
                    let _ = reader.table.drop_names(&names);
                }
                Some(Control::SetKeyring(keyring)) => reader.keyring = keyring,
                Some(Control::AddConsumer(consumer)) => reader.shared.add(consumer),
                Some(Control::Release(topology, to)) => reader.release_unconnected(&topology, to),
                Some(Control::Assign(assignment)) => reader.assign_unconnected(assignment),
            },
        }
    }
}

/// The wall clock, in microseconds since the Unix epoch; 0 if the clock is before the epoch.
#[must_use]
pub fn now_micros() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Creates a change of the whole link, not of a single channel.
fn link_change(state: LinkState, reason: Option<Arc<str>>, at: i64) -> crate::ledger::interval::Link {
    crate::ledger::interval::Link { state, reason, channel: None, server: None, at }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn ending_a_subscription_does_not_wait_for_its_settings() {
        let (sender, receiver) = crate::redis::queue::queue(1);
        let subscription = Subscription::start_later(std::future::pending(), vec![sender]).unwrap();
        subscription.subscribe(vec![b"ops".to_vec()]);
        subscription.finish();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(!runtime.block_on(receiver.drain(&mut Vec::new())), "the consumer sees the end");
    }
}
