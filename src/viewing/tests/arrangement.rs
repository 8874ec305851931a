use std::sync::Arc;

use proptest::prelude::*;
use uuid::Uuid;

use crate::clinical::SeriesId;
use crate::imaging::{ContentHash, FramePlace, Presentation, StackPlaces, View, VoiChoice, Window};
use crate::viewing::{Arrangement, Change, Layout, Refusal, Step, ViewportNumber, WINDOW_WIDTH, ZOOM};

fn viewport(number: u8) -> ViewportNumber {
    ViewportNumber::new(number).unwrap()
}

fn series(number: u128) -> SeriesId {
    SeriesId::new(Uuid::from_u128(number))
}

/// Planes of 5 mm in one frame of reference, the first of them at so many mm.
fn stack(first_mm: f64, count: u32) -> Arc<StackPlaces> {
    let place = |index| FramePlace {
        frame_of_reference: 0,
        position_mm: [0.0, 0.0, first_mm + 5.0 * f64::from(index)],
        normal: [0.0, 0.0, 1.0],
    };
    Arc::new(StackPlaces::new((0..count).map(|index| Some(place(index))).collect()))
}

fn show(number: u8, of: u128, stack: Arc<StackPlaces>) -> Step {
    Step::Show { viewport: viewport(number), series: series(of), stack, from_middle: false }
}

/// Four viewports, each with a stack of 40; revision 4.
fn four() -> Arrangement {
    let mut arrangement = Arrangement::default();
    arrangement.apply(Step::SetLayout(Layout::Four), 0).unwrap();
    for number in 0..4 {
        let shown = arrangement.apply(show(number, number.into(), stack(0.0, 40)), u32::from(number) + 1);
        assert_eq!(shown, Ok(Change::Pictures));
    }
    arrangement
}

fn pictures(arrangement: &Arrangement) -> Vec<u32> {
    arrangement.visible().map(|(_, shown)| shown.picture).collect()
}

fn places(arrangement: &Arrangement) -> Vec<u32> {
    arrangement.visible().map(|(_, shown)| shown.index).collect()
}

#[test]
fn only_the_viewport_that_is_steered_gets_another_picture() {
    let mut arrangement = four();
    let scroll = |number, index| Step::Scroll { viewport: viewport(number), index };
    assert_eq!(arrangement.apply(scroll(2, 7), 5), Ok(Change::Pictures));
    assert_eq!(pictures(&arrangement), [1, 2, 5, 4]);
    assert_eq!(arrangement.apply(scroll(2, 7), 6), Ok(Change::Nothing));
    assert_eq!(arrangement.apply(Step::SetActive { viewport: viewport(3) }, 6), Ok(Change::State));
    assert_eq!(pictures(&arrangement), [1, 2, 5, 4]);
}

#[test]
fn a_layout_keeps_what_it_has_no_place_for() {
    let mut arrangement = four();
    arrangement.apply(Step::Scroll { viewport: viewport(3), index: 9 }, 5).unwrap();
    arrangement.apply(Step::SetActive { viewport: viewport(3) }, 6).unwrap();
    arrangement.apply(Step::SetLayout(Layout::One), 7).unwrap();
    assert_eq!((arrangement.visible().count(), arrangement.active()), (1, ViewportNumber::FIRST));
    assert_eq!(arrangement.shown(viewport(3)), None);
    assert!(arrangement.has(series(3)));
    for step in [
        Step::Scroll { viewport: viewport(3), index: 2 },
        Step::Clear { viewport: viewport(3) },
        Step::SetActive { viewport: viewport(1) },
        show(2, 9, stack(0.0, 4)),
    ] {
        assert_eq!(arrangement.apply(step, 8), Err(Refusal::NoSuchViewport));
    }
    assert_eq!(arrangement.apply(Step::SetLayout(Layout::Four), 8), Ok(Change::Pictures));
    assert_eq!(places(&arrangement), [0, 0, 0, 9]);
    assert_eq!(pictures(&arrangement), [1, 8, 8, 8], "what comes back is rendered anew");
}

