//! URLs as targets.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::path::PathBuf;

use aircheck::redis::target::{Address, Target};
use proptest::prelude::*;

/// Address, user, password, database, display, key.
fn parts(url: &str) -> (Address, Option<String>, Option<Vec<u8>>, u32, String, String) {
    let target = Target::parse(url).unwrap();
    let password = target.password.as_ref().map(|password| password.expose().to_vec());
    (target.address.clone(), target.user.clone(), password, target.database, target.to_string(), target.server_key())
}

fn tcp(host: &str, port: u16) -> Address {
    Address::Tcp { host: host.to_owned(), port }
}

fn error(url: &str) -> String {
    Target::parse(url).unwrap_err().to_string()
}

#[test]
fn hosts_ports_and_databases() {
    for (url, address, database, shown, key) in [
        ("redis://127.0.0.1", tcp("127.0.0.1", 6379), 0, "127.0.0.1:6379", "redis://127.0.0.1:6379/0"),
        (
            "redis://Redis.internal:7000/",
            tcp("Redis.internal", 7000),
            0,
            "Redis.internal:7000",
            "redis://redis.internal:7000/0",
        ),
        ("REDIS://h/2", tcp("h", 6379), 2, "h:6379/2", "redis://h:6379/2"),
        ("redis://[::1]:6380/15", tcp("::1", 6380), 15, "[::1]:6380/15", "redis://[::1]:6380/15"),
        ("redis://[2001:db8::7]", tcp("2001:db8::7", 6379), 0, "[2001:db8::7]:6379", "redis://[2001:db8::7]:6379/0"),
        (
            "unix:///run/redis.sock",
            Address::Unix("/run/redis.sock".into()),
            0,
            "unix:/run/redis.sock",
            "unix:///run/redis.sock?db=0",
        ),
        ("redis+unix:///a%20b?db=3", Address::Unix("/a b".into()), 3, "unix:/a b/3", "unix:///a%20b?db=3"),
    ] {
        assert_eq!(parts(url), (address, None, None, database, shown.to_owned(), key.to_owned()), "{url}");
    }
}

#[test]
fn users_and_passwords_are_decoded_and_masked() {
    for (url, user, password, has) in [
        ("redis://:hunter2@h", None, Some("hunter2"), true),
        ("redis://ops:hunter2@h", Some("ops"), Some("hunter2"), true),
        ("redis://o%40ps:p%3A%2F%40%23%25@h", Some("o@ps"), Some("p:/@#%"), true),
        ("redis://:%C3%A9@h", None, Some("é"), true),
        // AUTH needs both, and an ACL user may have `nopass`.
        ("redis://ops@h", Some("ops"), Some(""), false),
        ("redis://@h", None, None, false),
        ("unix:///s?user=ops&pass=p%26q&db=0", Some("ops"), Some("p&q"), true),
        ("unix:///s?pass=a+b", None, Some("a+b"), true),
    ] {
        let target = Target::parse(url).unwrap();
        let exposed = target.password.as_ref().map(|password| String::from_utf8(password.expose().to_vec()).unwrap());
        assert_eq!((target.user.as_deref(), exposed.as_deref(), target.has_password()), (user, password, has), "{url}");
        let shown = format!("{target} {target:?} {}", target.server_key());
        if has {
            assert!(!shown.contains("hunter2") && !shown.contains(password.unwrap()), "{shown}");
        }
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for (url, words) in [
        ("rediss://:hunter2@h", "TLS (rediss://) is not supported yet"),
        ("RedisS://h", "TLS (rediss://)"),
        ("redis+sentinel://h/service", "Sentinel (redis+sentinel://) is not supported yet"),
        ("rediss+sentinel://h/service", "TLS and Sentinel (rediss+sentinel://)"),
        ("redis+cluster://h", "Cluster (redis+cluster://) is not supported yet"),
        ("rediss+cluster://h", "TLS and Cluster (rediss+cluster://)"),
        ("http://h", "redis://127.0.0.1:6379 or unix:///run/redis.sock"),
        ("h:6379", "redis://127.0.0.1:6379"),
        ("", "redis://127.0.0.1:6379"),
        ("redis://h?protocol=resp3", "unknown parameter protocol; redis:// takes none"),
        ("unix:///s?password=hunter2", "unknown parameter password; unix:// takes db, user and pass"),
        ("redis://h/x", "database is not a number"),
        ("redis://h/-1", "database is not a number"),
        ("redis://h/+1", "database is not a number"),
        ("redis://h/4294967296", "database is not a number"),
        ("unix:///s?db=", "database is not a number"),
        ("redis://h/2/", "database is not a number"),
        ("redis://", "host"),
        ("redis:///2", "host is missing"),
        ("redis://h:99999", "port"),
        ("redis://h#insecure", "fragment"),
        ("unix://run/redis.sock", "three slashes"),
        ("unix://", "three slashes"),
        ("redis://:%ff@h", "password is not UTF-8"),
    ] {
        assert!(error(url).contains(words), "{url}: {}", error(url));
        assert!(!error(url).contains("hunter2"), "{url}: {}", error(url));
    }
}

/// Passwords with reserved characters in them are the usual mistake; its error must not show the password.
#[test]
fn errors_never_hold_a_password() {
    for reserved in ["/", "?", "#", "@/", ":", "?a=", "/2?", "[", "%"] {
        for url in [
            format!("redis://:hunter2{reserved}s3cret@h"),
            format!("redis://u:hunter2{reserved}s3cret@h:1/2"),
            format!("redis://:6379{reserved}s3cret@h"),
            format!("redis://u:1{reserved}s3cret@h"),
        ] {
            if let Err(error) = Target::parse(&url) {
                let error = error.to_string();
                assert!(!error.contains("hunter2") && !error.contains("s3cret"), "{url}: {error}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(url in ".*", scheme in "(redis|unix|redis\\+unix)") {
        let _ = Target::parse(&url);
        let _ = Target::parse(&format!("{scheme}://{url}"));
    }

    #[test]
    fn any_socket_path_comes_back(path in "/[^\0]{1,40}") {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        prop_assume!(!path.split('/').any(|part| part == "." || part == ".."));
        let encoded = path.split('/').map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string());
        let url = format!("unix://{}", encoded.collect::<Vec<_>>().join("/"));
        prop_assert_eq!(Target::parse(&url).unwrap().address, Address::Unix(PathBuf::from(path)));
    }
}
