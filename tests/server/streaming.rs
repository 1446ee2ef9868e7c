//! The library's stream of events, and what happens if futures are dropped.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use aircheck::broadcast::{
    Broadcast, Event, EventStream, LinkState, Listener, Message, MissedCause, Position, Rejection, Sequence, StopReason,
};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;

use crate::support::{LIMIT, RedisServer};
use crate::tailing::{broadcast as broadcast_raw, wait_until_sent};

fn ops(server: &RedisServer) -> Broadcast {
    Broadcast::new(&server.url(), "ops").unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// The next event, without changes of the link.
async fn next(stream: &mut EventStream) -> Option<Event> {
    loop {
        match timeout(LIMIT, stream.next()).await.unwrap() {
            Some(Ok(Event::Link(_))) => {}
            event => return event.transpose().unwrap(),
        }
    }
}

/// Waits for the start. Returns the counter.
async fn started(stream: &mut EventStream) -> Option<u64> {
    match next(stream).await {
        Some(Event::Started(started)) => started.sequence,
        event => panic!("{event:?}"),
    }
}

/// The number of a message. Large intervals do not wait for a barrier, so it can be inferred.
fn number(message: &Message) -> u64 {
    match message.sequence_info() {
        Sequence::Exact(number) | Sequence::Inferred(number) => number,
        info => panic!("{info}"),
    }
}

fn wait_for_subscribers(server: &RedisServer, count: u8) {
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains(&format!("int({count})")));
}

#[test]
fn select_loses_no_event() {
    const ALL: u64 = 300;
    let server = RedisServer::start();
    let broadcast = ops(&server);
    runtime().block_on(async {
        let mut stream = broadcast.listener().into_stream();
        assert_eq!(started(&mut stream).await, Some(0));
        let mut publisher = broadcast.publisher();
        let publishing = tokio::spawn(async move {
            for _ in 0..ALL {
                publisher.publish("evt").await.unwrap();
            }
        });
        let (mut numbers, mut dropped_futures) = (Vec::new(), 0_u64);
        while numbers.len() < usize::try_from(ALL).unwrap() {
            tokio::select! {
                event = stream.next() => {
                    let Some(Ok(Event::Message(message))) = event else { panic!("{event:?}") };
                    numbers.push(message.sequence().unwrap());
                    assert_eq!(stream.last_position().unwrap().sequence, message.sequence().unwrap());
                }
                () = tokio::task::yield_now() => dropped_futures += 1,
            }
        }
        publishing.await.unwrap();
        assert_eq!(numbers, (1..=ALL).collect::<Vec<_>>());
        assert!(dropped_futures > 0, "no future was dropped");
        stream.stop_handle().stop();
        assert!(next(&mut stream).await.is_none());
        assert_eq!(stream.stop_reason(), Some(StopReason::Requested));
        assert!(next(&mut stream).await.is_none(), "the stream stays at its end");
    });
}

#[test]
fn a_stream_that_is_not_read_drops_the_oldest_messages() {
    // 50 MB: more than the socket can hold (32 MiB on some machines), so the reader has taken some before the stream is read.
    const ALL: u64 = 500;
    let server = RedisServer::start_with(&["--client-output-buffer-limit", "pubsub 0 0 0"]);
    let mut stream = ops(&server).listener().queue_limit(1 << 20).into_stream();
    runtime().block_on(async {
        assert_eq!(started(&mut stream).await, Some(0));
        let payload = format!("large::\"{}\"", "x".repeat(100 << 10));
        for _ in 0..ALL {
            broadcast_raw(&server, "ops", &[&payload]);
        }
        wait_until_sent(&server);
        let (mut received, mut dropped) = (Vec::new(), Vec::new());
        while received.last().max(dropped.last()) != Some(&ALL) {
            match next(&mut stream).await.unwrap() {
                Event::Message(message) => received.push(number(&message)),
                Event::Dropped(range) => {
                    let numbers = range.sequence_from.unwrap()..=range.sequence_to.unwrap();
                    assert_eq!(numbers.clone().count() as u64, range.count);
                    dropped.extend(numbers);
                }
                event => panic!("{event:?}"),
            }
            assert_eq!(stream.last_position().unwrap().sequence, *received.last().max(dropped.last()).unwrap());
        }
        assert!(!received.is_empty() && !dropped.is_empty(), "{} {}", received.len(), dropped.len());
        let mut numbers = [received, dropped].concat();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=ALL).collect::<Vec<_>>());
    });
}

#[test]
fn a_stream_reports_rejected_messages_and_changes_of_the_link() {
    let mut server = RedisServer::start();
    runtime().block_on(async {
        let mut stream = ops(&server).with_signing_key("the secret").listener().into_stream();
        let event = stream.next().await.unwrap().unwrap();
        assert!(matches!(&event, Event::Link(link) if link.state == LinkState::Connected), "{event:?}");
        assert_eq!(started(&mut stream).await, Some(0));
        broadcast_raw(&server, "ops", &["evt::1"]);
        let event = next(&mut stream).await.unwrap();
        let Event::Rejected { message, rejection } = event else { panic!("{event:?}") };
        assert_eq!((message.sequence(), rejection), (Some(1), Rejection::Unsigned));
        server.restart();
        let mut states = Vec::new();
        while states.last() != Some(&LinkState::Connected) {
            match timeout(LIMIT, stream.next()).await.unwrap().unwrap().unwrap() {
                Event::Link(link) => {
                    assert_eq!(link.reason.is_some(), link.state == LinkState::Disconnected, "{link:?}");
                    states.push(link.state);
                }
                event => panic!("{event:?}"),
            }
        }
        assert_eq!(states[0], LinkState::Disconnected);
        // The server lost the counter.
        let event = next(&mut stream).await.unwrap();
        assert!(matches!(&event, Event::Missed(missed) if missed.cause == MissedCause::CounterReset), "{event:?}");
    });
}

