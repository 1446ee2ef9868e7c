//! The popups: windows over the panes that get the keys.

pub(crate) mod acknowledge;
pub mod add_channel;
pub mod backfill;
pub mod bundle;
pub mod confirm;
pub mod copy;
pub mod discover;
pub mod help;
pub mod jump;
pub mod names;
pub mod palette;
pub mod pick;
pub mod profile;
pub mod record;
pub mod resend;
pub mod save;
pub mod sent;
pub mod series;
pub mod template;
pub(crate) mod toggle_list;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use crate::console::app::context::Context;
use crate::console::app::event::{Effect, NextProfile};
use crate::console::app::settings::ToggleList;
use crate::console::app::state::{Notice, State};
use crate::console::app::update;
use crate::console::app::{act, settings, subscriptions};
use crate::console::filter::state::FilterPrompt;
use crate::console::keymap::context;
use crate::console::keymap::context::Context as C;
use crate::console::keymap::help::{help_height, help_sections};
use crate::console::keymap::table::Action;
use crate::console::keymap::{contexts_beneath, copies, fitting, hints};
use crate::console::layout::{popup_area, popup_hints, popup_rows};
use crate::console::panes::compose::draft::Prompting;
use crate::console::panes::compose::send;
use crate::console::popups::add_channel::AddChannel;
use crate::console::popups::backfill::{BackfillList, BackfillPrompt};
use crate::console::popups::bundle::BundlePrompt;
use crate::console::popups::discover::Discover;
use crate::console::popups::names::NamesView;
use crate::console::popups::palette::Palette;
use crate::console::popups::pick::Picker;
use crate::console::popups::resend::ResendMessage;
use crate::console::popups::save::SavePrompt;
use crate::console::popups::sent::SentList;
use crate::console::popups::series::{Progress, SeriesForm};
use crate::console::search::state::SearchPrompt;
use crate::console::ui::line_edit::LineEdit;
use crate::console::ui::list_cursor::{ListCursor, Move, scroll_text};
use crate::console::ui::narrowing::Narrowing;
use crate::console::{filter, search};

/// An open popup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Popup {
    /// The keys.
    Help {
        /// The first line shown.
        scroll: usize,
        /// The text that narrows the keys.
        narrowing: Narrowing,
    },
    /// Asks before sending the composed message.
    ConfirmSend,
    /// A list to choose from: completion, history, templates.
    Pick(Picker),
    /// A template's question.
    Prompt(Prompting),
    /// Asks before sending a received message again.
    Resend(ResendMessage),
    /// Asks how many times to send, and at what rate.
    SeriesForm(SeriesForm),
    /// Asks before sending a series.
    ConfirmSeries(SeriesForm),
    /// The progress of a series, from [`crate::console::panes::compose::state::Compose::series`].
    Series,
    /// The messages sent in this run.
    Sent(SentList),
    /// Asks before quitting with an unsent text.
    ConfirmQuit,
    /// Asks before switching to another profile.
    ConfirmProfile(NextProfile),
    /// Asks before stopping the recording.
    ConfirmStop,
    /// The channels found on the server.
    Discover(Discover),
    /// The copy menu.
    Copy(ListCursor),
    /// The sequence number to go to.
    Jump(LineEdit),
    /// The message names of one or more channels.
    Names(NamesView),
    /// The channel or pattern to subscribe to.
    AddChannel(AddChannel),
    /// The note of one or several acknowledgements.
    Note {
        /// The row IDs of the findings' rows.
        row_ids: Vec<u64>,
        /// The note.
        note: LineEdit,
    },
    /// The search prompt.
    Search(SearchPrompt),
    /// The filter prompt.
    Filter(FilterPrompt),
    /// The command palette.
    Palette(Palette),
    /// The file to save rows in.
    Save(SavePrompt),
    /// The panes or columns that are shown.
    ToggleList(ToggleList),
    /// The file to record to.
    Record(LineEdit),
    /// The file for a bundle.
    Bundle(BundlePrompt),
    /// The recording to search for a gap.
    BackfillFrom(BackfillPrompt),
    /// The messages of a gap that a recording has.
    BackfillResult(BackfillList),
}

