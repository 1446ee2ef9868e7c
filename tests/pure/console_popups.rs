//! A sample of each popup, for the tests that must hold for all of them, and the values that fill it.

use std::sync::Arc;

use aircheck::console::app::event::NextProfile;
use aircheck::console::app::settings::{SwitchList, ToggleList};
use aircheck::console::filter::state::{Completion, FilterPrompt};
use aircheck::console::panes::channels::names::{NameOrder, Names};
use aircheck::console::panes::compose::draft::Prompting;
use aircheck::console::panes::compose::state::Compose;
use aircheck::console::popups::Popup;
use aircheck::console::popups::add_channel::AddChannel;
use aircheck::console::popups::backfill::{BackfillList, BackfillPrompt, GapQuery};
use aircheck::console::popups::bundle::{BundleOrder, BundlePrompt};
use aircheck::console::popups::discover::{Discover, DiscoveredChannel};
use aircheck::console::popups::names::NamesView;
use aircheck::console::popups::palette::Palette;
use aircheck::console::popups::pick::{Choices, Picker};
use aircheck::console::popups::resend::ResendMessage;
use aircheck::console::popups::save::SavePrompt;
use aircheck::console::popups::sent::SentList;
use aircheck::console::popups::series::SeriesForm;
use aircheck::console::search::state::SearchPrompt;
use aircheck::console::ui::line_edit::LineEdit;
use aircheck::console::ui::list_cursor::ListCursor;
use aircheck::console::ui::narrowing::Narrowing;
use aircheck::filter::Filter;
use aircheck::ledger::finding::{Acknowledgements, Cause, Finding, FindingKind};
use aircheck::ledger::sequence::{Channel, Reading};
use aircheck::template::{Template, Text};
use aircheck::wire::escape::escape;
use aircheck::wire::verdict::{Rejection, Verdict};

/// Hands out texts and numbers in turn, and starts again after the last one.
#[derive(Clone)]
pub(crate) struct Source {
    texts: Vec<Vec<u8>>,
    numbers: Vec<u64>,
    at: usize,
}

impl Source {
    pub(crate) fn new(texts: Vec<Vec<u8>>, numbers: Vec<u64>) -> Self {
        Self { texts, numbers, at: 0 }
    }

    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        self.at += 1;
        self.texts[self.at % self.texts.len()].clone()
    }

    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.at += 1;
        self.numbers[self.at % self.numbers.len()]
    }

    pub(crate) fn time(&mut self) -> i64 {
        self.number().cast_signed()
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    /// An index into a list of up to 40 entries.
    pub(crate) fn index(&mut self) -> usize {
        usize::try_from(self.below(40)).unwrap_or_default()
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap_or_default()].clone()
    }

    fn line(&mut self) -> LineEdit {
        LineEdit::new(&self.text())
    }

    fn template_text(&mut self) -> Text {
        Text::parse(&self.text()).unwrap_or_default()
    }

    pub(crate) fn reading(&mut self) -> Reading {
        let (value, reason) = (self.number(), self.text());
        self.one(&[Reading::Value(value), Reading::Missing, Reading::Unreadable(reason.into())])
    }

    /// A template that asks one question.
    pub(crate) fn template(&mut self) -> Template {
        let question = self.text().replace(['{', '}'], "");
        Template {
            title: self.text(),
            channel: self.template_text(),
            name: Text::parse(&format!("{{{{prompt:x{question}}}}}")).unwrap_or_default(),
            data: self.template_text(),
        }
    }

    fn picker(&mut self, compose: &Compose) -> Picker {
        let channels: Vec<_> = (0..self.below(30)).map(|_| self.text()).collect();
        let choices = self.one(&[
            Choices::Channels(channels.clone()),
            Choices::History,
            Choices::Templates,
            Choices::Profiles(channels),
        ]);
        let query = if self.flag() { self.text() } else { String::new() };
        Picker {
            position: ListCursor { cursor: self.index(), top: self.index() },
            ..Picker::new(choices, &query, compose)
        }
    }

    fn series_form(&mut self) -> SeriesForm {
        SeriesForm {
            count: LineEdit::number(&self.text()),
            rate: LineEdit::new(&self.text()),
            in_rate: self.flag(),
            error: None,
            confirmed_at: self.flag().then(|| self.time()),
        }
    }

    fn discover(&mut self) -> Discover {
        let found = (0..self.below(30)).map(|_| DiscoveredChannel {
            channel: Channel::new(&self.bytes()),
            counter: self.reading(),
            subscribers: self.flag().then(|| self.number()),
        });
        Discover {
            found: found.collect(),
            searching: self.flag(),
            picked: [0, 3].into(),
            narrowing: Narrowing::default(),
            position: ListCursor { cursor: self.index(), top: self.index() },
            error: (self.below(4) == 0).then(|| escape(&self.bytes())),
        }
    }

    fn names(&mut self) -> NamesView {
        let mut names = Names::default();
        for _ in 0..self.below(40) {
            let channel = self.flag().then_some(1);
            names.add(channel, &self.bytes(), self.time(), self.flag(), 0);
        }
        let rows = names.rows(None, NameOrder::Last, self.time());
        NamesView {
            rows,
            latest: self.flag(),
            title: self.bytes(),
            position: ListCursor { cursor: self.index(), top: 0 },
            ..NamesView::default()
        }
    }

    fn filter(&mut self) -> FilterPrompt {
        let line = self.line();
        let completion = Completion { label: self.text(), help: self.text(), from: 0, text: "name:".to_owned() };
        let error = Filter::parse(line.text()).err();
        FilterPrompt { error, completions: vec![completion], line, ..FilterPrompt::default() }
    }

    fn backfill_prompt(&mut self) -> BackfillPrompt {
        let channel = Channel::new(&self.bytes());
        let row_id = self.row_id();
        let wanted = Box::new(GapQuery { row_id, channel, range: (1, 9), at: 0, neighbours: Vec::new() });
        BackfillPrompt { wanted, line: self.line(), offered: None, next: 0, is_typed: false }
    }

    fn bundle_prompt(&mut self) -> BundlePrompt {
        let finding = Finding {
            kind: FindingKind::MissedDisconnected,
            channel: Channel::new(&self.bytes()),
            sequence_from: Some(1),
            sequence_to: Some(9),
            count: Some(9),
            at: self.time(),
            cause: Cause::Disconnected { reason: "EOF".into(), duration_micros: 1, lower_bound: false },
        };
        let order = Box::new(BundleOrder {
            recording: "a.db".into(),
            others: Vec::new(),
            finding,
            acknowledgements: Acknowledgements::new(),
        });
        BundlePrompt { order, line: self.line() }
    }

    /// The ID of a row that may exist.
    pub(crate) fn row_id(&mut self) -> u64 {
        1204 + self.below(80)
    }
}

