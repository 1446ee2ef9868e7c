//! What `INFO` says about which server it is.

use crate::ledger::known::ServerId;

/// The sections to ask for. Several in one command need Redis 7.
pub(super) const SECTIONS: [&str; 2] = ["server", "replication"];

/// The server's id in the replies to `INFO server` and `INFO replication`; none if it is not there.
pub(super) fn server_id(server: &[u8], replication: &[u8]) -> Option<ServerId> {
    ServerId::new(&field(server, "run_id")?, &field(replication, "master_replid")?)
}

fn field(reply: &[u8], name: &str) -> Option<String> {
    let reply = String::from_utf8_lossy(reply);
    let value = reply.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.map(|value| value.trim().to_owned())
}
