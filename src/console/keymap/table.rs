//! The actions, and the key table: one row for each binding. If the footer is too narrow, it omits the last hints of a context
//! first.
//!
//! At most 60 rows outside text fields have keys. Rare actions have no key and are in the palette only.

use crossterm::event::KeyCode;

use crate::console::app::replay::ReplayOrder;
use crate::console::keymap::context::Context;
use crate::console::keymap::key::Key;
use crate::console::keymap::{Binding, Needs};
use crate::console::panes::Pane;
use crate::console::ui::line_edit::TextEdit;

/// An action. Its keys, contexts and texts are in the [`TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Action {
    /// Quit, after a question if a composed text was not sent.
    Quit,
    /// Quit without a question.
    QuitNow,
    /// Suspend the program.
    Suspend,
    /// Redraw the screen.
    Redraw,
    /// Show the keys.
    Help,
    /// Move the focus to the next pane.
    NextPane,
    /// Move the focus to the previous pane.
    PreviousPane,
    /// Move the focus to this pane.
    ShowPane(Pane),
    /// Close what was opened last, or go back to Messages.
    Back,
    /// Zoom the pane with the focus, or show all panes again.
    Zoom,
    /// Pause the view, or follow the newest row again.
    ToggleFollow,
    /// One entry or line up.
    Up,
    /// One entry or line down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Half a page up.
    HalfPageUp,
    /// Half a page down.
    HalfPageDown,
    /// To the first entry or line.
    First,
    /// To the last entry or line.
    Last,
    /// Scroll left, fold, or go back in time.
    Left,
    /// Scroll right, unfold, or go forward in time.
    Right,
    /// Select the next finding or rejected message in the stream.
    NextFinding,
    /// Select the previous finding or rejected message.
    PreviousFinding,
    /// Show the selected row in Detail.
    OpenDetail,
    /// Select the previous row while Detail has the focus.
    PreviousRow,
    /// Select the next row while Detail has the focus.
    NextRow,
    /// Select the finding's or rejected message's row in Messages.
    GoToRow,
    /// Show the message names of what is under the cursor of Channels.
    ShowNames,
    /// Show the newest message of each name of what is under the cursor of Channels.
    ShowLatest,
    /// Mute or unmute the alerts.
    ToggleMute,
    /// Ask for a channel or pattern to subscribe to.
    AddChannel,
    /// End the subscription to the channel or pattern under the cursor.
    DropChannel,
    /// Show the channels in groups by their names, or flat.
    ToggleTree,
    /// Switch to the next order of the channels or message names.
    NextOrder,
    /// Show less time in the timeline.
    ZoomIn,
    /// Show more time in the timeline.
    ZoomOut,
    /// Acknowledge the selected finding, or all findings of the group, with a note.
    Acknowledge,
    /// Withdraw the acknowledgement of the selected finding, or those of the group.
    Reopen,
    /// Show only the channel under the cursor.
    PickOnly,
    /// Show or hide the rows of the channel under the cursor.
    TogglePick,
    /// Show all channels.
    PickAll,
    /// Ask for a sequence number to go to.
    Jump,
    /// Set or remove a bookmark on the selected row.
    Bookmark,
    /// Select the next bookmark; after the last one, the first.
    NextBookmark,
    /// Choose what to copy. In the copy menu: copy the chosen one.
    CopyMenu,
    /// Copy the message's payload.
    CopyPayload,
    /// Copy a shell line that publishes the message.
    CopyCommand,
    /// Copy the message's data, indented.
    CopyPretty,
    /// Copy the message's data in one line.
    CopyCompact,
    /// Copy the value under the cursor of Detail.
    CopyValue,
    /// Copy the path of the value under the cursor of Detail.
    CopyPath,
    /// Copy the JSON line of the row, as `aircheck tail` prints it.
    CopyLine,
    /// Copy the explanation of the finding.
    CopyExplanation,
    /// Switch to the next view of the payload: JSON, raw, hexadecimal, diff.
    CycleView,
    /// Pin the row in Detail, or unpin it.
    Pin,
    /// Fold or unfold the value under the cursor.
    ToggleFold,
    /// Fold all values.
    FoldAll,
    /// Unfold all values.
    UnfoldAll,
    /// Look for channels on the server.
    Discover,
    /// Compose a message.
    Compose,
    /// Move the focus to the next field.
    NextField,
    /// Move the focus to the previous field.
    PreviousField,
    /// Choose the next signing key, or none.
    NextKey,
    /// Undo the last change of the text.
    Undo,
    /// Redo the change.
    Redo,
    /// Format the data in lines.
    Format,
    /// Choose from the messages sent before.
    History,
    /// Choose a template.
    Templates,
    /// Edit the data in `$EDITOR`.
    OpenEditor,
    /// A command of the text field.
    EditText(TextEdit),
    /// Send the composed message many times.
    SendMany,
    /// Show the messages sent in this run.
    ShowSent,
    /// Load the selected message into Compose.
    LoadMessage,
    /// Send the selected message again unchanged.
    Resend,
    /// Send the composed message.
    Send,
    /// Do what the popup is for: send, choose, subscribe, save, go there.
    Accept,
    /// Answer a question with yes.
    Confirm,
    /// Close the popup: answer a question with no, end a search or stop a series.
    Close,
    /// Search in the messages, or in Detail if it has the focus.
    Search,
    /// Select the next hit of the search; after the last one, the first.
    NextHit,
    /// Select the previous hit of the search; before the first one, the last.
    PreviousHit,
    /// Switch between a regex and plain text.
    ToggleRegex,
    /// Ask for a filter.
    Filter,
    /// Complete the text being typed.
    Complete,
    /// Choose a known channel or name in Compose.
    Suggest,
    /// Recall the previous filter.
    OlderFilter,
    /// Recall the next filter.
    NewerFilter,
    /// Open the command palette.
    Palette,
    /// Start or stop marking rows.
    Mark,
    /// Ask for a file for the marked rows.
    Save,
    /// Ask for a file for all rows that Messages lists.
    SaveView,
    /// Hide the rows that are there.
    Clear,
    /// Show the hidden rows again.
    ShowCleared,
    /// Give each copy of a message its own row, or let them share one.
    ToggleCopies,
    /// Wrap long payloads, or cut them.
    ToggleWrap,
    /// Switch to the next theme.
    NextTheme,
    /// Switch between UTC and local time.
    ToggleZone,
    /// Switch to the next time format.
    NextTimeFormat,
    /// Choose the panes that are shown.
    ChoosePanes,
    /// Choose the columns of Messages.
    ChooseColumns,
    /// Reset the panes and their sizes, or the columns.
    ResetLayout,
    /// Make the pane narrower.
    Narrower,
    /// Make the pane wider.
    Wider,
    /// Make the pane lower.
    Lower,
    /// Make the pane higher.
    Higher,
    /// Start or stop recording.
    Record,
    /// Connect with another profile. In the palette, its name can follow: `profile staging`.
    Profile,
    /// Look for the selected gap in another recording.
    Backfill,
    /// Write a bundle around the selected finding.
    Bundle,
    /// Control the replay.
    Replay(ReplayOrder),
}

