//! Measures one subject under one flood.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::{Child, ChildStdin};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::Outcome;
use crate::process::Usage;
use crate::server::Server;
use crate::subject::{Running, Subject, recording};
use crate::traffic::Traffic;

/// How often the progress of the subject is checked.
const LOOK: Duration = Duration::from_millis(25);
/// The subject is done if nothing changed for this time. A recorder waits less than that for further messages.
pub(crate) const QUIET: Duration = Duration::from_millis(400);
/// An idle console, which draws only its clock, uses less CPU time than this between two checks.
const STILL: Duration = Duration::from_millis(4);

/// The measured values.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    /// The CPU time per message of the subject and of its subscription's thread, in microseconds.
    pub(crate) cpu: f64,
    pub(crate) subscription: f64,
    /// The CPU time per message of the server.
    pub(crate) server: f64,
    /// Messages per second, from the first byte sent until the subject had processed the last message.
    pub(crate) rate: f64,
    /// Missing messages, and findings; none if the subject does not count them.
    pub(crate) lost: Option<u64>,
    pub(crate) findings: Option<u64>,
    /// How often the server disconnected the subject.
    pub(crate) disconnections: u64,
    /// The peak memory, in MiB.
    pub(crate) peak: f64,
    /// The memory at the end, in MiB.
    pub(crate) memory: f64,
}

/// Starts the subject on a new server, sends the traffic, and waits until all of it is processed.
pub(crate) fn run(subject: Subject, traffic: &Traffic) -> Outcome<Measured> {
    let mut server = Server::start()?;
    let mut running = subject.start(&server, traffic.messages())?;
    server.wait_for_subscriptions(1)?;
    // The first barrier and the first frame are not part of the flood.
    std::thread::sleep(Duration::from_millis(300));
    let mut measured = flood(&mut server, running.pid()?, traffic)?;
    (measured.lost, measured.findings) = ending(subject, &server, &mut running, &measured, traffic.messages())?;
    if subject == Subject::Tail && measured.lost == Some(0) {
        // The subject ended with the last message.
        measured.disconnections = 0;
    }
    Ok(measured)
}

/// Sends the traffic to a subscriber that is ready.
pub(crate) fn flood(server: &mut Server, pid: u32, traffic: &Traffic) -> Outcome<Measured> {
    let before = (Usage::of(pid)?, Usage::of(server.pid())?);
    let mut seen: BTreeSet<String> = server.subscribers()?.into_iter().map(|subscriber| subscriber.id).collect();
    let mut cut_off = BTreeSet::new();
    let started = Instant::now();
    let port = server.port();
    let (mut last, mut at, mut peak) = (before.0, started, 0);
    std::thread::scope(|scope| -> Outcome<()> {
        let writer = scope.spawn(|| traffic.send(port).map_err(|error| error.to_string()));
        while at.elapsed() < QUIET {
            std::thread::sleep(LOOK);
            let subscribers = server.subscribers()?;
            let waits = subscribers.iter().any(|subscriber| subscriber.waiting > 0);
            let there: BTreeSet<String> = subscribers.into_iter().map(|subscriber| subscriber.id).collect();
            let now = Usage::of(pid)?;
            // A process without memory has ended by itself.
            if now.memory > 0 {
                cut_off.extend(seen.difference(&there).cloned());
            }
            seen.extend(there);
            if waits || !writer.is_finished() || now.cpu.saturating_sub(last.cpu) > STILL {
                at = Instant::now();
            }
            peak = peak.max(now.peak);
            let subscription = now.subscription.max(last.subscription);
            last = Usage { subscription, ..now };
        }
        Ok(writer.join().map_err(|_| "the writer panicked")??)
    })?;
    let used = last.since(&before.0);
    let of_server = Usage::of(server.pid())?.since(&before.1);
    let messages = precise(traffic.messages());
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / messages;
    Ok(Measured {
        cpu: micros(used.cpu),
        subscription: micros(used.subscription),
        server: micros(of_server.cpu),
        rate: messages / at.duration_since(started).as_secs_f64(),
        disconnections: cut_off.len() as u64,
        peak: precise(peak) / 1024.0,
        memory: precise(used.memory) / 1024.0,
        ..Measured::default()
    })
}

