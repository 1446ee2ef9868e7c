//! jq predicates run in a worker process. Every message gets an answer, or the reason why it has none.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use aircheck::console::app::event::Event;
use aircheck::console::app::scrollback::Row;
use aircheck::console::filter::jq_worker::{JqClient, Request};
use aircheck::filter::Filter;
use aircheck::filter::jq_worker::Answer;
use aircheck::ledger::interval::Interval;
use aircheck::ledger::sequence::{Channel, Sequence};
use aircheck::wire::verdict::Verdict;

use crate::support::LIMIT;

struct Fixture {
    client: JqClient,
    events: Receiver<Event>,
    id: u64,
}

impl Fixture {
    fn open() -> Self {
        Self::of(env!("CARGO_BIN_EXE_aircheck"))
    }

    fn of(program: &str) -> Self {
        let (sender, events) = channel();
        let client = JqClient::start(program.into(), move |event| drop(sender.send(event)));
        Self { client, events, id: 0 }
    }

    /// Evaluates the filter for each data, and waits for the answers.
    fn ask(&mut self, filter: &str, data: &[&str]) -> (Vec<Answer>, Option<String>) {
        self.id += 1;
        let mut interval = Interval::default();
        for data in data {
            let payload = format!("evt::{data}");
            let channel = Channel::new(b"ops");
            interval.push_message(payload.as_bytes(), 0, channel, Sequence::Exact(1), Verdict::Unsigned, None, None);
        }
        let interval = Arc::new(interval);
        let rows =
            (0..data.len()).map(|index| (index as u64, Row { interval: Arc::clone(&interval), index })).collect();
        self.client.send(Request { id: self.id, filter: Filter::parse(filter).unwrap(), rows });
        let Event::Answered { id, answers, stopped } = self.events.recv_timeout(LIMIT).unwrap() else { panic!() };
        assert_eq!(id, self.id);
        assert!(answers.iter().map(|(row_id, _)| *row_id).eq(0..answers.len() as u64));
        (answers.into_iter().map(|(_, answer)| answer).collect(), stopped)
    }
}

#[test]
fn answers_are_in_the_order_of_the_messages() {
    let mut fixture = Fixture::open();
    let (answers, stopped) = fixture.ask("name:x | .a > 1", &[r#"{"a":2}"#, r#"{"a":1}"#, "[1]", "", r#"{"a":3}"#]);
    let Answer::Failed(why) = &answers[2] else { panic!("{answers:?}") };
    assert!(why.contains("index"), "{why}");
    assert_eq!(
        [&answers[0], &answers[1], &answers[3], &answers[4]],
        [&Answer::Yes, &Answer::No, &Answer::No, &Answer::Yes]
    );
    assert_eq!(stopped, None);
    // Another filter, and longer data than a pipe holds.
    let long = format!("\"{}\"", "x".repeat(1 << 20));
    assert_eq!(fixture.ask("| length > 1000", &[&long, "\"x\""]).0, [Answer::Yes, Answer::No]);
}

#[test]
fn a_runaway_filter_is_killed_and_the_next_filter_is_answered() {
    let mut fixture = Fixture::open();
    for filter in ["| [repeat(1)]", "| def f: f; f", "| def f: 1 + f; f", "| [range(100000000)] | length"] {
        let began = Instant::now();
        let (answers, stopped) = fixture.ask(filter, &["1"; 20]);
        let reasons: Vec<_> = answers.iter().map(reason).collect();
        // The machine decides which limit is reached first.
        let is_limit = |why: &&str| ["too slow", "too much memory or recursion"].contains(why);
        assert!(reasons[..3].iter().all(is_limit), "{filter}: {reasons:?}");
        let skipped = "not evaluated: earlier messages with this name failed";
        assert!(reasons[3..].iter().all(|why| *why == skipped), "{filter}: {reasons:?}");
        assert_eq!(stopped, None, "messages do not stop the filter");
        assert!(began.elapsed() < LIMIT, "{filter} took {:?}", began.elapsed());
        assert_eq!(fixture.ask("| . == 1", &["1", "2"]), (vec![Answer::Yes, Answer::No], None), "after {filter}");
    }
}

fn reason(answer: &Answer) -> &str {
    let Answer::Failed(why) = answer else { panic!("{answer:?}") };
    why
}

#[test]
fn one_slow_message_among_others_is_the_only_one_without_an_answer() {
    let filter = "| if . == 0 then [repeat(1)] else . == 1 end";
    let (answers, stopped) = Fixture::open().ask(filter, &["1", "0", "2", "1"]);
    let [Answer::Yes, Answer::Failed(_), Answer::No, Answer::Yes] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(stopped, None);
}

#[test]
fn a_program_that_cannot_be_started_is_named_as_the_reason() {
    let (_, stopped) = Fixture::of("/nowhere/aircheck").ask("| .", &["1"]);
    assert!(stopped.unwrap().starts_with("cannot run jq: "));
    let (_, stopped) = Fixture::of("/bin/true").ask("| .", &["1"]);
    assert!(stopped.unwrap().starts_with("cannot run jq: "));
}
