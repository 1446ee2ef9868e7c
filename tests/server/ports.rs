//! The ports of the test servers.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use tokio::net::TcpSocket;

use crate::support::{RedisServer, free_port};

#[test]
fn a_free_port_is_reserved_and_can_be_listened_on() {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    // Like a socket for which the kernel chooses the port.
    let other = TcpSocket::new_v4().unwrap();
    assert_eq!(other.bind(address).unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    drop(TcpListener::bind(address).unwrap());
    TcpListener::bind(address).unwrap();
}

#[test]
#[should_panic(expected = "Address already in use")]
fn a_server_that_does_not_start_is_reported_with_its_log() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().port().to_string();
    RedisServer::start_with(&["--cluster-enabled", "yes", "--cluster-port", &taken]);
}
