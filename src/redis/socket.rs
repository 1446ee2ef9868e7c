//! The socket to one server, with optional TLS.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::target::{Address, Target};
use super::tls::{self, TlsSocket};

/// The reading half of a connection.
pub(super) type Input = Box<dyn AsyncRead + Send + Unpin>;
/// The writing half of a connection. With TLS, it must be flushed after writing.
pub(super) type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// An open connection to a server.
#[derive(Debug)]
pub(crate) enum Socket {
    /// Plain TCP.
    Tcp(TcpStream),
    /// A Unix socket.
    Unix(UnixStream),
    /// TLS over TCP.
    Tls(Box<TlsSocket>),
}

impl Socket {
    /// Connects to one server.
    ///
    /// # Errors
    /// The host is not allowed, the target is a Sentinel service or a cluster, or the system or TLS reports an error.
    /// [`error_text`] describes the error.
    #[cfg(feature = "program")]
    pub(crate) async fn open(target: &Target) -> io::Result<Self> {
        Self::connect(target).await?.start_tls(target).await
    }

    /// Connects without TLS.
    pub(super) async fn connect(target: &Target) -> io::Result<Self> {
        match &target.address {
            Address::Tcp { host, port } => {
                // All connections are opened here, so this check also covers the hosts that sentinels and cluster nodes
                // name.
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
            Address::Sentinel(_) => {
                Err(io::Error::new(ErrorKind::InvalidInput, "a Sentinel service is not a single server"))
            }
            Address::Cluster { .. } => Err(io::Error::new(ErrorKind::InvalidInput, "a cluster is not a single server")),
        }
    }

    /// Adds TLS if the target uses it.
    pub(super) async fn start_tls(self, target: &Target) -> io::Result<Self> {
        match (self, &target.address, &target.tls) {
            (Self::Tcp(stream), Address::Tcp { host, .. }, Some(tls)) => {
                Ok(Self::Tls(Box::new(tls.handshake(host, stream).await?)))
            }
            (socket, ..) => Ok(socket),
        }
    }

    /// Splits the socket into its two halves.
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

/// The likely cause if a server closes the connection, or sends something other than RESP, before its first reply.
pub(super) fn connection_hint(target: &Target) -> &'static str {
    match (&target.address, &target.tls) {
        (Address::Tcp { .. }, None) => "; if this is a TLS port, use rediss://",
        (Address::Tcp { .. }, Some(_)) => {
            "; the server may require a client certificate, or another one (cert and key, --tls-cert and --tls-key)"
        }
        _ => "",
    }
}

/// Whether the server closed the connection.
pub(super) fn is_closed_by_peer(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

/// Describes an error in one line, without the system's error number; not escaped.
pub(crate) fn error_text(error: &io::Error) -> String {
    tls::error_text(error)
        .unwrap_or_else(|| error.to_string().split(" (os error").next().unwrap_or_default().to_owned())
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
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
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
