use proptest::prelude::*;

use super::*;
use crate::imaging::ContentHash;
use crate::imaging::ObjectKind;

const AXIAL: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];

fn slice(uid: &str, number: i32, z: f64) -> InstanceFacts {
    InstanceFacts {
        uid: uid.to_owned(),
        class_uid: String::new(),
        transfer_syntax_uid: String::new(),
        kind: ObjectKind::Image,
        frames: 1,
        rows: 4,
        columns: 4,
        number: Some(number),
        position: Some([1.0, 2.0, z]),
        orientation: Some(AXIAL),
        windows: Vec::new(),
        is_lossy: false,
        bytes: 0,
        content: ContentHash([0; 32]),
        details: crate::imaging::InstanceDetails::default(),
    }
}

fn order(instances: &[InstanceFacts]) -> Vec<Vec<usize>> {
    stacks(instances).iter().map(|stack| stack.frames.iter().map(|(index, _)| *index).collect()).collect()
}

#[test]
fn place_beats_number_and_number_decides_without_place() {
    let mut slices = vec![slice("a", 1, 30.0), slice("b", 2, 10.0), slice("c", 3, 20.0)];
    assert_eq!(order(&slices), [[1, 2, 0]]);
    slices.iter_mut().for_each(|slice| slice.position = None);
    slices[0].number = Some(9);
    assert_eq!(order(&slices), [[1, 2, 0]]);
}

/// Without places and numbers (PS3.3 C.7.6.2.1, C.7.6.1) the text of the identifiers decided, and the tenth slice stood before the second.
#[test]
fn without_place_and_number_time_decides_and_then_the_numbers_in_the_identifiers() {
    let uids = ["1.2.10", "1.2.9", "1.2.100", "1.2.9.1", "1.2.010"];
    let mut slices: Vec<InstanceFacts> = uids.iter().map(|uid| slice(uid, 7, 0.0)).collect();
    slices.iter_mut().for_each(|slice| slice.position = None);
    assert_eq!(order(&slices), [[1, 3, 4, 0, 2]], "the same number");
    slices.iter_mut().for_each(|slice| slice.number = None);
    assert_eq!(order(&slices), [[1, 3, 4, 0, 2]], "no number");
    let times = ["100005", "100004", "100001", "100003", "100002"];
    for (slice, time) in slices.iter_mut().zip(times) {
        slice.details.order.acquired = format!("20260203{time}");
    }
    assert_eq!(order(&slices), [[2, 4, 3, 1, 0]], "times");
    slices[0].number = Some(1);
    assert_eq!(order(&slices), [[0, 2, 4, 3, 1]], "a number counts for more");
    // Stacks stand in the same order.
    let mut slices = vec![slice("1.10", 7, 0.0), slice("1.9", 7, 0.0)];
    slices[0].columns = 8;
    assert_eq!(order(&slices), [[1], [0]]);
}

#[test]
fn an_object_that_came_twice_is_shown_once() {
    assert_eq!(order(&[slice("a", 1, 1.0), slice("a", 1, 1.0), slice("b", 2, 2.0)]), [[0, 2]]);
}

