//! What is kept of the viewing: steps, and who had them on the screen. Written by a task of its own; the call waits for none of it.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tokio::sync::mpsc;

use super::consultation::Task;
use super::device::Device;
use super::ledger::Outcome;
use super::sharing::patiently;
use crate::clinical::{AppointmentId, DeviceNumber, ParticipantId, StepId};
use crate::imaging::{Presentation, is_picture};
use crate::protocol::PictureHeader;
use crate::store::{Store, StoredSight, StoredStep, StoredViewport};
use crate::tasks::Tasks;
use crate::viewing::{Kept, KeptStep, Recorder, Shown, Sight, ViewportNumber};

/// Rows that wait for the task that writes. A step has one, and one for each that sees it.
const MAX_WAITING: usize = 2048;
/// Rows that are written together.
const BATCH: usize = 256;
/// Pictures under way to one device that it is remembered what they are of.
const MAX_SENT: usize = 64;
/// Steps of which somebody may still draw a picture: more than the recorder waits for.
const MAX_IDS: usize = 32;
/// The task that writes gives a try up after this long.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between tries, from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often rows are tried to be written once the consultation is over: for a quarter of an hour.
const LAST_TRIES: u32 = 180;

/// The record of one consultation.
#[derive(Debug, Default)]
pub(super) struct Recording {
    pub(super) recorder: Recorder,
    rows: Option<mpsc::Sender<Row>>,
    /// The latest steps, by number.
    ids: VecDeque<(u32, StepId)>,
    has_complained: bool,
}

#[derive(Debug)]
enum Row {
    Step(Box<StoredStep>),
    Sight(StoredSight),
}

/// Pictures of what everybody looks at that are under way to one connection.
#[derive(Debug, Default)]
pub(super) struct SentPictures(VecDeque<SentPicture>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SentPicture {
    sequence: u32,
    viewport: u8,
    picture: u32,
    is_lossless: bool,
}

impl SentPictures {
    /// A picture leaves.
    pub(super) fn note(&mut self, header: &PictureHeader) {
        let PictureHeader { sequence, viewport, revision: picture, is_lossless, .. } = *header;
        // Those of an own view, or of a magnifier, are not what everybody looks at.
        if header.is_own || header.is_magnified {
            return;
        }
        if self.0.len() >= MAX_SENT {
            self.0.pop_front();
        }
        self.0.push_back(SentPicture { sequence, viewport, picture, is_lossless });
    }

    fn drawn(&mut self, sequence: u32) -> Option<SentPicture> {
        let place = self.0.iter().position(|sent| sent.sequence == sequence)?;
        self.0.remove(place)
    }
}

/// Begins, or goes on after a restart.
pub(super) async fn begin(task: &mut Task) {
    let (id, store) = (task.appointment.id, task.parts.store.clone());
    // What is not known counts as nothing: then there may be more steps than meant.
    let count = patiently("steps of a viewing", store.count_viewing_steps(id)).await.unwrap_or_default();
    let (rows, to_write) = mpsc::channel(MAX_WAITING);
    task.recording = Recording { recorder: Recorder::after(count), rows: Some(rows), ..Recording::default() };
    let tasks = task.parts.tasks.clone();
    task.parts.tasks.spawn("record of a viewing", write(id, store, tasks, to_write));
}

/// Looks at the viewing after something may have changed. `has_marks`: something was drawn, or taken back.
pub(super) fn look(task: &mut Task, has_marks: bool) {
    let now = (task.parts.clock.instant(), task.parts.clock.now());
    let viewing = &task.viewing;
    let sees = |device: &&Device| {
        device.is_in_room && !device.is_away && viewing.own_view(device.participant).is_none()
    };
    let people: BTreeSet<_> = task.devices.values().filter(sees).map(|device| device.participant).collect();
    let stacks = &task.stacks;
    let is_picture = |shown: &Shown| {
        let frame = stacks.get(&shown.series).and_then(|open| open.frame(shown.index));
        frame.is_some_and(|(facts, _)| is_picture(facts.kind))
    };
    let kept = task.recording.recorder.look(now, viewing, people, has_marks, is_picture);
    keep(task, kept);
}

/// A device has drawn a picture.
pub(super) fn drawn(task: &mut Task, number: DeviceNumber, by: ParticipantId, sequence: u32) {
    let sent = task.devices.get_mut(&number).and_then(|device| device.sent.drawn(sequence));
    let Some(SentPicture { viewport, picture, is_lossless, .. }) = sent else { return };
    let Some(viewport) = ViewportNumber::new(viewport) else { return };
    let at = task.parts.clock.now();
    let kept = task.recording.recorder.drawn(at, by, viewport, picture, is_lossless);
    keep(task, kept);
}

/// Keeps what has rested.
pub(super) fn wake(task: &mut Task) {
    let kept = task.recording.recorder.wake(task.parts.clock.instant());
    keep(task, kept);
}

/// The task ends: nothing is shown any more, and what is to be written still is.
pub(super) fn end(task: &mut Task) {
    let kept = task.recording.recorder.end(task.parts.clock.instant(), task.parts.clock.now());
    keep(task, kept);
    task.recording.rows = None;
}

fn keep(task: &mut Task, kept: Vec<Kept>) {
    for one in kept {
        let row = match one {
            Kept::Step(step) => {
                let id = StepId::new(task.parts.clock.new_uuid());
                if task.recording.ids.len() >= MAX_IDS {
                    task.recording.ids.pop_front();
                }
                task.recording.ids.push_back((step.number, id));
                Row::Step(Box::new(stored(task, id, &step)))
            }
            Kept::Sight(Sight { step, participant, at, is_lossless }) => {
                let known = task.recording.ids.iter().find(|(number, _)| *number == step);
                let Some((_, step)) = known.copied() else { continue };
                Row::Sight(StoredSight { step, participant, at, is_lossless })
            }
        };
        let recording = &mut task.recording;
        let is_lost = recording.rows.as_ref().is_none_or(|rows| rows.try_send(row).is_err());
        if is_lost && !std::mem::replace(&mut recording.has_complained, true) {
            tracing::error!(
                appointment.id = %task.appointment.id, queue.length = MAX_WAITING,
                "steps of a viewing are lost: too many wait to be written"
            );
        }
    }
}

/// A step with what it takes to render it again.
fn stored(task: &Task, id: StepId, step: &KeptStep) -> StoredStep {
    let viewport = |(viewport, shown): (ViewportNumber, &Shown)| {
        let open = task.stacks.get(&shown.series)?;
        let (facts, frame) = open.frame(shown.index)?;
        Some(StoredViewport {
            viewport,
            series: shown.series,
            index: shown.index,
            instance: open.instance(shown.index)?,
            content: facts.content,
            frame,
            is_picture: is_picture(facts.kind),
            presentation: Presentation { range: open.range(shown.index), ..shown.presentation },
            view: shown.view,
        })
    };
    StoredStep {
        id,
        at: step.at,
        cause: step.cause,
        is_moving: step.is_moving,
        revision: step.revision,
        presenter: step.presenter,
        layout: step.arrangement.layout(),
        viewports: step.arrangement.visible().filter_map(viewport).collect(),
    }
}

/// Writes what comes, in order. Ends with its sender, once everything is written; or is given up.
async fn write(appointment: AppointmentId, store: Store, tasks: Tasks, mut rows: mpsc::Receiver<Row>) {
    let mut waiting = VecDeque::new();
    // After a batch was refused: so many rows are written one by one, so that a bad one keeps no other out.
    let mut alone = 0_usize;
    let mut failures = 0_u32;
    loop {
        if waiting.is_empty() {
            match rows.recv().await {
                Some(row) => waiting.push_back(row),
                None => return,
            }
        }
        while waiting.len() < BATCH
            && let Ok(row) = rows.try_recv()
        {
            waiting.push_back(row);
        }
        let count = if alone > 0 { 1 } else { waiting.len() };
        match put_down(&store, appointment, waiting.iter().take(count)).await {
            Outcome::Written => {
                waiting.drain(..count);
                (alone, failures) = (alone.saturating_sub(1), 0);
            }
            Outcome::Refused if count > 1 => alone = count,
            Outcome::Refused => {
                waiting.pop_front();
                alone = alone.saturating_sub(1);
            }
            Outcome::Unavailable => {
                let pause = LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.pow(failures.min(5)));
                failures = failures.saturating_add(1);
                let is_stopping = tokio::select! {
                    () = tokio::time::sleep(pause) => false,
                    () = tasks.stopped() => true,
                };
                if is_stopping || rows.is_closed() && failures >= LAST_TRIES {
                    let count = waiting.len() + rows.len();
                    tracing::error!(appointment.id = %appointment, row.count = count, "steps of a viewing are lost");
                    return;
                }
            }
        }
    }
}

