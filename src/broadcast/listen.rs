//! A listener: its handlers, callbacks and policies.

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::Broadcast;
use super::error::ListenError;
use super::handler::{Handler, HandlerOutput, Handlers};
use super::message::{Message, NotHandled};
use super::missed::{ListenStart, Missed};
use super::position::Position;
use super::stop::StopHandle;

mod follow;

type Callback<T> = Box<dyn FnMut(&T) + Send>;
type RejectedCallback = Box<dyn FnMut(&Message, &NotHandled) + Send>;

/// Listens to a channel. [`Broadcast::listener`] creates it.
///
/// Handlers run one at a time, in the order of the messages. The subscription continues to receive messages while a handler runs, and
/// queues up to 64 MiB of them. If the queue is full, the oldest messages are dropped and reported as
/// [missed](Listener::on_missed).
pub struct Listener {
    broadcast: Broadcast,
    handlers: Handlers,
    listening: Vec<Callback<ListenStart>>,
    missed: Vec<Callback<Missed>>,
    rejections: Vec<RejectedCallback>,
    unhandled_policy: Policy,
    rejected_policy: Policy,
    time_limit: Option<Duration>,
    idle_timeout: Option<Duration>,
    /// The position up to which every message was handled or reported as missed.
    last: Option<Position>,
    stop: StopHandle,
}

/// What a listener does with a message that has no handler or is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Policy {
    /// Log the message at level `warn` with the [`tracing`] crate, and continue.
    #[default]
    Report,
    /// Continue without logging.
    Ignore,
    /// End the listener with an error, as the package does.
    Fail,
}

/// Why a listener ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopReason {
    /// [`StopHandle::stop`] or [`Message::stop`] was called.
    Requested,
    /// The [time limit](Listener::time_limit) was reached.
    TimeLimit,
    /// No message was received for the [idle timeout](Listener::idle_timeout).
    IdleTimeout,
}

impl Listener {
    pub(super) fn new(broadcast: Broadcast) -> Self {
        Self {
            broadcast,
            handlers: Handlers::default(),
            listening: Vec::new(),
            missed: Vec::new(),
            rejections: Vec::new(),
            unhandled_policy: Policy::default(),
            rejected_policy: Policy::default(),
            time_limit: None,
            idle_timeout: None,
            last: None,
            stop: StopHandle::default(),
        }
    }

    /// Sets the handler for messages with this name. A later handler replaces an earlier one for the same name.
    #[must_use]
    pub fn on<R: HandlerOutput>(
        mut self,
        name: impl AsRef<[u8]>,
        handler: impl FnMut(Message) -> R + Send + 'static,
    ) -> Self {
        self.handlers.set(name.as_ref(), Handler::now(handler));
        self
    }

    /// Sets a handler for messages with this name that gets their data, deserialized to `T`. If the data cannot be deserialized,
    /// the handler is not called, and the policy for [rejected](Self::rejected_policy) messages applies. Missing data deserializes as
    /// `null`, which `Option` and `()` accept.
    #[must_use]
    pub fn on_data<T: DeserializeOwned, R: HandlerOutput>(
        mut self,
        name: impl AsRef<[u8]>,
        handler: impl FnMut(T, Message) -> R + Send + 'static,
    ) -> Self {
        self.handlers.set(name.as_ref(), Handler::typed(handler));
        self
    }

    /// Sets an asynchronous handler for messages with this name. The listener awaits its future before it handles the next
    /// message.
    #[must_use]
    pub fn on_async<F>(mut self, name: impl AsRef<[u8]>, handler: impl FnMut(Message) -> F + Send + 'static) -> Self
    where
        F: Future<Output: HandlerOutput> + Send + 'static,
    {
        self.handlers.set(name.as_ref(), Handler::later(handler));
        self
    }

    /// Sets the handler for all messages that have no handler for their name.
    #[must_use]
    pub fn on_any_other<R: HandlerOutput>(mut self, handler: impl FnMut(Message) -> R + Send + 'static) -> Self {
        self.handlers.set_others(Handler::now(handler));
        self
    }

    /// Adds a callback for the start of each [`listen`](Self::listen), called before the first message.
    #[must_use]
    pub fn on_listen(mut self, callback: impl FnMut(&ListenStart) + Send + 'static) -> Self {
        self.listening.push(Box::new(callback));
        self
    }

    /// Adds a callback for missed messages of any [cause](super::MissedCause). It is usually called before the
    /// message that follows the gap is handled. If the cause is
    /// [`CountedNotReceived`](super::MissedCause::CountedNotReceived), or the reply to a counter read is late, it is
    /// called after messages that follow the gap.
    #[must_use]
    pub fn on_missed(mut self, callback: impl FnMut(&Missed) + Send + 'static) -> Self {
        self.missed.push(Box::new(callback));
        self
    }

    /// Adds a callback for each message that is rejected, or whose data does not have its handler's type.
    #[must_use]
    pub fn on_rejected(mut self, callback: impl FnMut(&Message, &NotHandled) + Send + 'static) -> Self {
        self.rejections.push(Box::new(callback));
        self
    }

    /// Sets the policy for messages without a handler.
    #[must_use]
    pub fn unhandled_policy(mut self, policy: Policy) -> Self {
        self.unhandled_policy = policy;
        self
    }

    /// Sets the policy for messages that are rejected, or whose data does not have their handler's type.
    #[must_use]
    pub fn rejected_policy(mut self, policy: Policy) -> Self {
        self.rejected_policy = policy;
        self
    }

    /// Sets the position of the last message that an earlier run handled, from [`Message::position`] or
    /// [`last_position`](Self::last_position). The broadcasts between this position and the start of the listener are
    /// reported as missed. `None` means that there was no earlier run.
    ///
    /// The missed range is exact if the server is still the same. Otherwise, or if only the sequence number is known
    /// (`Position::from(1046)`), the number of missed messages is a lower bound.
    #[must_use]
    pub fn resume_after(mut self, position: impl Into<Option<Position>>) -> Self {
        self.last = position.into();
        self
    }

    /// Ends each call of [`listen`](Self::listen) after this time. A handler that is running at that time completes first.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Ends [`listen`](Self::listen) if no message is received for this time. This is the timeout of the package's
    /// `listen`.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// Returns a handle that stops this listener from another task or thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// The position up to which every message was handled or reported as missed. Pass it to
    /// [`resume_after`](Self::resume_after) to continue from here.
    #[must_use]
    pub fn last_position(&self) -> Option<&Position> {
        self.last.as_ref()
    }

    /// Listens until the listener is stopped, or its time limit or idle timeout is reached. A second call continues
    /// from the last position, and reports the broadcasts between the two calls as missed. Requires a tokio runtime
    /// with I/O and time enabled.
    ///
    /// # Errors
    /// If the first connection fails, the server denies access to the channel, or a handler returns an error. Also if a message is
    /// rejected or has no handler, and the policy for this is [`Policy::Fail`].
    pub async fn listen(&mut self) -> Result<StopReason, ListenError> {
        self.follow().await
    }

    /// Like [`listen`](Self::listen), on its own runtime. Panics if it is called within another tokio runtime.
    ///
    /// # Errors
    /// See [`listen`](Self::listen).
    pub fn listen_blocking(&mut self) -> Result<StopReason, ListenError> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(self.listen())
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("broadcast", &self.broadcast)
            .field("handlers", &self.handlers)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}
