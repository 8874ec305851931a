//! The stack on show: which frame of which object stands at which place.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::archive::ShownContent;
use crate::clinical::{InstanceId, SeriesId};
use crate::imaging::{
    Cine, ContentHash, FrameFacts, FrameNumber, InstanceFacts, ObjectKind, VoiChoice, is_picture, stacks,
};
use crate::protocol::{
    AlternativeState, CalibrationState, CineState, ContentWord, EdgesState, GraphicState, LossyState, Shown,
    StateChoice, WindowState,
};
use crate::viewing;

/// From a frame to the next where no object says how fast its stack plays, ms.
const FRAME_MS: f64 = 100.0;

/// A series opened for showing.
#[derive(Debug)]
pub(super) struct OpenSeries {
    id: SeriesId,
    modality: String,
    title: String,
    instances: Vec<InstanceFacts>,
    /// Places in `instances`, in display order.
    frames: Vec<(usize, FrameNumber)>,
    /// Where the presenter was last, and whether they go back through the stack.
    last: u32,
    goes_back: bool,
    /// Presentation states that refer to something on show.
    states: Vec<State>,
    /// Where each stack begins, from 0.
    starts: Vec<usize>,
    /// What the last picture told about its frame.
    told: Option<Told>,
    /// The presentation state whose turn and part of the frame have been followed.
    followed: Option<ContentHash>,
    /// What was found of an object that is no picture; `None` while it is awaited.
    content: Option<(ContentHash, Arc<ShownContent>)>,
}

/// A presentation state that can be applied.
#[derive(Clone, Debug)]
pub(super) struct State {
    id: InstanceId,
    content: ContentHash,
    label: String,
}

/// What only a decoded frame tells.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) index: u32,
    /// The presentation state that was applied.
    pub(super) state: Option<ContentHash>,
    pub(super) facts: Arc<FrameFacts>,
}

impl OpenSeries {
    /// Sorts the objects of a series; where there are pictures, objects without pictures are left out. `referring`: presentation states of the
    /// appointment; those that fit are offered.
    pub(super) fn new(
        id: SeriesId,
        modality: String,
        title: String,
        instances: Vec<InstanceFacts>,
        referring: &[(InstanceId, InstanceFacts)],
    ) -> Self {
        let mut found: Vec<_> = stacks(&instances).into_iter().map(|stack| stack.frames).collect();
        if found.is_empty() {
            found = vec![(0..instances.len()).map(|place| (place, FrameNumber::FIRST)).collect()];
        }
        Self::of(id, modality, title, instances, found, referring)
    }

    /// What an object of another series refers to, in its order: a key object selection, a presentation state. `None` when nothing of it is
    /// among `instances`.
    pub(super) fn referred(
        id: SeriesId,
        title: String,
        by: &InstanceFacts,
        instances: Vec<InstanceFacts>,
        referring: &[(InstanceId, InstanceFacts)],
    ) -> Option<Self> {
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
        (!frames.is_empty()).then(|| Self::of(id, String::new(), title, instances, vec![frames], referring))
    }

