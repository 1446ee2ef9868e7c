//! The table stays as small as the number of channels that are in use.

use super::Names;
use crate::ledger::sequence::Channel;

#[test]
fn a_channel_keeps_its_number_while_it_is_used() {
    let mut names = Names::default();
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
fn a_channel_without_use_makes_room() {
    let mut names = Names::default();
    for round in 0..1_000_u32 {
        let number = names.take(&Channel::new(&round.to_be_bytes()));
        let next = names.take(&Channel::new(&(round + 1).to_be_bytes()));
        names.release(number);
        names.release(next);
    }
    assert!(names.table.len() <= 2, "{}", names.table.len());
    assert!(names.numbers.is_empty());
}
