//! Linked stacks of bodies as they are examined: two series of one examination, an earlier one, planes that cross, no places.

use proptest::prelude::*;

use crate::imaging::{FramePlace, StackPlaces};
use crate::viewing::linking::linked_index;

const AXIAL: [f64; 3] = [0.0, 0.0, 1.0];
const SAGITTAL: [f64; 3] = [1.0, 0.0, 0.0];

/// Planes across `normal`, each `step_mm` further along it.
fn stack(frame_of_reference: u32, normal: [f64; 3], first_mm: f64, step_mm: f64, count: u32) -> StackPlaces {
    let place = |index: u32| {
        let along = first_mm + step_mm * f64::from(index);
        FramePlace { frame_of_reference, position_mm: normal.map(|part| part * along), normal }
    };
    StackPlaces::new((0..count).map(|index| Some(place(index))).collect())
}

/// One stack after another, as a series of several has them.
fn both(one: &StackPlaces, other: &StackPlaces) -> StackPlaces {
    let places =
        |stack: &StackPlaces| (0..stack.count()).map(|index| stack.at(index).copied()).collect::<Vec<_>>();
    StackPlaces::new([places(one), places(other)].concat())
}

#[test]
fn two_stacks_of_one_examination_show_the_same_plane() {
    // 5 mm slices beside 1.25 mm slices of the same chest, which begin 10 mm lower.
    let (thick, thin) = (stack(0, AXIAL, 0.0, 5.0, 60), stack(0, AXIAL, -10.0, 1.25, 250));
    for (index, wanted) in [(0, 8), (1, 12), (10, 48), (59, 244)] {
        assert_eq!(linked_index(&thick, 30, index, &thin, 7), Some(wanted), "whatever the anchors are");
        assert_eq!(linked_index(&thin, 0, wanted, &thick, 3), Some(index));
    }
    assert_eq!(linked_index(&thin, 0, 0, &thick, 9), Some(0), "below its first plane");
}

#[test]
fn it_does_not_matter_which_way_a_stack_is_sorted() {
    let (up, down) = (stack(0, AXIAL, 0.0, 2.0, 50), stack(0, [0.0, 0.0, -1.0], -98.0, 2.0, 50));
    assert_eq!(linked_index(&up, 0, 0, &down, 0), Some(49));
    assert_eq!(linked_index(&up, 0, 49, &down, 0), Some(0));
}

#[test]
fn an_earlier_examination_goes_as_many_mm_as_since_the_link() {
    // The doctor has found the same place in both by hand: 20 and 64.
    let (now, earlier) = (stack(0, AXIAL, 0.0, 5.0, 60), stack(1, AXIAL, 400.0, 2.5, 120));
    for (index, wanted) in [(20, 64), (21, 66), (10, 44), (59, 119), (0, 24)] {
        assert_eq!(linked_index(&now, 20, index, &earlier, 64), Some(wanted), "{index}");
    }
    let reversed = stack(1, [0.0, 0.0, -1.0], 0.0, 2.5, 120);
    assert_eq!(linked_index(&now, 20, 21, &reversed, 64), Some(62), "towards the head in both");
}

#[test]
fn planes_that_cross_stay() {
    let (axial, sagittal) = (stack(0, AXIAL, 0.0, 5.0, 60), stack(0, SAGITTAL, -80.0, 4.0, 40));
    assert_eq!(linked_index(&axial, 0, 30, &sagittal, 12), None);
    let of_another = stack(1, SAGITTAL, -80.0, 4.0, 40);
    assert_eq!(linked_index(&axial, 0, 30, &of_another, 12), None);
    // A gantry that is tilted by 10 degrees is no other plane; by 20 it is.
    let tilted = |degrees: f64| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        stack(0, [0.0, sin, cos], 0.0, 5.0, 60)
    };
    assert!(linked_index(&axial, 0, 30, &tilted(10.0), 0).is_some());
    assert_eq!(linked_index(&axial, 0, 30, &tilted(20.0), 0), None);
}

