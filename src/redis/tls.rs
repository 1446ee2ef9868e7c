//! TLS settings: trusted CA certificates, the client certificate, and the expected server name.
//!
//! Verification cannot be disabled, and there is no fallback to plain text.

mod error_text;

use std::fmt;
use std::sync::Arc;

use rustls::client::{ClientConfig, ResolvesClientCert};
use rustls::crypto::{CryptoProvider, ring};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{DEFAULT_VERSIONS, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

pub(crate) use self::error_text::error_text;

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
    #[error("the system has no CA certificates{0}; set ca or --tls-ca")]
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
