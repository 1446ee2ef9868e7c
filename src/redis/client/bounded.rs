//! A socket that fails when a reply is too large.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::redis::socket::Socket;

/// The maximum size of all replies to one pipeline together, in bytes. redis-rs keeps a whole reply in memory, at up to 15
/// times its size.
pub(super) const MAX_REPLY: usize = 16 << 20;

/// The number of bytes by which the replies to the current pipeline may still grow. Clones share the same budget.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(MAX_REPLY)))
    }

    /// Resets the budget for the next request.
    pub(super) fn refill(&self) {
        self.0.store(MAX_REPLY, Ordering::Relaxed);
    }

    /// Returns an error if the reply was too large.
    pub(super) fn exceeded(&self) -> Option<io::Error> {
        let is_spent = self.0.load(Ordering::Relaxed) == 0;
        is_spent.then(|| io::Error::other(format!("the reply exceeds the limit of {} MiB", MAX_REPLY >> 20)))
    }

    fn spend(&self, length: usize) -> io::Result<()> {
        let spend = |left: usize| Some(left.saturating_sub(length));
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend);
        self.exceeded().map_or(Ok(()), Err)
    }
}

/// The socket of a redis-rs connection.
#[derive(Debug)]
pub(super) struct Bounded {
    pub(super) socket: Socket,
    pub(super) budget: Budget,
}

impl AsyncRead for Bounded {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.socket).poll_read(cx, buf))?;
        Poll::Ready(this.budget.spend(buf.filled().len() - before))
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
