//! What people draw: what devices say of it, what each of them is told, what a shape measures, and what is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::consultation::Task;
use super::ledger::Entry;
use super::made::Made;
use super::pictures;
use super::saving::Saving;
use crate::clinical::{Actor, DeviceNumber, InstanceId, MarkId, ParticipantId, SeriesId, Verb};
use crate::imaging::{ContentHash, FrameNumber, MeasureRefusal, MeasureShape, Measured, is_picture};
use crate::protocol::{self, ClientMessage, MarkState, NewMark, ProblemCode, ServerMessage};
use crate::store::StoredMark;
use crate::viewing::{self, Mark, MarkAct, ViewportNumber};

/// Between two tellings of marks to the same device.
const TELL_EVERY: Duration = Duration::from_millis(33);
/// So many messages wait to be sent to one device: then it is told when it has read one.
const MAX_WAITING: usize = 2;
/// When more of them have changed than this, all are told.
const MOST_BY_ONE: usize = 16;

type Refused = (ProblemCode, String);

/// Marks of a consultation, beside what they are.
#[derive(Debug, Default)]
pub(super) struct Marking {
    /// Those of before this task, until they have come back.
    before: Vec<(StoredMark, ContentHash)>,
    /// The objects that they were drawn on.
    contents: BTreeMap<InstanceId, ContentHash>,
    /// The presentation states that they are written in.
    pub(super) saved_as: BTreeMap<MarkId, InstanceId>,
    /// Those that are being measured, each once at a time.
    measuring: BTreeSet<MarkId>,
    /// What guests see marks on.
    seen_by_guests: BTreeSet<SeriesId>,
    pub(super) saving: Saving,
}

/// What of marks a device is still to be told.
#[derive(Debug, Default)]
pub(super) struct MarkNews {
    is_all: bool,
    changed: BTreeSet<MarkId>,
    told_at: Option<Instant>,
}

impl Marking {
    pub(super) fn after(before: Vec<(StoredMark, ContentHash)>) -> Self {
        Self { before, ..Self::default() }
    }

    /// The object that a mark was drawn on.
    pub(super) fn content(&self, instance: InstanceId) -> Option<ContentHash> {
        self.contents.get(&instance).copied()
    }
}

impl MarkNews {
    /// The device is to be told all there are.
    pub(super) fn tell_all(&mut self) {
        self.is_all = true;
    }
}

/// Hears what a device says about marks.
pub(super) fn hear(
    task: &mut Task,
    number: DeviceNumber,
    by: ParticipantId,
    message: &ClientMessage,
) -> Result<(), Refused> {
    use ClientMessage as M;
    let verb = if matches!(message, M::ShowMarks { .. }) { Verb::ShareStudies } else { Verb::Mark };
    task.need(number, verb)?;
    let input = match message {
        M::ShowMarks { is_shown } => viewing::Input::ShowMarks { by, is_shown: *is_shown },
        _ => viewing::Input::Mark { by, act: act(task, by, message)? },
    };
    let now = task.parts.clock.instant();
    let effects = task.viewing.handle(now, input).map_err(|refusal| (refusal.into(), refusal.to_string()))?;
    pictures::carry_out(task, effects);
    Ok(())
}

fn act(task: &Task, by: ParticipantId, message: &ClientMessage) -> Result<MarkAct, Refused> {
    use ClientMessage as M;
    Ok(match message {
        M::AddMark { viewport, index, mark, .. } => {
            MarkAct::Add(Box::new(new_mark(task, by, (*viewport, *index), mark)?))
        }
        M::ChangeMark { mark, points, text, .. } => {
            let id = known(mark)?;
            let kind = task.viewing.marks().get(id).ok_or_else(unknown)?.shape.kind();
            let (shape, text) = protocol::drawn(kind, points, text.expose())?;
            MarkAct::Change { id, shape, text }
        }
        M::DeleteMark { mark, .. } => MarkAct::Delete { id: known(mark)? },
        M::UndoMark { .. } => MarkAct::Undo,
        M::RedoMark { .. } => MarkAct::Redo,
        _ => return Err((ProblemCode::OutOfOrder, "this message does not belong here".into())),
    })
}

