//! The layout of every size of the terminal.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use aircheck::console::app::settings::Sizes;
use aircheck::console::layout::{Arrangement, Layout, popup_area, popup_rows};
use aircheck::console::panes::Pane;
use proptest::prelude::*;
use ratatui::layout::Rect;

use crate::console_popups::samples;

/// Sizes from 0x0 to 300x100: every height at the widths where the layout changes, and a sample of the others.
fn sizes() -> impl Iterator<Item = (u16, u16)> {
    const WIDTHS: [u16; 14] = [0, 1, 39, 40, 41, 80, 119, 120, 121, 160, 239, 240, 241, 300];
    let edges = WIDTHS.into_iter().flat_map(|width| (0..=100).map(move |height| (width, height)));
    // A step that shares no factor with the number of sizes, so that no size comes twice.
    let sample = (0..600_u32).map(|index| index * 7_919 % (301 * 101)).map(|place| (place % 301, place / 301));
    edges.chain(sample.map(|(width, height)| (width.try_into().unwrap(), height.try_into().unwrap())))
}

#[test]
fn panes_do_not_overlap_stay_on_the_screen_and_include_the_focused_one() {
    for size in sizes() {
        for focus in Pane::ALL.iter().copied() {
            for tab in [Pane::Messages, Pane::Findings] {
                for detail in [None, Some(false), Some(true)] {
                    assert_layout(size, Arrangement { focus, tab, detail, ..Arrangement::default() });
                }
            }
        }
    }
}

fn assert_layout(size: (u16, u16), arrangement: Arrangement<'_>) {
    let layout = Layout::of(size, arrangement);
    let Arrangement { focus, tab, detail, .. } = arrangement;
    let case = || format!("{size:?} {arrangement:?} {layout:?}");
    if size.0 < 40 || size.1 < 10 {
        assert!(layout.too_small && layout.panes.is_empty(), "{}", case());
        return;
    }
    let screen = Rect::new(0, 0, size.0, size.1);
    let mut areas = vec![layout.header, layout.footer];
    areas.extend(layout.tabs);
    areas.extend(layout.panes.iter().map(|(_, area)| *area));
    for (index, area) in areas.iter().enumerate() {
        assert_eq!(area.intersection(screen), *area, "{}", case());
        assert!(!area.is_empty(), "{}", case());
        assert!(areas[..index].iter().all(|other| !other.intersects(*area)), "{}", case());
    }
    let is_list = matches!(focus, Pane::Messages | Pane::Findings | Pane::Rejected);
    let shown = if is_list && !layout.wide { tab } else { focus };
    assert!(layout.pane(shown).is_some(), "{}", case());
    if layout.wide {
        assert_eq!(layout.pane(Pane::Detail).is_some(), focus == Pane::Detail || detail != Some(false), "{}", case());
    }
}

#[test]
fn each_size_has_its_layout() {
    let of = |size| Layout::of(size, Arrangement { channel_lines: 6, ..Arrangement::default() });
    let small = of((100, 30));
    assert_eq!(small.inner(Pane::Messages), Some(Rect::new(0, 3, 100, 26)));
    assert_eq!(small.pane(Pane::Channels), Some(Rect::new(0, 1, 100, 1)));
    assert_eq!(small.pane(Pane::Detail), None);

    let below = of((120, 40));
    assert_eq!(below.pane(Pane::Channels), Some(Rect::new(0, 1, 31, 8)));
    assert_eq!(below.pane(Pane::Messages), Some(Rect::new(31, 1, 89, 22)));
    assert_eq!(below.pane(Pane::Detail), Some(Rect::new(31, 23, 89, 14)));
    assert_eq!(below.pane(Pane::Timeline), Some(Rect::new(0, 37, 120, 2)));
    assert_eq!(below.pane(Pane::Compose), None);

    let column = of((260, 60));
    assert_eq!(column.pane(Pane::Detail).map(|area| (area.y, area.width)), Some((1, 65)));
}

#[test]
fn channels_takes_at_most_half_of_the_sidebar() {
    let height = |channel_lines| {
        let layout = Layout::of((160, 45), Arrangement { channel_lines, ..Arrangement::default() });
        let rows = |pane| layout.pane(pane).map_or(0, |area| area.height);
        (rows(Pane::Channels), rows(Pane::Findings), rows(Pane::Rejected))
    };
    assert_eq!(height(6), (8, 17, 16));
    assert_eq!(height(1_000), (20, 11, 10));
}

