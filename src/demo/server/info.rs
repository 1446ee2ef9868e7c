//! What INFO says.

use std::fmt::Write;

use super::state::State;

/// The version of Redis that the replies are those of.
pub(super) const VERSION: &str = "7.0.15";

/// The sections asked for, in Redis' order; all of them where none is named.
pub(super) fn text(state: &State, sections: &[&[u8]]) -> String {
    let wanted = |name: &str| {
        let names = [name, "default", "all", "everything"];
        sections.is_empty()
            || sections.iter().any(|section| names.iter().any(|name| section.eq_ignore_ascii_case(name.as_bytes())))
    };
    let mut text = String::new();
    if wanted("server") {
        let State { run_id, port, started, .. } = state;
        let uptime = started.elapsed().as_secs();
        let _ = write!(
            text,
            "# Server\r\nredis_version:{VERSION}\r\nredis_mode:standalone\r\nrun_id:{run_id}\r\ntcp_port:{port}\r\n\
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