/// The next popup in the list of samples. A new variant does not compile until it has a place here.
fn next(popup: Option<&Popup>, source: &mut Source, compose: &Compose) -> Option<Popup> {
    let Some(popup) = popup else {
        return Some(Popup::Help { scroll: source.index(), narrowing: Narrowing::default() });
    };
    Some(match popup {
        Popup::Help { .. } => Popup::ConfirmSend,
        Popup::ConfirmSend => Popup::Pick(source.picker(compose)),
        Popup::Pick(_) => {
            Popup::Prompt(Prompting { template: Arc::new(source.template()), answers: Vec::new(), text: source.line() })
        }
        Popup::Prompt(_) => Popup::Resend(ResendMessage {
            channel: source.bytes(),
            payload: source.bytes(),
            timestamp: source.flag().then(|| source.time()),
            verdict: source.one(&[Verdict::Verified, Verdict::Rejected(Rejection::UnknownKey)]),
        }),
        Popup::Resend(_) => Popup::SeriesForm(source.series_form()),
        Popup::SeriesForm(_) => Popup::ConfirmSeries(SeriesForm { count: LineEdit::number("7"), ..SeriesForm::new() }),
        Popup::ConfirmSeries(_) => Popup::Series,
        Popup::Series => Popup::Sent(SentList {
            position: ListCursor { cursor: source.index(), top: source.index() },
            ..SentList::default()
        }),
        Popup::Sent(_) => Popup::ConfirmQuit,
        Popup::ConfirmQuit => Popup::ConfirmProfile(NextProfile {
            name: source.text(),
            target: source.text(),
            read_only: source.flag(),
            confirm: source.flag(),
        }),
        Popup::ConfirmProfile(_) => Popup::ConfirmStop,
        Popup::ConfirmStop => Popup::Discover(source.discover()),
        Popup::Discover(_) => Popup::Copy(ListCursor { cursor: source.index(), top: 0 }),
        Popup::Copy(_) => Popup::Jump(LineEdit::new(&source.text())),
        Popup::Jump(_) => Popup::Names(source.names()),
        Popup::Names(_) => Popup::AddChannel(AddChannel { line: source.line(), typed: String::new(), chosen: Some(1) }),
        Popup::AddChannel(_) => Popup::Note { row_ids: vec![source.row_id()], note: source.line() },
        Popup::Note { .. } => {
            Popup::Search(SearchPrompt { line: source.line(), is_regex: source.flag(), ..SearchPrompt::default() })
        }
        Popup::Search(_) => Popup::Filter(source.filter()),
        Popup::Filter(_) => Popup::Palette(Palette {
            line: source.line(),
            position: ListCursor { cursor: source.index(), top: source.index() },
            found: 30,
        }),
        Popup::Palette(_) => Popup::Save(SavePrompt { line: source.line(), rows: source.index(), view: source.flag() }),
        Popup::Save(_) => {
            let of = source.one(&[SwitchList::Panes, SwitchList::Columns]);
            Popup::ToggleList(ToggleList { of, position: ListCursor { cursor: source.index(), top: 0 } })
        }
        Popup::ToggleList(_) => Popup::Record(source.line()),
        Popup::Record(_) => Popup::BackfillFrom(source.backfill_prompt()),
        Popup::BackfillFrom(_) => Popup::BackfillResult(BackfillList {
            row_id: source.row_id(),
            position: ListCursor { cursor: source.index(), top: source.index() },
        }),
        Popup::BackfillResult(_) => Popup::Bundle(source.bundle_prompt()),
        Popup::Bundle(_) => return None,
    })
}

/// One popup of each variant, filled with ordinary values.
pub(crate) fn samples() -> Vec<Popup> {
    samples_of(&mut Source::new(vec![b"ops".to_vec()], vec![0]), &Compose::default())
}

/// One popup of each variant, filled from the source.
pub(crate) fn samples_of(source: &mut Source, compose: &Compose) -> Vec<Popup> {
    let first = next(None, source, compose);
    std::iter::successors(first, |popup| next(Some(popup), source, compose)).collect()
}