/// What somebody draws on a frame of what they see.
fn new_mark(
    task: &Task,
    by: ParticipantId,
    (viewport, index): (u8, u32),
    mark: &NewMark,
) -> Result<Mark, Refused> {
    let (shape, text) = mark.drawn()?;
    let shown = ViewportNumber::new(viewport).and_then(|viewport| task.viewing.seen_by(by).shown(viewport));
    let open = shown.and_then(|shown| task.stacks.get(&shown.series));
    let nothing = || (ProblemCode::NothingShared, viewing::Refusal::NothingShared.to_string());
    let open = open.ok_or_else(nothing)?;
    let no_frame = || (ProblemCode::BadRequest, "there is no picture at this place".to_owned());
    let (_, frame) = open.frame(index).filter(|(facts, _)| is_picture(facts.kind)).ok_or_else(no_frame)?;
    let instance = open.instance(index).ok_or_else(no_frame)?;
    Ok(Mark {
        id: MarkId::new(task.parts.clock.new_uuid()),
        by,
        at: task.parts.clock.now(),
        series: open.id(),
        instance,
        frame,
        shape,
        text,
        number: None,
        measured: None,
        is_saved: false,
    })
}

fn known(id: &str) -> Result<MarkId, Refused> {
    id.parse().map_err(|_| unknown())
}

fn unknown() -> Refused {
    (viewing::Refusal::NoSuchMark.into(), viewing::Refusal::NoSuchMark.to_string())
}

impl Task {
    /// After a restart: what had been drawn is there again.
    pub(super) fn marks_come_back(&mut self) {
        let before = std::mem::take(&mut self.marking.before);
        let mut marks = Vec::with_capacity(before.len());
        for (StoredMark { mark, saved_as }, content) in before {
            self.marking.contents.insert(mark.instance, content);
            self.marking.saved_as.extend(saved_as.map(|state| (mark.id, state)));
            marks.push(mark);
        }
        if !marks.is_empty() {
            self.tell_the_viewing(viewing::Input::MarksKept { marks });
        }
    }

    /// A mark is new, or another, or gone: whoever sees it is to be told.
    pub(super) fn mark_changed(&mut self, id: MarkId) {
        if let Some(mark) = self.viewing.marks().get(id)
            && !self.marking.contents.contains_key(&mark.instance)
        {
            let instance = mark.instance;
            let content = self.stacks.values().find_map(|open| open.content_of(instance));
            self.marking.contents.extend(content.map(|content| (instance, content)));
        }
        for device in self.devices.values_mut().filter(|device| device.is_in_room) {
            device.news.marks.changed.insert(id);
        }
    }

    /// What everybody looks at is perhaps another series: guests see what is drawn on that, and staff are told where in it.
    pub(super) fn look_at_marks(&mut self) {
        let seen: BTreeSet<_> = self.viewing.shared().visible().map(|(_, shown)| shown.series).collect();
        if seen == self.marking.seen_by_guests {
            return;
        }
        self.marking.seen_by_guests = seen;
        if self.viewing.marks().iter().next().is_some() {
            for device in self.devices.values_mut() {
                device.news.marks.tell_all();
            }
        }
    }

