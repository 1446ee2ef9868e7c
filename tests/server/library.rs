//! The library: publishers and listeners with each other, and with payloads of the PHP package.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use aircheck::broadcast::{
    Broadcast, ConnectError, Dropped, ListenError, Listener, Message, Missed, MissedCause, NotHandled, Policy,
    Position, PublishError, Sequence, SequenceError, StopHandle, StopReason, Verdict,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::peer::peer;
use crate::support::{LIMIT, RedisServer};
use crate::tailing::{broadcast as broadcast_raw, wait_until_sent};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Price {
    sku: String,
    price: f64,
}

/// A listener on its own thread. It is subscribed when `begin` returns.
struct Listening {
    thread: thread::JoinHandle<(Result<StopReason, ListenError>, Option<u64>)>,
    stop: StopHandle,
    /// The counter at the start.
    start: Option<u64>,
}

impl Listening {
    fn begin(listener: Listener) -> Self {
        let (sender, start) = channel();
        let mut listener = listener.time_limit(LIMIT).on_listen(move |start| sender.send(start.sequence).unwrap());
        let stop = listener.stop_handle();
        let thread = thread::spawn(move || {
            let ended = listener.listen_blocking();
            (ended, listener.last_position().map(|last| last.sequence))
        });
        let start = start.recv_timeout(LIMIT).unwrap();
        Self { thread, stop, start }
    }

    fn end(self) -> (Result<StopReason, ListenError>, Option<u64>) {
        self.thread.join().unwrap()
    }
}

fn ops(server: &RedisServer) -> Broadcast {
    Broadcast::new(&server.url(), "ops").unwrap()
}

fn sequence_of(broadcast: &Broadcast) -> Result<u64, SequenceError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(broadcast.sequence())
}

