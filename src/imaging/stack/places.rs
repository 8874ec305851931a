//! Where the frames of a stack lie in the patient, in display order: what stacks that are looked at side by side are linked by.

use super::super::{FrameNumber, InstanceFacts};
use super::slice::across;

/// The place of one frame in the patient (PS3.3 C.7.6.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FramePlace {
    /// Frames with the same number have coordinates that can be compared (PS3.3 C.7.4.1). Numbered among what is open together.
    pub frame_of_reference: u32,
    /// The centre of the first pixel that is stored, mm: towards the patient's left, back and head.
    pub position_mm: [f64; 3],
    /// Across the plane of the frame, of length 1.
    pub normal: [f64; 3],
}

/// The places of a stack: one for each frame, where its object tells it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackPlaces {
    count: u32,
    /// As many as frames, or none at all.
    places: Vec<Option<FramePlace>>,
}

impl StackPlaces {
    /// The places in display order. One with a number that is none, or with a normal of no length, counts as not told; a normal is
    /// brought to length 1.
    pub fn new(places: Vec<Option<FramePlace>>) -> Self {
        let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let places: Vec<_> = places.into_iter().map(|place| place?.in_order()).collect();
        if places.iter().any(Option::is_some) { Self { count, places } } else { Self::unknown(count) }
    }

    /// The places of the frames of a stack or of a whole series, in display order: the index of the instance in `instances`, and the frame of
    /// it. `study`: the Study Instance UID of all of them.
    pub fn of(
        frames: &[(usize, FrameNumber)],
        instances: &[InstanceFacts],
        study: &str,
        numbers: &mut FramesOfReference,
    ) -> Self {
        let mut place = |&(index, frame): &(usize, FrameNumber)| {
            let facts = instances.get(index)?;
            let (position_mm, normal) = plane(facts, frame)?;
            let frame_of_reference = numbers.number(study, &facts.details.order.frame_of_reference);
            Some(FramePlace { frame_of_reference, position_mm, normal })
        };
        Self::new(frames.iter().map(&mut place).collect())
    }

    /// So many frames of which no place is known.
    pub fn unknown(count: u32) -> Self {
        Self { count, places: Vec::new() }
    }

    /// How many frames the stack has.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The place of the frame at this place in the stack, from 0; `None` when it is not known or there is no such frame.
    pub fn at(&self, index: u32) -> Option<&FramePlace> {
        self.places.get(index as usize)?.as_ref()
    }

    /// The places that are known, with the frames' places in the stack.
    pub fn known(&self) -> impl Iterator<Item = (u32, &FramePlace)> {
        (0..self.count).zip(&self.places).filter_map(|(index, place)| Some((index, place.as_ref()?)))
    }
}

impl FramePlace {
    fn in_order(self) -> Option<Self> {
        let length = self.normal.iter().map(|part| part * part).sum::<f64>().sqrt();
        let is_told =
            length.is_finite() && length > 1e-6 && self.position_mm.iter().all(|part| part.is_finite());
        is_told.then(|| Self { normal: self.normal.map(|part| part / length), ..self })
    }
}

/// Position and normal of a frame, as its object tells them.
fn plane(facts: &InstanceFacts, frame: FrameNumber) -> Option<([f64; 3], [f64; 3])> {
    if facts.frames == 1 {
        return Some((facts.position?, across(facts.orientation?)?));
    }
    let order = &facts.details.order;
    let position = (*order.positions.get(frame.index())?)?;
    let normal = match order.normals[..] {
        [only] => only,
        _ => *order.normals.get(frame.index())?,
    };
    Some((position, normal))
}

/// Numbers for frames of reference, the same for the same one, among what is open together.
#[derive(Clone, Debug, Default)]
pub struct FramesOfReference {
    /// Study and Frame of Reference UID; the study only where its objects do not say the other.
    known: Vec<(String, String)>,
}

impl FramesOfReference {
    /// The number of a Frame of Reference UID (0020,0052). Objects that do not say theirs count as one with the others of their study
    /// that do not.
    pub fn number(&mut self, study: &str, uid: &str) -> u32 {
        let name = (if uid.is_empty() { study } else { "" }, uid);
        let is_same = |(study, uid): &(String, String)| (study.as_str(), uid.as_str()) == name;
        let place = self.known.iter().position(is_same).unwrap_or_else(|| {
            self.known.push((name.0.to_owned(), name.1.to_owned()));
            self.known.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(normal: [f64; 3]) -> Option<FramePlace> {
        Some(FramePlace { frame_of_reference: 0, position_mm: [1.0, 2.0, 3.0], normal })
    }

    #[test]
    fn places_that_cannot_be_reckoned_with_are_not_told() {
        let far = FramePlace {
            frame_of_reference: 0,
            position_mm: [f64::INFINITY, 0.0, 0.0],
            normal: [0.0, 0.0, 1.0],
        };
        let told = [place([0.0, 0.0, -2.0]), None, place([0.0; 3]), place([f64::NAN, 0.0, 1.0]), Some(far)];
        let places = StackPlaces::new(told.to_vec());
        assert_eq!((places.count(), places.known().count()), (5, 1));
        assert_eq!(places.at(0).unwrap().normal, [0.0, 0.0, -1.0]);
        assert_eq!((places.at(2), places.at(5)), (None, None));
    }

    #[test]
    fn frames_of_reference_are_compared_by_name_and_by_study_where_they_have_none() {
        let mut numbers = FramesOfReference::default();
        let mut seen = Vec::new();
        for (study, uid) in [("1", "9.1"), ("1", "9.2"), ("2", "9.1"), ("1", ""), ("2", ""), ("1", "")] {
            seen.push(numbers.number(study, uid));
        }
        assert_eq!(seen, [0, 1, 0, 2, 3, 2]);
    }

    #[test]
    fn a_stack_without_places_has_its_frames_all_the_same() {
        assert_eq!(StackPlaces::new(vec![None; 7]), StackPlaces::unknown(7));
        assert_eq!(StackPlaces::unknown(7).known().count(), 0);
    }
}
