//! A sample of each popup, for the tests that must hold for all of them.

use std::sync::Arc;

use aircheck::console::app::settings::{SwitchList, ToggleList};
use aircheck::console::filter::state::FilterPrompt;
use aircheck::console::panes::compose::draft::Prompting;
use aircheck::console::panes::compose::state::Compose;
use aircheck::console::popups::Popup;
use aircheck::console::popups::add_channel::AddChannel;
use aircheck::console::popups::backfill::{BackfillList, BackfillPrompt, GapQuery};
use aircheck::console::popups::discover::Discover;
use aircheck::console::popups::names::NamesView;
use aircheck::console::popups::palette::Palette;
use aircheck::console::popups::pick::{Choices, Picker};
use aircheck::console::popups::resend::ResendMessage;
use aircheck::console::popups::save::SavePrompt;
use aircheck::console::popups::series::SeriesForm;
use aircheck::console::search::state::SearchPrompt;
use aircheck::console::ui::line_edit::LineEdit;
use aircheck::console::ui::list_cursor::ListCursor;
use aircheck::ledger::sequence::Channel;
use aircheck::template::{Template, Text};
use aircheck::wire::verdict::Verdict;

/// The popup that follows in the list of samples. A new variant does not compile without a place here.
fn next(popup: Option<&Popup>) -> Option<Popup> {
    let Some(popup) = popup else { return Some(Popup::Help { scroll: 0 }) };
    Some(match popup {
        Popup::Help { .. } => Popup::ConfirmSend,
        Popup::ConfirmSend => {
            Popup::Pick(Picker::new(Choices::Names(vec![String::from("evt")]), "", &Compose::default()))
        }
        Popup::Pick(_) => {
            let text = |text| Text::parse(text).unwrap_or_default();
            let (channel, name, data) = (text("ops"), text("{{prompt:name}}"), text("{}"));
            let template = Arc::new(Template { title: String::from("sample"), channel, name, data });
            Popup::Prompt(Prompting { template, answers: Vec::new(), text: LineEdit::default() })
        }
        Popup::Prompt(_) => {
            let payload = b"evt:{}".to_vec();
            Popup::Resend(ResendMessage {
                channel: b"ops".to_vec(),
                payload,
                timestamp: None,
                verdict: Verdict::Unsigned,
            })
        }
        Popup::Resend(_) => Popup::SeriesForm(SeriesForm::new()),
        Popup::SeriesForm(_) => Popup::ConfirmSeries(SeriesForm::new()),
        Popup::ConfirmSeries(_) => Popup::Series,
        Popup::Series => Popup::Sent(ListCursor::default()),
        Popup::Sent(_) => Popup::ConfirmQuit,
        Popup::ConfirmQuit => Popup::Discover(Discover::default()),
        Popup::Discover(_) => Popup::Copy(ListCursor::default()),
        Popup::Copy(_) => Popup::Jump(LineEdit::range("")),
        Popup::Jump(_) => Popup::Names(NamesView::default()),
        Popup::Names(_) => Popup::AddChannel(AddChannel::default()),
        Popup::AddChannel(_) => Popup::Note { row_id: 0, note: LineEdit::default() },
        Popup::Note { .. } => Popup::Search(SearchPrompt::default()),
        Popup::Search(_) => Popup::Filter(FilterPrompt::default()),
        Popup::Filter(_) => Popup::Palette(Palette::default()),
        Popup::Palette(_) => Popup::Save(SavePrompt::default()),
        Popup::Save(_) => Popup::ToggleList(ToggleList { of: SwitchList::Panes, position: ListCursor::default() }),
        Popup::ToggleList(_) => Popup::Record(LineEdit::default()),
        Popup::Record(_) => {
            let channel = Channel::new(b"ops");
            let wanted = GapQuery { row_id: 0, channel, range: (1, 9), at: 0, beside: Vec::new() };
            let (wanted, line) = (Box::new(wanted), LineEdit::default());
            Popup::BackfillFrom(BackfillPrompt { wanted, line, offered: None, next: 0, is_typed: false })
        }
        Popup::BackfillFrom(_) => Popup::BackfillResult(BackfillList { row_id: 0, position: ListCursor::default() }),
        Popup::BackfillResult(_) => return None,
    })
}

/// One popup of each variant.
pub(crate) fn samples() -> Vec<Popup> {
    std::iter::successors(next(None), |popup| next(Some(popup))).collect()
}