#[test]
fn the_example_of_the_packages_readme_works() {
    let server = RedisServer::start();
    let broadcast = ops(&server).with_signing_key("the secret");
    let (sender, received) = channel();
    let (prices, plain, others) = (sender.clone(), sender.clone(), sender);
    let listening = Listening::begin(
        broadcast
            .listener()
            .on("my-message", move |message| {
                assert_eq!((message.channel(), message.verdict()), ("ops".into(), Verdict::Verified));
                assert_eq!(message.key_name(), Some(&b"default"[..]));
                plain.send((message.sequence(), message.name().into_owned(), message.value())).unwrap();
            })
            .on_data("price-update", move |price: Price, message| {
                let data = serde_json::to_value(price).unwrap();
                prices.send((message.sequence(), message.name().into_owned(), Some(data))).unwrap();
            })
            .on_any_other(move |message| {
                others.send((message.sequence(), message.name().into_owned(), message.value())).unwrap();
                if message.name() == "end" {
                    message.stop();
                }
            }),
    );
    assert_eq!(listening.start, Some(0));

    let mut publisher = broadcast.blocking_publisher();
    let receipt = publisher.publish("my-message").unwrap();
    assert_eq!((receipt.sequence, receipt.receivers), (1, 1));
    let price = Price { sku: "A-17".to_owned(), price: 9.5 };
    publisher.publish_data("price-update", &price).unwrap();
    publisher.publish_json("other", r#"{"a": [1, 1e2]}"#).unwrap();
    // Data that serializes to `null` is sent as no data, as in the package.
    publisher.publish_data("nothing", &None::<u8>).unwrap();
    assert_eq!(publisher.publish("end").unwrap().sequence, 5);

    let expected = [
        (Some(1), "my-message", None),
        (Some(2), "price-update", Some(json!({"sku": "A-17", "price": 9.5}))),
        (Some(3), "other", Some(serde_json::from_str(r#"{"a": [1, 1e2]}"#).unwrap())),
        (Some(4), "nothing", None),
        (Some(5), "end", None),
    ];
    for (sequence, name, data) in expected {
        assert_eq!(received.recv_timeout(LIMIT).unwrap(), (sequence, name.to_owned(), data));
    }
    let (ended, last) = listening.end();
    assert_eq!((ended.unwrap(), last), (StopReason::Requested, Some(5)));
    assert_eq!(sequence_of(&broadcast).unwrap(), 5);
    assert!(matches!(publisher.publish("a:b"), Err(PublishError::Sign(_))));
    assert!(matches!(publisher.publish_json("a", "{"), Err(PublishError::Sign(_))));
    assert_eq!(sequence_of(&broadcast).unwrap(), 5, "rejected messages were not sent");
}

#[test]
fn messages_missed_since_the_last_number_are_reported_exactly() {
    let server = RedisServer::start();
    broadcast_raw(&server, "ops", &["a", "b", "c", "d", "e"]);
    let (sender, missed) = channel();
    let id = |section: &str, field: &str| {
        let info: String = server.command(&["INFO", section]);
        info.lines().find_map(|line| line.strip_prefix(field)).unwrap().to_owned()
    };
    let known = format!("2@{}/{}", id("server", "run_id:"), id("replication", "master_replid:"));
    let known: Position = known.parse().unwrap();
    let listener =
        ops(&server).listener().resume_after(known).on_missed(move |missed| sender.send(missed.clone()).unwrap());
    let listening = Listening::begin(listener.on("f", |message| message.stop()));
    assert_eq!(listening.start, Some(5));
    let first: Missed = missed.recv_timeout(LIMIT).unwrap();
    assert_eq!((first.sequence_from, first.sequence_to, first.count), (Some(3), Some(5), Some(3)));
    assert_eq!(first.cause, MissedCause::NotRunning { lower_bound: false });

    // The connection is cut and restored. Messages sent in between are missed too.
    let mut connection = server.connection(0).unwrap();
    let mut cut = redis::pipe();
    cut.atomic().cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").ignore();
    cut.cmd("INCR").arg("system_broadcast_sequence_ops").ignore();
    let () = cut.query(&mut connection).unwrap();
    let again = missed.recv_timeout(LIMIT).unwrap();
    assert_eq!((again.sequence_from, again.sequence_to, again.count), (Some(6), Some(6), Some(1)));
    assert_eq!(again.cause, MissedCause::Disconnected { lower_bound: false });
    broadcast_raw(&server, "ops", &["f"]);
    let (ended, last) = listening.end();
    assert_eq!((ended.unwrap(), last), (StopReason::Requested, Some(7)));
}

#[test]
fn a_second_listen_continues_from_the_last_position() {
    let server = RedisServer::start();
    let (sender, starts) = channel();
    let (missed_sender, missed) = channel();
    let mut listener = ops(&server)
        .listener()
        .on("stop", |message| message.stop())
        .on_listen(move |start| sender.send(start.sequence).unwrap())
        .on_missed(move |missed| missed_sender.send(missed.count).unwrap())
        .time_limit(LIMIT);
    let stop = listener.stop_handle();
    stop.stop();
    assert_eq!(listener.listen_blocking().unwrap(), StopReason::Requested, "an earlier stop request is kept");
    assert!(starts.try_recv().is_err());

    let publishing = {
        let server = server.url();
        thread::spawn(move || {
            assert_eq!(starts.recv_timeout(LIMIT).unwrap(), Some(0));
            let mut publisher = Broadcast::new(&server, "ops").unwrap().blocking_publisher();
            publisher.publish("stop").unwrap();
            starts
        })
    };
    assert_eq!(listener.listen_blocking().unwrap(), StopReason::Requested);
    assert_eq!(listener.last_position().unwrap().sequence, 1);
    let starts: Receiver<Option<u64>> = publishing.join().unwrap();
    broadcast_raw(&server, "ops", &["a", "b"]);
    let mut listener = listener.idle_timeout(Duration::from_millis(300));
    assert_eq!(listener.listen_blocking().unwrap(), StopReason::IdleTimeout);
    assert_eq!(starts.recv_timeout(LIMIT).unwrap(), Some(3));
    assert_eq!(missed.recv_timeout(LIMIT).unwrap(), Some(2));
    assert_eq!(listener.last_position().unwrap().sequence, 3);
}

#[test]
fn the_policies_apply_to_unhandled_and_rejected_messages() {
    let server = RedisServer::start();
    let broadcast = ops(&server).with_signing_key("the secret");
    let rejected = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&rejected);
    let listener = |seen: Arc<Mutex<Vec<String>>>| {
        let told = move |message: &Message, why: &NotHandled| {
            seen.lock().unwrap().push(format!("{} {why}", message.escaped_name()));
        };
        broadcast.listener().on_data("typed", |_: u8, _| ()).on("end", |message| message.stop()).on_rejected(told)
    };
    // By default, the listener continues.
    let listening = Listening::begin(listener(seen));
    broadcast_raw(&server, "ops", &["typed::1"]);
    let mut publisher = broadcast.blocking_publisher();
    publisher.publish_data("typed", "text").unwrap();
    publisher.publish("unknown").unwrap();
    publisher.publish("end").unwrap();
    assert_eq!(listening.end().0.unwrap(), StopReason::Requested);
    let rejected = rejected.lock().unwrap().clone();
    assert_eq!(rejected[0], "typed rejected: not signed");
    assert!(rejected[1].starts_with("typed cannot deserialize the data: invalid type: string"), "{rejected:?}");
    assert_eq!(rejected.len(), 2);

    // With `Policy::Fail`, the listener ends, as in the package.
    let strict = || listener(Arc::default()).unhandled_policy(Policy::Fail).rejected_policy(Policy::Fail);
    let listening = Listening::begin(strict());
    publisher.publish("unknown").unwrap();
    let error = listening.end().0.unwrap_err();
    assert!(matches!(&error, ListenError::Unhandled { name } if name == "unknown"), "{error}");
    let listening = Listening::begin(strict());
    broadcast_raw(&server, "ops", &["typed::1"]);
    let error = listening.end().0.unwrap_err();
    assert_eq!(chain(&error), ["message \"typed\" was not handled", "rejected: not signed"]);

    // A failed handler always ends the listener.
    let failing = broadcast.listener().on("end", |_| Err::<(), _>("no disk"));
    let listening = Listening::begin(failing);
    publisher.publish("end").unwrap();
    let error = listening.end().0.unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "no disk");
    assert_eq!(error.to_string(), "handler for message \"end\" failed");
}

#[test]
fn handlers_can_be_async_and_a_listener_can_be_a_task() {
    let server = RedisServer::start();
    let broadcast = ops(&server);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (started, mut starts) = tokio::sync::mpsc::unbounded_channel();
        let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
        let mut listener = broadcast
            .listener()
            .on_listen(move |_| started.send(()).unwrap())
            .on_async("slow", move |message| {
                let sender = sender.clone();
                async move {
                    tokio::task::yield_now().await;
                    sender.send(message.sequence())
                }
            })
            .time_limit(LIMIT);
        let stop = listener.stop_handle();
        let task = tokio::spawn(async move { listener.listen().await });
        starts.recv().await.unwrap();
        let mut publisher = broadcast.publisher();
        for _ in 0..3 {
            publisher.publish("slow").await.unwrap();
        }
        for expected in 1..=3 {
            assert_eq!(received.recv().await.unwrap(), Some(expected));
        }
        stop.stop();
        assert_eq!(task.await.unwrap().unwrap(), StopReason::Requested);
    });
}