/// Ends the subject. Returns the numbers of missing messages and of findings that it reports.
fn ending(
    subject: Subject,
    server: &Server,
    running: &mut Running,
    measured: &Measured,
    messages: u64,
) -> Outcome<(Option<u64>, Option<u64>)> {
    let kept = measured.disconnections == 0;
    Ok(match (subject, running) {
        // The server has sent everything, and did not disconnect the subject.
        (Subject::RedisCli | Subject::FloorRead, _) => (kept.then_some(0), None),
        (Subject::Tail, Running::Plain(child, _)) => {
            let complete = child.try_wait()?.is_some_and(|status| status.success());
            (complete.then_some(0), complete.then_some(0))
        }
        (Subject::Record, Running::Plain(child, _)) => {
            terminate(child.id())?;
            child.wait()?;
            recorded(server, messages)?
        }
        (_, Running::Plain(child, input)) => {
            let (seen, findings) = counts(child, input.take())?;
            (Some(messages.saturating_sub(seen)), (subject == Subject::Bare).then_some(findings))
        }
        (_, Running::OnTerminal(terminal)) => {
            let text = terminal.text();
            let number = |words: &str| count_before(&text, words);
            let shown = (number(" never shown").unwrap_or(0), number(" gap").unwrap_or(0));
            terminal.type_keys("q")?;
            terminal.child.wait()?;
            if subject == Subject::ConsoleRecord {
                let (lost, findings) = recorded(server, messages)?;
                (lost.map(|lost| lost + shown.0), findings.map(|findings| findings + shown.1))
            } else {
                // The screen shows the newest message with its number.
                let complete = text.replace(['\u{202f}', '\u{a0}', ' '], "").contains(&format!("#{messages}"));
                (complete.then_some(shown.0), Some(shown.1))
            }
        }
    })
}

/// Ends an inner subject. Returns the numbers of messages and findings that it received.
pub(crate) fn counts(child: &mut Child, input: Option<ChildStdin>) -> Outcome<(u64, u64)> {
    drop(input);
    let mut text = String::new();
    child.stdout.take().ok_or("no standard output")?.read_to_string(&mut text)?;
    let (seen, findings) = text.trim().split_once(' ').ok_or("the subject says nothing")?;
    Ok((seen.parse()?, findings.parse()?))
}

fn recorded(server: &Server, messages: u64) -> Outcome<(Option<u64>, Option<u64>)> {
    let connection = Connection::open_with_flags(recording(server), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let ask = |what: &str| connection.query_row(what, [], |row| row.get::<_, i64>(0));
    let kept = ask("SELECT count(*) FROM message")?.unsigned_abs();
    Ok((Some(messages.saturating_sub(kept)), Some(ask("SELECT count(*) FROM finding")?.unsigned_abs())))
}

/// The number before `words`, without its thousands separators.
fn count_before(text: &str, words: &str) -> Option<u64> {
    let before = &text[..text.find(words)?];
    let spaced = |sign: &char| sign.is_ascii_digit() || sign.is_whitespace() && *sign != '\n';
    let digits: Vec<char> = before.chars().rev().take_while(spaced).filter(char::is_ascii_digit).collect();
    digits.into_iter().rev().collect::<String>().parse().ok()
}

/// Sends a process the signal to end.
pub(crate) fn terminate(pid: u32) -> Outcome<()> {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid)?).ok_or("no such process")?;
    Ok(rustix::process::kill_process(pid, rustix::process::Signal::TERM)?)
}

#[expect(clippy::cast_precision_loss, reason = "counts of messages and bytes, far below 2^52")]
pub(crate) fn precise(count: u64) -> f64 {
    count as f64
}
