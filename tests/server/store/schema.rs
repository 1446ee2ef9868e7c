//! The tables of a store, and their version.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::store::connection::Access;
use aircheck::store::error::StoreErrorKind;
use aircheck::store::schema::{connect, connect_and_create};

use super::postgres::PostgresServer;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

#[test]
fn several_programs_create_the_tables_once() {
    let Some(server) = PostgresServer::start() else { return };
    let target = server.target();
    runtime().block_on(async {
        assert_eq!(connect(&target, Access::Read).await.unwrap_err().kind, StoreErrorKind::Schema);
        let all = [connect_and_create(&target), connect_and_create(&target), connect_and_create(&target)];
        for created in futures_util::future::join_all(all).await {
            created.unwrap();
        }
        connect(&target, Access::Read).await.unwrap();
    });
    assert_eq!(server.number("SELECT count(*) FROM aircheck.version"), 1);
}

#[test]
fn a_newer_schema_is_rejected() {
    let Some(server) = PostgresServer::start() else { return };
    let target = server.target();
    runtime().block_on(connect_and_create(&target)).unwrap();
    server.execute("UPDATE aircheck.version SET version = 99");
    let error = runtime().block_on(async {
        assert_eq!(connect_and_create(&target).await.unwrap_err().kind, StoreErrorKind::Schema);
        connect(&target, Access::Read).await.unwrap_err().to_string()
    });
    let expected = format!(
        "store 127.0.0.1:{}/aircheck has schema version 99, which is newer than the expected 1; use the aircheck that created it",
        server.port()
    );
    assert_eq!(error, expected);
}