    /// Tells a device what it does not know of the marks, if it is its turn.
    pub(super) fn tell_marks(&mut self, number: DeviceNumber, now: Instant) {
        let Some(device) = self.devices.get(&number) else { return };
        let news = &device.news.marks;
        if !news.is_all && news.changed.is_empty() {
            return;
        }
        let at = news.told_at.map_or(now, |at| at + TELL_EVERY);
        let is_full = device.waiting() >= MAX_WAITING;
        if is_full || at > now {
            self.wake_for_pictures(if is_full { now + TELL_EVERY } else { at });
            return;
        }
        let is_staff = matches!(device.actor, Actor::Staff { .. });
        let (revision, marks) = (self.viewing.revision(), self.viewing.marks());
        let sees = |mark: &&Mark| is_staff || self.guests_see(mark);
        let messages: Vec<_> = if news.is_all || news.changed.len() > MOST_BY_ONE {
            let marks = marks.iter().filter(sees).map(|mark| self.mark_state(mark)).collect();
            vec![ServerMessage::Marks { revision, marks }]
        } else {
            let told = |id: &MarkId| match marks.get(*id) {
                None => Some(ServerMessage::MarkGone { revision, mark: id.to_string() }),
                Some(mark) => {
                    sees(&mark).then(|| ServerMessage::Mark { revision, mark: self.mark_state(mark) })
                }
            };
            news.changed.iter().filter_map(told).collect()
        };
        let Some(device) = self.devices.get_mut(&number) else { return };
        device.news.marks = MarkNews { told_at: Some(now), ..MarkNews::default() };
        for message in messages {
            if let Ok(text) = message.text() {
                device.tell_latest(text);
            }
        }
    }

    /// A mark as it is told.
    fn mark_state(&self, mark: &Mark) -> MarkState {
        let open = self.stacks.get(&mark.series);
        let index = open.and_then(|open| open.index_of(mark.instance, mark.frame));
        MarkState { index, ..mark.into() }
    }

    /// Guests see what is drawn on what everybody looks at, and nothing of what staff look at by themselves.
    fn guests_see(&self, mark: &Mark) -> bool {
        let holds = |series: &SeriesId| {
            self.stacks.get(series).is_some_and(|open| open.content_of(mark.instance).is_some())
        };
        let seen = &self.marking.seen_by_guests;
        seen.contains(&mark.series) || seen.iter().any(holds)
    }

    /// Has a mark measured as it is now, if nothing is measured of it already; else that is done afterwards.
    pub(super) fn measure(&mut self, id: MarkId) {
        let Some(mark) = self.viewing.marks().get(id) else { return };
        let (Some(shape), Some(made)) = (mark.shape.measure(), self.made.clone()) else { return };
        let (frame, content) = (mark.frame, self.marking.content(mark.instance));
        if !self.marking.measuring.insert(id) {
            return;
        }
        let archive = self.parts.archive.clone();
        self.parts.tasks.spawn("a measure", async move {
            let measured = match content {
                Some(content) => archive.measure(content, frame, &shape).await,
                None => Measured::refused(MeasureRefusal::FrameFailed),
            };
            // The consultation may have ended meanwhile.
            let _ = made.send(Made::Measure { mark: id, shape, measured }).await;
        });
    }

    /// A shape was measured; the mark may have another one by now.
    pub(super) fn measured(&mut self, mark: MarkId, shape: MeasureShape, measured: Measured) {
        self.marking.measuring.remove(&mark);
        self.tell_the_viewing(viewing::Input::Measured { mark, shape, measured });
        if self.viewing.marks().get(mark).is_some_and(|mark| mark.measured.is_none()) {
            self.measure(mark);
        }
    }

    /// Has a mark written down as it is now, or that it was taken away.
    pub(super) fn keep_mark(&mut self, id: MarkId) {
        let mark = self.viewing.marks().get(id).cloned();
        if mark.as_ref().is_none_or(|mark| !mark.is_saved) {
            self.marking.saved_as.remove(&id);
        }
        let saved_as = self.marking.saved_as.get(&id).copied();
        let mark = mark.map(|mark| Box::new(StoredMark { mark, saved_as }));
        self.put(Entry::Drawn { id, mark, at: self.parts.clock.now() });
    }

    /// Frames that are drawn on, each with its object, and the marks on it.
    pub(super) fn marked_frames(&self) -> BTreeMap<(InstanceId, FrameNumber), Vec<Mark>> {
        let mut frames = BTreeMap::<_, Vec<Mark>>::new();
        for mark in self.viewing.marks().iter() {
            frames.entry((mark.instance, mark.frame)).or_default().push(mark.clone());
        }
        frames
    }
}
