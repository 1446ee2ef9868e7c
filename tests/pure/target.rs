//! URLs as targets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use aircheck::redis::target::{Address, AllowedHosts, Target};
use proptest::prelude::*;

/// Address, user, password, database, display, key.
fn parts(url: &str) -> (String, Option<String>, Option<Vec<u8>>, u32, String, String) {
    let target = Target::parse(url).unwrap();
    let password = target.password.as_ref().map(|password| password.expose().to_vec());
    (
        format!("{:?}", target.address),
        target.user.clone(),
        password,
        target.database,
        target.to_string(),
        target.server_key(),
    )
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
        let address = format!("{address:?}");
        assert_eq!(parts(url), (address, None, None, database, shown.to_owned(), key.to_owned()), "{url}");
    }
}

#[test]
fn the_scheme_selects_tls() {
    for (url, tls, shown, key) in [
        ("rediss://h", true, "h:6379", "rediss://h:6379/0"),
        ("valkeys://h:1/2", true, "h:1/2", "rediss://h:1/2"),
        ("RedisS://[::1]", true, "[::1]:6379", "rediss://[::1]:6379/0"),
        ("valkey://h", false, "h:6379", "redis://h:6379/0"),
        ("rediss+sentinel://h/s", true, "s of sentinel h:26379", "rediss+sentinel://h:26379/s/0"),
    ] {
        let target = Target::parse(url).unwrap();
        assert_eq!((target.tls.is_some(), target.to_string()), (tls, shown.to_owned()), "{url}");
        assert_eq!(target.server_key(), key, "{url}");
        assert_eq!(target.title(), if tls { format!("TLS {shown}") } else { shown.to_owned() }, "{url}");
    }
}

#[test]
fn a_sentinel_url_has_several_hosts_and_a_service() {
    let url = "redis+sentinel://ops:hunter2@B:1,a,[::1]:3/my%20set/2?sentinel_user=s&sentinel_password=s3cret%26";
    let target = Target::parse(url).unwrap();
    let Address::Sentinel(sentinels) = &target.address else { panic!("{target:?}") };
    let nodes = [("B".to_owned(), 1), ("a".to_owned(), 26379), ("::1".to_owned(), 3)];
    assert_eq!((&sentinels.nodes[..], sentinels.service.as_str()), (&nodes[..], "my set"));
    assert_eq!(sentinels.user.as_deref(), Some("s"));
    assert_eq!(sentinels.password.as_ref().unwrap().expose(), b"s3cret&");
    assert_eq!((target.user.as_deref(), target.database), (Some("ops"), 2));
    assert_eq!(target.to_string(), "my set of sentinel B:1,a:26379,[::1]:3/2");
    // In whichever order they are named, the counters are the same.
    assert_eq!(target.server_key(), "redis+sentinel://[::1]:3,a:26379,b:1/my%20set/2");
    assert!(!format!("{target:?}").contains("hunter2") && !format!("{target:?}").contains("s3cret"));
    assert!(Target::parse("redis+sentinel://h/s?sentinel_password=x").unwrap().has_password());

    let node = target.node("c", 7);
    assert_eq!((node.to_string(), node.user.as_deref()), ("c:7/2".to_owned(), Some("ops")));
}

