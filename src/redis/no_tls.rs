//! Replaces `tls` in a library without the feature `tls`: no value of these types exists.

use std::convert::Infallible;
use std::error::Error;
use std::future::Ready;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::target::TargetError;

/// TLS settings. They need the feature `tls`.
#[derive(Debug, Clone)]
pub struct Tls(Infallible);

/// A socket with TLS.
#[derive(Debug)]
pub(crate) struct TlsSocket(Infallible);

impl Tls {
    /// Rejects a URL with TLS.
    pub(super) fn for_url() -> Result<Self, TargetError> {
        Err("the URL needs TLS; enable the feature `tls` of the crate aircheck".into())
    }

    pub(super) fn handshake(&self, _: &str, _: TcpStream) -> Ready<io::Result<TlsSocket>> {
        match self.0 {}
    }
}

pub(super) fn error_text(_: &(dyn Error + 'static)) -> Option<String> {
    None
}

impl AsyncRead for TlsSocket {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}

impl AsyncWrite for TlsSocket {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match self.0 {}
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}
