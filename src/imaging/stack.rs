//! The order in which the frames of a series are shown (PS3.3 C.7.6.2.1).

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{FrameNumber, InstanceFacts, is_picture};

/// How far direction cosines may differ within a stack.
const COSINE_TOLERANCE: f64 = 1e-3;
/// How near two slices must be to lie at the same place, mm.
const PLACE_TOLERANCE_MM: f64 = 1e-2;

/// Frames that belong together, in display order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The index of the instance in the input, and the frame of it.
    pub frames: Vec<(usize, FrameNumber)>,
}

/// All frames of one series in display order, stack after stack: the index of the instance in the input, and its frame.
pub fn display_order(instances: &[InstanceFacts]) -> Vec<(usize, FrameNumber)> {
    stacks(instances).into_iter().flat_map(|stack| stack.frames).collect()
}

/// Splits the instances of one series into stacks and sorts each.
///
/// An object that came twice is shown once. A multi-frame object is a stack of its own, in the order of its frames. Single
/// frames are split by size and orientation and sorted by their place along the normal, from low to high; where every place
/// occurs equally often, each turn (time point, echo) is a stack. Without a place the instance numbers decide.
pub fn stacks(instances: &[InstanceFacts]) -> Vec<Stack> {
    let mut seen = HashSet::new();
    let shown = instances
        .iter()
        .enumerate()
        .filter(|(_, facts)| is_picture(facts.kind) && facts.frames > 0)
        .filter(|(_, facts)| facts.uid.is_empty() || seen.insert(facts.uid.as_str()));
    let mut groups: Vec<Vec<(usize, &InstanceFacts)>> = Vec::new();
    let mut found: Vec<Stack> = Vec::new();
    for (index, facts) in shown {
        if facts.frames > 1 {
            found.push(Stack {
                frames: (1..=facts.frames).filter_map(FrameNumber::new).map(|frame| (index, frame)).collect(),
            });
            continue;
        }
        match groups.iter_mut().find(|group| belong_together(group[0].1, facts)) {
            Some(group) => group.push((index, facts)),
            None => groups.push(vec![(index, facts)]),
        }
    }
    for mut group in groups {
        group.sort_by(|(_, a), (_, b)| by_place(a, b));
        let turns = turns(&group);
        for turn in 0..turns {
            let frames =
                group.iter().skip(turn).step_by(turns).map(|(index, _)| (*index, FrameNumber::FIRST));
            found.push(Stack { frames: frames.collect() });
        }
    }
    // Stacks in the order of the lowest number that each holds.
    found.sort_by_key(|stack| {
        let numbers = stack.frames.iter().filter_map(|(index, _)| instances[*index].number);
        (numbers.min().unwrap_or(i32::MAX), stack.frames.first().map(|(index, _)| *index))
    });
    found
}

fn belong_together(a: &InstanceFacts, b: &InstanceFacts) -> bool {
    let is_same_orientation = match (a.orientation, b.orientation) {
        (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| (a - b).abs() <= COSINE_TOLERANCE),
        (None, None) => true,
        _ => false,
    };
    (a.rows, a.columns) == (b.rows, b.columns)
        && is_same_orientation
        && place_mm(a).is_some() == place_mm(b).is_some()
}

/// Position along row x column, mm.
fn place_mm(facts: &InstanceFacts) -> Option<f64> {
    let [rx, ry, rz, cx, cy, cz] = facts.orientation?;
    let normal = [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx];
    // Degenerate cosines span no plane.
    if normal.iter().map(|part| part * part).sum::<f64>() < 0.25 {
        return None;
    }
    Some(facts.position?.iter().zip(normal).map(|(position, part)| position * part).sum())
}

fn by_place(a: &InstanceFacts, b: &InstanceFacts) -> Ordering {
    let places = match (place_mm(a), place_mm(b)) {
        // Slices at one place must compare equal whatever the last digits say.
        (Some(a), Some(b)) => step(a).cmp(&step(b)),
        _ => Ordering::Equal,
    };
    let number = |facts: &InstanceFacts| facts.number.map_or(i64::MAX, i64::from);
    places.then_with(|| number(a).cmp(&number(b))).then_with(|| a.uid.cmp(&b.uid))
}

fn step(place_mm: f64) -> i64 {
    (place_mm / PLACE_TOLERANCE_MM).round() as i64
}

/// How often every place occurs; 1 unless it is the same for all.
fn turns(sorted: &[(usize, &InstanceFacts)]) -> usize {
    let places: Vec<Option<i64>> = sorted.iter().map(|(_, facts)| place_mm(facts).map(step)).collect();
    if places.first().is_none_or(Option::is_none) {
        return 1;
    }
    let mut counts = places.chunk_by(|a, b| a == b).map(<[_]>::len);
    let first = counts.next().unwrap_or(1);
    // All at one place is a series over time, one stack.
    if first == sorted.len() || counts.any(|count| count != first) { 1 } else { first }
}

#[cfg(test)]
mod tests {
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
}