/// The kinds of popups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PopupKind {
    /// A line at the bottom. The panes above it stay in use.
    Prompt,
    /// A list with a cursor.
    List,
    /// A question. Any key that is not bound means no.
    Confirm,
    /// Fields to fill in.
    Form,
    /// Text to read.
    Text,
}

/// The properties of a popup that do not depend on its content.
#[derive(Debug, Clone, Copy)]
pub struct PopupSpec {
    /// The contexts of its keys. Keys of the first contexts take precedence.
    pub contexts: &'static [C],
    /// Its kind.
    pub kind: PopupKind,
    /// The maximum columns and rows, including the border.
    pub size: (u16, u16),
    /// The rows of the screen that stay free above and below it.
    pub margin: u16,
    /// The lines above the list.
    pub heading: u16,
}

impl PopupSpec {
    const fn new(kind: PopupKind, size: (u16, u16), contexts: &'static [C]) -> Self {
        Self { contexts, kind, size, margin: 2, heading: 0 }
    }

    const fn with_heading(self) -> Self {
        Self { heading: 1, ..self }
    }
}

/// The position in a list or text.
enum ListPosition<'a> {
    /// The first line shown.
    Text(&'a mut usize),
    /// The cursor in a list.
    List(&'a mut ListCursor),
}

impl Popup {
    /// The table of all popups.
    #[must_use]
    pub fn spec(&self) -> PopupSpec {
        use PopupKind::{Confirm, Form, List, Prompt, Text};
        const ALL: u16 = u16::MAX;
        let spec = |kind, size, contexts| match self.narrowing() {
            Some(narrowing) if narrowing.typing => PopupSpec::new(kind, size, context::SEARCHED_LIST),
            _ => PopupSpec::new(kind, size, contexts),
        };
        match self {
            Self::Help { .. } => spec(Text, (84, ALL), context::HELP),
            Self::ConfirmSend => spec(Confirm, (100, 22), context::CONFIRM_SEND),
            Self::Resend(_) | Self::ConfirmSeries(_) => spec(Confirm, (100, 16), context::CONFIRM),
            Self::ConfirmQuit => spec(Confirm, (50, 5), context::CONFIRM),
            Self::ConfirmProfile(_) => spec(Confirm, (72, 7), context::CONFIRM),
            Self::ConfirmStop => spec(Confirm, (72, 5), context::CONFIRM),
            Self::Pick(_) => spec(List, (110, 24), context::SEARCHED_LIST).with_heading(),
            Self::Sent(_) => spec(List, (110, 24), context::SENT),
            Self::BackfillResult(_) => spec(List, (110, 24), context::GAP).with_heading(),
            Self::Discover(_) => spec(List, (72, 24), context::DISCOVER),
            Self::Names(_) => PopupSpec { margin: 4, ..spec(List, (96, 40), context::NAMES).with_heading() },
            Self::Palette(_) => spec(List, (84, 22), context::SEARCHED_LIST).with_heading(),
            Self::Copy(_) => spec(List, (56, 11), context::COPY),
            Self::ToggleList(list) => {
                let height = u16::try_from(list.of.len()).unwrap_or(ALL).saturating_add(3);
                spec(List, (64, height), context::PICKING)
            }
            Self::Prompt(_) => spec(Form, (70, 6), context::PROMPT),
            Self::SeriesForm(_) => spec(Form, (70, 8), context::FORM),
            Self::Jump(_) => spec(Form, (44, 5), context::PROMPT),
            Self::AddChannel(_) => spec(Form, (64, 14), context::COMPLETING),
            Self::Note { .. } => spec(Form, (72, 6), context::PROMPT),
            Self::Series => spec(Text, (70, 10), context::TEXT),
            Self::Search(_) => spec(Prompt, (ALL, 1), context::SEARCH),
            Self::Filter(_) => spec(Prompt, (ALL, 6), context::FILTER),
            Self::Save(_) | Self::Record(_) | Self::Bundle(_) => spec(Prompt, (ALL, 1), context::PROMPT),
            Self::BackfillFrom(_) => spec(Prompt, (ALL, 1), context::COMPLETING),
        }
    }

    /// Whether it is a line at the bottom. The panes above it stay in use.
    #[must_use]
    pub fn is_prompt(&self) -> bool {
        self.spec().kind == PopupKind::Prompt
    }

    /// What an action does here, for its hint. `None`: the hint of the table fits.
    pub(crate) fn hint(&self, action: Action) -> Option<&'static str> {
        match (self, action) {
            (Self::ConfirmSend | Self::Resend(_) | Self::ConfirmSeries(_), Action::Confirm) => Some("send"),
            (Self::ConfirmQuit, Action::Confirm) => Some("quit"),
            (Self::ConfirmProfile(_), Action::Confirm) => Some("switch"),
            (Self::ConfirmStop, Action::Confirm) => Some("stop"),
            (Self::ConfirmStop, Action::Close) => Some("continue"),
            (Self::Filter(_), Action::Close) => Some("cancel"),
            (_, Action::Close) if self.spec().kind == PopupKind::Confirm => Some("cancel"),
            _ => None,
        }
    }

    /// The narrowing of its lines, if it has one.
    fn narrowing(&self) -> Option<&Narrowing> {
        match self {
            Self::Help { narrowing, .. } => Some(narrowing),
            Self::Names(view) => Some(&view.narrowing),
            Self::Discover(discover) => Some(&discover.narrowing),
            Self::Sent(list) => Some(&list.narrowing),
            _ => None,
        }
    }

    fn narrowing_mut(&mut self) -> Option<&mut Narrowing> {
        match self {
            Self::Help { narrowing, .. } => Some(narrowing),
            Self::Names(view) => Some(&mut view.narrowing),
            Self::Discover(discover) => Some(&mut discover.narrowing),
            Self::Sent(list) => Some(&mut list.narrowing),
            _ => None,
        }
    }

    /// The text being typed, if it has one.
    fn line_mut(&mut self) -> Option<&mut LineEdit> {
        Some(match self {
            Self::Pick(picker) => &mut picker.query,
            Self::Prompt(prompting) => &mut prompting.text,
            Self::AddChannel(add) => &mut add.line,
            Self::Note { note, .. } => note,
            Self::Search(prompt) => &mut prompt.line,
            Self::Filter(prompt) => &mut prompt.line,
            Self::Palette(palette) => &mut palette.line,
            Self::Save(prompt) => &mut prompt.line,
            Self::Bundle(prompt) => &mut prompt.line,
            Self::Record(line) | Self::Jump(line) => line,
            Self::BackfillFrom(prompt) => &mut prompt.line,
            Self::SeriesForm(form) => form.field_mut(),
            Self::Help { .. } | Self::Sent(_) | Self::Discover(_) | Self::Names(_) => {
                return self.narrowing_mut().filter(|narrowing| narrowing.typing).map(|narrowing| &mut narrowing.line);
            }
            Self::ConfirmSend
            | Self::Resend(_)
            | Self::ConfirmSeries(_)
            | Self::ConfirmQuit
            | Self::ConfirmProfile(_)
            | Self::ConfirmStop
            | Self::Series
            | Self::Copy(_)
            | Self::ToggleList(_)
            | Self::BackfillResult(_) => return None,
        })
    }

    /// The position in its list or text and the number of lines, if it has any.
    fn list_mut(&mut self, state: &State) -> Option<(ListPosition<'_>, usize)> {
        let found = |row_id: u64| state.findings.backfilled.get(&row_id).map_or(0, |filled| filled.rows.len());
        Some(match self {
            Self::Help { scroll, narrowing } => {
                let sections = help_sections(&state.keymap, &contexts_beneath(state), narrowing.line.text());
                (ListPosition::Text(scroll), help_height(&sections))
            }
            Self::Names(view) => (ListPosition::List(&mut view.position), view.rows.len()),
            Self::Discover(discover) => {
                let len = discover.shown().len();
                (ListPosition::List(&mut discover.position), len)
            }
            Self::Pick(picker) => (ListPosition::List(&mut picker.position), picker.shown.len()),
            Self::Sent(list) => {
                let len = list.shown(&state.compose.sent).len();
                (ListPosition::List(&mut list.position), len)
            }
            Self::BackfillResult(list) => (ListPosition::List(&mut list.position), found(list.row_id)),
            Self::Palette(palette) => (ListPosition::List(&mut palette.position), palette.found),
            Self::ToggleList(list) => (ListPosition::List(&mut list.position), list.of.len()),
            Self::Copy(position) => (ListPosition::List(position), copies().len()),
            Self::ConfirmSend
            | Self::Resend(_)
            | Self::ConfirmSeries(_)
            | Self::ConfirmQuit
            | Self::ConfirmProfile(_)
            | Self::ConfirmStop
            | Self::Series
            | Self::Prompt(_)
            | Self::SeriesForm(_)
            | Self::Jump(_)
            | Self::AddChannel(_)
            | Self::Note { .. }
            | Self::Search(_)
            | Self::Filter(_)
            | Self::Save(_)
            | Self::Bundle(_)
            | Self::Record(_)
            | Self::BackfillFrom(_) => return None,
        })
    }
}

