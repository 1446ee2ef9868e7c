//! What can be asked for with a key, a click or a command of the palette.

use crate::console::app::replay::ReplayOrder;
use crate::console::app::state::Pane;

/// Something that a person asks for with a key; which key, where and in what words is in [`keymap`](crate::console::keymap).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Leave, after a question where a composed text was not sent.
    Quit,
    /// Leave without a question.
    QuitNow,
    /// Stop until continued.
    Suspend,
    /// Redraw the screen.
    Redraw,
    /// Show the keys.
    Help,
    /// The focus goes to the next pane.
    NextPane,
    /// The focus goes to the pane before.
    PreviousPane,
    /// The focus goes to this pane.
    ShowPane(Pane),
    /// Close what was opened last; otherwise back to Messages.
    Back,
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
    /// To the first entry or line.
    First,
    /// To the last entry or line.
    Last,
    /// The selection goes to the next finding or rejected message in the stream.
    NextFinding,
    /// The selection goes to the finding or rejected message before.
    PreviousFinding,
    /// Show the selected row in Detail.
    OpenDetail,
    /// The selection goes to the row before, while Detail has the focus.
    PreviousRow,
    /// The selection goes to the next row, while Detail has the focus.
    NextRow,
    /// Select the finding's or rejected message's row in Messages.
    GoToRow,
    /// Show the message names of what is under the cursor of Channels.
    ShowNames,
    /// The next order of the message names.
    NextNameOrder,
    /// Mute the alerts, or not.
    ToggleMute,
    /// Ask for a channel or pattern to subscribe to.
    AddChannel,
    /// End the subscription to the channel or pattern under the cursor.
    DropChannel,
    /// Show the channels in groups by their names, or flat.
    ToggleTree,
    /// The next order of the channels.
    NextOrder,
    /// Fold the group; otherwise to the channel before.
    FoldGroup,
    /// Unfold the group; otherwise to the next channel.
    UnfoldGroup,
    /// The timeline's cursor goes back in time, and the selection in Messages with it.
    Earlier,
    /// The timeline's cursor goes on in time.
    Later,
    /// The timeline's cursor goes to the oldest time of the window.
    Oldest,
    /// The timeline's cursor goes to now, and Messages follows again.
    Newest,
    /// The timeline shows less time.
    ZoomIn,
    /// The timeline shows more time.
    ZoomOut,
    /// Acknowledge the finding under the cursor, with a note.
    Acknowledge,
    /// Take the mark away.
    Reopen,
    /// Show only the channel under the cursor.
    PickOnly,
    /// Add the channel under the cursor to those shown, or take it away.
    TogglePick,
    /// Show all channels.
    PickAll,
    /// Ask for a sequence number to go to.
    Jump,
    /// Bookmark the selected row, or take the bookmark away.
    Bookmark,
    /// The selection goes to the next bookmark, after the last one to the first.
    NextBookmark,
    /// Choose what to copy.
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
    /// The next view of the payload: JSON, raw, hexadecimal, difference.
    CycleView,
    /// The row in Detail stays, or follows the selection again.
    Pin,
    /// Fold the value under the cursor, or unfold it.
    ToggleFold,
    /// Fold the value under the cursor, or go to what it stands in.
    FoldValue,
    /// Unfold the value under the cursor, or go a line down.
    UnfoldValue,
    /// Fold all values.
    FoldAll,
    /// Unfold all values.
    UnfoldAll,
    /// Ask for a text to search for in Detail.
    FindInDetail,
    /// To the next place in Detail where the text was found.
    NextInDetail,
    /// To the place before.
    PreviousInDetail,
    /// Search for the text that was typed.
    AcceptFind,
    /// Search for nothing.
    CancelFind,
    /// Look for channels on the server.
    Discover,
    /// Compose a message.
    Compose,
    /// The next field of the composed message.
    NextField,
    /// The field before.
    PreviousField,
    /// The next choice of how to sign.
    NextKey,
    /// Take the last change of the text back.
    Undo,
    /// Make the change again.
    Redo,
    /// Lay the data out in lines.
    Format,
    /// Choose from what was sent before.
    History,
    /// Choose a template.
    Templates,
    /// Edit the data in `$EDITOR`.
    Edit,
    /// Send the composed message many times.
    SendMany,
    /// Stop sending, or close what it came to.
    StopSeries,
    /// Show what was sent in this run.
    ShowSent,
    /// Load the selected message to be edited.
    LoadMessage,
    /// Send the selected message again as it is.
    Resend,
    /// Send the composed message.
    Send,
    /// Send it: the answer to the question.
    ConfirmSend,
    /// Leave: the answer to the question.
    ConfirmQuit,
    /// Subscribe to the picked channels.
    Subscribe,
    /// Take what was typed: go to the sequence number, keep the note.
    Accept,
    /// Close the popup; a question is answered with no.
    Close,
    /// Search in the messages.
    Search,
    /// The selection goes to the next hit of the search, after the last one to the first.
    NextHit,
    /// The selection goes to the hit before, before the first one to the last.
    PreviousHit,
    /// What is searched for is a regex, or plain text again.
    ToggleRegex,
    /// Close the prompt of the search; the hits stay.
    KeepSearch,
    /// End the search, and go back to where it began.
    EndSearch,
    /// Hide what does not match a filter.
    Filter,
    /// Take the next of the filter's completions; in Compose, choose the channel or name from those known.
    Complete,
    /// The filter used before.
    OlderFilter,
    /// The filter used after that.
    NewerFilter,
    /// Show only what matches the filter that was typed.
    ApplyFilter,
    /// Show all again.
    ClearFilter,
    /// Show every action, to be chosen from.
    Palette,
    /// Do the action chosen in the palette.
    RunChosen,
    /// Mark rows from here on, or no more.
    Mark,
    /// Ask for a file to save the marked rows in.
    Save,
    /// Save the marked rows in the file that was typed.
    SaveRows,
    /// The next theme.
    NextTheme,
    /// Times in UTC, or in the local time zone.
    ToggleZone,
    /// Changes to the next time format.
    NextTimeFormat,
    /// Choose the panes that are shown.
    ChoosePanes,
    /// Choose the columns of Messages.
    ChooseColumns,
    /// Show the pane or column under the cursor, or not.
    Switch,
    /// The panes with their sizes, or the columns, as at first.
    ResetSwitches,
    /// The pane with the focus gets narrower.
    Narrower,
    /// The pane with the focus gets wider.
    Wider,
    /// The pane with the focus gets lower.
    Lower,
    /// The pane with the focus gets higher.
    Higher,
    /// Record what comes, or record no more.
    Record,
    /// Record to the file that was typed.
    RecordTo,
    /// Look for the gap under the cursor in another recording; or show what one knows.
    Backfill,
    /// Look in the recording that was typed.
    LookIn,
    /// Control the replay.
    Replay(ReplayOrder),
}
