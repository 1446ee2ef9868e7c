//! `channels`: what was ever broadcast, with counters and subscribers.

use std::io::{self, BufWriter, Write};

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::cli::{ChannelsArgs, Format};
use super::{Failure, Status, json, runtime, to_stderr};
use crate::config::Profile;
use crate::ledger::sequence::Reading;
use crate::redis::discovery::{ChannelFacts, survey};
use crate::wire::escape::escape;

/// Lists the channels of the profile's server.
///
/// # Errors
/// Where the server cannot be asked.
pub fn run(args: &ChannelsArgs, profile: &Profile) -> Result<Status, Failure> {
    let found = runtime()?.block_on(survey(&profile.target, &profile.sequence_prefix))?;
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Text => table(&mut out, &found.channels)?,
        Format::Json => {
            for facts in &found.channels {
                json::write(&mut out, &object(facts))?;
            }
        }
    }
    out.flush()?;
    for note in &found.notes {
        to_stderr(&format!("aircheck: {note}"));
    }
    Ok(Status::Success)
}

/// `counter` and `subscribers` are null where they are not known; `counter_error` then says why the counter is not.
fn object(facts: &ChannelFacts) -> serde_json::Map<String, Value> {
    let mut object = json::object("channel", facts.channel.as_bytes());
    let counter = match &facts.counter {
        Reading::Value(counter) => Some(*counter),
        Reading::Missing | Reading::Unreadable(_) => None,
    };
    object.insert("counter".to_owned(), counter.into());
    object.insert("subscribers".to_owned(), facts.subscribers.into());
    if let Reading::Unreadable(why) = &facts.counter {
        object.insert("counter_error".to_owned(), (&**why).into());
    }
    object
}

/// Names to the left, numbers to the right; `-` where there is no counter, `?` where something is not known.
fn table(out: &mut impl Write, channels: &[ChannelFacts]) -> io::Result<()> {
    let rows: Vec<[String; 4]> = channels.iter().map(row).collect();
    let header = ["CHANNEL", "COUNTER", "SUBSCRIBERS"];
    let width = |column: usize| {
        rows.iter().map(|row| row[column].width()).chain([header[column].len()]).max().unwrap_or_default()
    };
    let [name, counter, subscribers] = [width(0), width(1), width(2)];
    writeln!(out, "{:name$}  {:>counter$}  {:>subscribers$}", header[0], header[1], header[2])?;
    for [channel, number, listening, why] in &rows {
        let pad = name - channel.width();
        let line = format!("{channel}{:pad$}  {number:>counter$}  {listening:>subscribers$}  {why}", "");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn row(facts: &ChannelFacts) -> [String; 4] {
    let (counter, why) = match &facts.counter {
        Reading::Value(counter) => (counter.to_string(), String::new()),
        Reading::Missing => ("-".to_owned(), String::new()),
        Reading::Unreadable(why) => ("?".to_owned(), escape(why.as_bytes())),
    };
    let subscribers = facts.subscribers.map_or_else(|| "?".to_owned(), |number| number.to_string());
    [escape(facts.channel.as_bytes()), counter, subscribers, why]
}