/// Closes the popup, for every way to close one: a question is answered with no, and a running series is stopped first.
pub(crate) fn close(state: &mut State) -> Vec<Effect> {
    match &state.popup {
        Some(Popup::Series) => return series::stop(state),
        Some(Popup::Search(_)) => search::update::end(state),
        Some(Popup::ConfirmSend | Popup::ConfirmSeries(_)) => {
            state.notice = Some(Notice::done("not sent; the text is kept"));
            state.compose.asked_at = None;
        }
        Some(Popup::Resend(_)) => state.notice = Some(Notice::done("not sent")),
        Some(Popup::ConfirmProfile(_)) => state.notice = Some(Notice::done("not switched")),
        Some(Popup::ConfirmStop) => state.notice = Some(Notice::done("not stopped")),
        Some(
            Popup::Help { .. }
            | Popup::Pick(_)
            | Popup::Prompt(_)
            | Popup::SeriesForm(_)
            | Popup::Sent(_)
            | Popup::ConfirmQuit
            | Popup::Discover(_)
            | Popup::Copy(_)
            | Popup::Jump(_)
            | Popup::Names(_)
            | Popup::AddChannel(_)
            | Popup::Note { .. }
            | Popup::Filter(_)
            | Popup::Palette(_)
            | Popup::Save(_)
            | Popup::Bundle(_)
            | Popup::ToggleList(_)
            | Popup::Record(_)
            | Popup::BackfillFrom(_)
            | Popup::BackfillResult(_),
        )
        | None => {}
    }
    state.popup = None;
    Vec::new()
}

