//! The order in which the frames of a series are shown (PS3.3 C.7.6.2.1).

mod places;
mod slice;

use std::collections::HashSet;

use super::{FrameNumber, InstanceFacts, is_picture};

pub use places::{FramePlace, FramesOfReference, StackPlaces};
pub use slice::Regularity;
pub(super) use slice::{Key, Slice, across, arrange, image_type, is_localizer, measured};

/// Frames that belong together, in display order.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// The index of the instance in the input, and the frame of it.
    pub frames: Vec<(usize, FrameNumber)>,
    /// How the places of its frames follow each other; `None` for the frames of one object, and where places are not known.
    pub regularity: Option<Regularity>,
}

/// All frames of one series in display order, stack after stack: the index of the instance in the input, and its frame.
pub fn display_order(instances: &[InstanceFacts]) -> Vec<(usize, FrameNumber)> {
    stacks(instances).into_iter().flat_map(|stack| stack.frames).collect()
}

/// Splits the instances of one series into stacks and sorts each.
///
/// An object that came twice is shown once. A multi-frame object is one or more stacks of its own. Single frames are split by size, spacing,
/// orientation and kind and sorted by their place along the normal, from low to high. Where places are taken several times, whatever tells
/// the frames at a place apart (kind of image, b-value, echo, time) splits them, if each part then is a volume. Without a place the instance
/// numbers decide, then times and the numbers in the identifiers.
pub fn stacks(instances: &[InstanceFacts]) -> Vec<Stack> {
    let mut seen = HashSet::new();
    let shown: Vec<(usize, &InstanceFacts)> = instances
        .iter()
        .enumerate()
        .filter(|(_, facts)| is_picture(facts.kind) && facts.frames > 0)
        .filter(|(_, facts)| facts.uid.is_empty() || seen.insert(facts.uid.as_str()))
        .collect();
    let (single, multiple): (Vec<_>, Vec<_>) = shown.into_iter().partition(|(_, facts)| facts.frames == 1);
    let slices: Vec<Slice<'_>> = single.iter().map(|(_, facts)| Slice::of(facts)).collect();
    let mut found: Vec<Vec<Stack>> = Vec::new();
    for group in arrange(&slices) {
        let stacks = group.into_iter().map(|(places, regularity)| Stack {
            frames: places.into_iter().map(|place| (single[place].0, FrameNumber::FIRST)).collect(),
            regularity,
        });
        found.push(stacks.collect());
    }
    found.extend(multiple.into_iter().map(|(index, facts)| of_object(index, facts)));
    // What belongs together stays together, in the order of the lowest number that each holds.
    let number = |facts: &InstanceFacts| facts.number.unwrap_or(i32::MAX);
    let compare = |a: &&InstanceFacts, b: &&InstanceFacts| {
        number(a).cmp(&number(b)).then_with(|| slice::by_uid(&a.uid, &b.uid))
    };
    let first = |group: &[Stack]| {
        let members = group.iter().flat_map(|stack| &stack.frames).map(|(index, _)| &instances[*index]);
        members.min_by(compare)
    };
    let mut keyed: Vec<_> = found.into_iter().map(|group| (first(&group), group)).collect();
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) => compare(a, b),
        _ => a.is_some().cmp(&b.is_some()),
    });
    keyed.into_iter().flat_map(|(_, group)| group).collect()
}

/// The stacks of a multi-frame object: as its header has arranged them, else one as stored. No frame is left out, none is shown twice.
fn of_object(index: usize, facts: &InstanceFacts) -> Vec<Stack> {
    let mut is_left = vec![true; facts.frames as usize];
    let mut take = |number: &u32| -> Option<FrameNumber> {
        let frame = FrameNumber::new(*number)?;
        std::mem::take(is_left.get_mut(frame.index())?).then_some(frame)
    };
    let mut stacks: Vec<Vec<FrameNumber>> = facts
        .details
        .order
        .stacks
        .iter()
        .map(|numbers| numbers.iter().filter_map(&mut take).collect())
        .collect();
    stacks.push((1..=facts.frames).filter_map(|number| take(&number)).collect());
    let stacks = stacks.into_iter().filter(|stack| !stack.is_empty());
    stacks
        .map(|frames| Stack {
            frames: frames.into_iter().map(|frame| (index, frame)).collect(),
            regularity: None,
        })
        .collect()
}

#[cfg(test)]
mod tests;
