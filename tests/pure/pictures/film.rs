//! The film of the README: keys are pressed, and the screens are joined to one animated SVG.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::Buffer;

use super::stage::Stage;
use super::svg::{self, Run};

const SIZE: (u16, u16) = (120, 30);
/// The number of the stage's steps between two screens, and their time in seconds.
const STEPS: u32 = 4;
const SECONDS: f64 = 0.4;

/// The keys, and the number of screens after them.
const SCRIPT: [(&str, usize); 14] = [
    ("", 6),
    ("[", 3),
    ("[", 3),
    ("]", 2),
    ("G", 3),
    (r#"c Shift-Tab Ctrl-U "ops" Tab"#, 2),
    (r#""cache-""#, 1),
    (r#""flush""#, 1),
    (r#"Enter "{"tag":_""#, 1),
    (r#"""cart"}""#, 3),
    ("Ctrl-S", 5),
    ("Esc", 1),
    (r#"f "verdict:rejected""#, 5),
    ("Esc", 5),
];

/// The film as SVG.
pub(super) fn draw() -> String {
    let mut stage = Stage::new(SIZE);
    let mut film = Film::default();
    for (keys, screens) in SCRIPT {
        stage.press(keys);
        for _ in 0..screens {
            stage.advance(STEPS);
            film.take(&stage.screen());
        }
    }
    film.write()
}

/// A run of cells that was in a row from one screen up to another.
struct Take {
    row: u16,
    run: Run,
    from: usize,
    to: usize,
}

/// The runs of all screens. Most runs stay the same from one screen to the next.
#[derive(Default)]
struct Film {
    takes: Vec<Take>,
    /// The runs of the last screen, with the indices of their takes.
    last: BTreeMap<(u16, Run), usize>,
    screens: usize,
}

impl Film {
    fn take(&mut self, screen: &Buffer) {
        let before = std::mem::take(&mut self.last);
        for row in 0..SIZE.1 {
            for run in svg::line(screen, &svg::DARK, row) {
                let key = (row, run);
                let index = before.get(&key).copied().unwrap_or(self.takes.len());
                if index == self.takes.len() {
                    self.takes.push(Take { row, run: key.1.clone(), from: self.screens, to: 0 });
                }
                self.takes[index].to = self.screens + 1;
                self.last.insert(key, index);
            }
        }
        self.screens += 1;
    }

    /// One group for each period, which is visible in that period of each repetition. All texts are in front of all
    /// backbackgrounds.
    fn write(&self) -> String {
        let seconds = |screen: usize| SECONDS * f64::from(u32::try_from(screen).unwrap_or(0));
        let percent = |screen: usize| seconds(screen) * 100.0 / seconds(self.screens);
        let mut periods: BTreeMap<(usize, usize), Vec<&Take>> = BTreeMap::new();
        for take in &self.takes {
            periods.entry((take.from, take.to)).or_default().push(take);
        }
        let (mut style, mut backgrounds, mut texts) = (String::new(), String::new(), String::new());
        for ((from, to), takes) in periods {
            let _ = write!(style, "@keyframes s{from}-{to}{{0%{{visibility:hidden}}");
            let _ = write!(style, "{:.2}%{{visibility:visible}}", percent(from));
            let _ = writeln!(style, "{:.2}%{{visibility:hidden}}}}", percent(to));
            let (behind, before) = takes.into_iter().partition(|take| matches!(take.run, Run::Background { .. }));
            for (body, takes) in [(&mut backgrounds, behind), (&mut texts, before)] {
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
        let (head, all) = (svg::head(SIZE, &svg::DARK), seconds(self.screens));
        format!(
            "{head}<style>g{{visibility:hidden;animation:{all:.1}s step-end infinite}}\n{style}</style>\n{backgrounds}{texts}</svg>\n"
        )
    }
}
