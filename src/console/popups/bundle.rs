//! Writes a bundle around a finding, from the recording that contains it.

use std::path::{Path, PathBuf};

use ratatui::buffer::Buffer;

use crate::console::app::context::Context;
use crate::console::app::event::Effect;
use crate::console::app::state::{Notice, State};
use crate::console::keymap::table::Action;
use crate::console::layout::popup_area;
use crate::console::popups::Popup;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::prompt;
use crate::ledger::finding::{Acknowledgements, Finding};
use crate::wire::escape::escape;

/// The maximum length of the channel's name in the default file name, in characters.
const MAX_NAME: usize = 40;

/// What to bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleOrder {
    /// The recording.
    pub recording: PathBuf,
    /// Other recordings that have messages of the gap.
    pub others: Vec<PathBuf>,
    /// The finding.
    pub finding: Finding,
    /// The acknowledgements of the server's findings.
    pub acknowledgements: Acknowledgements,
}

/// The prompt for the new file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundlePrompt {
    /// What to bundle.
    pub order: Box<BundleOrder>,
    /// The typed path.
    pub line: LineEdit,
}

/// Asks for the file of a bundle around the selected finding.
pub(crate) fn ask(state: &mut State) {
    let entry = match state.finding_at_hand() {
        Ok(entry) => entry,
        Err(why) => {
            state.notice = Some(Notice::error(why));
            return;
        }
    };
    let Some(recording) = state.recording_file() else {
        let key = state.keymap.way_to(Action::Record);
        let why = format!("a bundle needs a recording: {key} starts one, and findings from then on can be bundled");
        state.notice = Some(Notice::error(why));
        return;
    };
    let acknowledgements = state.acknowledgements.clone();
    let others = state.findings.backfilled.get(&entry.row_id).map(|found| found.files.clone()).unwrap_or_default();
    let finding = entry.finding.clone();
    let line = LineEdit::prefilled(&default_file(&finding));
    state.popup = Some(Popup::Bundle(BundlePrompt {
        order: Box::new(BundleOrder { recording, others, finding, acknowledgements }),
        line,
    }));
}

/// `bundle-ops-188-192.db` in the current directory, or with the kind for a finding without a range.
fn default_file(finding: &Finding) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '_' };
    let name = String::from_utf8_lossy(finding.channel.as_bytes());
    let channel: String = name.chars().take(MAX_NAME).map(safe).collect();
    match (finding.sequence_from, finding.sequence_to) {
        (Some(from), Some(to)) if finding.kind.is_gap() => format!("bundle-{channel}-{from}-{to}.db"),
        _ => format!("bundle-{channel}-{}.db", finding.kind.name()),
    }
}

/// The bundle and its report. Either of the two names can be typed.
pub(crate) fn new_files(typed: &Path) -> (PathBuf, PathBuf) {
    if has_extension(typed, "db") || has_extension(typed, "html") {
        return (typed.with_extension("db"), typed.with_extension("html"));
    }
    let mut report = typed.as_os_str().to_owned();
    report.push(".html");
    (typed.to_owned(), report.into())
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

/// Writes the bundle. The prompt stays open until it is written.
pub(crate) fn accept(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Bundle(prompt)) = &state.popup else { return Vec::new() };
    let path = prompt.line.text().to_owned();
    if path.trim().is_empty() {
        state.notice = Some(Notice::error("type the name of a new file"));
        return Vec::new();
    }
    let order = prompt.order.clone();
    state.notice = Some(Notice::in_progress("writing the bundle…"));
    vec![Effect::Bundle { path, order }]
}

/// Takes the result. After an error, another name can be typed.
pub(crate) fn bundled(state: &mut State, result: Result<String, String>) {
    state.notice = Some(match result {
        Ok(words) => {
            if matches!(state.popup, Some(Popup::Bundle(_))) {
                state.popup = None;
            }
            Notice::done(words)
        }
        Err(why) => Notice::error(format!("no bundle: {why}")),
    });
}

/// Draws the prompt, with the name of the second file.
pub(crate) fn render(cx: &Context<'_>, popup: &Popup, typed: &BundlePrompt, buf: &mut Buffer) {
    let path = Path::new(typed.line.text());
    let (bundle, report) = new_files(path);
    let (second, kind) = if has_extension(path, "html") { (bundle, "recording") } else { (report, "report") };
    let second = second
        .file_name()
        .filter(|_| !typed.line.text().trim().is_empty())
        .map(|name| format!("and the {kind} {}", escape(name.as_encoded_bytes())));
    let second = second.into_iter().map(|words| (words, cx.theme.soft)).collect();
    prompt::footer(cx, popup_area(cx.state.size, popup), "write a bundle to", &typed.line, &second, buf);
}