#[test]
fn what_is_cleared_or_withdrawn_is_nowhere() {
    let mut arrangement = four();
    arrangement.apply(show(1, 0, stack(0.0, 40)), 5).unwrap();
    assert_eq!(arrangement.apply(Step::Clear { viewport: viewport(3) }, 6), Ok(Change::Pictures));
    assert_eq!(arrangement.apply(Step::Clear { viewport: viewport(3) }, 7), Err(Refusal::NothingShared));
    arrangement.apply(Step::SetLayout(Layout::SideBySide), 7).unwrap();
    assert_eq!(arrangement.withdraw(series(2), 8), Change::Nothing, "it is not on show");
    assert_eq!(arrangement.withdraw(series(0), 8), Change::Pictures);
    assert_eq!((arrangement.visible().count(), arrangement.series().count()), (0, 0));
}

#[test]
fn linked_stacks_go_together_and_others_do_not() {
    let mut arrangement = four();
    arrangement.apply(show(1, 8, stack(-25.0, 60)), 5).unwrap();
    arrangement.apply(show(2, 9, Arc::new(StackPlaces::unknown(10))), 6).unwrap();
    assert_eq!(arrangement.apply(Step::SetLinked(true), 7), Ok(Change::Pictures));
    assert_eq!(places(&arrangement), [0, 5, 0, 0], "the same plane at once, where there is one");
    arrangement.apply(Step::Scroll { viewport: viewport(0), index: 20 }, 8).unwrap();
    assert_eq!(places(&arrangement), [20, 25, 9, 20]);
    arrangement.apply(Step::Scroll { viewport: viewport(1), index: 7 }, 9).unwrap();
    assert_eq!(places(&arrangement), [2, 7, 2, 2], "back from the end of a short stack as if it went on");
    arrangement.apply(show(3, 7, stack(0.0, 5)), 10).unwrap();
    assert_eq!(places(&arrangement), [2, 7, 2, 2], "a newcomer begins where the others are");
    arrangement.apply(Step::SetLinked(false), 11).unwrap();
    arrangement.apply(Step::Scroll { viewport: viewport(0), index: 30 }, 12).unwrap();
    assert_eq!(places(&arrangement), [30, 7, 2, 2]);
}

#[test]
fn a_state_makes_room_for_itself_and_reset_keeps_the_frame() {
    let mut arrangement = four();
    let at = ViewportNumber::FIRST;
    let window = VoiChoice::Window(Window { center: 40.0, width: 400.0 });
    arrangement.apply(Step::SetVoi { viewport: at, voi: window }, 5).unwrap();
    let state = Some(ContentHash([7; 32]));
    assert_eq!(arrangement.apply(Step::SetState { viewport: at, state }, 6), Ok(Change::Pictures));
    let presentation = Presentation { state, ..Presentation::default() };
    assert_eq!(arrangement.shown(at).unwrap().presentation, presentation);
    arrangement
        .apply(Step::SetView { viewport: at, view: View { zoom: 3.0, ..View::default() } }, 7)
        .unwrap();
    arrangement.apply(Step::Scroll { viewport: at, index: 6 }, 8).unwrap();
    assert_eq!(arrangement.apply(Step::Reset { viewport: at }, 9), Ok(Change::Pictures));
    let shown = arrangement.shown(at).unwrap();
    assert_eq!((shown.index, shown.presentation, shown.view), (6, Presentation::default(), View::default()));
    assert_eq!(arrangement.apply(Step::Reset { viewport: at }, 10), Ok(Change::Nothing));
}

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let at = || (0_u8..4).prop_map(viewport);
    let shown = (at(), 0_u128..5, 0_u32..60, any::<bool>(), any::<bool>());
    let view = (any::<f64>(), any::<f64>(), any::<f64>(), any::<u8>(), any::<bool>());
    prop_oneof![
        3 => shown.prop_map(|(viewport, of, count, has_places, from_middle)| {
            let stack =
                if has_places { stack(0.0, count) } else { Arc::new(StackPlaces::unknown(count)) };
            Step::Show { viewport, series: series(of), stack, from_middle }
        }),
        1 => at().prop_map(|viewport| Step::Clear { viewport }),
        1 => Just(Step::Stop),
        1 => prop::sample::select(&Layout::ALL[..]).prop_map(Step::SetLayout),
        1 => at().prop_map(|viewport| Step::SetActive { viewport }),
        1 => any::<bool>().prop_map(Step::SetLinked),
        4 => (at(), 0_u32..80).prop_map(|(viewport, index)| Step::Scroll { viewport, index }),
        1 => (at(), any::<f64>(), any::<f64>()).prop_map(|(viewport, center, width)| {
            Step::SetVoi { viewport, voi: VoiChoice::Window(Window { center, width }) }
        }),
        1 => (at(), 0_u16..3).prop_map(|(viewport, number)| {
            Step::SetVoi { viewport, voi: VoiChoice::Alternative(number) }
        }),
        1 => (at(), any::<bool>(), any::<bool>()).prop_map(|(viewport, has_overlays, has_shutters)| {
            Step::SetLayers { viewport, has_overlays, has_shutters }
        }),
        1 => (at(), prop::option::of(0_u8..2)).prop_map(|(viewport, state)| {
            Step::SetState { viewport, state: state.map(|number| ContentHash([number; 32])) }
        }),
        1 => (at(), any::<bool>()).prop_map(|(viewport, is_inverted)| Step::SetInverted { viewport, is_inverted }),
        1 => (at(), view).prop_map(|(viewport, (zoom, x, y, quarter_turns, is_flipped))| {
            Step::SetView { viewport, view: View { zoom, center: (x, y), quarter_turns, is_flipped } }
        }),
        1 => at().prop_map(|viewport| Step::Reset { viewport }),
    ]
}

