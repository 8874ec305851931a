//! Linked stacks: where the others go when one is scrolled. Pure geometry.

use crate::imaging::{FramePlace, StackPlaces};

/// Planes count as parallel whose normals differ by less than 14 degrees: the cosine of that.
const PARALLEL: f64 = 0.97;
/// Planes nearer to each other than this are at the same place, mm.
const SAME_PLACE_MM: f64 = 0.01;

/// Where another stack goes when this one goes from `anchor`, where it was when both were linked, to `index`. `to_anchor`: where the
/// other one was then.
///
/// Parallel planes in one frame of reference: to the plane that lies nearest. Parallel planes in two, as of an examination of last
/// year: as many mm along the normal as from the anchor. Planes that cross: nowhere. Without a place in one of them: as many frames as
/// from the anchor. Of several planes at the same place, as there are where frames follow each other in time, the one as many frames
/// further. `None`: it stays. Never outside of the stack.
pub fn linked_index(
    from: &StackPlaces,
    anchor: u32,
    index: u32,
    to: &StackPlaces,
    to_anchor: u32,
) -> Option<u32> {
    let last = to.count().checked_sub(1)?;
    let by_count = i64::from(to_anchor) + i64::from(index) - i64::from(anchor);
    let by_count = u32::try_from(by_count.clamp(0, i64::from(last))).unwrap_or(last);
    let Some(place) = from.at(index) else { return Some(by_count) };
    if to.known().next().is_none() {
        return Some(by_count);
    }
    // How far along the normal of `place` a plane is to lie, and in which frame of reference.
    let (reference, wanted) = if to.known().any(|(_, other)| is_in_frame_of(place, other)) {
        (place.frame_of_reference, dot(place.position_mm, place.normal))
    } else {
        let (Some(from_then), Some(to_then)) = (from.at(anchor), to.at(to_anchor)) else {
            return Some(by_count);
        };
        if !(is_in_frame_of(place, from_then) && is_parallel(place, from_then) && is_parallel(place, to_then))
        {
            // Planes that cross, or another stack of the same series: how far it is from the anchor means nothing.
            return None;
        }
        let moved = dot(place.position_mm, place.normal) - dot(from_then.position_mm, place.normal);
        (to_then.frame_of_reference, dot(to_then.position_mm, place.normal) + moved)
    };
    let distances =
        to.known().filter(|(_, other)| other.frame_of_reference == reference && is_parallel(place, other));
    let distances: Vec<(u32, f64)> = distances
        .map(|(index, other)| (index, (dot(other.position_mm, place.normal) - wanted).abs()))
        .collect();
    let nearest = distances.iter().map(|(_, distance)| *distance).min_by(f64::total_cmp)?;
    let at_the_place = distances.iter().filter(|(_, distance)| *distance - nearest < SAME_PLACE_MM);
    at_the_place.map(|(index, _)| *index).min_by_key(|index| index.abs_diff(by_count))
}

fn is_in_frame_of(one: &FramePlace, other: &FramePlace) -> bool {
    one.frame_of_reference == other.frame_of_reference
}

/// Whichever way the normals point.
fn is_parallel(one: &FramePlace, other: &FramePlace) -> bool {
    dot(one.normal, other.normal).abs() > PARALLEL
}

fn dot(one: [f64; 3], other: [f64; 3]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}
