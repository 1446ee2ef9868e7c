//! The actions of keys, clicks and palette commands.

use crate::console::app::replay::ReplayOrder;
use crate::console::app::state::Pane;
use crate::console::keymap::table::TABLE;
use crate::console::ui::line_edit::TextEdit;

/// An action. Its keys, contexts and texts are in the [key table](crate::console::keymap::table).
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
    /// Acknowledge the finding under the cursor, with a note.
    Acknowledge,
    /// Withdraw the acknowledgement of the finding under the cursor.
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
    /// Close the popup: answer a question with no, end a search, clear the filter or stop a series.
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
    ResetSwitches,
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
    /// Look for the gap under the cursor in another recording, or show the messages found.
    Backfill,
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