/// Whether a click closes the popup: outside of it, or on the hint for Esc in its frame. A click outside must not discard
/// what is being typed in a prompt, nor stop a series.
fn closes(state: &State, popup: &Popup, place: Position) -> bool {
    let area = popup_area(state.size, popup);
    let running = matches!(popup, Popup::Series) && state.compose.series().is_some_and(Progress::is_running);
    if !area.contains(place) {
        return !popup.is_prompt() && !running;
    }
    let line = popup_hints(state.size, popup);
    if popup.is_prompt() || !line.contains(place) {
        return false;
    }
    let mut left = usize::from(place.x - line.x);
    for hint in fitting(hints(state), usize::from(line.width)) {
        if left < hint.width() {
            return hint.action == Action::Close;
        }
        left -= hint.width();
    }
    false
}

/// Draws the open popup over the panes.
pub(crate) fn render(cx: &Context<'_>, buf: &mut Buffer) {
    let Some(popup) = &cx.state.popup else { return };
    match popup {
        Popup::Help { scroll, narrowing } => help::render(cx, popup, *scroll, narrowing, buf),
        Popup::ConfirmSend => confirm::send(cx, popup, buf),
        Popup::Resend(message) => resend::render(cx, popup, message, buf),
        Popup::Pick(picker) => pick::render(cx, popup, picker, buf),
        Popup::Prompt(prompting) => template::render(cx, popup, prompting, buf),
        Popup::SeriesForm(form) => series::form(cx, popup, form, buf),
        Popup::ConfirmSeries(form) => series::confirm(cx, popup, form, buf),
        Popup::Series => series::progress(cx, popup, buf),
        Popup::Sent(list) => sent::render(cx, popup, list, buf),
        Popup::ConfirmQuit => confirm::quit(cx, popup, buf),
        Popup::ConfirmProfile(next) => profile::render(cx, popup, next, buf),
        Popup::ConfirmStop => record::render_stop(cx, popup, buf),
        Popup::Discover(found) => discover::render(cx, popup, found, buf),
        Popup::Jump(line) => jump::render(cx, popup, line, buf),
        Popup::Names(view) => names::render(cx, popup, view, buf),
        Popup::AddChannel(add) => add_channel::render(cx, popup, add, buf),
        Popup::Note { row_ids, note } => acknowledge::render(cx, popup, row_ids, note, buf),
        Popup::Search(prompt) => search::view::render(cx, popup, prompt, buf),
        Popup::Filter(prompt) => filter::view::render(cx, popup, prompt, buf),
        Popup::Palette(found) => palette::render(cx, popup, found, buf),
        Popup::Record(line) => record::render(cx, popup, line, buf),
        Popup::BackfillFrom(prompt) => backfill::render_prompt(cx, popup, prompt, buf),
        Popup::BackfillResult(list) => backfill::render_result(cx, popup, *list, buf),
        Popup::Save(prompt) => save::render(cx, popup, prompt, buf),
        Popup::Bundle(prompt) => bundle::render(cx, popup, prompt, buf),
        Popup::ToggleList(toggle_list) => toggle_list::render(cx, popup, *toggle_list, buf),
        Popup::Copy(position) => copy::render(cx, popup, *position, buf),
    }
}

