//! The table of keys: one line for each binding. The lines of a context are next to each other, the most useful hint first.

use crossterm::event::KeyCode;

use crate::console::app::replay::ReplayOrder;
use crate::console::app::state::Pane;
use crate::console::keymap::Binding;
use crate::console::keymap::action::Action;
use crate::console::keymap::context::Context;
use crate::console::keymap::key::Key;

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
const F1: Key = Key::plain(KeyCode::F(1));

/// A binding without a hint and without a mouse equivalent.
const fn bind(context: Context, keys: &'static [Key], action: Action, help: &'static str) -> Binding {
    Binding { context, keys, action, help, hint: None, mouse: None }
}

impl Binding {
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    const fn mouse(self, mouse: &'static str) -> Self {
        Self { mouse: Some(mouse), ..self }
    }
}

/// Every key that does something. Text typed into a field is not in the table.
pub const TABLE: &[Binding] = &[
    bind(Context::Replay, &[Key::char(' ')], Action::Replay(ReplayOrder::Pause), "pause or resume the replay")
        .hint("pause"),
    bind(Context::Replay, &[Key::char('<')], Action::Replay(ReplayOrder::Slower), "slower").hint("speed"),
    bind(Context::Replay, &[Key::char('>')], Action::Replay(ReplayOrder::Faster), "faster").hint("speed"),
    bind(Context::Replay, &[Key::char('{')], Action::Replay(ReplayOrder::Back), "a minute back").hint("minute"),
    bind(Context::Replay, &[Key::char('}')], Action::Replay(ReplayOrder::Forward), "a minute forward").hint("minute"),
    bind(Context::Replay, &[Key::char('(')], Action::Replay(ReplayOrder::Start), "go to the start").hint("ends"),
    bind(
        Context::Replay,
        &[Key::char(')')],
        Action::Replay(ReplayOrder::End),
        "go to the end and follow the recording",
    )
    .hint("ends"),
    bind(Context::Messages, &[ENTER], Action::OpenDetail, "show the selected row in Detail")
        .hint("detail")
        .mouse("double click"),
    bind(Context::Messages, &[Key::char('V')], Action::Mark, "start or end marking rows"),
    bind(Context::Messages, &[Key::char('S')], Action::Save, "save the marked rows as JSON lines"),
    bind(Context::Detail, &[ESC], Action::Back, "back to Messages").hint("back"),
    bind(Context::Detail, &[Key::char('J')], Action::NextRow, "next row").hint("row"),
    bind(Context::Detail, &[Key::char('K')], Action::PreviousRow, "previous row").hint("row"),
    bind(Context::Detail, &[ENTER], Action::ToggleFold, "fold or unfold the value")
        .hint("fold")
        .mouse("click on its mark"),
    bind(Context::Detail, &[LEFT], Action::FoldValue, "fold the value, or go to its parent"),
    bind(Context::Detail, &[RIGHT], Action::UnfoldValue, "unfold the value, or go down"),
    bind(Context::Detail, &[Key::char('-')], Action::FoldAll, "fold all values"),
    bind(Context::Detail, &[Key::char('+'), Key::char('=')], Action::UnfoldAll, "unfold all values"),
    bind(Context::Detail, &[Key::char('/')], Action::FindInDetail, "search in this view").hint("search"),
    bind(Context::Detail, &[Key::char('n')], Action::NextInDetail, "next hit in this view"),
    bind(Context::Detail, &[Key::char('N')], Action::PreviousInDetail, "previous hit in this view"),
    bind(Context::DetailFind, &[ENTER], Action::AcceptFind, "keep the search; n and N go from hit to hit")
        .hint("search"),
    bind(Context::DetailFind, &[ESC], Action::CancelFind, "end the search").hint("close"),
    bind(Context::Row, &[Key::char('p')], Action::Pin, "keep this row in Detail, or follow the selection"),
    bind(Context::Row, &[Key::char('m')], Action::Bookmark, "set or remove a bookmark"),
    bind(Context::Row, &[Key::char('\'')], Action::NextBookmark, "go to the next bookmark"),
    bind(Context::Row, &[Key::char('y')], Action::CopyMenu, "choose what to copy").hint("copy"),
    bind(Context::Row, &[Key::char('Y')], Action::CopyCommand, "copy a shell command that publishes it"),
    bind(Context::Row, &[Key::char('v')], Action::CycleView, "next view: JSON, raw, hex, diff")
        .hint("view")
        .mouse("click its name"),
    bind(Context::Row, &[Key::char('e')], Action::LoadMessage, "load the message to edit, sign and send it"),
    bind(Context::Row, &[Key::char('E')], Action::Resend, "resend the message unchanged; asks first"),
    bind(Context::Copy, &[ENTER], Action::Accept, "copy the selected item").hint("copy").mouse("click"),
    bind(Context::Copy, &[Key::char('y')], Action::CopyPayload, "copy the payload"),
    bind(Context::Copy, &[Key::char('p')], Action::CopyPretty, "copy the data, indented"),
    bind(Context::Copy, &[Key::char('c')], Action::CopyCompact, "copy the data, in one line"),
    bind(Context::Copy, &[Key::char('v')], Action::CopyValue, "copy the value under the cursor of Detail"),
    bind(Context::Copy, &[Key::char('.')], Action::CopyPath, "copy the jq path of the value"),
    bind(Context::Copy, &[Key::char('Y')], Action::CopyCommand, "copy a shell command that publishes it"),
    bind(Context::Copy, &[Key::char('l')], Action::CopyLine, "copy its JSON line, as tail prints it"),
    bind(Context::Copy, &[Key::char('e')], Action::CopyExplanation, "copy the explanation of a finding"),
    bind(Context::Copy, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::Channels, &[ENTER], Action::PickOnly, "show only this channel")
        .hint("only this")
        .mouse("double click"),
    bind(Context::Channels, &[Key::char('x')], Action::TogglePick, "show this channel too, or not any more")
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
    bind(Context::Channels, &[Key::char('i')], Action::ShowNames, "show its message names").hint("names"),
    bind(Context::Channels, &[Key::char('t')], Action::ToggleTree, "group names at : . and /, or list them")
        .hint("tree"),
    bind(Context::Channels, &[LEFT], Action::FoldGroup, "fold the group, or go up"),
    bind(Context::Channels, &[RIGHT], Action::UnfoldGroup, "unfold the group, or go down"),
    bind(Context::FindingsAndRejected, &[ENTER], Action::GoToRow, "go to its row in Messages")
        .hint("go to")
        .mouse("double click"),
    bind(Context::Findings, &[Key::char('h')], Action::Acknowledge, "acknowledge it for this session, with a note")
        .hint("ack"),
    bind(Context::Findings, &[Key::char('H')], Action::Reopen, "withdraw the acknowledgement"),
    bind(Context::Findings, &[Key::char('F')], Action::Backfill, "backfill the gap from another recording")
        .hint("other recording"),
    bind(Context::Timeline, &[LEFT], Action::Earlier, "back in time; Messages follows").hint("time").mouse("click"),
    bind(Context::Timeline, &[RIGHT], Action::Later, "forward in time").hint("time"),
    bind(Context::Timeline, &[Key::char('+'), Key::char('=')], Action::ZoomIn, "show less time")
        .hint("zoom")
        .mouse("wheel"),
    bind(Context::Timeline, &[Key::char('-')], Action::ZoomOut, "show more time").hint("zoom").mouse("wheel"),
    bind(Context::Timeline, &[HOME, Key::char('g')], Action::Oldest, "go to the oldest time shown"),
    bind(Context::Timeline, &[END, Key::char('G')], Action::Newest, "go to now and follow").hint("now"),
    bind(Context::Timeline, &[ENTER], Action::Back, "go to Messages at that time").hint("messages"),
    bind(Context::Compose, &[Key::ctrl('s')], Action::Send, "send the message").hint("send"),
    bind(Context::Compose, &[Key::ctrl('k')], Action::NextKey, "sign with the next key, or not at all").hint("key"),
    bind(Context::Compose, &[TAB], Action::NextField, "next field").hint("field").mouse("click on the field"),
    bind(Context::Compose, &[SHIFT_TAB], Action::PreviousField, "previous field"),
    bind(Context::Compose, &[ESC], Action::Back, "leave Compose; the text stays").hint("leave"),
    bind(Context::Compose, &[F1], Action::Help, "show these keys").hint("help"),
    bind(Context::Compose, &[Key::ctrl('p')], Action::History, "choose from the history").hint("history"),
    bind(Context::Compose, &[Key::ctrl('t')], Action::Templates, "choose a template of the profile").hint("template"),
    bind(Context::Compose, &[Key::ctrl('e')], Action::Edit, "edit the data in $VISUAL or $EDITOR").hint("$EDITOR"),
    bind(
        Context::Compose,
        &[Key::ctrl('n'), Key::ctrl(' ')],
        Action::Complete,
        "choose the channel or name from those seen",
    )
    .hint("complete"),
    bind(Context::Compose, &[Key::ctrl('f')], Action::Format, "format the data").hint("format"),
    bind(Context::Compose, &[Key::ctrl('r')], Action::SendMany, "send it many times").hint("many"),
    bind(Context::Compose, &[Key::ctrl('o')], Action::ShowSent, "show what was sent, with receipts").hint("sent"),
    bind(Context::Compose, &[Key::ctrl('z')], Action::Undo, "undo; elsewhere Ctrl-Z suspends").hint("undo"),
    bind(Context::Compose, &[Key::ctrl('y')], Action::Redo, "redo"),
    bind(Context::Compose, &[Key::ctrl('c')], Action::QuitNow, "quit without asking"),
    bind(Context::Compose, &[Key::ctrl('l')], Action::Redraw, "redraw the screen"),
    bind(Context::ComposeKey, &[RIGHT, Key::char(' ')], Action::NextKey, "sign with the next key, or not at all"),
    bind(Context::Pick, &[ENTER], Action::Accept, "choose the selected item").hint("choose").mouse("click"),
    bind(Context::Pick, &[DOWN], Action::Down, "down").hint("move").mouse("wheel"),
    bind(Context::Pick, &[UP], Action::Up, "up").hint("move").mouse("wheel"),
    bind(Context::Pick, &[PAGE_DOWN], Action::PageDown, "a page down"),
    bind(Context::Pick, &[PAGE_UP], Action::PageUp, "a page up"),
    bind(Context::Pick, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::Prompt, &[ENTER], Action::Accept, "next question; after the last, fill the fields").hint("next"),
    bind(Context::Prompt, &[ESC], Action::Close, "close; nothing is filled").hint("close"),
    bind(Context::SeriesForm, &[ENTER], Action::Accept, "show the first message, then ask").hint("next"),
    bind(Context::SeriesForm, &[TAB, DOWN], Action::NextField, "the other number").hint("field"),
    bind(Context::SeriesForm, &[SHIFT_TAB, UP], Action::PreviousField, "the other number"),
    bind(Context::SeriesForm, &[ESC], Action::Close, "close; nothing is sent").hint("close"),
    bind(Context::ConfirmSeries, &[Key::char('y')], Action::ConfirmSend, "send them").hint("send them"),
    bind(Context::ConfirmSeries, &[Key::char('n'), ESC], Action::Close, "do not send; so does any other key")
        .hint("cancel"),
    bind(Context::Series, &[ESC, Key::ctrl('c')], Action::StopSeries, "stop sending; once stopped, close")
        .hint("stop, then close"),
    bind(Context::Series, &[Key::ctrl('z')], Action::Suspend, "suspend; fg resumes"),
    bind(Context::Series, &[Key::ctrl('l')], Action::Redraw, "redraw the screen"),
    bind(Context::Sent, &[ENTER], Action::GoToRow, "go to its echo in Messages").hint("go to echo"),
    bind(Context::Sent, &[ESC, Key::ctrl('o')], Action::Close, "close").hint("close"),
    bind(Context::Resend, &[Key::char('y')], Action::ConfirmSend, "send it unchanged").hint("send"),
    bind(Context::Resend, &[Key::char('n'), ESC], Action::Close, "do not send; so does any other key").hint("cancel"),
    bind(Context::Discover, &[ENTER], Action::Subscribe, "subscribe to the picked channels, or to this one")
        .hint("subscribe"),
    bind(Context::Discover, &[Key::char('x'), Key::char(' ')], Action::TogglePick, "pick or unpick a channel")
        .hint("pick")
        .mouse("click"),
    bind(Context::Discover, &[Key::char('d')], Action::Discover, "search again").hint("search again"),
    bind(Context::Discover, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::Jump, &[ENTER], Action::Accept, "go to this number").hint("go"),
    bind(Context::Jump, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::Names, &[Key::char('s')], Action::NextNameOrder, "next order: count, rate, rejected, last, name")
        .hint("sort"),
    bind(Context::Names, &[ESC, Key::char('i'), Key::char('q')], Action::Close, "close").hint("close"),
    bind(Context::AddChannel, &[ENTER], Action::Accept, "subscribe").hint("subscribe"),
    bind(Context::AddChannel, &[TAB], Action::Complete, "complete with the next name").hint("complete"),
    bind(Context::AddChannel, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::Note, &[ENTER], Action::Accept, "acknowledge it").hint("acknowledge"),
    bind(Context::Note, &[ESC], Action::Close, "close; nothing is acknowledged").hint("close"),
    bind(Context::Search, &[ENTER], Action::KeepSearch, "close the prompt; n and N go from hit to hit").hint("keep"),
    bind(Context::Search, &[DOWN], Action::NextHit, "next hit").hint("hit"),
    bind(Context::Search, &[UP], Action::PreviousHit, "previous hit").hint("hit"),
    bind(Context::Search, &[Key::ctrl('r')], Action::ToggleRegex, "regex or plain text").hint("regex"),
    bind(Context::Search, &[ESC], Action::EndSearch, "end the search and go back").hint("end"),
    bind(Context::Filter, &[ENTER], Action::ApplyFilter, "show only what matches; without a text, all").hint("apply"),
    bind(Context::Filter, &[TAB], Action::Complete, "complete the word; again for the next one").hint("complete"),
    bind(Context::Filter, &[UP], Action::OlderFilter, "previous filter").hint("history"),
    bind(Context::Filter, &[DOWN], Action::NewerFilter, "next filter").hint("history"),
    bind(Context::Filter, &[ESC], Action::ClearFilter, "show everything again").hint("show all"),
    bind(Context::Palette, &[ENTER], Action::RunChosen, "run the command").hint("run").mouse("click"),
    bind(Context::Palette, &[DOWN], Action::Down, "next command").mouse("wheel"),
    bind(Context::Palette, &[UP], Action::Up, "previous command").mouse("wheel"),
    bind(Context::Palette, &[PAGE_DOWN], Action::PageDown, "a page of commands down"),
    bind(Context::Palette, &[PAGE_UP], Action::PageUp, "a page of commands up"),
    bind(Context::Palette, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::Save, &[ENTER], Action::SaveRows, "save; an existing file is not changed").hint("save"),
    bind(Context::Save, &[ESC], Action::Close, "close").hint("close"),
    bind(Context::ToggleList, &[Key::char(' '), ENTER, Key::char('x')], Action::Switch, "show or hide it")
        .hint("show/hide")
        .mouse("click"),
    bind(Context::ToggleList, &[Key::char('r')], Action::ResetSwitches, "reset everything, sizes too").hint("reset"),
    bind(Context::ToggleList, &[ESC, Key::char('q')], Action::Close, "close").hint("close"),
    bind(Context::Record, &[ENTER], Action::RecordTo, "record to this file; a recording is resumed").hint("record"),
    bind(Context::Record, &[ESC], Action::Close, "close; nothing is recorded").hint("close"),
    bind(Context::BackfillFrom, &[ENTER], Action::LookIn, "search this recording; it is not changed").hint("search"),
    bind(Context::BackfillFrom, &[TAB], Action::Complete, "next recording found here").hint("next file"),
    bind(Context::BackfillFrom, &[ESC], Action::Close, "close; nothing is searched").hint("close"),
    bind(Context::BackfillResult, &[ENTER], Action::Accept, "keep the message in Detail").hint("detail"),
    bind(Context::BackfillResult, &[Key::char('y')], Action::CopyPayload, "copy its payload").hint("copy"),
    bind(Context::BackfillResult, &[Key::char('l')], Action::CopyLine, "copy its JSON line, as tail prints it"),
    bind(Context::BackfillResult, &[Key::char('F')], Action::Backfill, "search another recording")
        .hint("other recording"),
    bind(Context::BackfillResult, &[ESC, Key::char('q')], Action::Close, "close").hint("close"),
    bind(Context::ConfirmSend, &[Key::char('y'), Key::ctrl('s')], Action::ConfirmSend, "send it").hint("send"),
    bind(Context::ConfirmSend, &[Key::char('n'), ESC], Action::Close, "do not send; so does any other key")
        .hint("cancel"),
    bind(Context::ConfirmQuit, &[Key::char('y')], Action::ConfirmQuit, "quit; the text is lost").hint("quit"),
    bind(Context::ConfirmQuit, &[Key::char('n'), ESC], Action::Close, "stay; so does any other key").hint("stay"),
    bind(Context::Help, &[ESC, Key::char('?'), Key::char('q'), F1], Action::Close, "close").hint("close"),
    bind(Context::Moving, &[Key::char('j'), DOWN], Action::Down, "down").mouse("wheel; click selects"),
    bind(Context::Moving, &[Key::char('k'), UP], Action::Up, "up").mouse("wheel; click selects"),
    bind(Context::Moving, &[PAGE_DOWN], Action::PageDown, "a page down"),
    bind(Context::Moving, &[PAGE_UP], Action::PageUp, "a page up"),
    bind(Context::Moving, &[Key::char('g'), HOME], Action::First, "to the first"),
    bind(Context::Moving, &[Key::char('G'), END], Action::Last, "to the last; in Messages, follow"),
    bind(Context::Panes, &[TAB], Action::NextPane, "next pane").hint("pane").mouse("click on the pane or tab"),
    bind(Context::Panes, &[Key::char(' ')], Action::ToggleFollow, "pause the view, or follow again").hint("pause"),
    bind(Context::Panes, &[Key::char(']')], Action::NextFinding, "next finding or rejected message").hint("finding"),
    bind(Context::Panes, &[Key::char('[')], Action::PreviousFinding, "previous finding or rejected message")
        .hint("finding"),
    bind(Context::Lists, &[Key::char('/')], Action::Search, "search in the messages").hint("search"),
    bind(Context::Panes, &[Key::char('f')], Action::Filter, "hide what does not match a filter").hint("filter"),
    bind(Context::Lists, &[Key::char('n')], Action::NextHit, "next hit of the search"),
    bind(Context::Lists, &[Key::char('N')], Action::PreviousHit, "previous hit of the search"),
    bind(Context::Panes, &[Key::char('c')], Action::Compose, "compose a message").hint("compose"),
    bind(Context::Panes, &[Key::char('?'), F1], Action::Help, "show these keys").hint("help"),
    bind(Context::Panes, &[Key::char(':')], Action::Palette, "choose a command").hint("commands"),
    bind(Context::Panes, &[Key::char('q')], Action::Quit, "quit").hint("quit"),
    bind(Context::Panes, &[Key::char('#')], Action::Jump, "go to a sequence number").hint("number"),
    bind(Context::Panes, &[Key::char('d')], Action::Discover, "search for channels on the server").hint("discover"),
    bind(Context::Panes, &[Key::char('r')], Action::Record, "start or stop recording to a file").hint("record"),
    bind(Context::Panes, &[Key::char('a')], Action::PickAll, "show all channels"),
    bind(Context::Panes, &[Key::char('M')], Action::ToggleMute, "mute or unmute the alerts"),
    bind(Context::Panes, &[SHIFT_TAB], Action::PreviousPane, "previous pane"),
    bind(Context::Panes, &[Key::char('1')], Action::ShowPane(Pane::Channels), "go to Channels"),
    bind(Context::Panes, &[Key::char('2')], Action::ShowPane(Pane::Messages), "go to Messages"),
    bind(Context::Panes, &[Key::char('3')], Action::ShowPane(Pane::Findings), "go to Findings"),
    bind(Context::Panes, &[Key::char('4')], Action::ShowPane(Pane::Rejected), "go to Rejected"),
    bind(Context::Panes, &[Key::char('5')], Action::ShowPane(Pane::Detail), "go to Detail"),
    bind(Context::Panes, &[Key::char('6')], Action::ShowPane(Pane::Compose), "go to Compose"),
    bind(Context::Panes, &[Key::char('7')], Action::ShowPane(Pane::Timeline), "go to Timeline"),
    bind(Context::Panes, &[Key::char('T')], Action::NextTheme, "next theme: dark, light, 16 colours, none"),
    bind(Context::Panes, &[Key::char('z')], Action::ToggleZone, "times in UTC or the local time zone"),
    bind(Context::Panes, &[Key::char('Z')], Action::NextTimeFormat, "times with milliseconds, seconds, or the date"),
    bind(Context::Panes, &[Key::char('C')], Action::ChooseColumns, "choose the columns of Messages"),
    bind(Context::Panes, &[Key::char('L')], Action::ChoosePanes, "choose the panes that are shown"),
    bind(Context::Panes, &[Key::char('<')], Action::Narrower, "make the pane narrower").mouse("drag its border"),
    bind(Context::Panes, &[Key::char('>')], Action::Wider, "make the pane wider"),
    bind(Context::Panes, &[Key::char('{')], Action::Lower, "make the pane lower").mouse("drag its border"),
    bind(Context::Panes, &[Key::char('}')], Action::Higher, "make the pane higher"),
    bind(Context::Panes, &[ESC], Action::Back, "close Detail or end the search; back to Messages"),
    bind(Context::Everywhere, &[Key::ctrl('c')], Action::QuitNow, "quit without asking"),
    bind(Context::Everywhere, &[Key::ctrl('z')], Action::Suspend, "suspend; fg resumes"),
    bind(Context::Everywhere, &[Key::ctrl('l')], Action::Redraw, "redraw the screen"),
];