#[test]
fn orientation_and_size_split() {
    let mut slices = vec![slice("a", 1, 1.0), slice("b", 2, 2.0), slice("c", 3, 3.0), slice("d", 4, 4.0)];
    slices[1].orientation = Some([1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    slices[2].columns = 8;
    slices[3].orientation = Some([1.0, 0.0005, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(order(&slices), [vec![0, 3], vec![1], vec![2]]);
}

#[test]
fn time_points_are_stacks_and_one_extra_slice_is_not() {
    let mut slices = Vec::new();
    for time in 0..3 {
        for z in 0..2 {
            slices.push(slice(&format!("{time}{z}"), time * 2 + z, f64::from(z)));
        }
    }
    assert_eq!(order(&slices), [[0, 1], [2, 3], [4, 5]]);
    slices.push(slice("again", 9, 1.0));
    assert_eq!(order(&slices), [[0, 2, 4, 1, 3, 5, 6]]);
}

#[test]
fn frames_of_one_object_are_a_stack() {
    let mut cine = slice("a", 1, 0.0);
    cine.frames = 3;
    let mut report = slice("b", 2, 0.0);
    report.kind = ObjectKind::Report;
    let stacks = stacks(&[cine, report]);
    let numbers: Vec<u32> = stacks[0].frames.iter().map(|(_, frame)| frame.number()).collect();
    assert_eq!((stacks.len(), numbers), (1, vec![1, 2, 3]));
}

proptest! {
    #[test]
    fn every_frame_appears_once_and_the_order_of_arrival_does_not_matter(
        places in proptest::collection::vec((-50_i32..50, 0_i32..40), 1..40), rotation in 0_usize..40,
    ) {
        let mut slices: Vec<_> = places
            .iter()
            .enumerate()
            .map(|(i, (z, number))| slice(&format!("{i:02}"), *number, f64::from(*z)))
            .collect();
        let named = |slices: &[InstanceFacts]| -> Vec<Vec<String>> {
            order(slices).iter().map(|stack| stack.iter().map(|&i| slices[i].uid.clone()).collect()).collect()
        };
        let straight = named(&slices);
        prop_assert_eq!(straight.iter().map(Vec::len).sum::<usize>(), slices.len());
        let by = rotation % slices.len();
        slices.rotate_left(by);
        let mut turned = named(&slices);
        let mut straight = straight;
        straight.sort();
        turned.sort();
        prop_assert_eq!(turned, straight);
    }
}

/// Whatever an `InstanceFacts` says beside number and place.
fn with(mut facts: InstanceFacts, change: impl FnOnce(&mut crate::imaging::OrderFacts)) -> InstanceFacts {
    change(&mut facts.details.order);
    facts
}

/// The stacks as the identifiers of their slices.
fn named(slices: &[InstanceFacts]) -> Vec<String> {
    order(slices)
        .iter()
        .map(|stack| stack.iter().map(|&i| slices[i].uid.as_str()).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn diffusion_is_split_by_b_value_and_then_by_direction() {
    let mut slices = Vec::new();
    for z in 0..4 {
        for (direction, b) in [0.0, 1000.0, 1000.0, 1000.0].into_iter().enumerate() {
            // Place by place, as scanners write it.
            let number = z * 4 + direction as i32;
            let facts = slice(&format!("z{z}d{direction}"), number, f64::from(z));
            slices.push(with(facts, |order| order.b_value = Some(b)));
        }
    }
    let volume = |direction: usize| (0..4).map(|z| format!("z{z}d{direction}")).collect::<Vec<_>>().join(" ");
    assert_eq!(named(&slices), [volume(0), volume(1), volume(2), volume(3)]);
}

#[test]
fn echoes_are_stacks() {
    let slices: Vec<_> = (0..8)
        .map(|i| {
            let facts = slice(&format!("{}{}", ["a", "b"][i % 2], i / 2), i as i32, (i / 2) as f64);
            with(facts, |order| order.echo_time = Some([20.0, 80.0][i % 2]))
        })
        .collect();
    assert_eq!(named(&slices), ["a0 a1 a2 a3", "b0 b1 b2 b3"]);
}

#[test]
fn kinds_of_image_are_stacks_in_the_order_of_their_numbers() {
    let slices: Vec<_> = (0..9)
        .map(|i| {
            let (kind, z) = (i / 3, i % 3);
            let facts = slice(&format!("{}{z}", ["w", "f", "i"][kind]), i as i32, z as f64);
            with(facts, |order| {
                order.image_type = vec!["DERIVED".into(), ["WATER", "FAT", "IN_PHASE"][kind].into()];
            })
        })
        .collect();
    assert_eq!(named(&slices), ["w0 w1 w2", "f0 f1 f2", "i0 i1 i2"]);
}

/// A number or a moment that is another one for each slice tells slices apart, and no volumes.
#[test]
fn what_counts_slices_does_not_split_them() {
    let slices: Vec<_> = (0..12)
        .map(|i| {
            let facts = slice(&format!("{i:02}"), i, f64::from(i % 4));
            with(facts, |order| {
                order.acquisition = Some(i);
                order.acquired = format!("20260101{i:06}.000000");
            })
        })
        .collect();
    assert_eq!(named(&slices), ["00 01 02 03", "04 05 06 07", "08 09 10 11"]);
    // In a plain series neither splits anything, not even when the table goes to and fro.
    let plain: Vec<_> = (0..5)
        .map(|i| {
            with(slice(&i.to_string(), 9 - i, f64::from(i * 2)), |order| order.acquisition = Some(i % 2))
        })
        .collect();
    assert_eq!(named(&plain), ["0 1 2 3 4"]);
}

#[test]
fn an_incomplete_last_phase_is_a_stack_by_itself_and_keeps_the_others_whole() {
    let mut slices: Vec<_> = (0..24)
        .map(|i| {
            let (phase, z) = (i / 8, i % 8);
            let facts = slice(&format!("{phase}{z}"), 99 - i, f64::from(z));
            with(facts, |order| order.acquisition = Some(phase))
        })
        .collect();
    slices.truncate(22);
    let phase =
        |phase: i32, count: i32| (0..count).map(|z| format!("{phase}{z}")).collect::<Vec<_>>().join(" ");
    assert_eq!(named(&slices), [phase(0, 8), phase(1, 8), phase(2, 6)]);
}

#[test]
fn ranges_that_overlap_by_a_slice_are_stacks() {
    let slices: Vec<_> = (0..18)
        .map(|i| {
            let (station, slice_number) = (i / 6, i % 6);
            let facts = slice(&format!("{station}{slice_number}"), i, f64::from(station * 5 + slice_number));
            with(facts, |order| order.acquisition = Some(station))
        })
        .collect();
    assert_eq!(named(&slices), ["00 01 02 03 04 05", "10 11 12 13 14 15", "20 21 22 23 24 25"]);
}

#[test]
fn a_scout_is_apart_even_where_it_looks_like_a_slice() {
    let mut slices: Vec<_> = (0..4).map(|i| slice(&i.to_string(), i + 2, f64::from(i))).collect();
    let scout = slice("s", 1, 1.5);
    slices.push(with(scout, |order| {
        order.image_type = vec!["ORIGINAL".into(), "PRIMARY".into(), "LOCALIZER".into()];
    }));
    assert_eq!(named(&slices), ["s", "0 1 2 3"]);
}

#[test]
fn spacing_splits_and_its_last_digits_do_not() {
    let spaced = |uid: &str, number, mm| {
        with(slice(uid, number, f64::from(number)), |order| order.spacing = Some([mm, mm]))
    };
    let slices = [spaced("a", 1, 0.7), spaced("b", 2, 0.9), spaced("c", 3, 0.700_001)];
    assert_eq!(named(&slices), ["a c", "b"]);
}

/// Oblique slices whose cosines and places are rounded differently in each header, the numbers against the places.
#[test]
fn rounding_noise_makes_no_stacks_and_no_places() {
    let (sin, cos) = (0.3420_f64, 0.9397_f64);
    let slices: Vec<_> = (0..20)
        .map(|i| {
            let noise = f64::from(i % 3 - 1) * 2e-4;
            let mut facts = slice(&format!("{i:02}"), 20 - i, 0.0);
            facts.orientation = Some([1.0, noise, 0.0, 0.0, cos + noise, sin - noise]);
            let step = f64::from(i / 2) * 3.0;
            facts.position = Some([0.0, -sin * step, cos * step + noise]);
            with(facts, |order| order.temporal = Some(i % 2))
        })
        .collect();
    let volume = |time: i32| (0..10).map(|i| format!("{:02}", i * 2 + time)).collect::<Vec<_>>().join(" ");
    assert_eq!(named(&slices), [volume(0), volume(1)]);
}

#[test]
fn a_series_over_time_at_one_place_is_one_stack_in_the_order_of_time() {
    let mut slices: Vec<_> = (0..6)
        .map(|i| {
            let facts = slice(&i.to_string(), 10 - i, 5.0);
            with(facts, |order| order.trigger_time = Some(f64::from(i) * 40.0))
        })
        .collect();
    slices.swap(0, 4);
    assert_eq!(named(&slices), ["0 1 2 3 4 5"]);
    // Magnitude and phase of the same moments are two.
    let flow: Vec<_> = (0..6)
        .map(|i| {
            let facts = slice(&i.to_string(), i, 5.0);
            with(facts, |order| {
                order.trigger_time = Some(f64::from(i / 2) * 40.0);
                order.image_type = vec![["M", "P"][i as usize % 2].into()];
            })
        })
        .collect();
    assert_eq!(named(&flow), ["0 2 4", "1 3 5"]);
}

#[test]
fn heart_phases_are_stacks_though_every_place_has_its_own_delays() {
    let slices: Vec<_> = (0..12)
        .map(|i| {
            let (z, phase) = (i / 4, i % 4);
            let facts = slice(&format!("z{z}p{phase}"), i, f64::from(z) * 8.0);
            with(facts, |order| order.trigger_time = Some(f64::from(phase) * (30.0 + f64::from(z))))
        })
        .collect();
    assert_eq!(named(&slices)[1], "z0p1 z1p1 z2p1");
    assert_eq!(named(&slices).len(), 4);
}

/// PS3.3 C.7.6.2.1.1: steps come from places, and whoever shows the stack can say that slices are missing or there twice.
#[test]
fn steps_gaps_and_duplicates_are_counted() {
    let places = [0.0, 2.0, 4.0, 4.0, 6.0, 12.0, 14.0];
    let slices: Vec<_> =
        places.iter().enumerate().map(|(i, z)| slice(&i.to_string(), i as i32, *z)).collect();
    let found = stacks(&slices);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].regularity, Some(Regularity { step_mm: 2.0, gaps: 1, duplicates: 1 }));
    assert_eq!(stacks(&slices[..1])[0].regularity, None);
}

#[test]
fn frames_of_an_object_are_shown_as_its_header_arranges_them_and_none_is_lost() {
    let mut object = slice("a", 1, 0.0);
    object.frames = 5;
    let object = with(object, |order| order.stacks = vec![vec![3, 1], vec![2, 2, 9, 0]]);
    let numbers: Vec<Vec<u32>> = stacks(&[object])
        .iter()
        .map(|stack| stack.frames.iter().map(|(_, frame)| frame.number()).collect())
        .collect();
    assert_eq!(numbers, [vec![3, 1], vec![2], vec![4, 5]]);
}

/// The places of a whole series as it is shown.
fn places(instances: &[InstanceFacts], numbers: &mut FramesOfReference) -> StackPlaces {
    StackPlaces::of(&display_order(instances), instances, "study", numbers)
}

fn heights(places: &StackPlaces) -> Vec<Option<f64>> {
    (0..places.count()).map(|index| places.at(index).map(|place| place.position_mm[2])).collect()
}

#[test]
fn places_are_told_in_display_order() {
    let mut slices = vec![slice("a", 1, 30.0), slice("b", 2, 10.0), slice("c", 3, 20.0)];
    slices[1].details.order.frame_of_reference = "1.9".into();
    let mut numbers = FramesOfReference::default();
    let found = places(&slices, &mut numbers);
    assert_eq!(heights(&found), [Some(10.0), Some(20.0), Some(30.0)]);
    let reference: Vec<u32> = found.known().map(|(_, place)| place.frame_of_reference).collect();
    assert_eq!(reference, [0, 1, 1], "one names its frame of reference, the others are of one study");
    assert_eq!(found.at(0).unwrap().normal, [0.0, 0.0, 1.0]);
    // Another series of the study, later: what does not say its frame of reference lies in that of the others.
    assert_eq!(places(&slices[..1], &mut numbers).at(0).unwrap().frame_of_reference, 1);
}

/// PS3.3 C.7.6.2.1.1: the normal is that of the rows and columns, which gantry tilt turns away from the table.
#[test]
fn a_tilted_gantry_has_a_tilted_normal() {
    let (sin, cos) = (18.5_f64.to_radians().sin(), 18.5_f64.to_radians().cos());
    let mut tilted = slice("a", 1, 5.0);
    tilted.orientation = Some([1.0, 0.0, 0.0, 0.0, cos, -sin]);
    let normal = places(&[tilted], &mut FramesOfReference::default()).at(0).unwrap().normal;
    let is_near = normal.iter().zip([0.0, sin, cos]).all(|(part, truth)| (part - truth).abs() < 1e-9);
    assert!(is_near, "{normal:?}");
}

#[test]
fn an_object_without_a_plane_has_frames_and_no_places() {
    let mut slices = vec![slice("a", 1, 1.0), slice("b", 2, 2.0), slice("c", 3, 3.0)];
    slices[0].position = None;
    slices[1].orientation = Some([0.0; 6]);
    slices.truncate(2);
    assert_eq!(places(&slices, &mut FramesOfReference::default()), StackPlaces::unknown(2));
    // A multi-frame object of before, when only the place of its first frame was kept.
    let mut cine = slice("d", 1, 0.0);
    cine.frames = 4;
    assert_eq!(places(&[cine], &mut FramesOfReference::default()), StackPlaces::unknown(4));
}

#[test]
fn frames_of_one_object_have_places_of_their_own() {
    let mut object = slice("a", 1, 0.0);
    object.frames = 4;
    let object = with(object, |order| {
        order.stacks = vec![vec![2, 1], vec![4]];
        order.positions = vec![Some([0.0, 0.0, 7.0]), Some([0.0, 0.0, 5.0]), None, Some([0.0, 0.0, 9.0])];
        order.normals = vec![[0.0, 0.0, 1.0]];
    });
    let mut numbers = FramesOfReference::default();
    let found = places(std::slice::from_ref(&object), &mut numbers);
    assert_eq!(heights(&found), [Some(5.0), Some(7.0), Some(9.0), None]);
    let turned = with(object, |order| {
        order.normals = vec![[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]];
    });
    let found = places(&[turned], &mut numbers);
    assert_eq!(found.at(0).unwrap().normal, [0.0, 1.0, 0.0], "frame 2");
    assert_eq!(found.at(2).unwrap().normal, [1.0, 0.0, 0.0], "frame 4");
}