/// Moves in the open popup, if it has a list or text.
pub(crate) fn go(state: &mut State, step: Move) {
    let Some(mut popup) = state.popup.take() else { return };
    let height = usize::from(popup_rows(state.size, &popup).height);
    match popup.list_mut(state) {
        Some((ListPosition::Text(top), len)) => *top = scroll_text(*top, step, len, height),
        Some((ListPosition::List(position), len)) => *position = position.moved(step, len, height),
        None => {}
    }
    state.popup = Some(popup);
}

/// Asks for the text that narrows the popup's lines. Returns false if they cannot be narrowed.
pub(crate) fn ask_narrowing(state: &mut State) -> bool {
    let narrowing = state.popup.as_mut().and_then(Popup::narrowing_mut);
    narrowing.map(|narrowing| narrowing.typing = true).is_some()
}

/// Keeps the typed text, and returns the keys to the list. Returns false if no text is being typed.
fn keep_narrowing(state: &mut State) -> bool {
    let narrowing = state.popup.as_mut().and_then(Popup::narrowing_mut);
    narrowing.is_some_and(|narrowing| std::mem::take(&mut narrowing.typing))
}

/// Shows all lines again. Returns false if they are not narrowed.
pub(crate) fn clear_narrowing(state: &mut State) -> bool {
    let narrowing = state.popup.as_mut().and_then(Popup::narrowing_mut);
    let cleared = narrowing.is_some_and(Narrowing::clear);
    if cleared {
        narrowed(state);
    }
    cleared
}

