//! Scripts of commands on several connections, and the server's replies.
//!
//! A line is `connection> command; command; …`. The commands are sent in one write. Then one frame per command is awaited, or `n`
//! frames with `=> n`, or the end of the connection with `=> end`. Quoted words can contain spaces and Rust's escapes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;

use aircheck::redis::resp::write_command;

use super::wire::Wire;

/// Everything that the server sent, line by line. At the end, each connection must have nothing more to say.
pub(crate) fn transcript(address: SocketAddr, protocol: u8, script: &str) -> String {
    let mut wires: BTreeMap<&str, Wire> = BTreeMap::new();
    let mut transcript = String::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once('>').unwrap();
        let (commands, awaited) = rest.rsplit_once("=>").map_or((rest, None), |(before, after)| (before, Some(after)));
        let wire = wires.entry(name).or_insert_with(|| {
            let mut wire = Wire::connect(address);
            wire.command(&[b"HELLO", protocol.to_string().as_bytes()]);
            wire.read_frames(1);
            wire
        });
        let commands: Vec<_> = commands.split(';').filter(|command| !command.trim().is_empty()).map(words).collect();
        let mut bytes = Vec::new();
        for command in &commands {
            write_command(&mut bytes, &command.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        wire.send(&bytes);
        let answer = match awaited.map(str::trim) {
            None => wire.read_frames(commands.len()),
            Some("end") => wire.read_to_end(),
            Some(count) => wire.read_frames(count.parse().unwrap()),
        };
        writeln!(transcript, "{line}\n    {}", without_id(&answer.escape_ascii().to_string())).unwrap();
    }
    for (name, mut wire) in wires {
        // A connection that the script has ended cannot take this; then there is only its end to await.
        wire.quit();
        let rest = wire.read_to_end().escape_ascii().to_string();
        writeln!(transcript, "{name} ends with {rest}").unwrap();
    }
    transcript
}

/// The connection's id in HELLO's reply differs between servers.
fn without_id(answer: &str) -> String {
    let mut parts = answer.split(r"$2\r\nid\r\n:");
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        masked.push_str(r"$2\r\nid\r\n:N");
        masked.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    masked
}

fn words(command: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut rest = command.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap(),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.replace(r"\r", "\r").replace(r"\n", "\n").replace(r"\0", "\0").into_bytes());
        rest = after.trim_start();
    }
    words
}
