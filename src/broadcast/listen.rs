//! A listener: its handlers, and what it does with what comes.

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::Broadcast;
use super::error::ListenError;
use super::handler::{Handled, Handler, Handlers};
use super::message::{Message, NotHandled};
use super::missed::{Missed, Start};
use super::position::Position;
use super::stop::Stopper;

mod follow;

type Told<T> = Box<dyn FnMut(&T) + Send>;
type ToldWhy = Box<dyn FnMut(&Message, &NotHandled) + Send>;

/// Listens to a channel; made by [`Broadcast::listener`].
///
/// Handlers are called one after another, in the order of the messages. While they work, the subscription is read on: what
/// waits is bounded by 64 MiB, and what is more is dropped, oldest first, and said to be [missed](Listener::on_missed).
pub struct Listener {
    broadcast: Broadcast,
    handlers: Handlers,
    listening: Vec<Told<Start>>,
    missed: Vec<Told<Missed>>,
    rejections: Vec<ToldWhy>,
    unhandled: Policy,
    rejected: Policy,
    time_limit: Option<Duration>,
    idle_timeout: Option<Duration>,
    /// Up to there everything was handled, or said.
    last: Option<Position>,
    stopper: Stopper,
}

/// What a message without a handler, or a rejected one, leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Policy {
    /// It is reported at the level `warn` of the [`log`] crate, and the listener goes on.
    #[default]
    Report,
    /// The listener goes on.
    Ignore,
    /// The listener ends with an error, as in the package.
    Fail,
}

/// Why a listener ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ended {
    /// It was told to stop.
    Stopped,
    /// The time limit is over.
    TimeLimit,
    /// Nothing came for the idle timeout.
    Idle,
}

impl Listener {
    pub(super) fn new(broadcast: Broadcast) -> Self {
        Self {
            broadcast,
            handlers: Handlers::default(),
            listening: Vec::new(),
            missed: Vec::new(),
            rejections: Vec::new(),
            unhandled: Policy::default(),
            rejected: Policy::default(),
            time_limit: None,
            idle_timeout: None,
            last: None,
            stopper: Stopper::default(),
        }
    }

    /// Handles the messages of that name. A later handler of a name takes the place of an earlier one.
    #[must_use]
    pub fn on<R: Handled>(
        mut self,
        name: impl AsRef<[u8]>,
        handler: impl FnMut(Message) -> R + Send + 'static,
    ) -> Self {
        self.handlers.set(name.as_ref(), Handler::now(handler));
        self
    }

    /// Handles the messages of that name, with their data as a value of your own. A message whose data does not fit is
    /// [rejected](Self::rejected); no data reads as `null`, so that `Option` and `()` take it.
    #[must_use]
    pub fn on_data<T: DeserializeOwned, R: Handled>(
        mut self,
        name: impl AsRef<[u8]>,
        handler: impl FnMut(T, Message) -> R + Send + 'static,
    ) -> Self {
        self.handlers.set(name.as_ref(), Handler::typed(handler));
        self
    }

    /// Handles the messages of that name by a future, which is waited for before the next message is handled.
    #[must_use]
    pub fn on_async<F>(mut self, name: impl AsRef<[u8]>, handler: impl FnMut(Message) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Handled> + Send + 'static,
    {
        self.handlers.set(name.as_ref(), Handler::later(handler));
        self
    }

    /// Handles all messages that have no handler of their own.
    #[must_use]
    pub fn on_others<R: Handled>(mut self, handler: impl FnMut(Message) -> R + Send + 'static) -> Self {
        self.handlers.set_others(Handler::now(handler));
        self
    }

    /// Is told where the listener begins, before the first message; once each time it [listens](Self::listen).
    #[must_use]
    pub fn on_listen(mut self, told: impl FnMut(&Start) + Send + 'static) -> Self {
        self.listening.push(Box::new(told));
        self
    }

    /// Is told of everything that is missed: since the number given to [`since`](Self::since), while the connection was
    /// lost, and for any other [cause](super::MissedCause); before the first message that comes after it.
    #[must_use]
    pub fn on_missed(mut self, told: impl FnMut(&Missed) + Send + 'static) -> Self {
        self.missed.push(Box::new(told));
        self
    }

    /// Is told of each message that is rejected, or whose data does not fit its handler.
    #[must_use]
    pub fn on_rejected(mut self, told: impl FnMut(&Message, &NotHandled) + Send + 'static) -> Self {
        self.rejections.push(Box::new(told));
        self
    }

    /// What a message without a handler leads to.
    #[must_use]
    pub fn unhandled(mut self, policy: Policy) -> Self {
        self.unhandled = policy;
        self
    }

    /// What a message leads to that is rejected, or whose data does not fit its handler.
    #[must_use]
    pub fn rejected(mut self, policy: Policy) -> Self {
        self.rejected = policy;
        self
    }

    /// The sequence number of the last message that was handled in an earlier run, as [`Message::sequence`] returned it: what
    /// was broadcast since is reported as missed. None is a first run.
    ///
    /// A number alone does not tell which server counted it, so what was missed is a lower bound. Use
    /// [`since_position`](Self::since_position) for an exact range.
    #[must_use]
    pub fn since(self, sequence: impl Into<Option<u64>>) -> Self {
        self.since_position(sequence.into().map(Position::from))
    }

    /// As [`since`](Self::since), with the position that [`Message::position`] or [`last_position`](Self::last_position) returned:
    /// what was missed is exact if the server is the same.
    #[must_use]
    pub fn since_position(mut self, position: impl Into<Option<Position>>) -> Self {
        self.last = position.into();
        self
    }

    /// Ends after this time, or after the handler that runs then.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Ends when no message came for this time: the package's timeout.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }

    /// Ends this listener from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// The number up to which everything was handled, or said to be missed: what to give to [`since`](Self::since) of a
    /// listener that goes on from here.
    #[must_use]
    pub fn last_sequence(&self) -> Option<u64> {
        self.last.as_ref().map(|last| last.sequence)
    }

    /// As [`last_sequence`](Self::last_sequence), with the server that counted it: what to give to
    /// [`since_position`](Self::since_position).
    #[must_use]
    pub fn last_position(&self) -> Option<&Position> {
        self.last.as_ref()
    }

    /// Listens until it is stopped, or a time that was set is over. Called again, it goes on where it was: what was
    /// broadcast meanwhile is said to be missed. Needs a tokio runtime with its clock.
    ///
    /// # Errors
    /// Where the first connection fails, a handler fails, or a policy says so.
    pub async fn listen(&mut self) -> Result<Ended, ListenError> {
        self.follow().await
    }

    /// As [`listen`](Self::listen), on a runtime of its own; not to be used within another one, where it panics.
    ///
    /// # Errors
    /// As there.
    pub fn listen_blocking(&mut self) -> Result<Ended, ListenError> {
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