#[test]
fn a_stream_resumes_after_the_position_of_a_dropped_one() {
    let server = RedisServer::start();
    runtime().block_on(async {
        let mut stream = ops(&server).listener().into_stream();
        assert_eq!(started(&mut stream).await, Some(0));
        broadcast_raw(&server, "ops", &["a", "b", "c"]);
        for _ in 0..2 {
            assert!(matches!(next(&mut stream).await, Some(Event::Message(_))));
        }
        let stored = stream.last_position().unwrap().to_string();
        drop(stream);
        // The subscription ends, although nobody waits for its thread.
        wait_for_subscribers(&server, 0);
        broadcast_raw(&server, "ops", &["d", "e"]);
        let position: Position = stored.parse().unwrap();
        let listener = ops(&server).listener().resume_after(position).idle_timeout(Duration::from_millis(300));
        let mut stream = listener.into_stream();
        assert_eq!(stream.last_position().unwrap().sequence, 2);
        assert_eq!(started(&mut stream).await, Some(5));
        let event = next(&mut stream).await.unwrap();
        let Event::Missed(missed) = event else { panic!("{event:?}") };
        assert_eq!((missed.sequence_from, missed.sequence_to, missed.count), (Some(3), Some(5), Some(3)));
        assert_eq!(missed.cause, MissedCause::NotRunning { lower_bound: false });
        assert_eq!(stream.last_position().unwrap().sequence, 5);
        assert!(next(&mut stream).await.is_none());
        assert_eq!(stream.stop_reason(), Some(StopReason::IdleTimeout));
    });
}

#[test]
fn an_error_ends_the_stream() {
    runtime().block_on(async {
        let mut stream = Broadcast::new("redis://127.0.0.1:1", "ops").unwrap().listener().into_stream();
        assert!(timeout(LIMIT, stream.next()).await.unwrap().unwrap().is_err());
        assert!(next(&mut stream).await.is_none());
        assert_eq!(stream.stop_reason(), None);
    });
}

#[test]
fn a_message_whose_handler_was_dropped_is_missed() {
    let server = RedisServer::start();
    runtime().block_on(async {
        let (entered, mut entries) = unbounded_channel();
        let (missed, mut gaps) = unbounded_channel();
        let (begun, mut begins) = unbounded_channel();
        let mut listener = ops(&server)
            .listener()
            .on_listen(move |_| begun.send(()).unwrap())
            .on("first", |_| ())
            .on_async("endless", move |_| {
                entered.send(()).unwrap();
                std::future::pending::<()>()
            })
            .on_missed(move |gap| missed.send((gap.sequence_from, gap.sequence_to)).unwrap())
            .time_limit(LIMIT);
        let publishing = async {
            begins.recv().await.unwrap();
            broadcast_raw(&server, "ops", &["first", "endless", "later"]);
            entries.recv().await.unwrap();
        };
        tokio::select! {
            ended = listener.listen() => panic!("{ended:?}"),
            () = publishing => {}
        }
        assert_eq!(listener.last_position().unwrap().sequence, 1);
        let stop = listener.stop_handle();
        tokio::select! {
            ended = listener.listen() => panic!("{ended:?}"),
            gap = gaps.recv() => assert_eq!(gap, Some((Some(2), Some(3)))),
        }
        stop.stop();
        assert_eq!(listener.listen().await.unwrap(), StopReason::Requested);
    });
}

#[test]
fn a_publisher_works_after_its_future_was_dropped() {
    let server = RedisServer::start();
    let broadcast = ops(&server);
    runtime().block_on(async {
        let mut publisher = broadcast.publisher();
        assert_eq!(publisher.publish("evt").await.unwrap().sequence, 1);
        server.freeze();
        assert!(timeout(Duration::from_millis(50), publisher.publish("evt")).await.is_err());
        server.thaw();
        // The second message may have been sent.
        let receipt = publisher.publish("evt").await.unwrap();
        assert!([2, 3].contains(&receipt.sequence), "{receipt:?}");
        assert_eq!(broadcast.sequence().await.unwrap(), receipt.sequence);
    });
}

#[test]
fn everything_can_be_dropped_in_asynchronous_code() {
    let server = RedisServer::start();
    let mut publisher = ops(&server).blocking_publisher();
    publisher.publish("evt").unwrap();
    let mut listener: Listener = ops(&server).listener().time_limit(Duration::from_millis(1));
    listener.listen_blocking().unwrap();
    runtime().block_on(async move {
        let mut stream = ops(&server).listener().into_stream();
        started(&mut stream).await;
        drop((publisher, listener, stream));
    });
}
