//! What people draw over frames: arrows, words, measures. A mark belongs to an object and a frame of it, wherever that is on show. Whoever
//! drew it may change it and take it away, and take back what they did themself; what others did stays.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::Refusal;
use crate::clinical::{InstanceId, MarkId, MarkText, ParticipantId, SeriesId};
use crate::imaging::{FrameNumber, MeasureShape, Measured, Spot};

/// Marks of one viewing.
pub const MAX_MARKS: usize = 200;
/// Points of all of them.
pub const MAX_POINTS: usize = 10_000;
/// Points of a line drawn by a free hand: at least and at most.
pub const FREEHAND_POINTS: (usize, usize) = (2, 512);
/// How far outside of the frame a point may lie, in units of the frame.
const SPOTS: std::ops::RangeInclusive<f64> = -0.5..=1.5;
/// Steps that one person can take back.
const MAX_STEPS: usize = 100;

/// Something that somebody drew over a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub id: MarkId,
    pub by: ParticipantId,
    pub at: DateTime<Utc>,
    pub series: SeriesId,
    pub instance: InstanceId,
    pub frame: FrameNumber,
    pub shape: MarkShape,
    pub text: MarkText,
    /// Counts the [`MarkShape::Number`]s of a viewing, from 1; given when it is put in.
    pub number: Option<u16>,
    /// `None` where there is nothing to measure, or it is not known yet.
    pub measured: Option<Measured>,
    /// It is written in a presentation state as it is.
    pub is_saved: bool,
}

/// What is drawn, in units of the frame.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkShape {
    /// From its tail to its head.
    Arrow([Spot; 2]),
    /// The middle, then a point on it. Its radius is their distance in pixels as they are shown, so that it is round.
    Circle([Spot; 2]),
    Freehand(Vec<Spot>),
    /// The mark's words, at a place.
    Text(Spot),
    /// A number that counts, at a place.
    Number(Spot),
    Length([Spot; 2]),
    /// The vertex is the second.
    Angle([Spot; 3]),
    /// The values in the box of two corners.
    Ellipse([Spot; 2]),
    Rectangle([Spot; 2]),
    /// The value under a point.
    Probe(Spot),
}

/// What there is to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkKind {
    Arrow,
    Circle,
    Freehand,
    Text,
    Number,
    Length,
    Angle,
    Ellipse,
    Rectangle,
    Probe,
}

/// What somebody does with marks.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkAct {
    Add(Box<Mark>),
    /// To a shape of the same kind.
    Change {
        id: MarkId,
        shape: MarkShape,
        text: MarkText,
    },
    Delete {
        id: MarkId,
    },
    /// Takes back their own last step that is still as they left it.
    Undo,
    Redo,
}

/// What has become of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) id: MarkId,
    pub(super) is_there: bool,
    /// It measures something, and what is not known.
    pub(super) is_to_measure: bool,
}

/// The marks of one viewing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    by_id: BTreeMap<MarkId, Mark>,
    history: BTreeMap<ParticipantId, History>,
    last_number: u16,
}

/// What one person did and may take back, and what they took back.
#[derive(Clone, Debug, Default, PartialEq)]
struct History {
    done: Vec<Entry>,
    undone: Vec<Entry>,
}

/// One step: a mark as it was before and after.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    id: MarkId,
    before: Option<Mark>,
    after: Option<Mark>,
}

impl MarkShape {
    /// A shape of these points; `None` if it has not as many.
    pub fn new(kind: MarkKind, spots: Vec<Spot>) -> Option<Self> {
        fn some<const N: usize>(spots: Vec<Spot>) -> Option<[Spot; N]> {
            spots.try_into().ok()
        }
        let one = |spots| some::<1>(spots).map(|[spot]| spot);
        match kind {
            MarkKind::Arrow => some(spots).map(Self::Arrow),
            MarkKind::Circle => some(spots).map(Self::Circle),
            MarkKind::Freehand => Some(Self::Freehand(spots)),
            MarkKind::Text => one(spots).map(Self::Text),
            MarkKind::Number => one(spots).map(Self::Number),
            MarkKind::Length => some(spots).map(Self::Length),
            MarkKind::Angle => some(spots).map(Self::Angle),
            MarkKind::Ellipse => some(spots).map(Self::Ellipse),
            MarkKind::Rectangle => some(spots).map(Self::Rectangle),
            MarkKind::Probe => one(spots).map(Self::Probe),
        }
    }

    pub fn kind(&self) -> MarkKind {
        match self {
            Self::Arrow(_) => MarkKind::Arrow,
            Self::Circle(_) => MarkKind::Circle,
            Self::Freehand(_) => MarkKind::Freehand,
            Self::Text(_) => MarkKind::Text,
            Self::Number(_) => MarkKind::Number,
            Self::Length(_) => MarkKind::Length,
            Self::Angle(_) => MarkKind::Angle,
            Self::Ellipse(_) => MarkKind::Ellipse,
            Self::Rectangle(_) => MarkKind::Rectangle,
            Self::Probe(_) => MarkKind::Probe,
        }
    }

