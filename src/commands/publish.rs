//! `publish`: one broadcast, or one a line from standard input, and the receipt.

use std::ffi::OsStr;
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::time::{SystemTime, UNIX_EPOCH};

use super::cli::{Format, PublishArgs};
use super::lines::Line;
use super::{Failure, Status, json, lines, runtime, to_stderr};
use crate::config::Profile;
use crate::redis::publisher::{Publisher, Receipt};
use crate::wire::escape::escape;
use crate::wire::signature::SignWith;

/// Sends what the arguments say.
///
/// # Errors
/// Where the profile forbids it, the input is wrong, or the server refuses or cannot be reached.
pub fn run(args: &PublishArgs, profile: &Profile) -> Result<Status, Failure> {
    if profile.read_only {
        let name = escape(profile.name.as_bytes());
        return Err(Failure::refused(format!(
            "the profile {name} is read_only, so nothing was sent; choose another with --profile"
        )));
    }
    let mut sender = Sender { args, profile, publisher: publisher(profile), runtime: runtime()? };
    if args.lines { sender.send_lines(&mut io::stdin().lock()) } else { sender.send_one() }?;
    Ok(Status::Success)
}

struct Sender<'a> {
    args: &'a PublishArgs,
    profile: &'a Profile,
    publisher: Publisher,
    runtime: tokio::runtime::Runtime,
}

impl Sender<'_> {
    fn send_one(&mut self) -> Result<(), Failure> {
        let name = self.args.name.as_deref().unwrap_or_default().as_bytes().to_vec();
        let data = match self.args.data.as_deref().map(OsStr::as_bytes) {
            None => Vec::new(),
            Some(b"-") => lines::all(io::stdin().lock())?.trim_ascii().to_vec(),
            Some(data) => data.to_vec(),
        };
        let payload = self.payload(&Line { name, data })?;
        if self.profile.confirm && !self.args.yes {
            self.ask(&payload)?;
        }
        self.send(&payload)
    }

    fn send_lines(&mut self, input: &mut impl BufRead) -> Result<(), Failure> {
        if self.profile.confirm && !self.args.yes {
            return Err(self.unconfirmed());
        }
        for number in 1_u64.. {
            let Some(line) = lines::next(input)? else { break };
            let place = format!("line {number}");
            let line = lines::parse(&line).map_err(|error| Failure::usage(format!("{place}: {error}")))?;
            if let Some(line) = line {
                let payload = self.payload(&line).map_err(|failure| failure.at(&place))?;
                self.send(&payload).map_err(|failure| failure.at(&place))?;
            }
        }
        Ok(())
    }

    fn payload(&self, line: &Line) -> Result<Vec<u8>, Failure> {
        let with = match &self.args.key {
            _ if self.args.no_sign => SignWith::None,
            Some(name) => SignWith::Key(name.as_bytes().to_vec()),
            None => SignWith::Own,
        };
        Ok(self.profile.keyring.payload(&line.name, &line.data, &with, now())?)
    }

    fn send(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let channel = self.args.channel.as_bytes();
        let receipt = self.runtime.block_on(self.publisher.publish(channel, payload))?;
        let mut out = io::stdout().lock();
        match self.args.format {
            Format::Text => writeln!(out, "{}", words(receipt, channel))?,
            Format::Json => {
                let mut object = json::object("published", channel);
                object.insert("sequence".to_owned(), receipt.sequence.into());
                object.insert("receivers".to_owned(), receipt.receivers.into());
                object.insert("payload_base64".to_owned(), json::base64(payload).into());
                json::write(&mut out, &object)?;
            }
        }
        Ok(())
    }

    /// Shows the exact payload and asks, where there is someone to answer.
    fn ask(&self, payload: &[u8]) -> Result<(), Failure> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(self.unconfirmed());
        }
        let (target, channel) = (&self.profile.target, escape(self.args.channel.as_bytes()));
        to_stderr(&format!("{}\nSend this on {channel} at {target}? [y/N]", escape(payload)));
        let answer = lines::next(&mut io::stdin().lock())?.unwrap_or_default();
        match answer.trim_ascii().to_ascii_lowercase().as_slice() {
            b"y" | b"yes" => Ok(()),
            _ => Err(Failure::refused("nothing was sent")),
        }
    }

    fn unconfirmed(&self) -> Failure {
        let name = escape(self.profile.name.as_bytes());
        Failure::refused(format!(
            "the profile {name} asks before anything is sent, and nobody can be asked here; nothing was sent: add --yes"
        ))
    }
}

fn publisher(profile: &Profile) -> Publisher {
    Publisher::new(profile.target.clone(), profile.sequence_prefix.clone())
}

fn words(receipt: Receipt, channel: &[u8]) -> String {
    let Receipt { receivers, sequence } = receipt;
    let plural = if receivers == 1 { "" } else { "s" };
    format!("published #{sequence} on {} to {receivers} receiver{plural}", escape(channel))
}

fn now() -> i64 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