    fn of(
        id: SeriesId,
        modality: String,
        title: String,
        instances: Vec<InstanceFacts>,
        stacks: Vec<Vec<(usize, FrameNumber)>>,
        referring: &[(InstanceId, InstanceFacts)],
    ) -> Self {
        let starts = stacks.iter().scan(0, |next, stack| {
            let start = *next;
            *next += stack.len();
            Some(start)
        });
        let starts = starts.collect();
        let frames: Vec<_> = stacks.into_iter().flatten().collect();
        let is_shown = |uid: &str| frames.iter().any(|(place, _)| instances[*place].uid == uid);
        let states = referring
            .iter()
            .filter(|(_, facts)| facts.kind == ObjectKind::Presentation)
            .filter(|(_, facts)| facts.details.references.iter().any(|one| is_shown(&one.uid)))
            .map(|(id, facts)| State { id: *id, content: facts.content, label: facts.details.label.clone() })
            .collect();
        Self {
            id,
            modality,
            title,
            instances,
            frames,
            last: 0,
            goes_back: false,
            states,
            starts,
            told: None,
            followed: None,
            content: None,
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

    /// The places around one, nearest first and those in the direction of travel before the others.
    pub(super) fn neighbours(&mut self, index: u32, ahead: u32, behind: u32) -> Vec<u32> {
        if index != self.last {
            self.goes_back = index < self.last;
            self.last = index;
        }
        let onward =
            |step: u32| if self.goes_back { index.checked_sub(step) } else { index.checked_add(step) };
        let back = |step: u32| if self.goes_back { index.checked_add(step) } else { index.checked_sub(step) };
        (1..=ahead).filter_map(onward).chain((1..=behind).filter_map(back)).collect()
    }

    /// The object of an offered presentation state.
    pub(super) fn state(&self, id: InstanceId) -> Option<ContentHash> {
        self.states.iter().find(|state| state.id == id).map(|state| state.content)
    }

    /// Takes what a picture told; answers with what a presentation state asks for when it has just been applied. `current`: the state that is
    /// chosen now, which pictures that were ordered earlier may not have.
    pub(super) fn tell(&mut self, told: Told, current: Option<ContentHash>) -> Option<Arc<FrameFacts>> {
        if current.is_none() {
            self.followed = None;
        }
        let facts = told.facts.clone();
        // Once for each choice, at the first frame that the state refers to: from then on the view is the presenter's.
        let is_new = facts.is_state_applied && told.state == current && self.followed != current;
        if is_new {
            self.followed = current;
        }
        self.told = Some(told);
        is_new.then_some(facts)
    }

    /// Takes what was found of an object that is no picture.
    pub(super) fn tell_content(&mut self, hash: ContentHash, content: Arc<ShownContent>) {
        self.content = Some((hash, content));
    }

    /// What was found of an object, if it was.
    pub(super) fn content(&self, hash: ContentHash) -> Option<&Arc<ShownContent>> {
        self.content.as_ref().filter(|(known, _)| *known == hash).map(|(_, content)| content)
    }

    /// The state for the wire.
    pub(super) fn shown(&self, state: &viewing::Shown) -> Option<Shown> {
        let (facts, _) = self.frame(state.index)?;
        let viewing::Shown { presentation, view, .. } = state;
        let told = self.told.as_ref();
        let of_frame = told.filter(|told| told.index == state.index).map(|told| &*told.facts);
        let windows = || {
            facts.windows.iter().map(|preset| AlternativeState {
                explanation: preset.explanation.clone(),
                window: Some(preset.window.into()),
            })
        };
        let used =
            of_frame.and_then(|facts| facts.window).map(|(center, width)| WindowState { center, width });
        let preset = facts.windows.first().map(|preset| WindowState::from(preset.window));
        let window = presentation.voi.window().map(WindowState::from).or(used).or(preset);
        let stored_aspect = f64::from(facts.rows.max(1)) / f64::from(facts.columns.max(1));
        // Frames of one stack have one shape: what an earlier frame told still fits.
        let like = of_frame.or(told.map(|told| &*told.facts));
        Some(Shown {
            series: self.id.to_string(),
            modality: self.modality.clone(),
            title: self.title.clone(),
            index: state.index,
            count: self.count(),
            content: self.content_word(facts),
            columns: facts.columns,
            rows: facts.rows,
            aspect: like.map_or(stored_aspect, |facts| facts.aspect),
            window,
            alternatives: like.map_or_else(
                || windows().collect(),
                |facts| facts.alternatives.iter().map(AlternativeState::from).collect(),
            ),
            alternative: match presentation.voi {
                VoiChoice::Alternative(number) => Some(u32::from(number)),
                _ => None,
            },
            is_inverted: presentation.is_inverted,
            has_overlays: like.is_some_and(|facts| facts.has_overlays),
            is_overlaid: presentation.has_overlays,
            has_shutters: like.is_some_and(|facts| facts.has_shutters),
            is_shuttered: presentation.has_shutters,
            zoom: view.zoom,
            center_x: view.center.0,
            center_y: view.center.1,
            quarter_turns: view.quarter_turns,
            is_flipped: view.is_flipped,
            edges: of_frame
                .and_then(|facts| facts.edges.clone())
                .map(|edges| EdgesState::from(edges.turned(view.quarter_turns, view.is_flipped))),
            laterality: of_frame.map(|facts| facts.laterality.clone()).unwrap_or_default(),
            view_position: of_frame.map(|facts| facts.view_position.clone()).unwrap_or_default(),
            calibrations: of_frame
                .map(|facts| facts.calibrations.iter().map(CalibrationState::from).collect())
                .unwrap_or_default(),
            lossy_source: match of_frame {
                Some(told) => told.lossy.as_ref().map(LossyState::from),
                None => facts.is_lossy.then(|| LossyState { ratio: None, method: String::new() }),
            },
            damage: of_frame.and_then(|facts| facts.damage.clone().or_else(|| facts.state_notice.clone())),
            is_burned_in: like.is_some_and(|facts| facts.is_burned_in),
            states: self
                .states
                .iter()
                .map(|state| StateChoice { state: state.id.to_string(), label: state.label.clone() })
                .collect(),
            state: presentation.state.and_then(|content| {
                self.states.iter().find(|state| state.content == content).map(|state| state.id.to_string())
            }),
            graphics: of_frame
                .filter(|_| presentation.state.is_some())
                .map(|facts| facts.graphics.iter().map(GraphicState::from).collect())
                .unwrap_or_default(),
            cine: self.cine(state.index),
        })
    }

    fn content_word(&self, facts: &InstanceFacts) -> ContentWord {
        if is_picture(facts.kind) {
            return ContentWord::Pictures;
        }
        match self.content(facts.content).map(|content| &**content) {
            None => ContentWord::Awaited,
            Some(ShownContent::Text(_)) => ContentWord::Text,
            Some(ShownContent::Pages(_)) => ContentWord::Pages,
            Some(ShownContent::Sound(..)) => ContentWord::Sound,
        }
    }

    /// The first and last place of the stack that a place lies in.
    fn stack_around(&self, place: usize) -> (usize, usize) {
        let after = self.starts.partition_point(|start| *start <= place);
        let first = after.checked_sub(1).and_then(|before| self.starts.get(before)).copied().unwrap_or(0);
        let next = self.starts.get(after).copied().unwrap_or(self.frames.len());
        (first, next.saturating_sub(1).max(first))
    }

    /// How the frames around a place play: those of its object, or the whole stack where each object has one frame.
    fn cine(&self, index: u32) -> Option<CineState> {
        let (instance, _) = *self.frames.get(index as usize)?;
        let facts = self.instances.get(instance).filter(|facts| is_picture(facts.kind))?;
        let (start, end) = self.stack_around(index as usize);
        if facts.frames <= 1 || facts.details.cine.is_none() {
            let whole = CineState {
                frame_ms: FRAME_MS,
                frames_ms: Vec::new(),
                is_sweep: false,
                first: u32::try_from(start).ok()?,
                last: u32::try_from(end).ok()?,
            };
            return (end > start).then_some(whole);
        }
        let cine = facts.details.cine.as_ref()?;
        let is_played = |frame: FrameNumber| {
            cine.trim.is_none_or(|(first, last)| (first..=last).contains(&frame.number()))
        };
        let is_own = |(place, frame): &(usize, FrameNumber)| *place == instance && is_played(*frame);
        let stack = self.frames.get(start..=end)?;
        let first = start + stack.iter().position(is_own)?;
        let last = start + stack.iter().rposition(is_own)?;
        // Times belong to frames in the order in which they are stored.
        let is_as_stored = facts.details.order.stacks.is_empty();
        Some(CineState {
            frame_ms: cine.frame_ms,
            frames_ms: if is_as_stored { played(cine, facts.frames) } else { Vec::new() },
            is_sweep: cine.is_sweep,
            first: u32::try_from(first).ok()?,
            last: u32::try_from(last).ok()?,
        })
    }
}

/// The times between the frames that are played.
fn played(cine: &Cine, frames: u32) -> Vec<f64> {
    let (first, last) = cine.trim.unwrap_or((1, frames));
    let (start, end) = (first.saturating_sub(1) as usize, last.saturating_sub(1) as usize);
    cine.frames_ms.get(start..end.min(cine.frames_ms.len())).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::InstanceDetails;

    fn slice(number: i32, z: f64, echo: f64) -> InstanceFacts {
        let mut details = InstanceDetails::default();
        details.order.echo_time = Some(echo);
        InstanceFacts {
            uid: format!("1.{number}"),
            class_uid: String::new(),
            transfer_syntax_uid: String::new(),
            kind: ObjectKind::Image,
            frames: 1,
            rows: 4,
            columns: 4,
            number: Some(number),
            position: Some([0.0, 0.0, z]),
            orientation: Some([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]),
            windows: Vec::new(),
            is_lossy: false,
            bytes: 0,
            content: ContentHash([number as u8; 32]),
            details,
        }
    }

    fn open(instances: Vec<InstanceFacts>) -> OpenSeries {
        OpenSeries::new(SeriesId::new(uuid::Uuid::nil()), "MR".into(), String::new(), instances, &[])
    }

    #[test]
    fn one_stack_plays_and_not_the_whole_series() {
        let series = open((0..8).map(|i| slice(i, f64::from(i / 2), [20.0, 80.0][i as usize % 2])).collect());
        let played = |index| series.cine(index).map(|cine| (cine.first, cine.last));
        assert_eq!((series.count(), played(0), played(3)), (8, Some((0, 3)), Some((0, 3))));
        assert_eq!((played(4), played(7), played(8)), (Some((4, 7)), Some((4, 7)), None));
        assert!(open(vec![slice(1, 0.0, 1.0)]).cine(0).is_none());
    }

    #[test]
    fn a_state_is_followed_once_and_pictures_from_before_do_not_count() {
        let mut series = open(vec![slice(1, 0.0, 1.0), slice(2, 1.0, 1.0)]);
        let hash = Some(ContentHash([9; 32]));
        let told = |state, is_state_applied| Told {
            index: 0,
            state,
            facts: Arc::new(FrameFacts { is_state_applied, ..FrameFacts::default() }),
        };
        assert!(series.tell(told(None, false), hash).is_none(), "ordered before the choice");
        assert!(series.tell(told(hash, false), hash).is_none(), "a frame that the state does not refer to");
        assert!(series.tell(told(hash, true), hash).is_some());
        assert!(series.tell(told(None, false), hash).is_none(), "a late picture of another device");
        assert!(series.tell(told(hash, true), hash).is_none(), "the view is the presenter's now");
        assert!(series.tell(told(None, false), None).is_none());
        assert!(series.tell(told(hash, true), hash).is_some(), "chosen again");
    }

    #[test]
    fn only_the_times_of_frames_that_are_played_are_told() {
        let cine = Cine { frames_ms: vec![10.0, 20.0, 30.0, 40.0], trim: Some((2, 4)), ..Cine::default() };
        assert_eq!(played(&cine, 5), [20.0, 30.0]);
        assert_eq!(played(&Cine { trim: None, ..cine }, 5), [10.0, 20.0, 30.0, 40.0]);
        assert_eq!(played(&Cine { trim: Some((9, 4)), ..Cine::default() }, 5), [0.0; 0]);
    }
}