    /// Its points.
    pub fn spots(&self) -> &[Spot] {
        match self {
            Self::Arrow(spots)
            | Self::Circle(spots)
            | Self::Length(spots)
            | Self::Ellipse(spots)
            | Self::Rectangle(spots) => spots,
            Self::Angle(spots) => spots,
            Self::Freehand(spots) => spots,
            Self::Text(spot) | Self::Number(spot) | Self::Probe(spot) => std::slice::from_ref(spot),
        }
    }

    /// What of it is to be measured.
    pub fn measure(&self) -> Option<MeasureShape> {
        match *self {
            Self::Length(spots) => Some(MeasureShape::Length(spots)),
            Self::Angle(spots) => Some(MeasureShape::Angle(spots)),
            Self::Ellipse(spots) => Some(MeasureShape::Ellipse(spots)),
            Self::Rectangle(spots) => Some(MeasureShape::Rectangle(spots)),
            Self::Probe(spot) => Some(MeasureShape::Probe(spot)),
            Self::Arrow(_) | Self::Circle(_) | Self::Freehand(_) | Self::Text(_) | Self::Number(_) => None,
        }
    }

    fn check(&self, text: &MarkText) -> Result<(), Refusal> {
        let spots = self.spots();
        let is_near = |(x, y): &Spot| SPOTS.contains(x) && SPOTS.contains(y);
        let has_its_points = match self {
            Self::Freehand(_) => (FREEHAND_POINTS.0..=FREEHAND_POINTS.1).contains(&spots.len()),
            _ => true,
        };
        let has_its_words = !matches!(self, Self::Text(_)) || !text.is_empty();
        let is_drawable = spots.iter().all(is_near) && has_its_points && has_its_words;
        if is_drawable { Ok(()) } else { Err(Refusal::BadValue) }
    }
}

impl Mark {
    /// Whether it is drawn in the same way.
    fn is_drawn_as(&self, other: &Self) -> bool {
        (&self.shape, &self.text) == (&other.shape, &other.text)
    }

    fn unsaved(self) -> Self {
        Self { is_saved: false, ..self }
    }

    fn is_to_measure(&self) -> bool {
        self.measured.is_none() && self.shape.measure().is_some()
    }
}

impl Marks {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Mark> {
        self.by_id.values()
    }

    pub fn get(&self, id: MarkId) -> Option<&Mark> {
        self.by_id.get(&id)
    }

    /// Those of one frame.
    pub fn of_frame(&self, instance: InstanceId, frame: FrameNumber) -> impl Iterator<Item = &Mark> {
        self.iter().filter(move |mark| (mark.instance, mark.frame) == (instance, frame))
    }

    /// Takes an act. `may_delete_any`: `by` is a host.
    ///
    /// # Errors
    /// If it is not theirs to do, or there is nothing to do it to, or too much of it. Then nothing is changed.
    pub(super) fn apply(
        &mut self,
        by: ParticipantId,
        act: MarkAct,
        may_delete_any: bool,
    ) -> Result<Option<Marked>, Refusal> {
        let (id, after) = match act {
            MarkAct::Add(mark) => {
                let mark = *mark;
                mark.shape.check(&mark.text)?;
                if mark.by != by || self.by_id.contains_key(&mark.id) {
                    return Err(Refusal::BadValue);
                }
                let is_number = matches!(mark.shape, MarkShape::Number(_));
                let number = is_number.then(|| self.last_number.saturating_add(1));
                (mark.id, Some(Mark { number, measured: None, is_saved: false, ..mark }))
            }
            MarkAct::Change { id, shape, text } => {
                shape.check(&text)?;
                let before = self.by_id.get(&id).ok_or(Refusal::NoSuchMark)?;
                if before.by != by {
                    return Err(Refusal::NotTheirs);
                }
                if before.shape.kind() != shape.kind() {
                    return Err(Refusal::BadValue);
                }
                let measured = before.measured.clone().filter(|_| before.shape == shape);
                let after = Mark { shape, text, measured, is_saved: false, ..before.clone() };
                if before.is_drawn_as(&after) {
                    return Ok(None);
                }
                (id, Some(after))
            }
            MarkAct::Delete { id } => {
                let before = self.by_id.get(&id).ok_or(Refusal::NoSuchMark)?;
                if before.by != by && !may_delete_any {
                    return Err(Refusal::NotTheirs);
                }
                (id, None)
            }
            MarkAct::Undo => return self.undo(by).map(Some),
            MarkAct::Redo => return self.redo(by).map(Some),
        };
        let before = self.by_id.get(&id).cloned();
        let marked = self.put(id, after.clone())?;
        if let Some(number) = after.as_ref().and_then(|mark| mark.number) {
            self.last_number = self.last_number.max(number);
        }
        let history = self.history.entry(by).or_default();
        history.undone.clear();
        if history.done.len() >= MAX_STEPS {
            history.done.remove(0);
        }
        history.done.push(Entry { id, before, after });
        Ok(Some(marked))
    }

