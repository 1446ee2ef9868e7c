//! The reply to INFO.

use std::fmt::Write;

use super::state::ServerState;

/// The Redis version that the server imitates.
pub(super) const REDIS_VERSION: &str = "7.0.15";

/// The requested sections in Redis' order. All sections if none is requested.
pub(super) fn text(state: &ServerState, sections: &[&[u8]]) -> String {
    let wanted = |name: &str| {
        let names = [name, "default", "all", "everything"];
        sections.is_empty()
            || sections.iter().any(|section| names.iter().any(|name| section.eq_ignore_ascii_case(name.as_bytes())))
    };
    let mut text = String::new();
    if wanted("server") {
        let ServerState { run_id, port, started, .. } = state;
        let uptime = started.elapsed().as_secs();
        let _ = write!(
            text,
            "# Server\r\nredis_version:{REDIS_VERSION}\r\nredis_mode:standalone\r\nrun_id:{run_id}\r\ntcp_port:{port}\r\n\
             uptime_in_seconds:{uptime}\r\n"
        );
    }
    if wanted("replication") {
        if !text.is_empty() {
            text.push_str("\r\n");
        }
        let _ = write!(
            text,
            "# Replication\r\nrole:master\r\nconnected_slaves:0\r\nmaster_replid:{}\r\nmaster_repl_offset:0\r\n",
            state.run_id
        );
    }
    text
}