#[test]
fn an_unreachable_or_rejecting_server_is_an_error() {
    let nobody = Broadcast::new("redis://127.0.0.1:1", "ops").unwrap();
    let error = nobody.listener().listen_blocking().unwrap_err();
    assert!(matches!(&error, ListenError::Connect(ConnectError::Unreachable { .. })), "{error:?}");
    assert_eq!(chain(&error), ["cannot reach 127.0.0.1:1", "Connection refused (os error 111)"]);
    let error = sequence_of(&nobody).unwrap_err();
    assert!(matches!(&error, SequenceError::Connect(ConnectError::Unreachable { .. })), "{error:?}");
    let error = nobody.blocking_publisher().publish("evt").unwrap_err();
    assert!(matches!(&error, PublishError::Connect(ConnectError::Unreachable { .. })), "{error:?}");

    let server = RedisServer::start();
    let rules = ["ACL", "SETUSER", "limited", "on", ">secret", "resetchannels", "&other", "~*", "+@all"];
    let _: () = server.command(&rules);
    let limited = server.url().replace("redis://", "redis://limited:secret@");
    let limited = Broadcast::new(&limited, "ops").unwrap();
    let denied = limited.listener().listen_blocking().unwrap_err();
    assert!(
        matches!(&denied, ListenError::ChannelDenied { channel, reason } if channel == "ops" && reason.starts_with("NOPERM")),
        "{denied}"
    );
    let mut publisher = limited.blocking_publisher();
    assert!(matches!(publisher.publish("evt"), Err(PublishError::Rejected { .. })));
}

/// The texts of an error and its sources.
fn chain(error: &dyn Error) -> Vec<String> {
    std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect()
}