impl Action {
    /// The name in the configuration, e.g. `next-finding`.
    #[must_use]
    pub fn name(self) -> String {
        let name: &'static str = self.into();
        match self {
            Self::ShowPane(pane) => format!("show-{}", <&'static str>::from(pane)),
            Self::Replay(order) => format!("{name}-{}", <&'static str>::from(order)),
            Self::EditText(edit) => format!("text-{}", <&'static str>::from(edit)),
            _ => name.to_owned(),
        }
    }

    /// The action with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().map(|binding| binding.action).find(|action| action.name() == name)
    }
}

const UP: Key = Key::plain(KeyCode::Up);
const DOWN: Key = Key::plain(KeyCode::Down);
const LEFT: Key = Key::plain(KeyCode::Left);
const RIGHT: Key = Key::plain(KeyCode::Right);
const PAGE_UP: Key = Key::plain(KeyCode::PageUp);
const PAGE_DOWN: Key = Key::plain(KeyCode::PageDown);
const HOME: Key = Key::plain(KeyCode::Home);
const END: Key = Key::plain(KeyCode::End);
const ENTER: Key = Key::plain(KeyCode::Enter);
const ESC: Key = Key::plain(KeyCode::Esc);
const TAB: Key = Key::plain(KeyCode::Tab);
const SHIFT_TAB: Key = Key::plain(KeyCode::BackTab);
const BACKSPACE: Key = Key::plain(KeyCode::Backspace);
const DELETE: Key = Key::plain(KeyCode::Delete);
const F1: Key = Key::plain(KeyCode::F(1));

/// A row without hint, mouse and needs.
const fn bind(context: Context, keys: &'static [Key], action: Action, help: &'static str) -> Binding {
    Binding { context, also: None, keys, action, help, hint: None, mouse: None, needs: Needs::Nothing }
}

/// A row without keys. The palette reaches it, and the configuration can bind it.
const fn command(context: Context, action: Action, help: &'static str) -> Binding {
    bind(context, &[], action, help)
}

/// A key of all text fields.
const fn text(keys: &'static [Key], edit: TextEdit, help: &'static str) -> Binding {
    bind(Context::Text, keys, Action::EditText(edit), help)
}

impl Binding {
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    const fn also(self, context: Context) -> Self {
        Self { also: Some(context), ..self }
    }

    const fn needs(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }

    const fn mouse(self, mouse: &'static str) -> Self {
        Self { mouse: Some(mouse), ..self }
    }
}

/// Every action, with its keys. Characters typed into a text field are not in the table.
pub const TABLE: &[Binding] = &[
    bind(Context::Replay, &[Key::char(' ')], Action::Replay(ReplayOrder::Pause), "stop or resume the replay's clock")
        .hint("stop"),
    bind(Context::Replay, &[Key::char('<')], Action::Replay(ReplayOrder::Slower), "slower").hint("speed"),
    bind(Context::Replay, &[Key::char('>')], Action::Replay(ReplayOrder::Faster), "faster, up to all at once")
        .hint("speed"),
    bind(Context::Replay, &[Key::char(',')], Action::Replay(ReplayOrder::Back), "a minute back").hint("minute"),
    bind(Context::Replay, &[Key::char('.')], Action::Replay(ReplayOrder::Forward), "a minute forward").hint("minute"),
    command(Context::Replay, Action::Replay(ReplayOrder::Start), "to the beginning of the recording"),
    command(Context::Replay, Action::Replay(ReplayOrder::End), "to the end of the recording, and follow"),
    bind(Context::Messages, &[ENTER], Action::OpenDetail, "show the selected row in Detail")
        .hint("detail")
        .mouse("double click")
        .needs(Needs::Row),
    command(Context::Messages, Action::Mark, "start or stop marking rows").needs(Needs::Row),
    command(Context::Messages, Action::Save, "save the marked rows as JSON lines").needs(Needs::Row),
    bind(Context::Detail, &[Key::char('J')], Action::NextRow, "next row").hint("row"),
    bind(Context::Detail, &[Key::char('K')], Action::PreviousRow, "previous row").hint("row"),
    bind(Context::Detail, &[ENTER], Action::ToggleFold, "fold or unfold the value")
        .hint("fold")
        .mouse("click on its mark"),
    command(Context::Detail, Action::FoldAll, "fold all values"),
    command(Context::Detail, Action::UnfoldAll, "unfold all values"),
    bind(Context::Row, &[Key::char('v')], Action::CycleView, "show JSON, raw, hex or diff").mouse("click on its name"),
    bind(Context::Row, &[Key::char('w')], Action::ToggleWrap, "wrap long payloads, or cut them"),
    command(Context::Row, Action::Pin, "keep the row in Detail, or follow again").needs(Needs::RowAtHand),
    bind(Context::Row, &[Key::char('e')], Action::LoadMessage, "load the message to edit, sign and send it")
        .needs(Needs::MessageToSend),
    command(Context::Row, Action::Resend, "send the message again unchanged, after a question")
        .needs(Needs::MessageToSend),
    command(Context::Row, Action::Bookmark, "set or remove a bookmark").needs(Needs::Row),
    command(Context::Row, Action::NextBookmark, "go to the next bookmark").needs(Needs::Bookmark),
    bind(Context::Copy, &[Key::char('y')], Action::CopyMenu, "choose what to copy; again: copy it"),
    command(Context::Copy, Action::CopyPayload, "copy the payload").needs(Needs::Message),
    command(Context::Copy, Action::CopyPretty, "copy the data, indented").needs(Needs::Data),
    command(Context::Copy, Action::CopyCompact, "copy the data in one line").needs(Needs::Data),
    command(Context::Copy, Action::CopyValue, "copy the value under the cursor of Detail").needs(Needs::Value),
    command(Context::Copy, Action::CopyPath, "copy the jq path of the value").needs(Needs::Value),
    command(Context::Copy, Action::CopyCommand, "copy a shell command that publishes it").needs(Needs::Message),
    command(Context::Copy, Action::CopyLine, "copy its JSON line, as tail prints it").needs(Needs::RowAtHand),
    command(Context::Copy, Action::CopyExplanation, "copy the explanation of a finding").needs(Needs::Explanation),
    bind(Context::Channels, &[ENTER], Action::PickOnly, "only this channel; fold a group")
        .hint("only this")
        .mouse("double click"),
    command(Context::Channels, Action::AddChannel, "add a channel or pattern").needs(Needs::Server),
    command(Context::Channels, Action::DropChannel, "unsubscribe from the channel; its rows stay")
        .needs(Needs::Subscription),
    command(Context::Channels, Action::ShowNames, "list message names: count, rate, rejected"),
    command(Context::Channels, Action::ShowLatest, "show the latest value per message name"),
    command(Context::Channels, Action::ToggleTree, "group or ungroup names by : . and /"),
    bind(Context::Picking, &[Key::char('x')], Action::TogglePick, "pick or unpick it").hint("pick").mouse("click"),
    bind(Context::Sorting, &[Key::char('s')], Action::NextOrder, "sort in the next order").hint("sort"),
    bind(Context::FindingsAndRejected, &[ENTER], Action::GoToRow, "go to its row, or unfold the group")
        .also(Context::Sent)
        .hint("go to")
        .mouse("double click")
        .needs(Needs::Entry),
    bind(Context::Finding, &[Key::char('A')], Action::Acknowledge, "acknowledge it or its group, with a note")
        .hint("ack")
        .needs(Needs::Finding),
    bind(Context::Finding, &[Key::char('b')], Action::Bundle, "write a bundle around it, for a ticket")
        .hint("bundle")
        .needs(Needs::RecordedFinding),
    command(Context::Finding, Action::Reopen, "withdraw the acknowledgement").needs(Needs::Acknowledged),
    bind(Context::Gap, &[Key::char('F')], Action::Backfill, "look for the gap in other recordings")
        .hint("backfill")
        .needs(Needs::Gap),
    command(Context::Timeline, Action::ZoomIn, "show less time").mouse("wheel"),
    command(Context::Timeline, Action::ZoomOut, "show more time").mouse("wheel"),
    bind(Context::Send, &[Key::ctrl('s')], Action::Send, "send the message").hint("send").needs(Needs::Composed),
    bind(Context::Compose, &[Key::alt('k')], Action::NextKey, "next signing key, or unsigned").hint("key"),
    bind(Context::Compose, &[ESC], Action::Back, "leave Compose; the text stays").hint("leave"),
    bind(Context::Compose, &[F1], Action::Help, "show the keys").hint("help"),
    bind(Context::Compose, &[Key::ctrl('p')], Action::History, "choose from the history").hint("history"),
    bind(Context::Compose, &[Key::ctrl('t')], Action::Templates, "choose a template of the profile").hint("template"),
    bind(Context::Compose, &[Key::alt('e')], Action::OpenEditor, "edit the data in $VISUAL or $EDITOR").hint("$EDITOR"),
    bind(Context::Compose, &[Key::ctrl('n'), Key::ctrl(' ')], Action::Suggest, "choose a known channel or name")
        .hint("complete"),
    bind(Context::Compose, &[Key::alt('j')], Action::Format, "format the data in lines").hint("format"),
    bind(Context::Compose, &[Key::ctrl('r')], Action::SendMany, "send it many times")
        .hint("many")
        .needs(Needs::Composed),
    bind(Context::Compose, &[Key::ctrl('o')], Action::ShowSent, "show what was sent, with receipts").hint("sent"),
    bind(Context::Compose, &[Key::alt('u')], Action::Undo, "undo").hint("undo"),
    bind(Context::Compose, &[Key::alt('r')], Action::Redo, "redo"),
    bind(Context::Fields, &[TAB], Action::NextField, "next field").hint("field").mouse("click on the field"),
    bind(Context::Fields, &[SHIFT_TAB], Action::PreviousField, "previous field"),
    bind(Context::Completing, &[TAB], Action::Complete, "complete the word; again for the next one").hint("complete"),
    bind(Context::Popup, &[ENTER], Action::Accept, "accept").hint("accept").mouse("click"),
    bind(Context::Filter, &[UP], Action::OlderFilter, "the filter used before").hint("used before"),
    bind(Context::Filter, &[DOWN], Action::NewerFilter, "the filter used after it").hint("used before"),
    bind(Context::Confirm, &[Key::char('y')], Action::Confirm, "yes; any other key means no").hint("yes"),
    bind(Context::Closing, &[ESC, Key::char('q')], Action::Close, "close; while a series is sent, stop it first")
        .hint("close"),
    text(&[LEFT, Key::ctrl('b')], TextEdit::Left, "a character left"),
    text(&[RIGHT, Key::ctrl('f')], TextEdit::Right, "a character right"),
    text(&[Key::alt('b'), LEFT.with_ctrl()], TextEdit::WordLeft, "a word left"),
    text(&[Key::alt('f'), RIGHT.with_ctrl()], TextEdit::WordRight, "a word right"),
    text(&[HOME, Key::ctrl('a')], TextEdit::Start, "to the start of the line"),
    text(&[END, Key::ctrl('e')], TextEdit::End, "to the end of the line"),
    text(&[BACKSPACE, Key::ctrl('h')], TextEdit::DeleteLeft, "delete the character before the cursor"),
    text(&[DELETE], TextEdit::DeleteRight, "delete the character at the cursor"),
    text(&[Key::ctrl('w')], TextEdit::DeleteWordLeft, "delete the word before the cursor"),
    text(&[Key::alt('d')], TextEdit::DeleteWordRight, "delete the word after the cursor"),
    text(&[Key::ctrl('u')], TextEdit::DeleteToStart, "delete to the start of the line"),
    text(&[Key::ctrl('k')], TextEdit::DeleteToEnd, "delete to the end of the line"),
    text(&[Key::ctrl('y')], TextEdit::Yank, "insert the text deleted last"),
    // Not next to the other keys of the same commands, because the help would join them to a long line.
    text(&[LEFT.with_alt()], TextEdit::WordLeft, "a word left"),
    text(&[RIGHT.with_alt()], TextEdit::WordRight, "a word right"),
    text(&[BACKSPACE.with_alt()], TextEdit::DeleteWordLeft, "delete the word before the cursor"),
    bind(Context::Moving, &[Key::char('j'), DOWN], Action::Down, "down; in Timeline, more time").mouse("wheel; click"),
    bind(Context::Moving, &[Key::char('k'), UP], Action::Up, "up; in Timeline, less time").mouse("wheel; click"),
    bind(Context::Moving, &[PAGE_DOWN, Key::ctrl('f')], Action::PageDown, "a page down"),
    bind(Context::Moving, &[PAGE_UP, Key::ctrl('b')], Action::PageUp, "a page up"),
    bind(Context::Moving, &[Key::ctrl('d')], Action::HalfPageDown, "half a page down"),
    bind(Context::Moving, &[Key::ctrl('u')], Action::HalfPageUp, "half a page up"),
    bind(Context::Moving, &[Key::char('g'), HOME], Action::First, "to the first, or the oldest time"),
    bind(Context::Moving, &[Key::char('G'), END], Action::Last, "to the last; in Messages, follow"),
    bind(Context::Moving, &[Key::char('h'), LEFT], Action::Left, "scroll left, fold, or go back in time"),
    bind(Context::Moving, &[Key::char('l'), RIGHT], Action::Right, "scroll right, unfold, or forward in time"),
    bind(Context::Panes, &[Key::char('z')], Action::Zoom, "zoom the pane, or show all panes").hint("zoom"),
    bind(Context::Panes, &[Key::char('/')], Action::Search, "narrow the list; in Messages and Detail, search")
        .hint("search")
        .also(Context::Narrowing),
    bind(Context::Panes, &[Key::char('f')], Action::Filter, "show only rows that match a filter").hint("filter"),
    bind(Context::Panes, &[Key::char(']'), Key::ctrl('n')], Action::NextFinding, "next finding or rejected message")
        .hint("finding"),
    bind(
        Context::Panes,
        &[Key::char('['), Key::ctrl('p')],
        Action::PreviousFinding,
        "previous finding or rejected message",
    )
    .hint("finding"),
    bind(Context::Panes, &[Key::char(' ')], Action::ToggleFollow, "pause the view, or follow").hint("pause"),
    bind(Context::Panes, &[Key::char('c')], Action::Compose, "compose a message").hint("compose").needs(Needs::Sending),
    bind(Context::Panes, &[Key::char('?'), F1], Action::Help, "show the keys").hint("help"),
    bind(Context::Panes, &[Key::char(':')], Action::Palette, "open the command palette").hint("commands"),
    bind(Context::Panes, &[Key::char('n')], Action::NextHit, "next hit of the search").needs(Needs::Search),
    bind(Context::Panes, &[Key::char('N')], Action::PreviousHit, "previous hit of the search").needs(Needs::Search),
    bind(Context::Panes, &[Key::char('#')], Action::Jump, "go to a sequence number"),
    bind(Context::Panes, &[Key::char('a')], Action::PickAll, "show all channels"),
    bind(Context::Panes, &[Key::char('d')], Action::Discover, "look for channels on the server")
        .also(Context::Discovering)
        .needs(Needs::Server),
    bind(Context::Panes, &[Key::char('r')], Action::Record, "start or stop recording to a file").needs(Needs::Server),
    bind(Context::Panes, &[TAB], Action::NextPane, "next pane").mouse("click on the pane"),
    bind(Context::Panes, &[SHIFT_TAB], Action::PreviousPane, "previous pane"),
    bind(Context::Panes, &[Key::char('1')], Action::ShowPane(Pane::Channels), "go to Channels")
        .mouse("click on the pane or tab"),
    bind(Context::Panes, &[Key::char('2')], Action::ShowPane(Pane::Messages), "go to Messages"),
    bind(Context::Panes, &[Key::char('3')], Action::ShowPane(Pane::Findings), "go to Findings"),
    bind(Context::Panes, &[Key::char('4')], Action::ShowPane(Pane::Rejected), "go to Rejected"),
    bind(Context::Panes, &[Key::char('5')], Action::ShowPane(Pane::Detail), "go to Detail"),
    command(Context::Panes, Action::ShowPane(Pane::Compose), "go to Compose").needs(Needs::Sending),
    command(Context::Panes, Action::ShowPane(Pane::Timeline), "go to Timeline"),
    bind(Context::Panes, &[ESC], Action::Back, "end the search, close Detail, back to Messages"),
    bind(Context::Panes, &[Key::char('q')], Action::Quit, "quit"),
    command(Context::Panes, Action::Profile, "switch to another profile; :profile NAME").needs(Needs::OtherProfile),
    command(Context::Panes, Action::SaveView, "save all rows of Messages, as filtered, as JSON lines")
        .needs(Needs::Listed),
    command(Context::Panes, Action::Clear, "hide the rows received so far; nothing is reset").needs(Needs::Listed),
    command(Context::Panes, Action::ShowCleared, "show the cleared rows again").needs(Needs::Cleared),
    command(Context::Panes, Action::ToggleCopies, "show each copy of a message as its own row, or not"),
    command(Context::Panes, Action::ToggleMute, "mute or unmute the alerts").needs(Needs::Alerts),
    command(Context::Panes, Action::NextTheme, "the next theme: light, dark, 16 colours, none"),
    command(Context::Panes, Action::ToggleZone, "times in UTC or local time"),
    command(Context::Panes, Action::NextTimeFormat, "times with milliseconds, seconds, or the date"),
    command(Context::Panes, Action::ChooseColumns, "choose the columns of Messages"),
    command(Context::Panes, Action::ChoosePanes, "choose the panes that are shown"),
    command(Context::Panes, Action::ResetLayout, "reset panes, sizes and columns to defaults"),
    command(Context::Panes, Action::Narrower, "make the pane narrower").mouse("drag its border"),
    command(Context::Panes, Action::Wider, "make the pane wider").mouse("drag its border"),
    command(Context::Panes, Action::Lower, "make the pane lower").mouse("drag its border"),
    command(Context::Panes, Action::Higher, "make the pane higher").mouse("drag its border"),
    bind(Context::Search, &[DOWN], Action::NextHit, "next hit").hint("hit").needs(Needs::Search),
    bind(Context::Search, &[UP], Action::PreviousHit, "previous hit").hint("hit").needs(Needs::Search),
    bind(Context::Search, &[Key::ctrl('r')], Action::ToggleRegex, "search for a regex, or for plain text again")
        .hint("regex"),
    bind(Context::Everywhere, &[Key::ctrl('c')], Action::QuitNow, "quit without a question"),
    bind(Context::Everywhere, &[Key::ctrl('z')], Action::Suspend, "suspend; fg resumes"),
    bind(Context::Everywhere, &[Key::ctrl('l')], Action::Redraw, "redraw the screen"),
];
