//! Checks that a channel keeps its number while it is in use, and that unused numbers are reused.

use super::ChannelNumbers;
use crate::ledger::sequence::Channel;

#[test]
fn a_channel_keeps_its_number_while_it_is_used() {
    let mut names = ChannelNumbers::default();
    let (ops, billing) = (Channel::new(b"ops"), Channel::new(b"billing"));
    let number = names.take(&ops);
    let other = names.take(&billing);
    assert_ne!(number, other);
    assert_eq!(names.take(&ops), number);
    names.release(number);
    assert_eq!(names.get(number), Some(ops.clone()));
    assert_eq!(names.take(&ops), number);
}

#[test]
fn the_number_of_an_unused_channel_is_reused() {
    let mut names = ChannelNumbers::default();
    for round in 0..1_000_u32 {
        let number = names.take(&Channel::new(&round.to_be_bytes()));
        let next = names.take(&Channel::new(&(round + 1).to_be_bytes()));
        names.release(number);
        names.release(next);
    }
    assert!(names.table.len() <= 2, "{}", names.table.len());
    assert!(names.numbers.is_empty());
}

#[test]
fn a_permanent_number_is_unique_and_stays_the_same() {
    let mut names = ChannelNumbers::default();
    let (ops, billing) = (Channel::new(b"ops"), Channel::new(b"billing"));
    let number = names.keep(&ops);
    assert_eq!(names.keep(&ops), number);
    let others = [names.keep(&billing), names.take(&ops), names.take(&billing)];
    assert!(!others.contains(&number));
    names.release(number);
    assert_eq!(
        [number, others[0], others[1]].map(|number| names.get(number)),
        [&ops, &billing, &ops].map(|it| Some(it.clone()))
    );
    assert_eq!(names.permanent.len(), 2);
}
