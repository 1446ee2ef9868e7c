//! TLS to a store, with certificates created by the test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::postgres::{PASSWORD, PostgresServer, give_to_server};
use crate::certificates::CertificateAuthority;
use crate::world::World;

#[test]
fn the_certificate_of_a_store_is_verified() {
    let authority = CertificateAuthority::new("stores");
    let signed = authority.sign(&["localhost"]);
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    };
    let (certificate, key) = (write("certificate", &signed.certificate), write("key", &signed.key));
    give_to_server(Path::new(files.path()));
    let settings = ["ssl=on".to_owned(), format!("ssl_cert_file={certificate}"), format!("ssl_key_file={key}")];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let Some(server) = PostgresServer::start_with(&settings) else { return };
    let port = server.port();
    let create = |config: &str| {
        let world = World::new("redis://nowhere").config(config);
        world.file(".config/aircheck/ca.pem", &authority.certificate());
        world.file(".config/aircheck/password", PASSWORD);
        world.run(&["store", "create", "store:main"])
    };
    let store = |host: &str, tls: &str| {
        format!(
            "[store.main]\nurl = \"postgres://postgres@{host}:{port}/aircheck?sslmode=verify-full\"\n\
             password = {{ file = \"password\" }}\n{tls}"
        )
    };
    let trusted = create(&store("localhost", "tls = { ca = \"ca.pem\" }"));
    assert_eq!(trusted.status, 0, "{trusted:?}");
    let named = create(&store("127.0.0.1", "tls = { ca = \"ca.pem\", server_name = \"localhost\" }"));
    assert_eq!(named.status, 0, "{named:?}");
    for (config, expected) in [
        (
            store("localhost", ""),
            "certificate signed by an untrusted CA; pass the CA's certificate (ca in [store.NAME.tls])",
        ),
        (
            store("127.0.0.1", "tls = { ca = \"ca.pem\" }"),
            "the server's certificate is for another host (localhost); pass that name (server_name in [store.NAME.tls])",
        ),
    ] {
        let rejected = create(&config);
        assert_eq!(rejected.status, 3, "{rejected:?}");
        assert!(rejected.err.trim_end().ends_with(expected), "{}", rejected.err);
    }
    let encrypted = "SELECT count(*) FROM pg_stat_ssl WHERE NOT ssl AND pid <> pg_backend_pid() AND pid IN
        (SELECT pid FROM pg_stat_activity WHERE application_name = 'aircheck')";
    assert_eq!(server.number(encrypted), 0);
}
