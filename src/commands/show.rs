//! `show`: recorded messages, and what is missing among them.

mod by_number;
mod by_time;
mod output;
mod table;
pub(super) mod times;

use std::os::unix::ffi::OsStrExt as _;

use self::output::Output;
use super::cli::ShowArgs;
use super::filters::Filters;
use super::{Failure, Status};
use crate::filter::jq_worker::{Answer, JqWorker};
use crate::ledger::finding::Finding;
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::record::reader::{Page, Reader};
use crate::redis::subscription::now_micros;
use crate::wire::escape::escape;

/// Read at once, in messages.
const PAGE: usize = 1000;

/// Prints messages of a recording.
///
/// # Errors
/// Where the file is no recording, what is asked for is not clear, or the output cannot be written.
pub fn run(args: &ShowArgs) -> Result<Status, Failure> {
    let filters = Filters::parse(&args.filter)?;
    let mut show = Show {
        reader: Reader::open(&args.file)?,
        worker: filters.worker(),
        filters,
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
    filters: Filters,
    /// Evaluates jq predicates, if there are any.
    worker: Option<JqWorker>,
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
        Err(Failure::failed(format!("nothing of channel {channel} is recorded there; the channels are: {there}")))
    }

    /// Whether the filters match the messages of a page.
    fn answers(&mut self, page: &Page) -> Vec<Answer> {
        let entries = page.interval.entries();
        if let Some(worker) = &mut self.worker {
            return self.filters.answers(worker, &page.interval, 0..entries.len(), self.now);
        }
        let answer = |entry: &Entry| match entry {
            Entry::Message(message) => self.filters.terms_match(&page.interval, message, self.now).into(),
            _ => Answer::No,
        };
        entries.iter().map(answer).collect()
    }

    /// Prints a message of a page if the filters match it, or could not be evaluated.
    fn message(&mut self, page: &Page, index: usize, answer: &Answer) -> Result<(), Failure> {
        let (Some(Entry::Message(message)), Some(place)) = (page.interval.entries().get(index), page.places.get(index))
        else {
            return Ok(());
        };
        let filter_error = match answer {
            Answer::No => return Ok(()),
            Answer::Yes => None,
            Answer::Failed(why) => {
                self.filters.report(why);
                Some(why.as_str())
            }
        };
        self.output.message(&page.interval, message, filter_error, *place)
    }

    fn wants_finding(&self, finding: &Finding) -> bool {
        self.filters.match_finding(finding, self.now)
    }
}
