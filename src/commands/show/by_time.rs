//! The messages of a stretch of time, with the findings and the recorder's own holes in it.

use super::super::Failure;
use super::super::cli::ShowArgs;
use super::output::Absent;
use super::{PAGE, Show, times};
use crate::ledger::interval::Entry;
use crate::ledger::sequence::Channel;
use crate::record::reader::{Cursor, Hole, Page, TimeQuery};

pub(super) fn show(show: &mut Show, channel: Option<Channel>, args: &ShowArgs) -> Result<(), Failure> {
    let time = |option: &str, text: &Option<String>, none: i64| match text {
        Some(text) => times::parse(text, show.now).map_err(|error| Failure::usage(format!("--{option}: {error}"))),
        None => Ok(none),
    };
    let from = time("since", &args.since, i64::MIN)?;
    let to = time("until", &args.until, i64::MAX)?;
    if from > to {
        return Err(Failure::usage("--until is before --since"));
    }
    let query = TimeQuery { from, to, channel, epoch: args.epoch };
    let holes = show.reader.holes(0, i64::MAX)?;
    let mut holes = holes.into_iter().filter(|hole| concerns(hole, &query)).peekable();
    let mut cursor: Option<Cursor> = None;
    let mut begin = from;
    loop {
        let (page, after) = show.reader.by_time(&query, cursor, PAGE)?;
        let end = match (after, page.interval.entries().last()) {
            (Some(_), Some(Entry::Message(last))) => last.at,
            _ => to,
        };
        let mut findings = findings(show, &query, begin, end)?.into_iter().peekable();
        let answers = show.answers(&page);
        for (index, (entry, answer)) in page.interval.entries().iter().zip(&answers).enumerate() {
            let Entry::Message(message) = entry else { continue };
            while let Some(hole) = holes.next_if(|hole| hole.from_at <= message.at) {
                lost(show, &hole)?;
            }
            while let Some((_, finding)) = findings.next_if(|(at, _)| *at <= message.at) {
                show.output.finding(&finding);
            }
            show.message(&page, index, answer)?;
        }
        for (_, finding) in findings {
            show.output.finding(&finding);
        }
        show.output.flush()?;
        begin = end.saturating_add(1);
        cursor = after;
        if cursor.is_none() {
            break;
        }
    }
    for hole in holes {
        lost(show, &hole)?;
    }
    Ok(())
}

fn concerns(hole: &Hole, query: &TimeQuery) -> bool {
    let of_channel = |channel: &Channel| hole.ranges.iter().any(|range| range.channel == *channel);
    hole.from_at <= query.to
        && hole.to_at >= query.from
        && query.channel.as_ref().is_none_or(|channel| hole.ranges.is_empty() || of_channel(channel))
}

fn lost(show: &mut Show, hole: &Hole) -> Result<(), Failure> {
    show.missing = true;
    show.output.absent(&Absent::of_hole(hole))
}

/// The findings of a stretch of time that are to be shown, by their time.
fn findings(show: &mut Show, query: &TimeQuery, from: i64, to: i64) -> Result<Vec<(i64, Page)>, Failure> {
    let mut found = Vec::new();
    let all = show.reader.findings(from, to, usize::MAX - 1)?;
    for (entry, place) in all.interval.entries().iter().zip(&all.places) {
        let Entry::Finding(finding) = entry else { continue };
        let wanted = query.channel.as_ref().is_none_or(|channel| *channel == finding.channel)
            && query.epoch.is_none_or(|epoch| epoch == place.epoch)
            && show.wants_finding(finding);
        if wanted {
            show.missing |= finding.kind.is_gap();
            let mut page = Page::default();
            page.interval.push(entry.clone());
            found.push((finding.at, page));
        }
    }
    Ok(found)
}