/// The text that narrows the popup's lines was changed. The first line is selected.
fn narrowed(state: &mut State) {
    match &mut state.popup {
        Some(Popup::Help { scroll, .. }) => *scroll = 0,
        Some(Popup::Discover(discover)) => discover.position = ListCursor::default(),
        Some(Popup::Sent(list)) => list.position = ListCursor::default(),
        Some(Popup::Names(view)) => {
            view.position = ListCursor::default();
            names::refresh(state);
        }
        _ => {}
    }
}

/// Does what the open popup is for.
pub(crate) fn accept(state: &mut State) -> Vec<Effect> {
    if keep_narrowing(state) {
        return Vec::new();
    }
    match &state.popup {
        Some(Popup::Copy(position)) => {
            let line = position.cursor;
            return act::copy_chosen(state, line);
        }
        Some(Popup::Resend(_)) => return resend::confirmed(state),
        Some(Popup::ConfirmSeries(_)) => return series::confirmed(state),
        Some(Popup::ConfirmSend) => return send::confirmed(state, false),
        Some(Popup::AddChannel(_)) => return subscriptions::accept(state),
        Some(Popup::Discover(_)) => return discover::subscribe(state),
        Some(Popup::ConfirmQuit) => return vec![Effect::Quit],
        Some(Popup::ConfirmProfile(_)) => return profile::confirmed(state),
        Some(Popup::ConfirmStop) => return record::stop(state),
        Some(Popup::Palette(_)) => return palette::run(state),
        Some(Popup::Save(_)) => return save::save(state),
        Some(Popup::Bundle(_)) => return bundle::accept(state),
        Some(Popup::Record(_)) => return record::accept(state),
        Some(Popup::BackfillFrom(_)) => return backfill::look(state),
        Some(Popup::Note { .. }) => return acknowledge::accept(state),
        Some(Popup::BackfillResult(_)) => backfill::open(state),
        Some(Popup::Pick(_)) => return pick::accept(state),
        Some(Popup::Prompt(_)) => template::answered(state),
        Some(Popup::SeriesForm(_)) => series::asked(state),
        Some(Popup::Jump(_)) => jump::accept(state),
        Some(Popup::Search(_)) => search::update::keep(state),
        Some(Popup::Filter(_)) => filter::prompt::apply(state),
        Some(Popup::Sent(_)) => sent::go_to_echo(state),
        Some(Popup::ToggleList(_)) => settings::switch(state),
        Some(Popup::Help { .. } | Popup::Names(_) | Popup::Series) | None => {}
    }
    Vec::new()
}

/// Completes the text being typed, in the popups that offer completions.
pub(crate) fn complete(state: &mut State) {
    match &state.popup {
        Some(Popup::AddChannel(_)) => subscriptions::complete(state),
        Some(Popup::BackfillFrom(_)) => backfill::complete(state),
        Some(Popup::Filter(_)) => filter::prompt::complete(state),
        Some(
            Popup::Help { .. }
            | Popup::ConfirmSend
            | Popup::Pick(_)
            | Popup::Prompt(_)
            | Popup::Resend(_)
            | Popup::SeriesForm(_)
            | Popup::ConfirmSeries(_)
            | Popup::Series
            | Popup::Sent(_)
            | Popup::ConfirmQuit
            | Popup::ConfirmProfile(_)
            | Popup::ConfirmStop
            | Popup::Discover(_)
            | Popup::Copy(_)
            | Popup::Jump(_)
            | Popup::Names(_)
            | Popup::Note { .. }
            | Popup::Search(_)
            | Popup::Palette(_)
            | Popup::Save(_)
            | Popup::Bundle(_)
            | Popup::ToggleList(_)
            | Popup::Record(_)
            | Popup::BackfillResult(_),
        )
        | None => {}
    }
}