#[test]
fn each_connection_problem_has_its_own_error() {
    let server = RedisServer::start();
    let rules = ["ACL", "SETUSER", "limited", "on", ">secret", "allchannels", "resetkeys", "+@all"];
    let _: () = server.command(&rules);
    let at = |url: &str| Broadcast::new(url, "ops").unwrap();
    // Listening, reading the counter and publishing report the same error.
    let each = |broadcast: &Broadcast| {
        let ListenError::Connect(listen) = broadcast.listener().listen_blocking().unwrap_err() else { panic!() };
        let SequenceError::Connect(read) = sequence_of(broadcast).unwrap_err() else { panic!() };
        let published = broadcast.blocking_publisher().publish("evt");
        let PublishError::Connect(publish) = published.unwrap_err() else { panic!() };
        [listen, read, publish]
    };
    let wrong = at(&server.url().replace("redis://", "redis://limited:wr0ng@"));
    for error in each(&wrong) {
        assert!(
            matches!(&error, ConnectError::WrongCredentials { user: Some(user), .. } if user == "limited"),
            "{error:?}"
        );
        assert!(error.to_string().contains(" rejected the login as limited: WRONGPASS"), "{error}");
        assert!(error.source().is_none() && !format!("{error:?}").contains("wr0ng"), "{error:?}");
    }
    // The port does not use TLS.
    for error in each(&at(&server.url().replace("redis://", "rediss://"))) {
        assert!(matches!(&error, ConnectError::Tls { .. }), "{error:?}");
        let [what, cause] = &chain(&error)[..] else { panic!("{error:?}") };
        assert!(what.starts_with("cannot connect to 127.0.0.1:") && what.ends_with(" with TLS"), "{what}");
        assert!(!cause.is_empty() && !what.contains(cause), "{cause}");
    }
    let limited = at(&server.url().replace("redis://", "redis://limited:secret@"));
    let unreadable = sequence_of(&limited).unwrap_err();
    assert!(
        matches!(&unreadable, SequenceError::Unreadable { reason } if reason.starts_with("NOPERM")),
        "{unreadable:?}"
    );
    // A server without RESP3.
    let old = peer(|mut peer, _| {
        let _ = peer.command();
        peer.send("-ERR unknown command `HELLO`\r\n");
    });
    let error = at(&old).listener().listen_blocking().unwrap_err();
    assert!(matches!(&error, ListenError::Connect(ConnectError::NoResp3 { .. })), "{error:?}");
}

#[derive(Deserialize)]
struct Vectors {
    receive: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    config: Value,
    payload_base64: String,
    outcome: String,
}

/// The broadcast with a vector's configuration. `None` if an algorithm is not supported. The tolerance is a century, because the
/// payloads were signed long ago.
fn of_vector(server: &RedisServer, config: &Value) -> Option<Broadcast> {
    let mut broadcast = ops(server).with_time_tolerance(Duration::from_hours(24 * 365 * 100)).unwrap();
    for (field, value) in config.as_object().into_iter().flatten() {
        broadcast = match field.as_str() {
            "sign_key" => broadcast.with_signing_key(value.as_str()?),
            "sign_key_name" => broadcast.with_signing_key_name(value.as_str()?),
            "sign_algorithm" => broadcast.with_signing_algorithm(value.as_str()?.parse().ok()?),
            "sequence_prefix" => broadcast.with_sequence_prefix(value.as_str()?),
            "verification_keys" => value.as_object()?.iter().fold(broadcast, |broadcast, (name, key)| {
                broadcast.with_verification_key(name.as_str(), key.as_str().unwrap_or_default())
            }),
            "verification_algorithms" => value.as_array()?.iter().fold(broadcast, |broadcast, name| {
                broadcast.with_verification_algorithm(name.as_str().unwrap_or_default().parse().unwrap())
            }),
            _ => broadcast,
        };
    }
    Some(broadcast)
}

#[test]
fn messages_of_the_package_are_received_as_in_the_package() {
    let server = RedisServer::start();
    let vectors: Vectors = serde_json::from_str(include_str!("../vectors/php-1.0.0.json")).unwrap();
    // One listener for each configuration. It receives all payloads of that configuration.
    let mut by_config: BTreeMap<String, Vec<&Vector>> = BTreeMap::new();
    let timely = vectors.receive.iter().filter(|vector| vector.outcome != "timestamp_out_of_tolerance");
    for vector in timely {
        by_config.entry(vector.config.to_string()).or_default().push(vector);
    }
    let mut counted = 0;
    for vectors in by_config.into_values() {
        let Some(broadcast) = of_vector(&server, &vectors[0].config) else { continue };
        let (sender, received) = channel();
        let rejections = sender.clone();
        let listening = Listening::begin(
            broadcast
                .listener()
                .on_any_other(move |message| sender.send("accepted".to_owned()).map_err(|_| message.escaped_name()))
                .on_rejected(move |_, why| {
                    let NotHandled::Rejected(rejection) = why else { panic!("{why}") };
                    rejections.send(rejection.name().to_owned()).unwrap();
                })
                .rejected_policy(Policy::Ignore),
        );
        let mut pipeline = redis::pipe();
        for vector in &vectors {
            let payload = base64_simd::STANDARD.decode_to_vec(&vector.payload_base64).unwrap();
            pipeline.cmd("PUBLISH").arg("ops").arg(payload).ignore();
        }
        let () = pipeline.query(&mut server.connection(0).unwrap()).unwrap();
        for vector in &vectors {
            assert_eq!(received.recv_timeout(LIMIT).unwrap(), vector.outcome, "{}", vector.name);
            counted += 1;
        }
        listening.stop.stop();
        assert_eq!(listening.end().0.unwrap(), StopReason::Requested);
    }
    assert!(counted > 200, "{counted} of {}", vectors.receive.len());
}

