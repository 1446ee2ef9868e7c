//! Handlers by the name of the message.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;

use serde::de::DeserializeOwned;

use super::message::{DataError, Message};

/// What a handler may fail with.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a handler may return: nothing, or a `Result` whose error ends the listening.
pub trait Handled {
    /// As a result.
    ///
    /// # Errors
    /// Where the handler failed.
    fn into_result(self) -> Result<(), BoxError>;
}

impl Handled for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> Handled for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// How a handler failed.
pub(super) enum Failed {
    Handler(BoxError),
    Data(DataError),
}

type Outcome = Result<(), Failed>;
type Waiting = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// One handler.
pub(super) enum Handler {
    Now(Box<dyn FnMut(Message) -> Outcome + Send>),
    Later(Box<dyn FnMut(Message) -> Waiting + Send>),
}

impl Handler {
    pub(super) fn now<R: Handled>(mut handler: impl FnMut(Message) -> R + Send + 'static) -> Self {
        Self::Now(Box::new(move |message| handler(message).into_result().map_err(Failed::Handler)))
    }

    pub(super) fn typed<T: DeserializeOwned, R: Handled>(
        mut handler: impl FnMut(T, Message) -> R + Send + 'static,
    ) -> Self {
        Self::Now(Box::new(move |message| match message.data() {
            Ok(data) => handler(data, message).into_result().map_err(Failed::Handler),
            Err(error) => Err(Failed::Data(error)),
        }))
    }

    pub(super) fn later<F>(mut handler: impl FnMut(Message) -> F + Send + 'static) -> Self
    where
        F: Future<Output: Handled> + Send + 'static,
    {
        Self::Later(Box::new(move |message| {
            let outcome = handler(message);
            Box::pin(async move { outcome.await.into_result().map_err(Failed::Handler) })
        }))
    }

    pub(super) async fn call(&mut self, message: Message) -> Outcome {
        match self {
            Self::Now(handler) => handler(message),
            Self::Later(handler) => handler(message).await,
        }
    }
}

/// The handlers of a listener.
#[derive(Default)]
pub(super) struct Handlers {
    by_name: HashMap<Vec<u8>, Handler>,
    others: Option<Handler>,
}

impl Handlers {
    /// As in the package, a later handler of a name takes the place of an earlier one.
    pub(super) fn set(&mut self, name: &[u8], handler: Handler) {
        self.by_name.insert(name.to_vec(), handler);
    }

    pub(super) fn set_others(&mut self, handler: Handler) {
        self.others = Some(handler);
    }

    pub(super) fn of(&mut self, name: &[u8]) -> Option<&mut Handler> {
        self.by_name.get_mut(name).or(self.others.as_mut())
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.by_name.keys().map(|name| name.escape_ascii().to_string());
        f.debug_set().entries(names).finish()
    }
}
