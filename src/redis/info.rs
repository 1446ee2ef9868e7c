//! Reads the server's id from the replies to `INFO`.

use crate::ledger::known::ServerId;

/// The sections that contain the id. Redis before 7 accepts only one section per command.
pub(super) const ID_SECTIONS: [&str; 2] = ["server", "replication"];

/// Reads the id from the replies to `INFO server` and `INFO replication`.
pub(super) fn server_id(server: &[u8], replication: &[u8]) -> Option<ServerId> {
    ServerId::new(&field(server, "run_id")?, &field(replication, "master_replid")?)
}

pub(super) fn field(reply: &[u8], name: &str) -> Option<String> {
    let reply = String::from_utf8_lossy(reply);
    let value = reply.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.map(|value| value.trim().to_owned())
}
