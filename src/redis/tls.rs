//! TLS settings: trusted CA certificates, the client certificate, and the expected server name.
//!
//! Verification cannot be disabled, and there is no fallback to plain text.

mod error_text;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::client::{ClientConfig, ResolvesClientCert};
use rustls::crypto::{CryptoProvider, ring};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{DEFAULT_VERSIONS, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(crate) use self::error_text::error_text;
use super::socket;
use super::target::TargetError;

/// The time limit of the TLS handshake. A server without TLS may never reply to it.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(3);

/// TLS settings.
///
/// By default the system's CA certificates are trusted (`SSL_CERT_FILE` and `SSL_CERT_DIR` override them), no client
/// certificate is sent, and the server's certificate must match the host that aircheck connects to.
#[derive(Clone, Default)]
pub struct Tls {
    ca_certificates: Option<Arc<RootCertStore>>,
    identity: Option<Arc<SingleCertAndKey>>,
    server_name: Option<ServerName<'static>>,
}

/// Why TLS settings were rejected. The texts contain no part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The text contains no certificate.
    #[error("contains no certificate; expected PEM with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// The text contains no private key.
    #[error("contains no private key; expected PEM with -----BEGIN PRIVATE KEY-----, without a passphrase")]
    NoKey,
    /// A certificate or key cannot be read or used.
    #[error("cannot be used: {0}")]
    Unusable(String),
    /// The key does not belong to the certificate.
    #[error("the key does not belong to the certificate")]
    Mismatch,
    /// The text is neither a host name nor an IP address.
    #[error("not a valid host name or IP address")]
    NoName,
    /// The system has no CA certificates.
    #[error("the system has no CA certificates{0}; pass a CA's certificate (ca, --tls-ca)")]
    NoCaCertificates(String),
}

impl Tls {
    /// Trusts the CA certificates in a PEM text instead of the system's.
    ///
    /// # Errors
    /// The text contains no usable certificate.
    pub fn trust(&mut self, pem: &[u8]) -> Result<(), TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(pem)? {
            roots.add(certificate).map_err(|error| TlsError::Unusable(error_text::describe(&error)))?;
        }
        self.ca_certificates = Some(Arc::new(roots));
        Ok(())
    }

    /// Sends a client certificate to servers that request one. `certificate` is a PEM chain, and `key` is a PEM key.
    ///
    /// # Errors
    /// One of them is missing or unusable, or they do not belong together.
    pub fn identify(&mut self, certificate: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let chain = certificates(certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey)?;
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => TlsError::Mismatch,
            error => TlsError::Unusable(error_text::describe(&error)),
        })?;
        self.identity = Some(Arc::new(SingleCertAndKey::from(certified)));
        Ok(())
    }

    /// Expects the server's certificate to be for this host name or IP address instead of the host that aircheck connects
    /// to.
    ///
    /// # Errors
    /// The text is neither a host name nor an IP address.
    pub fn expect_name(&mut self, name: &str) -> Result<(), TlsError> {
        self.server_name = Some(ServerName::try_from(name.to_owned()).map_err(|_| TlsError::NoName)?);
        Ok(())
    }

    /// The name that the certificate of the server at `host` must match.
    ///
    /// # Errors
    /// The host is not a valid name for a certificate.
    pub(crate) fn name(&self, host: &str) -> Result<ServerName<'static>, TlsError> {
        match &self.server_name {
            Some(name) => Ok(name.clone()),
            None => ServerName::try_from(host.to_owned()).map_err(|_| TlsError::NoName),
        }
    }

    /// The settings for a URL with TLS.
    #[expect(clippy::unnecessary_wraps, reason = "fails without the feature `tls`")]
    pub(super) fn for_url() -> Result<Self, TargetError> {
        Ok(Self::default())
    }

    /// Makes the TLS handshake with the server at `host`.
    pub(super) async fn handshake(&self, host: &str, stream: TcpStream) -> io::Result<TlsSocket> {
        let (client, name) =
            self.client().and_then(|client| Ok((client, self.name(host)?))).map_err(io::Error::other)?;
        match timeout(HANDSHAKE_TIMEOUT, TlsConnector::from(client).connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(TlsSocket(stream)),
            Ok(Err(error)) if socket::is_closed_by_peer(&error) => Err(io::Error::other(
                "the server closed the connection during the TLS handshake; if the port does not use TLS, use redis://",
            )),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::Error::other(format!(
                "no reply to the TLS handshake within {} s; if the port does not use TLS, use redis://",
                HANDSHAKE_TIMEOUT.as_secs()
            ))),
        }
    }

    /// The configuration of one connection. The system's CA certificates are read each time, because they may be
    /// renewed while aircheck runs.
    ///
    /// # Errors
    /// There are no CA certificates.
    pub(crate) fn client(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let roots = match &self.ca_certificates {
            Some(roots) => Arc::clone(roots),
            None => Arc::new(system()?),
        };
        let client = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(DEFAULT_VERSIONS)
            .map_err(|error| TlsError::Unusable(error_text::describe(&error)))?
            .with_root_certificates(roots);
        Ok(Arc::new(match &self.identity {
            Some(identity) => client.with_client_cert_resolver(Arc::clone(identity) as Arc<dyn ResolvesClientCert>),
            None => client.with_no_client_auth(),
        }))
    }
}

/// A socket with TLS.
#[derive(Debug)]
pub(crate) struct TlsSocket(TlsStream<TcpStream>);

/// Treats a write to a closed connection as successful, so that the caller continues and reads the server's alert.
///
/// With TLS 1.3 a server may reject the client certificate after the client has finished the handshake. The write error
/// has no details. The alert has them, and can still be read.
fn ignore_closed<T>(written: Poll<io::Result<T>>, value_if_closed: T) -> Poll<io::Result<T>> {
    match written {
        Poll::Ready(Err(error)) if socket::is_closed_by_peer(&error) => Poll::Ready(Ok(value_if_closed)),
        written => written,
    }
}

impl AsyncRead for TlsSocket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buf)
    }
}

impl AsyncWrite for TlsSocket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ignore_closed(Pin::new(&mut self.get_mut().0).poll_write(cx, buf), buf.len())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ignore_closed(Pin::new(&mut self.get_mut().0).poll_flush(cx), ())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

/// Does not show the client certificate and its key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("ca_certificates", &self.ca_certificates.as_ref().map(|roots| roots.len()))
            .field("identity", &self.identity.is_some())
            .field("server_name", &self.server_name)
            .finish()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    certificates.ok().filter(|found| !found.is_empty()).ok_or(TlsError::NoCertificate)
}

fn system() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // On some systems, there are certificates that rustls cannot parse. They are skipped.
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(roots);
    }
    let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
    Err(TlsError::NoCaCertificates(why))
}