#[test]
fn a_cluster_url_has_several_hosts() {
    let target = Target::parse("rediss+cluster://ops:hunter2@b,A:7001,[::1]:3/0").unwrap();
    let Address::Cluster { nodes } = &target.address else { panic!("{target:?}") };
    assert_eq!(nodes[..], [("b".to_owned(), 6379), ("A".to_owned(), 7001), ("::1".to_owned(), 3)]);
    assert!(target.tls.is_some() && target.has_password());
    assert_eq!(target.to_string(), "cluster b:6379,A:7001,[::1]:3");
    // In whichever order they are named, the counters are the same.
    assert_eq!(target.server_key(), "rediss+cluster://[::1]:3,a:7001,b:6379");
    assert_eq!(Target::parse("redis+cluster://h").unwrap().server_key(), "redis+cluster://h:6379");
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
fn the_key_of_any_target_is_a_url_with_the_same_key() {
    for url in [
        "redis://ops:hunter2@Redis.internal:7000/2",
        "rediss://h",
        "redis://[2001:DB8::7]",
        "redis://a_b%2Fc%25%3Ad%20",
        "redis://\u{e9}",
        "unix:///run/redis.sock",
        "unix:///a%20b%23c%3Fd%25%0A%FF\\?db=3&pass=hunter2",
        "redis+sentinel://ops:hunter2@B:1,a,[::1]:3/my%20set/2?sentinel_user=s&sentinel_password=hunter2",
        "rediss+sentinel://h/a%2Fb%3F%23%25%0A",
        "redis+cluster://h",
        "rediss+cluster://:hunter2@b,A:7001,[::1]:3",
    ] {
        let key = Target::parse(url).unwrap().server_key();
        assert!(!key.contains("hunter2"), "{key}");
        let again = Target::parse(&key).unwrap_or_else(|error| panic!("{url}: {key}: {error}"));
        assert_eq!(again.server_key(), key, "{url}");
        assert!(again.user.is_none() && again.password.is_none(), "{key}");
    }
}

#[test]
fn only_the_title_is_not_escaped() {
    let target = Target::parse("unix:///a%5Cb%1B?db=1").unwrap();
    assert_eq!((target.to_string(), target.title()), (r"unix:/a\\b\x1b/1".to_owned(), "unix:/a\\b\u{1b}/1".to_owned()));
}

#[test]
fn unsupported_urls_are_rejected_with_the_reason() {
    for (url, words) in [
        ("redis-sentinel://h/service", "redis+sentinel://host:port,host:port/service"),
        ("redis+sentinel://:hunter2@h", "service is missing"),
        ("redis+sentinel://h,/service", "host"),
        ("redis+sentinel://h/service/x", "database is not a number"),
        ("redis+sentinel://h/service/2/3", "database is not a number"),
        ("redis+sentinel://h/service?password=hunter2", "unknown parameter password; redis+sentinel:// takes"),
        ("redis://h,i", "several hosts need redis+sentinel://"),
        ("redis+cluster://:hunter2@", "host"),
        ("redis+cluster://h,", "host"),
        ("redis+cluster://h/1", "a cluster has only database 0"),
        ("redis+cluster://h/x", "database is not a number"),
        ("redis+cluster://h?password=hunter2", "unknown parameter password; redis+cluster:// takes none"),
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
fn allowed_hosts_are_names_addresses_and_domains() {
    let allowed = AllowedHosts::parse(["Redis.internal.", "*.cache.internal", "10.0.0.5", "[2001:DB8::1]"]).unwrap();
    for host in
        ["redis.internal", "REDIS.internal.", "a.cache.internal", "a.b.cache.internal", "10.0.0.5", "2001:db8:0::1"]
    {
        assert!(allowed.contains(host), "{host}");
    }
    for host in ["", "internal", "xredis.internal", "redis.internal.evil.com", "cache.internal", ".cache.internal"] {
        assert!(!allowed.contains(host), "{host}");
    }
    for host in ["xcache.internal", "10.0.0.50", "10.0.0.5.evil.com", "2001:db8::2", "167772165"] {
        assert!(!allowed.contains(host), "{host}");
    }
    for wrong in ["", "*", "*.", "a:6379", "redis://a", "a*b", "a.*", "[::1]:6379", "user@a", "a b"] {
        let error = AllowedHosts::parse([wrong]).unwrap_err().to_string();
        assert!(error.contains("use a name or address without a port, or *.domain"), "{wrong}: {error}");
    }
    assert!(AllowedHosts::parse([]).is_err());
}

#[test]
fn errors_never_contain_a_password() {
    for reserved in ["/", "?", "#", "@/", ":", "?a=", "/2?", "[", "%"] {
        for url in [
            format!("redis://:hunter2{reserved}s3cret@h"),
            format!("redis://u:hunter2{reserved}s3cret@h:1/2"),
            format!("redis://:6379{reserved}s3cret@h"),
            format!("redis://u:1{reserved}s3cret@h"),
            format!("rediss+sentinel://u:hunter2{reserved}s3cret@h,i/service"),
            format!("redis+cluster://u:hunter2{reserved}s3cret@h,i"),
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
    fn any_url_is_parsed_or_rejected(url in ".*", scheme in "(rediss?|unix|redis\\+unix|redis\\+sentinel|redis\\+cluster)") {
        let _ = Target::parse(&url);
        let _ = Target::parse(&format!("{scheme}://{url}"));
    }

    #[test]
    fn any_socket_path_round_trips(path in "/[^\0]{1,40}") {
        use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
        prop_assume!(!path.split('/').any(|part| part == "." || part == ".."));
        let encoded = path.split('/').map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string());
        let url = format!("unix://{}", encoded.collect::<Vec<_>>().join("/"));
        let Address::Unix(found) = Target::parse(&url).unwrap().address else { panic!("{url}") };
        prop_assert_eq!(found, PathBuf::from(path));
    }
}
