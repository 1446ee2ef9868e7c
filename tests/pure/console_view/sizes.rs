//! Each pane with the focus, and each popup, over hostile content: at three sizes, the same words in every theme.

use aircheck::console::app::settings::ThemeName;
use aircheck::console::app::state::{Pane, State};
use aircheck::console::app::update::prepare;
use aircheck::console::popups::Popup;
use aircheck::console::ui::theme::Theme;

use super::fixture::{self, hostile};
use super::{LARGE, MIDDLE, SMALL, keys, screen};

/// Compares a screen with its snapshots.
macro_rules! at_each_size {
    ($($name:ident: $state:expr;)*) => {$(
        #[test]
        fn $name() {
            for size in [SMALL, MIDDLE, LARGE] {
                let make: fn(State) -> State = $state;
                let mut state = make(hostile(size));
                prepare(&mut state);
                let words = |theme| {
                    let cells = screen::buffer(&state, Theme::named(theme)).content;
                    cells.iter().map(|cell| cell.symbol().to_owned()).collect::<String>()
                };
                let plain = words(ThemeName::None);
                for theme in ThemeName::ALL {
                    assert_eq!(words(theme), plain, "{theme:?} says something by colour alone");
                }
                let name = format!("{}_{}", stringify!($name), size.0);
                insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots" }, {
                    insta::assert_snapshot!(format!("sizes_{name}"), screen::text(&name, &state));
                });
            }
        }
    )*};
}

at_each_size! {
    channels: |state| keys(state, "1 j");
    gaps: |state| keys(state, "3");
    rejected: |state| keys(state, "4 k");
    detail: |state| keys(state, "5 j");
    timeline: |state| keys(state, "7 Left");
    compose: |state| keys(state, "c \"evil\" Tab \"{\"");
    help: |state| keys(state, "4 ?");
    jump: |state| keys(state, "# \"1046\"");
    search: |state| keys(state, "/ \"rtl\"");
    filter: |state| keys(state, "f \"verdict:re\"");
    palette: |state| keys(state, ": \"next\"");
    save: |state| keys(state, "g V j S \"incident.jsonl\"");
    copy: |state| keys(state, "y j");
    names: |state| keys(state, "1 i");
    add_channel: |state| keys(state, "1 A \"ops*\"");
    panes: |state| keys(state, "L j");
    columns: |state| keys(state, "C j Space");
    note: |state| keys(on_a_finding(state), "h \"told\"");
    confirm_quit: |state| keys(state, "c \"evil\" Esc q");
    confirm_send: |mut state| {
        state.setup.confirm = true;
        keys(state, "c \"evil\" Ctrl-S")
    };
    discover: |mut state| {
        state.popup = Some(Popup::Discover(fixture::discover()));
        state
    };
}

/// Gaps has the focus, on a finding of a hostile channel.
fn on_a_finding(mut state: State) -> State {
    use aircheck::ledger::finding::{Cause, FindingKind};
    let mut stream = fixture::Stream::default();
    let cause = Cause::CountMismatch { advance: 3, received: 1 };
    stream.finding(FindingKind::CountedNotReceived, "\u{1b}[2J\u{202e}ops", Some((3, 4)), Some(2), cause);
    stream.into_state(&mut state);
    state.focus = Pane::Findings;
    state.tab = Pane::Findings;
    state
}