#[test]
fn a_zoomed_pane_takes_the_body() {
    for focus in Pane::ALL.iter().copied() {
        let layout = Layout::of((80, 24), Arrangement { focus, zoomed: true, ..Arrangement::default() });
        assert_eq!(layout.panes, [(focus, Rect::new(0, 1, 80, 22))]);
    }
}

#[test]
fn the_mouse_finds_the_pane_that_is_drawn() {
    for size in [(40, 10), (80, 24), (119, 40), (130, 25), (120, 30), (200, 60)] {
        let layout = Layout::of(size, Arrangement::default());
        for (pane, area) in &layout.panes {
            assert_eq!(layout.pane_at(area.x, area.y), Some(*pane));
            assert_eq!(layout.pane_at(area.right() - 1, area.bottom() - 1), Some(*pane));
        }
        for (pane, area) in &layout.tab_labels {
            assert_eq!(layout.tab_at(area.x, area.y), Some(*pane));
        }
        assert_eq!(layout.pane_at(0, 0), None);
    }
}

#[test]
fn popups_stay_on_the_screen() {
    for popup in &samples() {
        for size in sizes() {
            let area = popup_area(size, popup);
            assert!(area.right() <= size.0 && area.bottom() <= size.1, "{size:?} {area:?}");
            let rows = popup_rows(size, popup);
            assert!(rows.is_empty() || area.intersection(rows) == rows, "{size:?} {rows:?}");
        }
    }
}

#[test]
fn compose_grows_with_its_data_up_to_half_of_the_screen() {
    for size in [(40, 10), (80, 24), (120, 30), (120, 40), (200, 60)] {
        let rows = |lines| {
            let compose = Arrangement { focus: Pane::Compose, compose_lines: lines, ..Arrangement::default() };
            let layout = Layout::of(size, compose);
            layout.pane(Pane::Compose).map_or(0, |area| area.height)
        };
        assert!(rows(1) >= 5 && rows(1) <= rows(8) && rows(8) <= rows(1000), "{size:?}");
        assert!(rows(1000) <= (size.1 / 2).max(5), "{size:?}: {}", rows(1000));
        assert!(size.1 < 24 || rows(8) > rows(1), "{size:?}");
        let elsewhere = Layout::of(size, Arrangement { compose_lines: 1000, ..Arrangement::default() });
        assert_eq!(elsewhere, Layout::of(size, Arrangement::default()));
        assert_eq!(elsewhere.pane(Pane::Compose), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_chosen_sizes_give_a_layout_without_overlaps_and_gaps(
        size in (40..=300_u16, 10..=100_u16),
        focus in proptest::sample::select(Pane::ALL),
        lines in 0..200_usize,
        chosen in proptest::collection::vec(proptest::option::of(prop_oneof![0..400_u16, Just(u16::MAX)]), 4),
        hidden in proptest::collection::btree_set(proptest::sample::select(Pane::hideable().collect::<Vec<_>>()), 0..6),
    ) {
        let sizes = Sizes { left: chosen[0], detail: chosen[1], findings: chosen[2], rejected: chosen[3] };
        let layout = Layout::of(size, Arrangement {
            focus,
            tab: focus,
            detail: Some(true),
            compose_lines: lines,
            channel_lines: lines,
            sizes,
            hidden: &hidden,
            ..Arrangement::default()
        });
        let screen = Rect::new(0, 0, size.0, size.1);
        let mut areas = vec![layout.header, layout.footer];
        areas.extend(layout.tabs);
        areas.extend(layout.panes.iter().map(|(_, area)| *area));
        for (index, area) in areas.iter().enumerate() {
            prop_assert_eq!(area.intersection(screen), *area);
            prop_assert!(!area.is_empty());
            prop_assert!(areas[..index].iter().all(|other| !other.intersects(*area)), "{:?}", layout);
        }
        if layout.wide {
            let sum: u32 = areas.iter().map(|area| area.area()).sum();
            prop_assert_eq!(sum, screen.area(), "no cell is left over");
            prop_assert!(layout.pane(focus).is_some());
            prop_assert!(layout.pane(Pane::Messages).is_some_and(|area| area.width >= 40 && area.height >= 3));
            for pane in Pane::hideable().filter(|pane| *pane != focus) {
                prop_assert_eq!(layout.pane(pane).is_none(), hidden.contains(&pane));
            }
            for (pane, area) in &layout.panes {
                let least = if *pane == Pane::Timeline { 2 } else { 3 };
                prop_assert!(area.height >= least && area.width >= 20, "{:?} {:?}", pane, area);
            }
        }
    }
}
