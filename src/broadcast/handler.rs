//! The handlers of a listener, by message name.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;

use serde::de::DeserializeOwned;

use super::message::{DataError, Message};

/// The error type of handlers.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The return values of handlers: `()`, or a `Result` whose error ends the listener.
pub trait HandlerOutput {
    /// Converts the return value to a result.
    ///
    /// # Errors
    /// If the handler failed.
    fn into_result(self) -> Result<(), BoxError>;
}

impl HandlerOutput for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> HandlerOutput for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// Why a handler failed.
pub(super) enum HandlerError {
    Handler(BoxError),
    Data(DataError),
}

type HandlerResult = Result<(), HandlerError>;
type HandlerFuture = Pin<Box<dyn Future<Output = HandlerResult> + Send>>;

/// One handler.
pub(super) enum Handler {
    Now(Box<dyn FnMut(Message) -> HandlerResult + Send>),
    Later(Box<dyn FnMut(Message) -> HandlerFuture + Send>),
}

impl Handler {
    pub(super) fn now<R: HandlerOutput>(mut handler: impl FnMut(Message) -> R + Send + 'static) -> Self {
        Self::Now(Box::new(move |message| handler(message).into_result().map_err(HandlerError::Handler)))
    }

    pub(super) fn typed<T: DeserializeOwned, R: HandlerOutput>(
        mut handler: impl FnMut(T, Message) -> R + Send + 'static,
    ) -> Self {
        Self::Now(Box::new(move |message| match message.data() {
            Ok(data) => handler(data, message).into_result().map_err(HandlerError::Handler),
            Err(error) => Err(HandlerError::Data(error)),
        }))
    }

    pub(super) fn later<F>(mut handler: impl FnMut(Message) -> F + Send + 'static) -> Self
    where
        F: Future<Output: HandlerOutput> + Send + 'static,
    {
        Self::Later(Box::new(move |message| {
            let outcome = handler(message);
            Box::pin(async move { outcome.await.into_result().map_err(HandlerError::Handler) })
        }))
    }

    pub(super) async fn call(&mut self, message: Message) -> HandlerResult {
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
    /// Sets the handler for a name. A later handler replaces an earlier one for the same name, as in the package.
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
