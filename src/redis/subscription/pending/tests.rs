use super::*;

/// Returns a function that maps milliseconds to a point in time.
fn clock() -> impl Fn(u64) -> Instant {
    let start = Instant::now();
    move |millis| start + Duration::from_millis(millis)
}

#[test]
fn a_link_is_stale_if_the_oldest_request_has_no_reply_though_bytes_arrive() {
    let at = clock();
    let mut pending = PendingRequests::new(at(0));
    pending.push(ExpectedReply::Ping, at(0));
    pending.push(ExpectedReply::Get(0), at(100));
    for millis in (0..2000).step_by(100) {
        pending.receive(at(millis));
        assert_eq!(pending.becomes_stale(at(millis)), None);
    }
    assert_eq!(pending.due(), Some(at(2000)));
    let reason = "no reply to PING for 2 s, but other data arrives";
    assert_eq!(pending.becomes_stale(at(2000)).as_deref(), Some(reason));
    assert_eq!(pending.becomes_stale(at(2050)), None, "reported once");
    pending.receive(at(2100));
    assert!(!pending.becomes_live(at(2100)), "the bytes were no reply");
    // After the reply to the oldest request, the next one is too old as well.
    assert!(pending.pop().is_some());
    assert!(!pending.becomes_live(at(2100)));
    assert!(pending.pop().is_some());
    assert!(pending.becomes_live(at(2100)));
    assert!(!pending.becomes_live(at(2100)), "reported once");
    assert_eq!(pending.due(), None);
}

#[test]
fn a_silence_is_reported_even_if_the_reply_is_read_first() {
    let at = clock();
    let mut pending = PendingRequests::new(at(0));
    pending.push(ExpectedReply::Ping, at(1000));
    assert_eq!(pending.becomes_stale(at(3001)).as_deref(), Some("no reply to PING for 2 s"));
    pending.receive(at(3001));
    assert!(pending.pop().is_some());
    assert!(pending.becomes_live(at(3001)));
}

#[test]
fn a_connection_without_any_bytes_is_closed() {
    let at = clock();
    let mut pending = PendingRequests::new(at(0));
    assert_eq!(pending.is_dead(at(60_000)), None, "nothing is due");
    pending.push(ExpectedReply::Ping, at(60_000));
    assert_eq!(pending.becomes_stale(at(62_000)).as_deref(), Some("no reply to PING for 2 s"));
    assert!(!pending.becomes_live(at(62_000)), "nothing was received");
    assert_eq!(pending.due(), Some(at(68_000)));
    assert!(pending.is_dead(at(68_000)).is_some());
    pending.receive(at(67_000));
    assert_eq!(pending.is_dead(at(68_000)), None);
    assert_eq!(pending.is_dead(at(75_000)).as_deref(), Some("nothing received for 8 s"));
}

#[test]
fn time_while_the_process_was_stopped_does_not_count() {
    let at = clock();
    let mut pending = PendingRequests::new(at(0));
    pending.push(ExpectedReply::Ping, at(0));
    pending.extend_deadlines(Duration::from_secs(9));
    assert_eq!((pending.becomes_stale(at(9000)), pending.is_dead(at(9000))), (None, None));
    assert!(pending.becomes_stale(at(11_000)).is_some());
}
