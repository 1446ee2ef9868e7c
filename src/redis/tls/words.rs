//! What went wrong with TLS, in one line for a person, and what to do next.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::{AlertDescription, CertificateError};

/// The words for an error that comes from TLS; none where it does not. They are not escaped.
pub(in crate::redis) fn words(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        // So does redis-rs keep it.
        let shared = error.downcast_ref::<Arc<dyn Error + Send + Sync>>();
        let error = shared.map_or(error, |shared| &**shared);
        // The error within an I/O error is not its source, but itself.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(error) = inner.or_else(|| error.downcast_ref()) {
            return Some(of(error));
        }
        next = error.source();
    }
    None
}

/// The words for an error of TLS; not escaped.
pub(super) fn of(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate(error),
        rustls::Error::AlertReceived(alert) => rejected(*alert),
        rustls::Error::InvalidMessage(_) => {
            "it does not speak TLS on this port; use its TLS port, or redis:// for plain text".to_owned()
        }
        rustls::Error::NoCertificatesPresented => "it shows no certificate".to_owned(),
        rustls::Error::PeerIncompatible(_) => format!("it speaks another TLS than 1.2 and 1.3: {error}"),
        error => format!("TLS failed: {error}"),
    }
}

fn certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            "its certificate is signed by an unknown CA; name its certificate with ca or --tls-ca".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(
                "its certificate is for another host{}; name that with server_name or --tls-server-name",
                names(error)
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired; it must be renewed there".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; is this machine's clock right?".to_owned()
        }
        CertificateError::Revoked => "its certificate was revoked".to_owned(),
        error => format!("its certificate cannot be trusted: {error}"),
    }
}

/// For which hosts it is, where that is known: `DnsName("…")` and its like, as the verifier writes them.
fn names(error: &CertificateError) -> String {
    let CertificateError::NotValidForNameContext { presented, .. } = error else { return String::new() };
    let bare = |name: &String| {
        let name = name.split_once('(').map_or(name.as_str(), |(_, name)| name);
        name.trim_end_matches(')').trim_matches('"').to_owned()
    };
    let names: Vec<String> = presented.iter().map(bare).collect();
    if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
}

/// The server ended it, and says why.
fn rejected(alert: AlertDescription) -> String {
    const GIVE: &str = "give one with cert and key, or --tls-cert and --tls-key";
    match alert {
        AlertDescription::CertificateRequired => format!("it wants a client certificate, and none was given; {GIVE}"),
        AlertDescription::UnknownCA => "it does not trust the CA certificate of the client certificate".to_owned(),
        AlertDescription::CertificateExpired => "it rejects the client certificate: that has expired".to_owned(),
        AlertDescription::CertificateRevoked => "it rejects the client certificate: that was revoked".to_owned(),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => "it rejects the client certificate".to_owned(),
        // Before TLS 1.3 there is no alert of its own for a certificate that is missing.
        AlertDescription::HandshakeFailure => {
            format!("it rejects the handshake: it may want a client certificate ({GIVE}), or other ciphers")
        }
        alert => format!("it rejects the handshake: {alert:?}"),
    }
}
