//! A series on show: which frame of which object stands at which place, and what is known of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::archive::ShownContent;
use crate::clinical::{InstanceId, SeriesId};
use crate::imaging::{
    ContentHash, FrameFacts, FrameNumber, FramesOfReference, InstanceFacts, ObjectKind, PatientFacts, Stack,
    StackPlaces, StudyFacts, is_picture, stacks,
};
use crate::protocol::StackState;
use crate::viewing::{self, ViewportNumber};

mod cine;
#[cfg(test)]
mod tests;
mod told;
mod wire;

pub(super) use told::{MadeWith, Told};

/// Objects that are no pictures of which it is remembered what they are shown as: one for each viewport.
const MOST_CONTENTS: usize = ViewportNumber::COUNT;

/// A series opened for showing.
#[derive(Debug)]
pub(super) struct OpenSeries {
    id: SeriesId,
    modality: String,
    title: String,
    /// Its study, and whom that names.
    study: String,
    patient: PatientFacts,
    /// Counts the series that were opened: another number, another list of frames.
    opening: u64,
    /// Where its frames lie.
    stack: Arc<StackPlaces>,
    instances: Vec<InstanceFacts>,
    /// Their identifiers, in the same order.
    ids: Vec<InstanceId>,
    /// Places in `instances`, in display order.
    frames: Vec<(usize, FrameNumber)>,
    /// Presentation states that refer to something on show.
    states: Vec<State>,
    /// The stacks: where each begins, how many frames it has, and how regular it is.
    stacks: Vec<StackState>,
    /// What pictures told about their frames.
    told: told::Memory,
    /// Places whose frames cannot be shown.
    failed: BTreeSet<u32>,
    /// What is black and what is white in a stack whose frames do not say it, by where the stack begins: as in the first frame
    /// of it that was seen.
    ranges: BTreeMap<usize, (f64, f64)>,
    /// What was found of objects that are no pictures, the last one at the end; nothing while it is awaited.
    contents: VecDeque<(ContentHash, Arc<ShownContent>)>,
}

/// A presentation state that can be applied.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    id: InstanceId,
    content: ContentHash,
    label: String,
}

/// Names the frames that play together: the object, and the first and last place of its stack.
pub(super) type CineKey = (usize, usize, usize);

impl OpenSeries {
    /// Sorts the objects of a series; where there are pictures, objects without pictures are left out. `referring`: presentation states of the
    /// appointment; those that fit are offered.
    pub(super) fn new(
        id: SeriesId,
        modality: String,
        title: String,
        objects: Vec<(InstanceId, InstanceFacts)>,
        referring: &[(InstanceId, InstanceFacts)],
    ) -> Self {
        let (ids, instances): (Vec<_>, Vec<_>) = objects.into_iter().unzip();
        let mut found = stacks(&instances);
        if found.is_empty() {
            let frames = (0..instances.len()).map(|place| (place, FrameNumber::FIRST)).collect();
            found = vec![Stack { frames, regularity: None }];
        }
        Self::of(id, modality, title, (ids, instances), found, referring)
    }

    /// What an object of another series refers to, in its order: a key object selection, a presentation state. `None` when nothing of it is
    /// among `objects`.
    pub(super) fn referred(
        id: SeriesId,
        title: String,
        by: &InstanceFacts,
        objects: Vec<(InstanceId, InstanceFacts)>,
        referring: &[(InstanceId, InstanceFacts)],
    ) -> Option<Self> {
        let (ids, instances): (Vec<_>, Vec<_>) = objects.into_iter().unzip();
        let places: BTreeMap<&str, usize> =
            instances.iter().enumerate().map(|(place, facts)| (facts.uid.as_str(), place)).collect();
        let mut frames = Vec::new();
        for reference in &by.details.references {
            let Some(&place) = places.get(reference.uid.as_str()) else { continue };
            if !is_picture(instances[place].kind) {
                continue;
            }
            let all = 1..=instances[place].frames.max(1);
            let named = reference.frames.iter().copied().filter(|frame| all.contains(frame));
            let wanted: Vec<u32> =
                if reference.frames.is_empty() { all.clone().collect() } else { named.collect() };
            frames.extend(wanted.into_iter().filter_map(FrameNumber::new).map(|frame| (place, frame)));
        }
        let stack = (!frames.is_empty()).then_some(Stack { frames, regularity: None })?;
        Some(Self::of(id, String::new(), title, (ids, instances), vec![stack], referring))
    }