    /// What a mark measures is known. Answers whether that is news: it is not of a shape that has changed since.
    pub(super) fn measured(&mut self, id: MarkId, shape: &MeasureShape, measured: Measured) -> bool {
        let mark = self.by_id.get_mut(&id).filter(|mark| mark.shape.measure().as_ref() == Some(shape));
        let Some(mark) = mark.filter(|mark| mark.measured.as_ref() != Some(&measured)) else { return false };
        mark.measured = Some(measured);
        true
    }

    /// A mark is written in a presentation state as it was then.
    pub(super) fn saved(&mut self, then: &Mark) {
        if let Some(mark) = self.by_id.get_mut(&then.id).filter(|mark| mark.is_drawn_as(then)) {
            mark.is_saved = true;
        }
    }

    /// Marks that were kept come back; those that are there stay as they are.
    pub(super) fn come_back(&mut self, kept: Vec<Mark>) -> Vec<Marked> {
        let mut came = Vec::new();
        for mark in kept {
            self.last_number = self.last_number.max(mark.number.unwrap_or(0));
            if !self.by_id.contains_key(&mark.id)
                && let Ok(marked) = self.put(mark.id, Some(mark))
            {
                came.push(marked);
            }
        }
        came
    }

    /// A series is there no more, and nothing that was drawn on it.
    pub(super) fn withdraw(&mut self, series: SeriesId) -> Vec<MarkId> {
        let is_of_it =
            |entry: &Entry| entry.before.iter().chain(&entry.after).any(|mark| mark.series == series);
        for history in self.history.values_mut() {
            history.done.retain(|entry| !is_of_it(entry));
            history.undone.retain(|entry| !is_of_it(entry));
        }
        let gone: Vec<MarkId> =
            self.by_id.values().filter(|mark| mark.series == series).map(|mark| mark.id).collect();
        for id in &gone {
            self.by_id.remove(id);
        }
        gone
    }

    fn undo(&mut self, by: ParticipantId) -> Result<Marked, Refusal> {
        let entry = self.last_step(by, |history| &mut history.done, |entry| &entry.after)?;
        let marked = self.put(entry.id, entry.before.clone().map(Mark::unsaved));
        self.move_step(by, entry, marked, |history| &mut history.done, |history| &mut history.undone)
    }

    fn redo(&mut self, by: ParticipantId) -> Result<Marked, Refusal> {
        let entry = self.last_step(by, |history| &mut history.undone, |entry| &entry.before)?;
        let marked = self.put(entry.id, entry.after.clone().map(Mark::unsaved));
        self.move_step(by, entry, marked, |history| &mut history.undone, |history| &mut history.done)
    }

    /// The last step of a list whose mark is still as that step left it; what others have changed since is passed over for ever.
    fn last_step(
        &mut self,
        by: ParticipantId,
        list: fn(&mut History) -> &mut Vec<Entry>,
        left: fn(&Entry) -> &Option<Mark>,
    ) -> Result<Entry, Refusal> {
        let steps = self.history.get_mut(&by).map(list).ok_or(Refusal::NothingToUndo)?;
        while let Some(entry) = steps.pop() {
            let is_as_left = match (self.by_id.get(&entry.id), left(&entry)) {
                (Some(is), Some(was)) => is.by == was.by && is.is_drawn_as(was),
                (None, None) => true,
                _ => false,
            };
            if is_as_left {
                return Ok(entry);
            }
        }
        Err(Refusal::NothingToUndo)
    }

    /// The step is on the other list, if it could be taken.
    fn move_step(
        &mut self,
        by: ParticipantId,
        entry: Entry,
        marked: Result<Marked, Refusal>,
        from: fn(&mut History) -> &mut Vec<Entry>,
        to: fn(&mut History) -> &mut Vec<Entry>,
    ) -> Result<Marked, Refusal> {
        let history = self.history.entry(by).or_default();
        if marked.is_ok() { to(history) } else { from(history) }.push(entry);
        marked
    }

    /// Puts a mark in, in the place of the one that has its identifier, or takes it out.
    fn put(&mut self, id: MarkId, mark: Option<Mark>) -> Result<Marked, Refusal> {
        let Some(mark) = mark else {
            self.by_id.remove(&id);
            return Ok(Marked { id, is_there: false, is_to_measure: false });
        };
        let others = || self.by_id.values().filter(|other| other.id != id);
        let points: usize = others().map(|other| other.shape.spots().len()).sum();
        if others().count() >= MAX_MARKS || points + mark.shape.spots().len() > MAX_POINTS {
            return Err(Refusal::TooMany);
        }
        let is_to_measure = mark.is_to_measure();
        self.by_id.insert(id, mark);
        Ok(Marked { id, is_there: true, is_to_measure })
    }
}
