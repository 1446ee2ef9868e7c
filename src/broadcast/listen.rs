//! A listener: its settings, and its handlers and callbacks, which run in a loop over the stream.

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::Broadcast;
use super::error::ListenError;
use super::event::{Dropped, Event, Link, Missed, Started};
use super::handler::{Handler, HandlerError, HandlerOutput, Handlers};
use super::message::{Message, NotHandled};
use super::position::Position;
use super::stop::StopHandle;
use super::stream::{EventStream, StopReason, StreamSettings};

type Callback<T> = Box<dyn FnMut(&T) + Send>;
type RejectedCallback = Box<dyn FnMut(&Message, &NotHandled) + Send>;

/// Listens to a channel. [`Broadcast::listener`] creates it.
///
/// There are two ways to use it:
///
/// - [`into_stream`](Self::into_stream) returns a stream of events.
/// - [`on`](Self::on) and its variants set handlers for messages, and [`listen`](Self::listen) runs them. Handlers run one at a
///   time, in the order of the messages. The loop of `listen` reads the same stream.
///
/// Messages that arrive while a handler runs, or while the stream is not polled, wait in a [queue](Self::queue_limit). If the
/// queue is full, the oldest messages are dropped, and [`on_dropped`](Self::on_dropped) or [`Event::Dropped`] reports them.
pub struct Listener {
    /// Its `resume_after` is updated while listening: it is the position up to which every message was handled or reported
    /// as missed.
    settings: StreamSettings,
    handlers: Handlers,
    callbacks: Callbacks,
    unhandled_policy: Policy,
    rejected_policy: Policy,
}

#[derive(Default)]
struct Callbacks {
    started: Vec<Callback<Started>>,
    missed: Vec<Callback<Missed>>,
    dropped: Vec<Callback<Dropped>>,
    link: Vec<Callback<Link>>,
    rejected: Vec<RejectedCallback>,
}

/// What a listener does with a message that has no handler or is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Policy {
    /// Log the message at level `warn` with the [`tracing`] crate, and continue.
    #[default]
    Report,
    /// Continue without logging.
    Ignore,
    /// End the listener with an error, as the package does.
    Fail,
}

impl Listener {
    pub(super) fn new(broadcast: Broadcast) -> Self {
        Self {
            settings: StreamSettings::new(broadcast),
            handlers: Handlers::default(),
            callbacks: Callbacks::default(),
            unhandled_policy: Policy::default(),
            rejected_policy: Policy::default(),
        }
    }

    /// Returns the events as a stream. It uses the settings of this listener: its position, time limit, idle timeout, queue limit
    /// and stop handle. It does not use handlers, callbacks and policies.
    #[must_use]
    pub fn into_stream(self) -> EventStream {
        EventStream::new(self.settings)
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

    /// Sets a handler for messages with this name. The handler gets their data, deserialized to `T`. If the data cannot be
    /// deserialized, the handler is not called, and the policy for [rejected](Self::rejected_policy) messages applies.
    /// Missing data deserializes as `null`, which `Option` and `()` accept.
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

    /// Adds a callback for the start of each [`listen`](Self::listen). It is called before the first message is handled.
    #[must_use]
    pub fn on_listen(mut self, callback: impl FnMut(&Started) + Send + 'static) -> Self {
        self.callbacks.started.push(Box::new(callback));
        self
    }

    /// Adds a callback for missed messages. [`Event::Missed`] documents when it is called.
    #[must_use]
    pub fn on_missed(mut self, callback: impl FnMut(&Missed) + Send + 'static) -> Self {
        self.callbacks.missed.push(Box::new(callback));
        self
    }

    /// Adds a callback for messages that were dropped because the handlers were too slow.
    #[must_use]
    pub fn on_dropped(mut self, callback: impl FnMut(&Dropped) + Send + 'static) -> Self {
        self.callbacks.dropped.push(Box::new(callback));
        self
    }

    /// Adds a callback for each message that is rejected, or whose data does not have its handler's type.
    #[must_use]
    pub fn on_rejected(mut self, callback: impl FnMut(&Message, &NotHandled) + Send + 'static) -> Self {
        self.callbacks.rejected.push(Box::new(callback));
        self
    }

    /// Adds a callback for changes of the connection's state.
    #[must_use]
    pub fn on_link(mut self, callback: impl FnMut(&Link) + Send + 'static) -> Self {
        self.callbacks.link.push(Box::new(callback));
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

    /// Sets the position of the last message that an earlier run processed. [`Message::position`],
    /// [`last_position`](Self::last_position) and [`EventStream::last_position`] return it. The broadcasts between this position
    /// and the start of the listener are reported as missed. `None` means that there was no earlier run.
    ///
    /// The missed range is exact if the server is still the same. Otherwise, or if only the sequence number is known
    /// (`Position::from(1046)`), the number of missed messages is a lower bound.
    #[must_use]
    pub fn resume_after(mut self, position: impl Into<Option<Position>>) -> Self {
        self.settings.resume_after = position.into();
        self
    }

    /// Ends each call of [`listen`](Self::listen), or the stream, after this time. A handler that is running at that time
    /// completes first.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.settings.time_limit = Some(limit);
        self
    }

    /// Ends [`listen`](Self::listen), or the stream, if no message is received for this time. This is the timeout of the
    /// package's `listen`.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.idle_timeout = Some(timeout);
        self
    }

