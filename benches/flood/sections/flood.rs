//! Every subject under a flood, one at a time, compared with its floor and with redis-cli of the same round.

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
    to_floor: Values,
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
        let mut round_cpu: Vec<(Subject, f64)> = Vec::new();
        for (subject, sums) in subjects.iter().zip(&mut sums) {
            let measured = trial::run(*subject, &traffic)?;
            say(&format!("{round} {:<45} {}", subject.title(), line(&measured)));
            // The floors and redis-cli are measured first.
            let of = |other: Subject| round_cpu.iter().find(|(known, _)| *known == other).map(|(_, cpu)| *cpu);
            sums.add(&measured, of(Subject::RedisCli), subject.floor().and_then(of));
            round_cpu.push((*subject, measured.cpu));
        }
    }
    say(
        "| Subscriber | CPU µs per message | Relative to its floor | Relative to redis-cli | Messages/s | Lost | Disconnected | Findings | Peak MiB |",
    );
    say("|---|---|---|---|---|---|---|---|---|");
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
    fn add(&mut self, measured: &Measured, of_cli: Option<f64>, of_floor: Option<f64>) {
        let first = self.rounds == 0;
        self.rounds += 1;
        self.peak.push(measured.peak);
        // A lost message costs nothing, so the cost of such a round is not comparable.
        if measured.lost == Some(0) {
            self.cpu.push(measured.cpu);
            self.rate.push(measured.rate);
            self.to_cli.push_known(of_cli.map(|cli| measured.cpu / cli));
            self.to_floor.push_known(of_floor.map(|floor| measured.cpu / floor));
        }
        let sum = |sum: Option<u64>, more: Option<u64>| if first { more } else { Some(sum? + more?) };
        self.lost = sum(self.lost, measured.lost);
        self.findings = sum(self.findings, measured.findings);
        self.disconnections += measured.disconnections;
    }

    fn row(&self, subject: Subject) -> String {
        format!(
            "| {} | {} | {} | {} | {:.0} | {} | {} | {} | {:.0} |",
            subject.title(),
            self.cpu.spread(2),
            self.to_floor.spread(2),
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
    let mut rows = Vec::new();
    for (subject, sums) in subjects.iter().zip(sums) {
        let (cpu, to_cli) = (sums.cpu.spread(2), sums.to_cli.spread(2));
        let measured = format!("{cpu} µs, {to_cli} of redis-cli");
        match (subject.floor(), subject.target()) {
            (Some(_), Some(target)) => {
                let what = format!("CPU per message relative to its floor: {}", subject.title());
                rows.push(Row::new(what, target, format!("{}; {measured}", sums.to_floor.spread(2))));
            }
            _ => rows.push(Row::new(format!("CPU per message: {}", subject.title()), "–", measured)),
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
