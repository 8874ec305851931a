use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const DOCTOR: ParticipantId = ParticipantId::new(Uuid::from_u128(1));
const RADIOLOGIST: ParticipantId = ParticipantId::new(Uuid::from_u128(2));
const SERIES: SeriesId = SeriesId::new(Uuid::from_u128(10));

fn shared() -> Viewing {
    let mut viewing = Viewing::default();
    let share = Input::Share { by: DOCTOR, series: SERIES, count: 40, from_middle: true };
    assert_eq!(viewing.handle(share).unwrap(), Effects(vec![Effect::Changed]));
    viewing
}

#[test]
fn whoever_shares_presents_and_nobody_else_changes_the_view() {
    let mut viewing = shared();
    assert_eq!(viewing.presenter(), Some(DOCTOR));
    assert_eq!(viewing.shown().unwrap().index, 20);
    assert_eq!(viewing.handle(Input::Scroll { by: RADIOLOGIST, index: 3 }), Err(Refusal::NotPresenter));
    let _ = viewing.handle(Input::Present { by: RADIOLOGIST }).unwrap();
    let _ = viewing.handle(Input::Scroll { by: RADIOLOGIST, index: 3 }).unwrap();
    assert_eq!(viewing.shown().unwrap().index, 3);
    assert_eq!(viewing.handle(Input::Scroll { by: DOCTOR, index: 4 }), Err(Refusal::NotPresenter));
}

#[test]
fn a_presenter_who_leaves_makes_room_and_the_picture_stays() {
    let mut viewing = shared();
    let effects = viewing.handle(Input::Gone { participant: DOCTOR }).unwrap();
    assert_eq!(effects, Effects(vec![Effect::Changed]));
    assert_eq!(viewing.presenter(), None);
    assert!(viewing.shown().is_some());
}

#[test]
fn a_window_that_is_no_window_is_refused() {
    let mut viewing = shared();
    for (center, width) in [(f64::NAN, 100.0), (40.0, 0.0), (40.0, -5.0), (40.0, f64::INFINITY)] {
        let window = Window { center, width };
        assert_eq!(
            viewing.handle(Input::SetVoi { by: DOCTOR, voi: VoiChoice::Window(window) }),
            Err(Refusal::BadValue)
        );
    }
}

#[test]
fn reset_keeps_the_frame() {
    let mut viewing = shared();
    let window = Window { center: 40.0, width: 400.0 };
    let _ = viewing.handle(Input::SetVoi { by: DOCTOR, voi: VoiChoice::Window(window) }).unwrap();
    let _ = viewing
        .handle(Input::SetView {
            by: DOCTOR,
            view: View { zoom: 3.0, center: (0.2, 0.3), ..View::default() },
        })
        .unwrap();
    let _ = viewing.handle(Input::Scroll { by: DOCTOR, index: 7 }).unwrap();
    let _ = viewing.handle(Input::Reset { by: DOCTOR }).unwrap();
    let shown = viewing.shown().unwrap();
    assert_eq!((shown.index, shown.presentation, shown.view), (7, Presentation::default(), View::default()));
}

#[test]
fn pointers_go_with_what_they_pointed_at() {
    let mut viewing = shared();
    let pointer = Pointer { x: 0.5, y: 2.0 };
    let effects = viewing.handle(Input::Point { by: RADIOLOGIST, pointer }).unwrap();
    let clamped = Pointer { x: 0.5, y: 1.0 };
    assert_eq!(effects, Effects(vec![Effect::Pointed { participant: RADIOLOGIST, pointer: clamped }]));
    let effects = viewing.handle(Input::Stop { by: DOCTOR }).unwrap();
    assert_eq!(effects, Effects(vec![Effect::PointerGone { participant: RADIOLOGIST }, Effect::Changed]));
    assert_eq!(viewing.handle(Input::Point { by: DOCTOR, pointer }), Err(Refusal::NothingShared));
}

proptest! {
    /// Whatever comes, the frame exists, the view is finite, the revision moves exactly when the state does.
    #[test]
    fn the_state_stays_showable(steps in prop::collection::vec((any::<bool>(), 0_u8..8, any::<f64>(), any::<f64>(), any::<u32>()), 0..80)) {
        let mut viewing = Viewing::default();
        for (is_doctor, what, a, b, n) in steps {
            let by = if is_doctor { DOCTOR } else { RADIOLOGIST };
            let input = match what {
                0 => Input::Share { by, series: SERIES, count: n % 50, from_middle: a > 0.0 },
                1 => Input::Stop { by },
                2 => Input::Present { by },
                3 => Input::Scroll { by, index: n },
                4 => Input::SetVoi { by, voi: VoiChoice::Window(Window { center: a, width: b }) },
                5 => Input::SetView { by, view: View { zoom: a, center: (b, a), ..View::default() } },
                6 => Input::Point { by, pointer: Pointer { x: a, y: b } },
                _ => Input::Gone { participant: by },
            };
            let before = (viewing.revision(), viewing.presenter(), viewing.shown().copied());
            let changed = match viewing.handle(input) {
                Ok(effects) => effects.into_iter().any(|effect| effect == Effect::Changed),
                Err(_) => false,
            };
            let after = (viewing.revision(), viewing.presenter(), viewing.shown().copied());
            prop_assert_eq!(changed, before.0 != after.0);
            if !changed { prop_assert_eq!(before, after); }
            if let Some(shown) = viewing.shown() {
                prop_assert!(shown.index < shown.count);
                prop_assert!((ZOOM.0..=ZOOM.1).contains(&shown.view.zoom));
            }
        }
    }
}