#[test]
fn of_several_stacks_of_a_series_the_parallel_one_follows() {
    let series = both(&stack(0, SAGITTAL, -80.0, 4.0, 40), &stack(0, AXIAL, 0.0, 5.0, 60));
    let axial = stack(0, AXIAL, 0.0, 5.0, 60);
    assert_eq!(linked_index(&axial, 0, 30, &series, 12), Some(70));
    // Of an earlier examination: from the axial stack into the sagittal one there are no mm to go by.
    let earlier = stack(1, AXIAL, 0.0, 5.0, 60);
    assert_eq!(linked_index(&series, 50, 3, &earlier, 10), None);
    assert_eq!(linked_index(&series, 50, 53, &earlier, 10), Some(13));
}

#[test]
fn without_places_the_frames_are_counted() {
    let (placed, unknown) = (stack(0, AXIAL, 0.0, 5.0, 60), StackPlaces::unknown(30));
    for (from, to) in [(&placed, &unknown), (&unknown, &placed), (&unknown, &unknown)] {
        let of = |index| linked_index(from, 10, index, to, 4);
        assert_eq!((of(10), of(13), of(8), of(0)), (Some(4), Some(7), Some(2), Some(0)));
    }
    assert_eq!(linked_index(&placed, 10, 59, &unknown, 4), Some(29), "not beyond its end");
    assert_eq!(linked_index(&placed, 0, 1, &StackPlaces::unknown(0), 0), None);
}

#[test]
fn frames_that_follow_each_other_in_time_keep_in_step() {
    // Twenty phases at one place each, beside each other.
    let (one, other) = (stack(0, AXIAL, 30.0, 0.0, 20), stack(0, AXIAL, 30.0, 0.0, 20));
    assert_eq!(linked_index(&one, 0, 7, &other, 5), Some(12));
    assert_eq!(linked_index(&one, 0, 19, &other, 5), Some(19));
    // Two phases of a whole body: the other stack stays in its own phase.
    let (phase, phases) = (stack(0, AXIAL, 0.0, 5.0, 30), stack(0, AXIAL, 0.0, 5.0, 30));
    let phases = both(&phases, &phases);
    assert_eq!(linked_index(&phase, 10, 12, &phases, 40), Some(42));
    assert_eq!(linked_index(&phase, 10, 12, &phases, 10), Some(12));
}

fn any_stack() -> impl Strategy<Value = StackPlaces> {
    let place = (0_u32..3, -300.0..300.0_f64, 0_usize..4).prop_map(|(frame_of_reference, along, which)| {
        let normal = [AXIAL, SAGITTAL, [0.0, 0.0, -1.0], [0.6, 0.0, 0.8]][which];
        FramePlace { frame_of_reference, position_mm: normal.map(|part| part * along), normal }
    });
    prop::collection::vec(prop::option::weighted(0.8, place), 1..40).prop_map(StackPlaces::new)
}

proptest! {
    /// Whatever the places are, whatever the anchors.
    #[test]
    fn nobody_is_taken_out_of_a_stack(from in any_stack(), to in any_stack(), anchor: u32, index in 0_u32..50, to_anchor: u32) {
        if let Some(index) = linked_index(&from, anchor, index, &to, to_anchor) {
            prop_assert!(index < to.count());
        }
    }

    /// There and back again: the other stack is where it was.
    #[test]
    fn a_stack_that_comes_back_brings_the_other_back(first in -50.0..50.0_f64, step in 1.0..10.0_f64, there in 0_u32..40, reference in 0_u32..2) {
        let (from, to) = (stack(0, AXIAL, 0.0, 5.0, 40), stack(reference, AXIAL, first, step, 60));
        let start = linked_index(&from, 20, 20, &to, 30).unwrap();
        let _ = linked_index(&from, 20, there, &to, start);
        prop_assert_eq!(linked_index(&from, 20, 20, &to, start), Some(start));
    }
}
