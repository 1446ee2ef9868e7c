//! The key table: one row for each binding. The first hints of a context are the last to be left out.

use crossterm::event::KeyCode;

use crate::console::app::replay::ReplayOrder;
use crate::console::app::state::Pane;
use crate::console::keymap::Binding;
use crate::console::keymap::action::Action;
use crate::console::keymap::context::Context;
use crate::console::keymap::key::Key;
use crate::console::ui::line_edit::TextEdit;

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

/// A row without hint and mouse.
const fn bind(context: Context, keys: &'static [Key], action: Action, help: &'static str) -> Binding {
    Binding { context, keys, action, help, hint: None, mouse: None }
}

/// A key of all text fields.
const fn text(keys: &'static [Key], edit: TextEdit, help: &'static str) -> Binding {
    bind(Context::Text, keys, Action::EditText(edit), help)
}

impl Binding {
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    const fn mouse(self, mouse: &'static str) -> Self {
        Self { mouse: Some(mouse), ..self }
    }
}

const PANES_BY_NUMBER: &str = "go to a pane";

/// Every key with an action. Characters typed into a text field are not in the table.
pub const TABLE: &[Binding] = &[
    bind(Context::Replay, &[Key::char(' ')], Action::Replay(ReplayOrder::Pause), "stop or resume the replay's clock")
        .hint("stop"),
    bind(Context::Replay, &[Key::char('<')], Action::Replay(ReplayOrder::Slower), "slower").hint("speed"),
    bind(Context::Replay, &[Key::char('>')], Action::Replay(ReplayOrder::Faster), "faster, up to all at once")
        .hint("speed"),
    bind(Context::Replay, &[Key::char('{')], Action::Replay(ReplayOrder::Back), "a minute back").hint("minute"),
    bind(Context::Replay, &[Key::char('}')], Action::Replay(ReplayOrder::Forward), "a minute forward").hint("minute"),
    bind(Context::Replay, &[Key::char('(')], Action::Replay(ReplayOrder::Start), "to the beginning of the recording")
        .hint("ends"),
    bind(Context::Replay, &[Key::char(')')], Action::Replay(ReplayOrder::End), "to its end, and follow new messages")
        .hint("ends"),
    bind(Context::Messages, &[ENTER], Action::OpenDetail, "show the selected row in Detail")
        .hint("detail")
        .mouse("double click"),
    bind(Context::Messages, &[Key::char('V')], Action::Mark, "start or stop marking rows"),
    bind(Context::Messages, &[Key::char('S')], Action::Save, "save the marked rows as JSON lines"),
    bind(Context::Detail, &[ESC], Action::Back, "back to Messages").hint("back"),
    bind(Context::Detail, &[Key::char('J')], Action::NextRow, "next row").hint("row"),
    bind(Context::Detail, &[Key::char('K')], Action::PreviousRow, "previous row").hint("row"),
    bind(Context::Detail, &[ENTER], Action::ToggleFold, "fold or unfold the value")
        .hint("fold")
        .mouse("click on its mark"),
    bind(Context::Detail, &[LEFT], Action::FoldValue, "fold it, or go to the enclosing value"),
    bind(Context::Detail, &[RIGHT], Action::UnfoldValue, "unfold it, or go down a line"),
    bind(Context::Detail, &[Key::char('-')], Action::FoldAll, "fold all values"),
    bind(Context::Detail, &[Key::char('+'), Key::char('=')], Action::UnfoldAll, "unfold all values"),
    bind(Context::Detail, &[Key::char('/')], Action::FindInDetail, "search in this view").hint("search"),
    bind(Context::Detail, &[Key::char('n')], Action::NextInDetail, "to the next hit"),
    bind(Context::Detail, &[Key::char('N')], Action::PreviousInDetail, "to the previous hit"),
    bind(Context::DetailFind, &[ENTER], Action::AcceptFind, "keep the search; n and N go to its hits").hint("search"),
    bind(Context::DetailFind, &[ESC], Action::CancelFind, "end the search").hint("close"),
    bind(Context::Row, &[Key::char('p')], Action::Pin, "keep the row in Detail, or follow again"),
    bind(Context::Row, &[Key::char('m')], Action::Bookmark, "set or remove a bookmark"),
    bind(Context::Row, &[Key::char('\'')], Action::NextBookmark, "go to the next bookmark"),
    bind(Context::Row, &[Key::char('y')], Action::CopyMenu, "choose what to copy").hint("copy"),
    bind(Context::Row, &[Key::char('Y')], Action::CopyCommand, "copy a shell line that publishes it"),
    bind(Context::Row, &[Key::char('v')], Action::CycleView, "show JSON, raw, hex or diff")
        .hint("view")
        .mouse("click on its name"),
    bind(Context::Row, &[Key::char('e')], Action::LoadMessage, "load the message to edit, sign and send it"),
    bind(Context::Row, &[Key::char('E')], Action::Resend, "send the message again unchanged, after a question"),
    bind(Context::Copy, &[ENTER], Action::Accept, "copy the chosen one").hint("copy").mouse("click"),
    bind(Context::Copy, &[Key::char('y')], Action::CopyPayload, "copy the payload"),
    bind(Context::Copy, &[Key::char('p')], Action::CopyPretty, "copy the data, indented"),
    bind(Context::Copy, &[Key::char('c')], Action::CopyCompact, "copy the data in one line"),
    bind(Context::Copy, &[Key::char('v')], Action::CopyValue, "copy the value under the cursor of Detail"),
    bind(Context::Copy, &[Key::char('.')], Action::CopyPath, "copy the jq path of the value"),
    bind(Context::Copy, &[Key::char('Y')], Action::CopyCommand, "copy a shell command that publishes it"),
    bind(Context::Copy, &[Key::char('l')], Action::CopyLine, "copy its JSON line, as tail prints it"),
    bind(Context::Copy, &[Key::char('e')], Action::CopyExplanation, "copy the explanation of a finding"),
    bind(Context::Channels, &[ENTER], Action::PickOnly, "only this channel; fold a group")
        .hint("only this")
        .mouse("double click"),
    bind(Context::Channels, &[Key::char('x')], Action::TogglePick, "show or hide the rows of this channel")
        .hint("pick"),
    bind(Context::Channels, &[Key::char('+'), Key::char('A')], Action::AddChannel, "add a channel or pattern")
        .hint("add"),
    bind(
        Context::Channels,
        &[Key::char('-'), Key::char('X')],
        Action::DropChannel,
        "unsubscribe from it; its rows stay",
    )
    .hint("drop"),
    bind(Context::Channels, &[Key::char('s')], Action::NextOrder, "next order: seen, name, rate, findings, last")
        .hint("sort"),
    bind(Context::Channels, &[Key::char('i')], Action::ShowNames, "show its message names: count, rate, rejected")
        .hint("names"),
    bind(Context::Channels, &[Key::char('t')], Action::ToggleTree, "group or ungroup names by : . and /").hint("tree"),
    bind(Context::Channels, &[LEFT], Action::FoldGroup, "fold the group; else previous channel"),
    bind(Context::Channels, &[RIGHT], Action::UnfoldGroup, "unfold the group; else next channel"),
    bind(Context::FindingsAndRejected, &[ENTER], Action::GoToRow, "go to its place in Messages")
        .hint("go to")
        .mouse("double click"),
    bind(Context::Findings, &[Key::char('h')], Action::Acknowledge, "acknowledge it for this session, with a note")
        .hint("ack"),
    bind(Context::Findings, &[Key::char('H')], Action::Reopen, "withdraw the acknowledgement"),
    bind(Context::Findings, &[Key::char('F')], Action::Backfill, "look for a gap in another recording")
        .hint("other recording"),
    bind(Context::Timeline, &[LEFT], Action::Earlier, "back in time; Messages follows").hint("time").mouse("click"),
    bind(Context::Timeline, &[RIGHT], Action::Later, "forward in time").hint("time"),
    bind(Context::Timeline, &[Key::char('+'), Key::char('=')], Action::ZoomIn, "show less time")
        .hint("zoom")
        .mouse("wheel"),
    bind(Context::Timeline, &[Key::char('-')], Action::ZoomOut, "show more time").hint("zoom").mouse("wheel"),
    bind(Context::Timeline, &[HOME, Key::char('g')], Action::Oldest, "to the oldest time shown"),
    bind(Context::Timeline, &[END, Key::char('G')], Action::Newest, "to now, and follow").hint("now"),
    bind(Context::Timeline, &[ENTER], Action::Back, "to Messages, at that time").hint("messages"),
    bind(Context::Compose, &[Key::ctrl('s')], Action::Send, "send the message").hint("send"),
    bind(Context::Compose, &[Key::alt('k')], Action::NextKey, "sign with the next key, or not").hint("key"),
    bind(Context::Compose, &[TAB], Action::NextField, "next field").hint("field").mouse("click on the field"),
    bind(Context::Compose, &[SHIFT_TAB], Action::PreviousField, "previous field"),
    bind(Context::Compose, &[ESC], Action::Back, "leave Compose; the text stays").hint("leave"),
    bind(Context::Compose, &[F1], Action::Help, "show these keys").hint("help"),
    bind(Context::Compose, &[Key::ctrl('p')], Action::History, "choose from the history").hint("history"),
    bind(Context::Compose, &[Key::ctrl('t')], Action::Templates, "choose a template of the profile").hint("template"),
    bind(Context::Compose, &[Key::alt('e')], Action::OpenEditor, "edit the data in $VISUAL or $EDITOR").hint("$EDITOR"),
    bind(Context::Compose, &[Key::ctrl('n'), Key::ctrl(' ')], Action::Complete, "choose a known channel or name")
        .hint("complete"),
    bind(Context::Compose, &[Key::alt('j')], Action::Format, "format the data in lines").hint("format"),
    bind(Context::Compose, &[Key::ctrl('r')], Action::SendMany, "send it many times").hint("many"),
    bind(Context::Compose, &[Key::ctrl('o')], Action::ShowSent, "show what was sent, with receipts").hint("sent"),
    bind(Context::Compose, &[Key::alt('u')], Action::Undo, "undo").hint("undo"),
    bind(Context::Compose, &[Key::alt('r')], Action::Redo, "redo"),
    bind(Context::ComposeKey, &[RIGHT, Key::char(' ')], Action::NextKey, "sign with the next key, or not"),
    bind(Context::Pick, &[ENTER], Action::Accept, "take the one under the cursor").hint("take").mouse("click"),
    bind(Context::Pick, &[DOWN], Action::Down, "down").hint("move").mouse("wheel"),
    bind(Context::Pick, &[UP], Action::Up, "up").hint("move").mouse("wheel"),
    bind(Context::Pick, &[PAGE_DOWN], Action::PageDown, "a page down"),
    bind(Context::Pick, &[PAGE_UP], Action::PageUp, "a page up"),
    bind(Context::Pick, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::Prompt, &[ENTER], Action::Accept, "next question, or fill the fields").hint("go on"),
    bind(Context::Prompt, &[ESC], Action::Close, "close without filling in").hint("close"),
    bind(Context::SeriesForm, &[ENTER], Action::Accept, "show the first message, then ask").hint("go on"),
    bind(Context::SeriesForm, &[TAB, DOWN], Action::NextField, "the other number").hint("field"),
    bind(Context::SeriesForm, &[SHIFT_TAB, UP], Action::PreviousField, "the other number"),
    bind(Context::SeriesForm, &[ESC], Action::Close, "close without sending").hint("close"),
    bind(Context::ConfirmSeries, &[Key::char('y')], Action::Accept, "send them").hint("send them"),
    bind(Context::ConfirmSeries, &[Key::char('n'), ESC], Action::Close, "do not send; so does any other key")
        .hint("cancel"),
    bind(Context::Series, &[ESC, Key::char('q'), Key::ctrl('c')], Action::Close, "stop sending; once stopped, close")
        .hint("stop, then close"),
    bind(Context::Series, &[Key::ctrl('z')], Action::Suspend, "suspend; fg resumes"),
    bind(Context::Series, &[Key::ctrl('l')], Action::Redraw, "redraw the screen"),
    bind(Context::Sent, &[ENTER], Action::Accept, "go to its echo in Messages").hint("go to echo"),
    bind(Context::Sent, &[Key::ctrl('o')], Action::Close, "close"),
    bind(Context::Resend, &[Key::char('y')], Action::Accept, "send it as it is").hint("send"),
    bind(Context::Resend, &[Key::char('n'), ESC], Action::Close, "do not send; so does any other key").hint("cancel"),
    bind(Context::Discover, &[ENTER], Action::Accept, "subscribe to the picked channels, or to this one")
        .hint("subscribe"),
    bind(Context::Discover, &[Key::char('x'), Key::char(' ')], Action::TogglePick, "pick or unpick a channel")
        .hint("pick")
        .mouse("click"),
    bind(Context::Discover, &[Key::char('d')], Action::Discover, "look again").hint("look again"),
    bind(Context::Jump, &[ENTER], Action::Accept, "go to that number").hint("go"),
    bind(Context::Jump, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::Names, &[Key::char('s')], Action::NextNameOrder, "next order: count, rate, rejected, last, name")
        .hint("sort"),
    bind(Context::Names, &[Key::char('i')], Action::Close, "close"),
    bind(Context::AddChannel, &[ENTER], Action::Accept, "subscribe").hint("subscribe"),
    bind(Context::AddChannel, &[TAB], Action::Complete, "complete with the next name").hint("complete"),
    bind(Context::AddChannel, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::Note, &[ENTER], Action::Accept, "acknowledge it").hint("acknowledge"),
    bind(Context::Note, &[ESC], Action::Close, "close without acknowledging").hint("close"),
    bind(Context::Search, &[ENTER], Action::Accept, "close the prompt; n and N go to the hits").hint("keep"),
    bind(Context::Search, &[DOWN], Action::NextHit, "next hit").hint("hit"),
    bind(Context::Search, &[UP], Action::PreviousHit, "previous hit").hint("hit"),
    bind(Context::Search, &[Key::ctrl('r')], Action::ToggleRegex, "search for a regex, or for plain text again")
        .hint("regex"),
    bind(Context::Search, &[ESC], Action::Close, "end the search and go back").hint("end"),
    bind(Context::Filter, &[ENTER], Action::Accept, "show only matching rows, or all without a text").hint("apply"),
    bind(Context::Filter, &[TAB], Action::Complete, "complete the word; again for the next one").hint("complete"),
    bind(Context::Filter, &[UP], Action::OlderFilter, "the filter used before").hint("used before"),
    bind(Context::Filter, &[DOWN], Action::NewerFilter, "the filter used after it").hint("used before"),
    bind(Context::Filter, &[ESC], Action::Close, "show everything again").hint("show all"),
    bind(Context::Palette, &[ENTER], Action::Accept, "do it").hint("do it").mouse("click"),
    bind(Context::Palette, &[DOWN], Action::Down, "next command").mouse("wheel"),
    bind(Context::Palette, &[UP], Action::Up, "previous command").mouse("wheel"),
    bind(Context::Palette, &[PAGE_DOWN], Action::PageDown, "a page of commands down"),
    bind(Context::Palette, &[PAGE_UP], Action::PageUp, "a page of commands up"),
    bind(Context::Palette, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::Save, &[ENTER], Action::Accept, "save to a new file").hint("save"),
    bind(Context::Save, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::ToggleList, &[Key::char(' '), ENTER, Key::char('x')], Action::Accept, "show or hide it")
        .hint("show or not")
        .mouse("click"),
    bind(Context::ToggleList, &[Key::char('r')], Action::ResetSwitches, "reset all, including sizes")
        .hint("as at first"),
    bind(Context::Record, &[ENTER], Action::Accept, "record to this file, or append to a recording").hint("record"),
    bind(Context::Record, &[ESC], Action::Close, "close without recording").hint("close"),
    bind(Context::BackfillFrom, &[ENTER], Action::Accept, "look in this recording, without changing it").hint("search"),
    bind(Context::BackfillFrom, &[TAB], Action::Complete, "complete with the next recording").hint("next file"),
    bind(Context::BackfillFrom, &[ESC], Action::Close, "close without searching").hint("close"),
    bind(Context::BackfillResult, &[ENTER], Action::Accept, "pin the message in Detail").hint("detail"),
    bind(Context::BackfillResult, &[Key::char('y')], Action::CopyPayload, "copy its payload").hint("copy"),
    bind(Context::BackfillResult, &[Key::char('l')], Action::CopyLine, "copy its JSON line, as tail prints it"),
    bind(Context::BackfillResult, &[Key::char('F')], Action::Backfill, "search another recording")
        .hint("other recording"),
    bind(Context::ConfirmSend, &[Key::char('y'), Key::ctrl('s')], Action::Accept, "send it").hint("send"),
    bind(Context::ConfirmSend, &[Key::char('n'), ESC], Action::Close, "do not send; so does any other key")
        .hint("cancel"),
    bind(Context::ConfirmQuit, &[Key::char('y')], Action::Accept, "quit; the text is lost").hint("leave"),
    bind(Context::ConfirmQuit, &[Key::char('n'), ESC], Action::Close, "stay; so does any other key").hint("stay"),
    bind(Context::Help, &[Key::char('?'), F1], Action::Close, "close"),
    bind(Context::Closing, &[ESC, Key::char('q')], Action::Close, "close").hint("close"),
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
    bind(Context::Moving, &[Key::char('j'), DOWN], Action::Down, "down").mouse("wheel; click selects"),
    bind(Context::Moving, &[Key::char('k'), UP], Action::Up, "up").mouse("wheel; click selects"),
    bind(Context::Moving, &[PAGE_DOWN], Action::PageDown, "a page down"),
    bind(Context::Moving, &[PAGE_UP], Action::PageUp, "a page up"),
    bind(Context::Moving, &[Key::ctrl('d')], Action::HalfPageDown, "half a page down"),
    bind(Context::Moving, &[Key::ctrl('u')], Action::HalfPageUp, "half a page up"),
    bind(Context::Moving, &[Key::char('g'), HOME], Action::First, "to the first"),
    bind(Context::Moving, &[Key::char('G'), END], Action::Last, "to the last; in Messages, follow"),
    bind(Context::Panes, &[TAB], Action::NextPane, "next pane").hint("pane").mouse("click on the pane"),
    bind(Context::Panes, &[Key::char(' ')], Action::ToggleFollow, "pause the view, or follow").hint("pause"),
    bind(Context::Panes, &[Key::char(']')], Action::NextFinding, "next finding or rejected message").hint("finding"),
    bind(Context::Panes, &[Key::char('[')], Action::PreviousFinding, "previous finding or rejected message")
        .hint("finding"),
    bind(Context::Lists, &[Key::char('/')], Action::Search, "search in the messages").hint("search"),
    bind(Context::Panes, &[Key::char('f')], Action::Filter, "show only rows that match a filter").hint("filter"),
    bind(Context::Lists, &[Key::char('n')], Action::NextHit, "next hit of the search"),
    bind(Context::Lists, &[Key::char('N')], Action::PreviousHit, "previous hit of the search"),
    bind(Context::Panes, &[Key::char('c')], Action::Compose, "compose a message").hint("compose"),
    bind(Context::Panes, &[Key::char('?'), F1], Action::Help, "show these keys").hint("help"),
    bind(Context::Panes, &[Key::char(':')], Action::Palette, "choose from all commands").hint("commands"),
    bind(Context::Panes, &[Key::char('q')], Action::Quit, "leave").hint("quit"),
    bind(Context::Panes, &[Key::char('#')], Action::Jump, "go to a sequence number").hint("number"),
    bind(Context::Panes, &[Key::char('d')], Action::Discover, "look for channels on the server").hint("discover"),
    bind(Context::Panes, &[Key::char('r')], Action::Record, "start or stop recording to a file").hint("record"),
    bind(Context::Panes, &[Key::char('a')], Action::PickAll, "show all channels"),
    bind(Context::Panes, &[Key::char('M')], Action::ToggleMute, "mute or unmute the alerts"),
    bind(Context::Panes, &[SHIFT_TAB], Action::PreviousPane, "previous pane"),
    bind(Context::Panes, &[Key::char('1')], Action::ShowPane(Pane::Channels), PANES_BY_NUMBER)
        .mouse("click on the pane or tab"),
    bind(Context::Panes, &[Key::char('2')], Action::ShowPane(Pane::Messages), PANES_BY_NUMBER),
    bind(Context::Panes, &[Key::char('3')], Action::ShowPane(Pane::Findings), PANES_BY_NUMBER),
    bind(Context::Panes, &[Key::char('4')], Action::ShowPane(Pane::Rejected), PANES_BY_NUMBER),
    bind(Context::Panes, &[Key::char('5')], Action::ShowPane(Pane::Detail), PANES_BY_NUMBER),
    bind(Context::Panes, &[Key::char('6')], Action::ShowPane(Pane::Compose), PANES_BY_NUMBER),
    bind(Context::Panes, &[Key::char('7')], Action::ShowPane(Pane::Timeline), PANES_BY_NUMBER),
    bind(Context::Panes, &[Key::char('T')], Action::NextTheme, "the next theme: light, dark, 16 colours, none"),
    bind(Context::Panes, &[Key::char('z')], Action::ToggleZone, "times in UTC or local time"),
    bind(Context::Panes, &[Key::char('Z')], Action::NextTimeFormat, "times with milliseconds, seconds, or the date"),
    bind(Context::Panes, &[Key::char('C')], Action::ChooseColumns, "choose the columns of Messages"),
    bind(Context::Panes, &[Key::char('L')], Action::ChoosePanes, "choose the panes that are shown"),
    bind(Context::Panes, &[Key::char('<')], Action::Narrower, "make the pane narrower or wider")
        .mouse("drag its border"),
    bind(Context::Panes, &[Key::char('>')], Action::Wider, "make the pane narrower or wider"),
    bind(Context::Panes, &[Key::char('{')], Action::Lower, "make the pane lower or higher").mouse("drag its border"),
    bind(Context::Panes, &[Key::char('}')], Action::Higher, "make the pane lower or higher"),
    bind(Context::Panes, &[ESC], Action::Back, "end the search, close Detail, back to Messages"),
    bind(Context::Everywhere, &[Key::ctrl('c')], Action::QuitNow, "quit without a question"),
    bind(Context::Everywhere, &[Key::ctrl('z')], Action::Suspend, "suspend; fg resumes"),
    bind(Context::Everywhere, &[Key::ctrl('l')], Action::Redraw, "redraw the screen"),
];
