//! Describes TLS errors, with their likely fix.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::{AlertDescription, CertificateError};

/// Describes an error if TLS caused it; not escaped.
pub(crate) fn error_text(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        // redis-rs wraps errors in an `Arc`.
        let shared = error.downcast_ref::<Arc<dyn Error + Send + Sync>>();
        let error = shared.map_or(error, |shared| &**shared);
        // `source()` of an I/O error skips the error that it wraps. `get_ref()` returns the wrapped error.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(error) = inner.or_else(|| error.downcast_ref()) {
            return Some(describe(error));
        }
        next = error.source();
    }
    None
}

/// Describes a TLS error; not escaped.
pub(super) fn describe(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate(error),
        rustls::Error::AlertReceived(alert) => rejected(*alert),
        rustls::Error::InvalidMessage(_) => {
            "the server does not use TLS on this port; use its TLS port, or redis:// for plain text".to_owned()
        }
        rustls::Error::NoCertificatesPresented => "the server sent no certificate".to_owned(),
        rustls::Error::PeerIncompatible(_) => format!("the server is not compatible with TLS 1.2 or 1.3: {error}"),
        error => format!("TLS failed: {error}"),
    }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            "certificate signed by an untrusted CA; pass the CA's certificate (ca, --tls-ca)".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(
                "the server's certificate is for another host{}; pass that name (server_name, --tls-server-name)",
                names(error)
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; is this machine's clock right?".to_owned()
        }
        CertificateError::Revoked => "the server's certificate was revoked".to_owned(),
        error => format!("the server's certificate cannot be trusted: {error}"),
    }
}

/// The hosts that the certificate is for. rustls formats them as `DnsName("…")`.
fn names(error: &CertificateError) -> String {
    let CertificateError::NotValidForNameContext { presented, .. } = error else { return String::new() };
    let bare = |name: &String| {
        let name = name.split_once('(').map_or(name.as_str(), |(_, name)| name);
        name.trim_end_matches(')').trim_matches('"').to_owned()
    };
    let names: Vec<String> = presented.iter().map(bare).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}

/// Describes the alert with which the server ended the handshake.
fn rejected(alert: AlertDescription) -> String {
    const CLIENT_CERTIFICATE_HINT: &str =
        "pass a client certificate and its key (cert and key, --tls-cert and --tls-key)";
    match alert {
        AlertDescription::CertificateRequired => {
            format!("the server requires a client certificate; {CLIENT_CERTIFICATE_HINT}")
        }
        AlertDescription::UnknownCA => "the server does not trust the CA of the client certificate".to_owned(),
        AlertDescription::CertificateExpired => "the server rejected the client certificate: it has expired".to_owned(),
        AlertDescription::CertificateRevoked => "the server rejected the client certificate: it was revoked".to_owned(),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => "the server rejected the client certificate".to_owned(),
        // Before TLS 1.3 there is no separate alert for a missing certificate.
        AlertDescription::HandshakeFailure => {
            format!(
                "the server rejected the TLS handshake; it may require other ciphers or a client certificate; {CLIENT_CERTIFICATE_HINT}"
            )
        }
        alert => format!("the server rejected the TLS handshake: {alert:?}"),
    }
}
