//! Every subject under a flood, one at a time, compared with redis-cli of the same round.

use super::say;
use crate::Outcome;
use crate::args::Args;
use crate::report::{Row, Values};
use crate::subject::Subject;
use crate::traffic::Traffic;
use crate::trial::{self, Measured};

/// The values of a subject over all rounds.
#[derive(Debug, Default)]
struct Sums {
    rounds: u32,
    cpu: Values,
    rate: Values,
    peak: Values,
    to_cli: Values,
    to_pubsub: Values,
    lost: Option<u64>,
    findings: Option<u64>,
    disconnections: u64,
}

pub(super) fn rows(args: &Args) -> Outcome<Vec<Row>> {
    let subjects = args.subjects();
    let mut sums: Vec<Sums> = subjects.iter().map(|_| Sums::default()).collect();
    for round in 1..=args.rounds {
        // New signatures, because a long run takes longer than the time tolerance.
        let traffic = Traffic::to_one_channel(args.messages)?;
        let mut of_cli = f64::NAN;
        let mut of_pubsub = f64::NAN;
        for (subject, sums) in subjects.iter().zip(&mut sums) {
            let measured = trial::run(*subject, &traffic)?;
            match subject {
                Subject::RedisCli => of_cli = measured.cpu,
                Subject::PubsubTwo => of_pubsub = measured.cpu,
                _ => {}
            }
            say(&format!("{round} {:<45} {}", subject.title(), line(&measured)));
            sums.add(&measured, of_cli, of_pubsub);
        }
    }
    say(
        "| Subscriber | CPU µs per message | Relative to redis-cli | Messages/s | Lost | Disconnected | Findings | Peak MiB |",
    );
    say("|---|---|---|---|---|---|---|---|");
    for (subject, sums) in subjects.iter().zip(&sums) {
        say(&sums.row(*subject));
    }
    Ok(table(&subjects, &sums))
}

fn line(measured: &Measured) -> String {
    let Measured { cpu, subscription, server, rate, lost, findings, disconnections, peak, .. } = measured;
    format!(
        "{cpu:.3} µs ({subscription:.3} subscription, server {server:.2}) {rate:.0}/s, lost {}, findings {}, \
         cut off {disconnections}, {peak:.0} MiB",
        shown(*lost),
        shown(*findings)
    )
}

fn shown(count: Option<u64>) -> String {
    count.map_or_else(|| "?".to_owned(), |count| count.to_string())
}

impl Sums {
    fn add(&mut self, measured: &Measured, of_cli: f64, of_pubsub: f64) {
        let first = self.rounds == 0;
        self.rounds += 1;
        self.peak.push(measured.peak);
        // A lost message costs nothing, so the cost of such a round is not comparable.
        if measured.lost == Some(0) {
            self.cpu.push(measured.cpu);
            self.rate.push(measured.rate);
            self.to_cli.push(measured.cpu / of_cli);
            self.to_pubsub.push(measured.cpu / of_pubsub);
        }
        let sum = |sum: Option<u64>, more: Option<u64>| if first { more } else { Some(sum? + more?) };
        self.lost = sum(self.lost, measured.lost);
        self.findings = sum(self.findings, measured.findings);
        self.disconnections += measured.disconnections;
    }

    fn row(&self, subject: Subject) -> String {
        format!(
            "| {} | {} | {} | {:.0} | {} | {} | {} | {:.0} |",
            subject.title(),
            self.cpu.spread(2),
            self.to_cli.spread(2),
            self.rate.median(),
            shown(self.lost),
            self.disconnections,
            shown(self.findings),
            self.peak.at(100),
        )
    }
}

/// The rows of the table.
fn table(subjects: &[Subject], sums: &[Sums]) -> Vec<Row> {
    let wanted = [
        (Subject::Bare, "CPU per message relative to redis-cli: subscription, signatures verified", "at most 0.5"),
        (Subject::Console, "the same, console drawing at 200x60", "at most 0.8"),
        (Subject::Tail, "the same, `tail --format json`", "at most 1.0"),
        (Subject::Record, "the same, `record`", "at most 2.5, nothing lost"),
        (Subject::ConsoleRecord, "the same, console recording", "–"),
        (Subject::FloorRead, "the same, floor: the read calls alone", "–"),
        (Subject::FloorVerify, "the same, floor: read, split, copy, JSON, HMAC", "–"),
        (Subject::FloorRecord, "the same, floor of `record`: that, and rows in SQLite without indices", "–"),
        (Subject::FloorRecordIndexed, "the same, floor of `record`: that, and two indices", "–"),
        (Subject::FloorTail, "the same, floor of `tail`: the floor with HMAC, and JSON lines", "–"),
        (
            Subject::FloorConsole,
            "the same, floor of the console: the floor with HMAC, payloads kept, drawing at 200x60",
            "–",
        ),
    ];
    let mut rows = Vec::new();
    for (wanted, what, reach) in wanted {
        let Some(place) = subjects.iter().position(|subject| *subject == wanted) else { continue };
        let sums = &sums[place];
        let lost = if wanted == Subject::Record { format!("; {} lost", shown(sums.lost)) } else { String::new() };
        rows.push(Row::new(what, reach, format!("{}{lost}", sums.to_cli.spread(2))));
        if wanted == Subject::Bare && !sums.to_pubsub.median().is_nan() {
            let what = "the same, relative to the `PubSub` of redis-rs on a 2-thread runtime";
            rows.push(Row::new(what, "at most 0.2", sums.to_pubsub.spread(2)));
        }
    }
    let ours = [Subject::Bare, Subject::Tail, Subject::Console, Subject::Record, Subject::ConsoleRecord];
    let mut lost = Some(0);
    let mut cut = 0;
    for (subject, sums) in subjects.iter().zip(sums) {
        if ours.contains(subject) {
            lost = lost.zip(sums.lost).map(|(sum, more)| sum + more);
            cut += sums.disconnections;
        }
    }
    let measured = format!("{} lost, {cut} disconnected", shown(lost));
    rows.push(Row::new("lost or disconnected, all subjects of aircheck", "0", measured));
    rows
}
