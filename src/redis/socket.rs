//! The socket to one server, with TLS where that is spoken.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::target::{Address, Target};
use super::tls::{self, Tls};

/// How long the handshake may take: a server without TLS waits for more instead of answering it.
const HANDSHAKE: Duration = Duration::from_secs(3);

/// The reading half of a connection.
pub(super) type Input = Box<dyn AsyncRead + Send + Unpin>;
/// The writing half of a connection; what is written to TLS must be flushed.
pub(super) type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// An open connection to a server.
#[derive(Debug)]
pub enum Socket {
    /// Plain TCP.
    Tcp(TcpStream),
    /// A unix socket.
    Unix(UnixStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Socket {
    /// Connects to one server, which a service of sentinels is not, nor a cluster.
    ///
    /// # Errors
    /// What the system or TLS says; [`words`] makes a line of it.
    pub async fn open(target: &Target) -> io::Result<Self> {
        Self::reach(target).await?.secure(target).await
    }

    /// Connects without TLS.
    pub(super) async fn reach(target: &Target) -> io::Result<Self> {
        match &target.address {
            Address::Tcp { host, port } => {
                // Here, because every connection passes here, whoever named the host.
                if target.allowed_hosts.as_ref().is_some_and(|allowed| !allowed.contains(host)) {
                    let words =
                        format!("host \"{host}\" is not in allowed_hosts; to connect to it, add it (--allowed-hosts)");
                    return Err(io::Error::new(ErrorKind::PermissionDenied, words));
                }
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
            Address::Unix(path) => Ok(Self::Unix(UnixStream::connect(path).await?)),
            Address::Sentinel(_) => Err(io::Error::new(ErrorKind::InvalidInput, "a service is not one server")),
            Address::Cluster { .. } => Err(io::Error::new(ErrorKind::InvalidInput, "a cluster is not one server")),
        }
    }

    /// Adds TLS if the target asks for it.
    pub(super) async fn secure(self, target: &Target) -> io::Result<Self> {
        match (self, &target.address, &target.tls) {
            (Self::Tcp(stream), Address::Tcp { host, .. }, Some(tls)) => {
                Ok(Self::Tls(Box::new(shake_hands(tls, host, stream).await?)))
            }
            (socket, ..) => Ok(socket),
        }
    }

    /// The two halves.
    pub(super) fn split(self) -> (Input, Output) {
        match self {
            Self::Tcp(stream) => {
                let (input, output) = stream.into_split();
                (Box::new(input), Box::new(output))
            }
            Self::Unix(stream) => {
                let (input, output) = stream.into_split();
                (Box::new(input), Box::new(output))
            }
            Self::Tls(stream) => {
                let (input, output) = tokio::io::split(*stream);
                (Box::new(input), Box::new(output))
            }
        }
    }
}

async fn shake_hands(tls: &Tls, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let (client, name) = tls.client().and_then(|client| Ok((client, tls.name(host)?))).map_err(io::Error::other)?;
    match timeout(HANDSHAKE, TlsConnector::from(client).connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) if ended(&error) => Err(io::Error::other(
            "it ended the TLS handshake without a reason; it may be no TLS port, for which use redis://",
        )),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(io::Error::other(format!(
            "it does not answer the TLS handshake within {} s; it may be no TLS port, for which use redis://",
            HANDSHAKE.as_secs()
        ))),
    }
}

/// What may be wrong where a server hangs up, or speaks something else, before it has answered anything.
pub(super) fn hint(target: &Target) -> &'static str {
    match (&target.address, &target.tls) {
        (Address::Tcp { .. }, None) => "; it may be a TLS port, for which use rediss://",
        (Address::Tcp { .. }, Some(_)) => {
            "; it may want a client certificate, or another (cert and key, --tls-cert and --tls-key)"
        }
        _ => "",
    }
}

/// Whether the other side hung up.
pub(super) fn ended(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

/// What went wrong with a socket, in a few words: TLS in its own, and the system's without their number. Not escaped.
#[must_use]
pub fn words(error: &io::Error) -> String {
    tls::words(error).unwrap_or_else(|| error.to_string().split(" (os error").next().unwrap_or_default().to_owned())
}

/// A server that rejects a client certificate says why and hangs up, while the client takes the handshake for done and
/// writes: that this fails says nothing, and what is still to be read says it all.
fn reading_will_tell<T>(written: Poll<io::Result<T>>, as_if: T) -> Poll<io::Result<T>> {
    match written {
        Poll::Ready(Err(error)) if ended(&error) => Poll::Ready(Ok(as_if)),
        written => written,
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => reading_will_tell(Pin::new(stream).poll_write(cx, buf), buf.len()),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => reading_will_tell(Pin::new(stream).poll_flush(cx), ()),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