async fn put_down(store: &Store, appointment: AppointmentId, rows: impl Iterator<Item = &Row>) -> Outcome {
    let (mut steps, mut sights) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Row::Step(step) => steps.push((**step).clone()),
            Row::Sight(sight) => sights.push(*sight),
        }
    }
    match tokio::time::timeout(PATIENCE, store.add_viewing_steps(appointment, &steps, &sights)).await {
        Ok(Ok(())) => Outcome::Written,
        Ok(Err(error)) => {
            let outcome = if error.is_passing() { Outcome::Unavailable } else { Outcome::Refused };
            tracing::error!(
                appointment.id = %appointment, error = &error as &dyn std::error::Error, ?outcome,
                "steps of a viewing were not written"
            );
            outcome
        }
        Err(_) => {
            tracing::error!(appointment.id = %appointment, timeout_s = PATIENCE.as_secs(), "steps of a viewing were not written in time");
            Outcome::Unavailable
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::PictureFormatWord;

    fn header(sequence: u32, viewport: u8) -> PictureHeader {
        PictureHeader {
            sequence,
            viewport,
            is_own: false,
            is_magnified: false,
            revision: 7,
            index: 0,
            width: 8,
            height: 8,
            surface_width: 8,
            surface_height: 8,
            part: [0.0, 0.0, 8.0, 8.0],
            format: PictureFormatWord::Png,
            is_lossless: true,
        }
    }

    #[test]
    fn what_is_drawn_is_told_once_and_only_of_what_everybody_looks_at() {
        let mut sent = SentPictures::default();
        sent.note(&header(1, 0));
        sent.note(&PictureHeader { is_own: true, ..header(2, 0) });
        sent.note(&PictureHeader { is_magnified: true, ..header(3, 0) });
        sent.note(&header(4, 1));
        let picture =
            |sequence, viewport| Some(SentPicture { sequence, viewport, picture: 7, is_lossless: true });
        // Viewports draw each at their own pace.
        assert_eq!(sent.drawn(4), picture(4, 1));
        assert_eq!([sent.drawn(2), sent.drawn(3), sent.drawn(9)], [None; 3]);
        assert_eq!(sent.drawn(1), picture(1, 0));
        assert_eq!(sent.drawn(1), None);
    }

    #[test]
    fn a_device_that_never_answers_fills_nothing() {
        let mut sent = SentPictures::default();
        for sequence in 0..1000 {
            sent.note(&header(sequence, 0));
        }
        assert_eq!(sent.0.len(), MAX_SENT);
        assert!(sent.drawn(0).is_none() && sent.drawn(999).is_some());
    }
}