/// Handles a key that is not in the table: it is typed into the text field, or it answers a question with no.
pub(crate) fn typed(state: &mut State, key: KeyEvent) {
    let Some(popup) = &state.popup else { return };
    if popup.spec().kind == PopupKind::Confirm {
        close(state);
    } else if let (true, KeyCode::Char(character)) = (update::is_text(&key), key.code) {
        edit(state, |line| line.insert(character.encode_utf8(&mut [0; 4])));
    }
}

/// Changes the text being typed, or moves its cursor.
pub(crate) fn edit(state: &mut State, change: impl FnOnce(&mut LineEdit)) {
    let Some(popup) = &mut state.popup else { return };
    let Some(line) = popup.line_mut() else { return };
    let before = line.text().to_owned();
    change(line);
    let changed = line.text() != before;
    match popup {
        Popup::Pick(_) => pick::narrow(state, changed),
        Popup::AddChannel(_) => subscriptions::edited(state, changed),
        Popup::Search(_) => search::update::edited(state, changed),
        Popup::Filter(_) => filter::prompt::edited(state, changed),
        Popup::Palette(_) => palette::edited(state, changed),
        Popup::BackfillFrom(_) => backfill::edited(state),
        Popup::Help { .. } | Popup::Sent(_) | Popup::Discover(_) | Popup::Names(_) if changed => narrowed(state),
        Popup::Help { .. }
        | Popup::Sent(_)
        | Popup::Discover(_)
        | Popup::Names(_)
        | Popup::Prompt(_)
        | Popup::Note { .. }
        | Popup::Save(_)
        | Popup::Bundle(_)
        | Popup::Record(_)
        | Popup::SeriesForm(_)
        | Popup::Jump(_)
        | Popup::ConfirmSend
        | Popup::Resend(_)
        | Popup::ConfirmSeries(_)
        | Popup::ConfirmQuit
        | Popup::ConfirmProfile(_)
        | Popup::ConfirmStop
        | Popup::Series
        | Popup::Copy(_)
        | Popup::ToggleList(_)
        | Popup::BackfillResult(_) => {}
    }
}

/// A click in a list selects the row. If the row alone decides what to do, the click does it.
pub(crate) fn click(state: &mut State, place: Position) -> Vec<Effect> {
    if state.popup.as_ref().is_some_and(|popup| closes(state, popup, place)) {
        return close(state);
    }
    let Some(mut popup) = state.popup.take() else { return Vec::new() };
    let rows = popup_rows(state.size, &popup);
    let row = rows.contains(place).then(|| usize::from(place.y.saturating_sub(rows.y)));
    let mut selected = false;
    if let (Some((ListPosition::List(position), len)), Some(row)) = (popup.list_mut(state), row)
        && let Some(index) = position.range(len, usize::from(rows.height)).nth(row)
    {
        position.cursor = index;
        selected = true;
    }
    state.popup = Some(popup);
    if !selected {
        return Vec::new();
    }
    match &mut state.popup {
        Some(Popup::Palette(_) | Popup::ToggleList(_) | Popup::Copy(_) | Popup::Pick(_)) => accept(state),
        Some(Popup::Discover(found)) => {
            discover::toggle_pick(found);
            Vec::new()
        }
        Some(
            Popup::Help { .. }
            | Popup::ConfirmSend
            | Popup::Prompt(_)
            | Popup::Resend(_)
            | Popup::SeriesForm(_)
            | Popup::ConfirmSeries(_)
            | Popup::Series
            | Popup::Sent(_)
            | Popup::ConfirmQuit
            | Popup::ConfirmProfile(_)
            | Popup::ConfirmStop
            | Popup::Jump(_)
            | Popup::Names(_)
            | Popup::AddChannel(_)
            | Popup::Note { .. }
            | Popup::Search(_)
            | Popup::Filter(_)
            | Popup::Save(_)
            | Popup::Bundle(_)
            | Popup::Record(_)
            | Popup::BackfillFrom(_)
            | Popup::BackfillResult(_),
        )
        | None => Vec::new(),
    }
}