    fn of(
        id: SeriesId,
        modality: String,
        title: String,
        (ids, instances): (Vec<InstanceId>, Vec<InstanceFacts>),
        found: Vec<Stack>,
        referring: &[(InstanceId, InstanceFacts)],
    ) -> Self {
        let stacks = found.iter().scan(0_u32, |next, stack| {
            let (first, count) = (*next, u32::try_from(stack.frames.len()).unwrap_or(u32::MAX));
            *next = next.saturating_add(count);
            let regularity = stack.regularity.unwrap_or_default();
            let step_mm = Some(regularity.step_mm).filter(|step| *step > 0.0);
            Some(StackState {
                first,
                count,
                step_mm,
                gaps: regularity.gaps,
                // Frames that all lie at one place are a series over time, and none of them is there twice.
                duplicates: if step_mm.is_some() { regularity.duplicates } else { 0 },
            })
        });
        let stacks = stacks.collect();
        let frames: Vec<_> = found.into_iter().flat_map(|stack| stack.frames).collect();
        let is_shown = |uid: &str| frames.iter().any(|(place, _)| instances[*place].uid == uid);
        let states = referring
            .iter()
            .filter(|(_, facts)| facts.kind == ObjectKind::Presentation)
            .filter(|(_, facts)| facts.details.references.iter().any(|one| is_shown(&one.uid)))
            .map(|(id, facts)| State { id: *id, content: facts.content, label: facts.details.label.clone() })
            .collect();
        let count = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        Self {
            id,
            modality,
            title,
            study: String::new(),
            patient: PatientFacts::default(),
            opening: 0,
            stack: Arc::new(StackPlaces::unknown(count)),
            instances,
            ids,
            frames,
            states,
            stacks,
            told: told::Memory::default(),
            failed: BTreeSet::new(),
            ranges: BTreeMap::new(),
            contents: VecDeque::new(),
        }
    }

    pub(super) fn id(&self) -> SeriesId {
        self.id
    }

    /// Frames that can be shown, or objects that are no pictures.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    /// The object and frame at a place of the stack.
    pub(super) fn frame(&self, index: u32) -> Option<(&InstanceFacts, FrameNumber)> {
        let (instance, frame) = self.frames.get(index as usize)?;
        Some((self.instances.get(*instance)?, *frame))
    }

    /// The identifier of the object at a place.
    pub(super) fn instance(&self, index: u32) -> Option<InstanceId> {
        let (instance, _) = self.frames.get(index as usize)?;
        self.ids.get(*instance).copied()
    }

    /// The place of a frame of an object; the first, if it has several.
    pub(super) fn index_of(&self, id: InstanceId, frame: FrameNumber) -> Option<u32> {
        let instance = self.ids.iter().position(|known| *known == id)?;
        let index = self.frames.iter().position(|known| *known == (instance, frame))?;
        u32::try_from(index).ok()
    }

    /// The object of this identifier, if it is on show here.
    pub(super) fn content_of(&self, id: InstanceId) -> Option<ContentHash> {
        let place = self.ids.iter().position(|known| *known == id)?;
        self.instances.get(place).map(|facts| facts.content)
    }

    /// The object at a place, and what its series is called and of what kind it is.
    pub(super) fn source(&self, index: u32) -> Option<(InstanceId, &str, &str)> {
        let (instance, _) = self.frames.get(index as usize)?;
        Some((*self.ids.get(*instance)?, &self.title, &self.modality))
    }

    /// Finds out where its frames lie, compared with others. `numbers`: of the frames of reference that are known.
    pub(super) fn locate(&mut self, numbers: &mut FramesOfReference) {
        self.stack = Arc::new(StackPlaces::of(&self.frames, &self.instances, &self.study, numbers));
    }