#[test]
fn a_stop_is_never_lost() {
    let server = RedisServer::start();
    let listener = ops(&server).listener().on("a", |message| {
        message.stop();
        Err("a reason of its own")
    });
    let (sender, ended) = channel();
    thread::spawn(move || {
        let mut listener = listener.time_limit(LIMIT);
        sender.send(None).unwrap();
        for _ in 0..2 {
            sender.send(Some(listener.listen_blocking())).unwrap();
        }
    });
    assert!(ended.recv_timeout(LIMIT).unwrap().is_none());
    server.wait_for(&["PUBSUB", "NUMSUB", "ops"], |answer| format!("{answer:?}").contains("int(1)"));
    broadcast_raw(&server, "ops", &["a"]);
    let first = ended.recv_timeout(LIMIT).unwrap().unwrap();
    assert!(matches!(first, Err(ListenError::Handler { .. })), "{first:?}");
    let second = ended.recv_timeout(LIMIT).unwrap().unwrap();
    assert!(matches!(second, Ok(StopReason::Requested)), "the stop request ends the next call: {second:?}");
}

#[test]
fn slow_handlers_get_the_dropped_range() {
    // 200 MiB: twice the size of the queue, because the first handler may get a full queue, and the messages that the
    // subscription itself holds.
    const ALL: u64 = 200;
    // The server must not disconnect a slow subscriber.
    let server = RedisServer::start_with(&["--client-output-buffer-limit", "pubsub 0 0 0"]);
    let (sender, dropped) = channel();
    let (go, gate) = channel();
    let handled = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&handled);
    let listener = ops(&server)
        .listener()
        .on("large", move |message| {
            // Intervals of this size do not wait for a barrier, so numbers can be inferred.
            let (Sequence::Exact(number) | Sequence::Inferred(number)) = message.sequence_info() else {
                panic!("no number")
            };
            if number == 1 {
                gate.recv_timeout(LIMIT).unwrap();
            }
            seen.lock().unwrap().push(number);
        })
        .on("end", |message| message.stop())
        .on_dropped(move |dropped| sender.send(dropped.clone()).unwrap());
    let listening = Listening::begin(listener);
    // More than fits into the queue for the handlers.
    let payload = format!("large::\"{}\"", "x".repeat(1 << 20));
    for _ in 0..ALL {
        broadcast_raw(&server, "ops", &[&payload]);
    }
    wait_until_sent(&server);
    go.send(()).unwrap();
    let first = dropped.recv_timeout(LIMIT).unwrap();
    // The queue is empty now, so this message is not dropped.
    broadcast_raw(&server, "ops", &["end"]);
    let (ended, last) = listening.end();
    assert_eq!((ended.unwrap(), last), (StopReason::Requested, Some(ALL + 1)));
    let dropped: Vec<Dropped> = std::iter::once(first).chain(dropped.try_iter()).collect();
    let handled = handled.lock().unwrap().clone();
    let count: u64 = dropped.iter().map(|dropped| dropped.count).sum();
    assert!(count > 0 && dropped.iter().all(|dropped| dropped.dropped_events == 0), "{dropped:?}");
    assert_eq!(handled.len() as u64 + count, ALL, "{dropped:?}");
    // Every message was either handled or reported as dropped.
    let dropped_numbers = dropped.iter().flat_map(|it| it.sequence_from.unwrap()..=it.sequence_to.unwrap());
    let mut numbers: Vec<u64> = dropped_numbers.chain(handled).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=ALL).collect::<Vec<_>>());
}
