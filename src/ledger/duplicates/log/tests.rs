//! Compares the log with a list.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::Log;
use crate::ledger::duplicates::names::ChannelNumbers;
use crate::ledger::sequence::Channel;

/// The capacity of the logs. A bucket then has 3 messages.
const CAPACITY: usize = 200;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_log_equals_a_list(steps in prop::collection::vec((any::<u64>(), 0..3_i64, 0..2_u8, 0..5_u8), 1..100)) {
        let (mut log, mut names, mut known) = (Log::new(CAPACITY), ChannelNumbers::default(), VecDeque::new());
        let mut at = 0;
        for (fingerprint, pause, channel, removes) in steps {
            at += pause;
            let channel = names.take(&Channel::new(&[channel]));
            let until = at + i64::from(removes);
            log.push(fingerprint, at, until, channel, &mut names);
            known.push_back((fingerprint, at, channel, until));
            if removes == 0 {
                let removed: Vec<_> = known.drain(..known.len().min(3)).collect();
                prop_assert_eq!(log.first_until(), removed.iter().map(|(.., until)| *until).max());
                prop_assert_eq!(log.remove_first(&mut names), removed.iter().map(|(.., until)| *until).max());
            }
            prop_assert_eq!(log.len(), known.len());
            prop_assert!(log.fingerprints().eq(known.iter().map(|(fingerprint, ..)| *fingerprint)));
            for index in 0..known.len() + 4 {
                let expected = known.get(index);
                prop_assert_eq!(log.fingerprint(index), expected.map(|known| known.0));
                if let Some((_, at, channel, _)) = expected {
                    prop_assert_eq!(log.origin(index), Some((*at, *channel)));
                    prop_assert!(names.get(*channel).is_some());
                }
            }
        }
        while log.remove_first(&mut names).is_some() {}
        prop_assert_eq!(log.len(), 0);
    }
}

#[test]
fn messages_of_one_read_share_a_run() {
    let (mut log, mut names) = (Log::new(1_000_000), ChannelNumbers::default());
    for fingerprint in 0..1_000 {
        let channel = names.take(&Channel::new(b"ops"));
        log.push(fingerprint, i64::try_from(fingerprint / 100).unwrap_or(0), 0, channel, &mut names);
    }
    assert_eq!(log.buckets.iter().map(|bucket| bucket.runs.len()).sum::<usize>(), 10);
}
