//! Connects to a store.

use std::sync::Arc;

use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::{StoreError, StoreErrorKind};
use super::target::StoreTarget;
use crate::redis::tls::{Tls, TlsError};
use crate::wire::escape::escape;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading. Any host of the URL can be used.
    Read,
    /// Writing. Of several hosts, the primary is used.
    Write,
}

/// An open connection. Dropping it closes it.
#[derive(Debug)]
pub struct StoreConnection {
    /// The client.
    pub client: Client,
    title: String,
    driver: JoinHandle<()>,
}

impl StoreConnection {
    /// Connects, without checking the schema.
    ///
    /// # Errors
    /// The server cannot be reached, or rejects the login.
    pub async fn open(target: &StoreTarget, access: Access) -> Result<Self, StoreError> {
        let mut config = target.config();
        if access == Access::Write && target.has_several_hosts() {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let title = target.to_string();
        let failed = |error: tokio_postgres::Error| StoreError::explain(&title, &error);
        let (client, driver) = if let Some(tls) = &target.tls {
            let tls = VerifiedTls::new(tls).map_err(|error| {
                let error = escape(error.to_string().as_bytes());
                StoreError::new(StoreErrorKind::Unreachable, format!("cannot reach store {title}: {error}"))
            })?;
            let (client, connection) = config.connect(tls).await.map_err(failed)?;
            (client, spawn(connection))
        } else {
            let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
            (client, spawn(connection))
        };
        Ok(Self { client, title, driver })
    }

    /// Explains an error of this connection.
    #[must_use]
    pub fn explain(&self, error: &tokio_postgres::Error) -> StoreError {
        StoreError::explain(&self.title, error)
    }

    /// The store, without user and password. Escaped for a terminal.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }
}

impl Drop for StoreConnection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Runs the connection. The client reports its error.
fn spawn<S, T>(connection: tokio_postgres::Connection<S, T>) -> JoinHandle<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection to the store ended");
        }
    })
}

/// TLS that verifies the server's certificate, for the host of the URL or the expected name.
#[derive(Clone)]
struct VerifiedTls {
    rustls: MakeRustlsConnect,
    tls: Tls,
}

impl VerifiedTls {
    fn new(tls: &Tls) -> Result<Self, TlsError> {
        let client: Arc<ClientConfig> = tls.client()?;
        Ok(Self { rustls: MakeRustlsConnect::new(ClientConfig::clone(&client)), tls: tls.clone() })
    }
}

impl<S> MakeTlsConnect<S> for VerifiedTls
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Stream = <MakeRustlsConnect as MakeTlsConnect<S>>::Stream;
    type TlsConnect = <MakeRustlsConnect as MakeTlsConnect<S>>::TlsConnect;
    type Error = <MakeRustlsConnect as MakeTlsConnect<S>>::Error;

    fn make_tls_connect(&mut self, host: &str) -> Result<Self::TlsConnect, Self::Error> {
        let name = self.tls.name(host).map_or_else(|_| host.to_owned(), |name| name.to_str().into_owned());
        MakeTlsConnect::<S>::make_tls_connect(&mut self.rustls, &name)
    }
}
