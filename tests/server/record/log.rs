//! The log of the recorder.

use super::program::Studio;
use crate::support::RedisServer;

#[test]
fn every_change_of_the_link_is_logged() {
    let server = RedisServer::start();
    let studio = Studio::new(&server.url());
    let mut recorder = studio.record(&["ops", "-o", "a.db"]);
    recorder.wait_for(&["state=connected"]);
    for _ in 0..3 {
        server.command::<u64>(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        recorder.wait_for(&["event=link", "state=disconnected", "reason=\"the server closed the connection"]);
        recorder.wait_for(&["event=link", "state=connected"]);
    }
    server.command::<()>(&["ACL", "SETUSER", "default", "resetchannels"]);
    recorder.wait_for(&["event=link", "state=denied", "channel=ops", "reason=\"NOPERM"]);
    server.command::<()>(&["ACL", "SETUSER", "default", "allchannels"]);
    recorder.wait_for(&["event=link", "state=granted", "channel=ops"]);
    assert!(recorder.end().success());
}
