//! The film of the README: keys are pressed, and what the terminal shows meanwhile becomes one animated SVG.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use crate::svg::Run;
use crate::{demo, svg, write};

const SIZE: (u16, u16) = (120, 30);
/// Between two pictures.
const STEP: Duration = Duration::from_millis(400);

/// What is typed, and for how many pictures it is watched.
const SCRIPT: [(&str, usize); 14] = [
    ("", 6),
    ("[", 3),
    ("[", 3),
    ("]", 2),
    ("G", 3),
    ("c", 2),
    ("cache-", 1),
    ("flush", 1),
    ("\t{\"tag\": ", 1),
    ("\"cart\"}", 3),
    ("\x13", 5),
    ("\x1b", 1),
    ("fverdict:rejected", 5),
    ("\x1b", 5),
];

#[test]
#[ignore = "writes the film into assets; run `cargo film`"]
fn write_film() {
    let mut pty = demo(&["--rate", "6"], SIZE);
    pty.wait_until("gaps and rejections", |screen| !screen.contains("0 gaps") && screen.contains("✗"));
    let mut film = Film::default();
    for (keys, pictures) in SCRIPT {
        pty.type_keys(keys);
        for _ in 0..pictures {
            thread::sleep(STEP);
            film.take(&pty.screen());
        }
    }
    write("demo.svg", &film.write());
}

/// For how many pictures, from which on, a run of cells was in a row.
struct Take {
    row: u16,
    run: Run,
    from: usize,
    to: usize,
}

/// Run by run what was shown: most of it stays as it is from one picture to the next.
#[derive(Default)]
struct Film {
    takes: Vec<Take>,
    /// What the last picture showed, with its take.
    last: BTreeMap<(u16, Run), usize>,
    pictures: usize,
}

impl Film {
    fn take(&mut self, screen: &vt100::Screen) {
        let before = std::mem::take(&mut self.last);
        for row in 0..SIZE.1 {
            for run in svg::line(screen, &svg::DARK, row) {
                let key = (row, run);
                let index = before.get(&key).copied().unwrap_or(self.takes.len());
                if index == self.takes.len() {
                    self.takes.push(Take { row, run: key.1.clone(), from: self.pictures, to: 0 });
                }
                self.takes[index].to = self.pictures + 1;
                self.last.insert(key, index);
            }
        }
        self.pictures += 1;
    }

    /// One group for each stretch of time, which shows what belongs to it, over and over; text stands before every ground.
    fn write(&self) -> String {
        let seconds = |picture: usize| STEP.as_secs_f64() * f64::from(u32::try_from(picture).unwrap_or(0));
        let percent = |picture: usize| seconds(picture) * 100.0 / seconds(self.pictures);
        let mut stretches: BTreeMap<(usize, usize), Vec<&Take>> = BTreeMap::new();
        for take in &self.takes {
            stretches.entry((take.from, take.to)).or_default().push(take);
        }
        let (mut style, mut grounds, mut texts) = (String::new(), String::new(), String::new());
        for ((from, to), takes) in stretches {
            let _ = write!(style, "@keyframes s{from}-{to}{{0%{{visibility:hidden}}");
            let _ = write!(style, "{:.2}%{{visibility:visible}}", percent(from));
            let _ = writeln!(style, "{:.2}%{{visibility:hidden}}}}", percent(to));
            let (behind, before) = takes.into_iter().partition(|take| matches!(take.run, Run::Background { .. }));
            for (body, takes) in [(&mut grounds, behind), (&mut texts, before)] {
                let takes: Vec<&Take> = takes;
                if takes.is_empty() {
                    continue;
                }
                let _ = writeln!(body, "<g style=\"animation-name:s{from}-{to}\">");
                for take in takes {
                    let _ = writeln!(body, "{}", take.run.at(take.row));
                }
                body.push_str("</g>\n");
            }
        }
        let (head, all) = (svg::head(SIZE, &svg::DARK), seconds(self.pictures));
        format!(
            "{head}<style>g{{visibility:hidden;animation:{all:.1}s step-end infinite}}\n{style}</style>\n{grounds}{texts}</svg>\n"
        )
    }
}