    /// Its frames, as the viewing counts them.
    pub(super) fn stack(&self) -> &Arc<StackPlaces> {
        &self.stack
    }

    /// It is opened in a consultation, as the one of this number.
    pub(super) fn open(&mut self, opening: u64) {
        self.opening = opening;
    }

    pub(super) fn opening(&self) -> u64 {
        self.opening
    }

    /// It is of this study, which names this patient.
    pub(super) fn belongs_to(&mut self, study: &StudyFacts, patient: PatientFacts) {
        self.study.clone_from(&study.uid);
        self.patient = patient;
    }

    /// Whether it is made of the same frames, and offers the same states.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        (&self.ids, &self.frames, &self.states) == (&other.ids, &other.frames, &other.states)
    }

    /// Whether an object is in it.
    pub(super) fn has(&self, hash: ContentHash) -> bool {
        self.instances.iter().any(|facts| facts.content == hash)
    }

    /// Whether one of these objects is in it, or is offered with it.
    pub(super) fn names_any(&self, objects: &BTreeSet<InstanceId>) -> bool {
        let states = self.states.iter().map(|state| &state.id);
        self.ids.iter().chain(states).any(|id| objects.contains(id))
    }

    /// The frame at this place cannot be shown. Answers whether that is news.
    pub(super) fn fail(&mut self, index: u32) -> bool {
        self.failed.insert(index)
    }

    /// Places whose frames cannot be shown, in order.
    pub(super) fn failed(&self) -> &BTreeSet<u32> {
        &self.failed
    }

    /// The object of an offered presentation state.
    pub(super) fn state(&self, id: InstanceId) -> Option<ContentHash> {
        self.states.iter().find(|state| state.id == id).map(|state| state.content)
    }

    /// Takes what a picture told. Answers whether that is news.
    pub(super) fn tell(&mut self, told: Told) -> bool {
        if let Some(range) = told.facts.own_range {
            self.ranges.entry(self.stack_around(told.index as usize).0).or_insert(range);
        }
        self.told.take(told)
    }

    /// What is black and what is white around a place where the frames do not say it.
    pub(super) fn range(&self, index: u32) -> Option<(f64, f64)> {
        self.ranges.get(&self.stack_around(index as usize).0).copied()
    }

    /// Takes what was found of an object that is no picture.
    pub(super) fn tell_content(&mut self, hash: ContentHash, content: Arc<ShownContent>) {
        self.contents.retain(|(known, _)| *known != hash);
        if self.contents.len() >= MOST_CONTENTS {
            self.contents.pop_front();
        }
        self.contents.push_back((hash, content));
    }

    /// What was found of an object, if it was.
    pub(super) fn content(&self, hash: ContentHash) -> Option<&Arc<ShownContent>> {
        self.contents.iter().find(|(known, _)| *known == hash).map(|(_, content)| content)
    }

    /// What is known of the frame on show whose presentation state draws something.
    pub(super) fn drawn(&self, state: &viewing::Shown) -> Option<&Arc<FrameFacts>> {
        state.presentation.state?;
        let told = self.told.of(state.index, MadeWith::from(&state.presentation))?;
        Some(&told.facts).filter(|facts| !facts.graphics.is_empty())
    }

    /// Height over width of a frame as it is displayed without a turn, as far as it is known.
    pub(super) fn shape(&self, index: u32) -> f64 {
        let Some((facts, _)) = self.frame(index) else { return 1.0 };
        let size = |facts: &InstanceFacts| (facts.rows, facts.columns);
        let is_like =
            |told: &&Told| self.frame(told.index).is_some_and(|(told, _)| size(told) == size(facts));
        let of_it = self.told.of(index, MadeWith::default());
        let told = of_it.or_else(|| self.told.newest_first().find(is_like));
        let stored = || f64::from(facts.rows.max(1)) / f64::from(facts.columns.max(1));
        // What an earlier frame of the same size told still fits.
        told.map_or_else(stored, |told| told.facts.aspect)
    }
}
