//! `publish`: one broadcast, one a line from standard input, or recorded ones again, and the receipt.

mod resend;

use std::ffi::OsStr;
use std::io::{self, BufRead, IsTerminal as _};
use std::os::unix::ffi::OsStrExt as _;

use super::cli::PublishArgs;
use super::lines::Line;
use super::{Failure, Status, lines, runtime, to_stderr};
use crate::config::Profile;
use crate::output::summary::Published;
use crate::redis::publisher::{Publisher, Receipt};
use crate::redis::subscription::now_micros;
use crate::stdout::Printer;
use crate::wire::escape::escape;
use crate::wire::signature::SignWith;

/// Sends what the arguments say.
///
/// # Errors
/// Where the profile forbids it, the input is wrong, or the server rejects or cannot be reached.
pub fn run(args: &PublishArgs, profile: &Profile) -> Result<Status, Failure> {
    if profile.read_only {
        let name = escape(profile.name.as_bytes());
        return Err(Failure::failed(format!(
            "the profile {name} is read_only, so nothing was sent; choose another with --profile"
        )));
    }
    let mut sender = Sender {
        args,
        profile,
        publisher: Publisher::new(profile.target.clone(), profile.sequence_prefix.clone()),
        runtime: runtime()?,
        printer: Printer::new(args.format),
    };
    match &args.resend.from {
        Some(file) => return sender.send_again(file),
        None if args.lines => sender.send_lines(&mut io::stdin().lock())?,
        None => sender.send_one()?,
    }
    Ok(Status::Success)
}

struct Sender<'a> {
    args: &'a PublishArgs,
    profile: &'a Profile,
    publisher: Publisher,
    runtime: tokio::runtime::Runtime,
    printer: Printer,
}

impl<'a> Sender<'a> {
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

    /// Where to.
    fn channel(&self) -> &'a [u8] {
        let named = self.args.channel.as_ref().or(self.args.resend.of.as_ref());
        named.map(|name| name.as_bytes()).unwrap_or_default()
    }

    fn payload(&self, line: &Line) -> Result<Vec<u8>, Failure> {
        let with = match &self.args.key {
            _ if self.args.no_sign => SignWith::None,
            Some(name) => SignWith::Key(name.as_bytes().to_vec()),
            None => SignWith::Own,
        };
        Ok(self.profile.keyring.payload(&line.name, &line.data, &with, now_micros() / 1_000_000)?)
    }

    fn send(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let channel = self.channel();
        let at = now_micros();
        let Receipt { sequence, receivers } = self.runtime.block_on(self.publisher.publish(channel, payload))?;
        self.printer.published(&Published { at, channel, sequence, receivers, payload });
        match self.printer.flush() {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::failed(format!(
                "sent as #{sequence}, but the receipt cannot be written to standard output: {}",
                escape(error.to_string().as_bytes())
            ))),
            // Who reads no receipts any more still wants the rest to be sent.
            _ => Ok(()),
        }
    }

    /// Shows the exact payload and asks, where there is someone to answer.
    fn ask(&self, payload: &[u8]) -> Result<(), Failure> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(self.unconfirmed());
        }
        let (target, channel) = (&self.profile.target, escape(self.channel()));
        to_stderr(&format!("{}\nSend this on {channel} at {target}? [y/N]", escape(payload)));
        let answer = lines::next(&mut io::stdin().lock())?.unwrap_or_default();
        match answer.trim_ascii().to_ascii_lowercase().as_slice() {
            b"y" | b"yes" => Ok(()),
            _ => Err(Failure::failed("nothing was sent")),
        }
    }

    fn unconfirmed(&self) -> Failure {
        let name = escape(self.profile.name.as_bytes());
        Failure::failed(format!(
            "the profile {name} asks before anything is sent, and nobody can be asked here; nothing was sent: add --yes"
        ))
    }
}