    /// Sets the maximum size of the queue for received messages, in bytes. The default is 64 MiB. The listener takes all
    /// messages out of the queue together. While it processes them, the queue can fill again, so up to twice this size can
    /// be in memory.
    #[must_use]
    pub fn queue_limit(mut self, bytes: usize) -> Self {
        self.settings.queue_limit = bytes;
        self
    }

    /// Returns a handle that stops this listener from another task or thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.settings.stop.clone()
    }

    /// The position up to which every message was handled or reported as missed. Pass it to
    /// [`resume_after`](Self::resume_after) to continue from here.
    #[must_use]
    pub fn last_position(&self) -> Option<&Position> {
        self.settings.resume_after.as_ref()
    }

    /// Listens until the listener is stopped, or its time limit or idle timeout is reached. A second call continues
    /// from the last position, and reports the broadcasts between the two calls as missed.
    ///
    /// # Cancellation
    /// If the future is dropped, the listener unsubscribes. An asynchronous handler that is running at that time is dropped too.
    /// The next call reports its message as missed, together with all messages that were received but not handled.
    ///
    /// # Errors
    /// If the first connection fails, the server denies access to the channel, or a handler returns an error. Also if a message is
    /// rejected or has no handler, and the policy for this is [`Policy::Fail`].
    pub async fn listen(&mut self) -> Result<StopReason, ListenError> {
        let mut stream = EventStream::new(self.settings.clone());
        loop {
            let event = stream.next().await;
            self.settings.resume_after = stream.position_before_event().cloned();
            let Some(event) = event else { break };
            self.handle(event?).await?;
            self.settings.resume_after = stream.last_position().cloned();
        }
        // The stream ends without a reason only after an error.
        stream.stop_reason().ok_or(ListenError::Defect)
    }

    /// Like [`listen`](Self::listen), on its own runtime. Panics if it is called within a tokio runtime.
    ///
    /// # Errors
    /// See [`listen`](Self::listen).
    pub fn listen_blocking(&mut self) -> Result<StopReason, ListenError> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(self.listen())
    }

    async fn handle(&mut self, event: Event) -> Result<(), ListenError> {
        match event {
            Event::Started(started) => call(&mut self.callbacks.started, &started),
            Event::Missed(missed) => call(&mut self.callbacks.missed, &missed),
            Event::Dropped(dropped) => call(&mut self.callbacks.dropped, &dropped),
            Event::Link(link) => call(&mut self.callbacks.link, &link),
            Event::Rejected { message, rejection } => self.reject(&message, NotHandled::Rejected(rejection))?,
            Event::Message(message) => self.message(message).await?,
        }
        Ok(())
    }

    async fn message(&mut self, message: Message) -> Result<(), ListenError> {
        let Some(handler) = self.handlers.of(message.name_bytes()) else {
            let name = message.escaped_name();
            match self.unhandled_policy {
                Policy::Report => tracing::warn!("no handler for message \"{name}\""),
                Policy::Ignore => {}
                Policy::Fail => return Err(ListenError::Unhandled { name }),
            }
            return Ok(());
        };
        match handler.call(message.clone()).await {
            Ok(()) => Ok(()),
            Err(HandlerError::Data(error)) => self.reject(&message, NotHandled::Data(error)),
            Err(HandlerError::Handler(source)) => Err(ListenError::Handler { name: message.escaped_name(), source }),
        }
    }

    fn reject(&mut self, message: &Message, reason: NotHandled) -> Result<(), ListenError> {
        for callback in &mut self.callbacks.rejected {
            callback(message, &reason);
        }
        let name = message.escaped_name();
        match self.rejected_policy {
            Policy::Report => tracing::warn!("message \"{name}\": {reason}"),
            Policy::Ignore => {}
            Policy::Fail => return Err(ListenError::Rejected { name, source: reason }),
        }
        Ok(())
    }
}

fn call<T>(callbacks: &mut [Callback<T>], event: &T) {
    for callback in callbacks {
        callback(event);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("settings", &self.settings)
            .field("handlers", &self.handlers)
            .finish_non_exhaustive()
    }
}