/// What is rendered of an arrangement, without the revisions.
type Rendered = Vec<(ViewportNumber, SeriesId, u32, Presentation, View)>;

fn rendered(arrangement: &Arrangement) -> Rendered {
    let of_it = arrangement.visible();
    of_it.map(|(at, shown)| (at, shown.series, shown.index, shown.presentation, shown.view)).collect()
}

/// Frames exist, views and windows are numbers in range, the active viewport is one of the layout.
pub(super) fn assert_showable(arrangement: &Arrangement) {
    assert!(arrangement.layout().has(arrangement.active()));
    for (_, shown) in arrangement.visible() {
        assert!(shown.index < shown.stack.count());
        assert!((ZOOM.0..=ZOOM.1).contains(&shown.view.zoom) && shown.view.quarter_turns < 4);
        if let VoiChoice::Window(Window { center, width }) = shown.presentation.voi {
            assert!(center.is_finite() && (WINDOW_WIDTH.0..=WINDOW_WIDTH.1).contains(&width));
        }
    }
}

proptest! {
    /// Whatever is done: what is shown can be shown, a refusal changes nothing, and the revision of a picture moves exactly when what is
    /// rendered in its viewport does, or is put up anew.
    #[test]
    fn pictures_are_made_anew_exactly_when_they_are_others(steps in prop::collection::vec(any_step(), 0..60)) {
        let mut arrangement = Arrangement::default();
        for (revision, step) in (1..).zip(steps) {
            let before = arrangement.clone();
            let put_up = match &step { Step::Show { viewport, .. } => Some(*viewport), _ => None };
            let change = arrangement.apply(step, revision);
            assert_showable(&arrangement);
            let is_same_state = (before.layout(), before.active(), before.is_linked())
                == (arrangement.layout(), arrangement.active(), arrangement.is_linked());
            match change {
                Err(_) => prop_assert_eq!(&before, &arrangement),
                Ok(Change::Nothing) => prop_assert!(is_same_state && rendered(&before) == rendered(&arrangement)),
                Ok(Change::State) => {
                    prop_assert!(!is_same_state && rendered(&before) == rendered(&arrangement));
                }
                Ok(Change::Pictures) => {
                    prop_assert!(put_up.is_some() || rendered(&before) != rendered(&arrangement));
                }
            }
            for (at, shown) in arrangement.visible() {
                let find = |of: Rendered| of.into_iter().find(|one| one.0 == at);
                let is_other = find(rendered(&before)) != find(rendered(&arrangement));
                let is_put_up = change.is_ok() && put_up == Some(at);
                prop_assert_eq!(shown.picture == revision, is_other || is_put_up, "{:?}", at);
            }
        }
    }
}
