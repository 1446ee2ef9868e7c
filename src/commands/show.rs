//! `show`: recorded messages, and what is missing among them.

mod by_number;
mod by_time;
mod output;
mod table;
pub(super) mod times;

use std::os::unix::ffi::OsStrExt as _;

use self::output::Output;
use super::cli::ShowArgs;
use super::{Failure, Status};
use crate::filter::{Candidate, Filter};
use crate::ledger::finding::Finding;
use crate::ledger::interval::{Interval, Message};
use crate::ledger::sequence::Channel;
use crate::record::reader::Reader;
use crate::redis::subscription::now_micros;
use crate::wire::escape::escape;

/// Read at once, in messages.
const PAGE: usize = 1000;

/// Prints messages of a recording.
///
/// # Errors
/// Where the file is no recording, what is asked for is not clear, or the output cannot be written.
pub fn run(args: &ShowArgs) -> Result<Status, Failure> {
    let mut show = Show {
        reader: Reader::open(&args.file)?,
        filters: args.filter.iter().map(|text| filter(text)).collect::<Result<_, _>>()?,
        output: Output::new(args.format)?,
        now: now_micros(),
        missing: false,
    };
    let channel = args.channel.as_ref().map(|name| Channel::new(name.as_bytes()));
    if let Some(channel) = &channel {
        show.must_have(channel)?;
    }
    match (&channel, args.seq) {
        (Some(channel), Some(range)) => by_number::show(&mut show, channel, args.epoch, range)?,
        _ => by_time::show(&mut show, channel, args)?,
    }
    show.output.flush()?;
    Ok(if show.missing { Status::Found } else { Status::Success })
}

/// What is shown, and how.
struct Show {
    reader: Reader,
    filters: Vec<Filter>,
    output: Output,
    /// For filters that speak of time.
    now: i64,
    /// Whether something was missing.
    missing: bool,
}

impl Show {
    fn must_have(&self, channel: &Channel) -> Result<(), Failure> {
        let channels = self.reader.channels()?;
        if channels.iter().any(|known| known.channel == *channel) {
            return Ok(());
        }
        let names: Vec<String> = channels.iter().take(20).map(|known| escape(known.channel.as_bytes())).collect();
        let more = if channels.len() > names.len() { ", …" } else { "" };
        let there = if names.is_empty() { "none".to_owned() } else { format!("{}{more}", names.join(", ")) };
        let channel = escape(channel.as_bytes());
        Err(Failure::refused(format!("nothing of channel {channel} is recorded there; the channels are: {there}")))
    }

    fn wants(&self, interval: &Interval, message: &Message) -> bool {
        let candidate = Candidate::new(interval, message, self.now);
        self.filters.iter().all(|filter| filter.matches(&candidate))
    }

    fn wants_finding(&self, finding: &Finding) -> bool {
        self.filters.iter().all(|filter| filter.matches_finding(finding, self.now))
    }
}

fn filter(text: &str) -> Result<Filter, Failure> {
    Filter::parse(text).map_err(|error| Failure::usage(format!("--filter: {error}")))
}
