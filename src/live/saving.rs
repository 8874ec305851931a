//! Marks as presentation states beside the studies: when somebody asks for it, and when nobody is there any more.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};

use super::Parts;
use super::consultation::Task;
use super::held::Told;
use super::made::Made;
use super::slots::Slot;
use crate::archive::Archive;
use crate::clinical::{AppointmentId, DeviceNumber, InstanceId, Language, Participant, ParticipantId, Verb};
use crate::imaging::{
    ContentHash, FrameNumber, Measured, Presentation, Received, Reference, ReferencedImage, StateMark,
    StateShape, View, Writing, presentation_states,
};
use crate::protocol::{ProblemCode, ServerMessage};
use crate::viewing::{self, Mark, MarkShape};

/// Writing is given up after this long.
const PATIENCE: Duration = Duration::from_secs(60);
/// People who wait for it.
const MAX_ASKING: usize = 16;

/// The writing of marks.
#[derive(Debug, Default)]
pub(super) struct Saving {
    /// Who waits for the writing that goes on; `None`: none does.
    running: Option<Vec<(DeviceNumber, u32)>>,
    /// Who asked since it began, and who did.
    next: Vec<(DeviceNumber, u32)>,
    next_by: Option<ParticipantId>,
    /// The revision at which it was tried when nobody was there any more.
    tried_at: Option<u32>,
}

/// What became of it.
#[derive(Debug, Default)]
pub(super) struct Saved {
    /// Marks as they were then, and the state that each is in.
    marks: Vec<(Mark, InstanceId)>,
    /// Why some are in none; the first reason.
    failed: Option<(ProblemCode, String)>,
}

/// All that is to be written, and what it looks like.
struct Job {
    appointment: AppointmentId,
    author: Participant,
    at: DateTime<FixedOffset>,
    images: Vec<Marked>,
}

/// An image that is drawn on.
struct Marked {
    content: ContentHash,
    frames: Vec<FrameNumber>,
    marks: Vec<Mark>,
    /// How everybody sees it, if they do.
    look: Option<(Presentation, View)>,
}

impl Task {
    /// Somebody wants the marks written. Answered when they are.
    pub(super) fn save_marks(
        &mut self,
        device: DeviceNumber,
        by: ParticipantId,
        request: u32,
    ) -> Result<(), (ProblemCode, String)> {
        if let Err(refused) = self.need(device, Verb::ShareStudies) {
            self.count_refusal(by);
            return Err(refused);
        }
        if self.marking.saving.next.len() >= MAX_ASKING {
            return Err((ProblemCode::TooMany, "too many ask for it at once".to_owned()));
        }
        self.marking.saving.next.push((device, request));
        self.marking.saving.next_by = Some(by);
        self.begin_saving();
        Ok(())
    }

    /// When nobody is there any more: has what is not written written, once. Answers whether something is being written.
    pub(super) fn saves_at_the_end(&mut self) -> bool {
        let revision = self.viewing.revision();
        if self.marking.saving.running.is_none()
            && self.marking.saving.tried_at != Some(revision)
            && self.viewing.marks().iter().any(|mark| !mark.is_saved)
        {
            self.marking.saving.tried_at = Some(revision);
            let first = self.appointment.participants.iter().find(|person| !person.role().is_guest());
            self.marking.saving.next_by = first.map(|person| person.id);
            self.begin_saving();
        }
        self.marking.saving.running.is_some()
    }

    /// Begins with what was asked for, if nothing is being written.
    fn begin_saving(&mut self) {
        let saving = &mut self.marking.saving;
        if saving.running.is_some() {
            return;
        }
        let Some(by) = saving.next_by.take() else { return };
        let asking = std::mem::take(&mut saving.next);
        saving.running = Some(asking);
        let author = self.appointment.participant(by).cloned();
        let (Some(author), Some(made)) = (author, self.made.clone()) else {
            return self.marks_saved(Saved::default());
        };
        if self.viewing.marks().iter().all(|mark| mark.is_saved) {
            return self.marks_saved(Saved::default());
        }
        let zone = self.parts.hospital.time_zone;
        let job = Job {
            appointment: self.appointment.id,
            author,
            at: self.parts.clock.now().with_timezone(&zone).fixed_offset(),
            images: self.marked_images(),
        };
        let parts = self.parts.clone();
        self.parts.tasks.spawn("writing of marks", async move {
            let saved = match tokio::time::timeout(PATIENCE, job.carry_out(&parts)).await {
                Ok(saved) => saved,
                Err(_) => Saved { failed: Some(unavailable("it takes too long")), ..Saved::default() },
            };
            // The consultation may have ended meanwhile.
            let _ = made.send(Made::Saved(Box::new(saved))).await;
        });
    }

    fn marked_images(&self) -> Vec<Marked> {
        let mut images = BTreeMap::<InstanceId, Marked>::new();
        for ((instance, frame), marks) in self.marked_frames() {
            let Some(content) = self.marking.content(instance) else { continue };
            let image = images.entry(instance).or_insert_with(|| Marked {
                content,
                frames: Vec::new(),
                marks: Vec::new(),
                look: self.look_of(instance),
            });
            image.frames.push(frame);
            image.marks.extend(marks);
        }
        images.into_values().collect()
    }

    /// How everybody sees an image.
    fn look_of(&self, instance: InstanceId) -> Option<(Presentation, View)> {
        Slot::of(None, self.viewing.shared()).into_iter().find_map(|slot| {
            let shown = self.shown_in(slot)?;
            let open = self.stacks.get(&shown.series)?;
            open.content_of(instance)?;
            Some((Presentation { range: open.range(shown.index), ..shown.presentation }, shown.view))
        })
    }

    /// The marks are written, or not all of them: whoever asked is answered, and staff are told that there are new objects.
    pub(super) fn marks_saved(&mut self, Saved { marks, failed }: Saved) {
        let asking = self.marking.saving.running.take().unwrap_or_default();
        let then = marks.iter().map(|(mark, _)| mark.clone()).collect();
        self.tell_the_viewing(viewing::Input::MarksSaved { marks: then });
        self.rows.touched = None;
        for (mark, state) in &marks {
            // It may have been changed meanwhile.
            if self.viewing.marks().get(mark.id).is_some_and(|mark| mark.is_saved) {
                self.marking.saved_as.insert(mark.id, *state);
                self.keep_mark(mark.id);
            }
        }
        if !marks.is_empty() {
            self.tell_staff(&ServerMessage::StudiesChanged {});
        }
        if let Some((code, detail)) = &failed {
            tracing::warn!(appointment.id = %self.appointment.id, ?code, detail, "marks were not written");
        }
        let written = self.rows.touched.take();
        for (device, request) in asking {
            match (&failed, written) {
                (Some(refusal), _) => self.refuse(device, Some(request), refusal.clone()),
                (None, Some(mark)) => self.tell_once_written(mark, Told::Accepted { device, request }),
                (None, None) => {
                    if let Some(device) = self.devices.get_mut(&device) {
                        device.tell(ServerMessage::Accepted { request });
                    }
                }
            }
        }
        self.begin_saving();
    }
}

impl Job {
    /// Writes a state for each series that has a mark which is in none.
    async fn carry_out(self, parts: &Parts) -> Saved {
        let mut saved = Saved::default();
        let mut series = BTreeMap::<String, Vec<(ReferencedImage, Marked)>>::new();
        for image in self.images {
            match parts.archive.referenced(image.content, &image.frames).await {
                Ok(source) => series.entry(source.series_uid.clone()).or_default().push((source, image)),
                // What is written already stays so.
                Err(_) if image.marks.iter().all(|mark| mark.is_saved) => {}
                Err(error) => {
                    let why = format!("marks on an image cannot be written: {error}");
                    saved.failed.get_or_insert((ProblemCode::CannotShow, why));
                }
            }
        }
        for images in series.into_values() {
            if images.iter().flat_map(|(_, image)| &image.marks).all(|mark| mark.is_saved) {
                continue;
            }
            match write(parts, self.appointment, (&self.author, self.at), images).await {
                Ok(marks) => saved.marks.extend(marks),
                Err(refusal) => {
                    saved.failed.get_or_insert(refusal);
                }
            }
        }
        saved
    }
}

/// Writes the states of one series, and answers with the marks and the state that each is in.
async fn write(
    parts: &Parts,
    appointment: AppointmentId,
    (author, at): (&Participant, DateTime<FixedOffset>),
    images: Vec<(ReferencedImage, Marked)>,
) -> Result<Vec<(Mark, InstanceId)>, (ProblemCode, String)> {
    let (presentation, view) = images.iter().find_map(|(_, image)| image.look).unwrap_or_default();
    let description = match author.language {
        Language::French => "Marques",
        Language::English => "Marks",
    };
    let writing = Writing { author: &author.name, at, description };
    let mut sources = Vec::with_capacity(images.len());
    let (mut drawn, mut marks) = (Vec::new(), Vec::new());
    for (source, image) in images {
        for mark in image.marks {
            drawn.push(state_mark(&source.uid, &mark));
            marks.push((source.uid.clone(), mark));
        }
        sources.push(source);
    }
    let mut new_id = || parts.clock.new_uuid();
    let written = presentation_states(&sources, &drawn, (&presentation, &view), &writing, &mut new_id);
    let written = written.map_err(|error| unavailable(&error.to_string()))?;
    let received = keep(&parts.archive, written).await?;
    let states = parts.store.add_received(appointment, &received, &parts.clock).await.map_err(|error| {
        tracing::error!(appointment.id = %appointment, error = &error as &dyn std::error::Error, "a presentation state was not written down");
        unavailable("the database does not answer")
    })?;
    let in_state = |uid: &str, mark: &Mark| {
        let names = |reference: &Reference| {
            let is_frame = reference.frames.is_empty() || reference.frames.contains(&mark.frame.number());
            reference.uid == uid && is_frame
        };
        let place = received.iter().position(|one| one.instance.details.references.iter().any(names));
        place.and_then(|place| states.get(place).copied())
    };
    let named = marks.into_iter().filter_map(|(uid, mark)| in_state(&uid, &mark).map(|state| (mark, state)));
    Ok(named.collect())
}

/// Gives objects their places in the archive.
async fn keep(archive: &Archive, written: Vec<Vec<u8>>) -> Result<Vec<Received>, (ProblemCode, String)> {
    let mut received = Vec::with_capacity(written.len());
    for bytes in written {
        received.push(archive.keep_own(bytes).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a presentation state was not kept");
            unavailable("the archive does not take it")
        })?);
    }
    Ok(received)
}

fn unavailable(why: &str) -> (ProblemCode, String) {
    (ProblemCode::Unavailable, format!("the marks were not written: {why}"))
}

/// A mark as a presentation state draws it, with the number and what it measures in words.
fn state_mark(uid: &str, mark: &Mark) -> StateMark {
    let shape = match mark.shape.clone() {
        MarkShape::Arrow(ends) => StateShape::Arrow(ends),
        MarkShape::Circle(spots) => StateShape::Circle(spots),
        MarkShape::Freehand(spots) => StateShape::Line(spots),
        MarkShape::Text(spot) => StateShape::Words(spot),
        MarkShape::Length(ends) => StateShape::Line(ends.to_vec()),
        MarkShape::Angle(spots) => StateShape::Line(spots.to_vec()),
        MarkShape::Ellipse(corners) => StateShape::Ellipse(corners),
        MarkShape::Rectangle(corners) => StateShape::Rectangle(corners),
        MarkShape::Number(spot) | MarkShape::Probe(spot) => StateShape::Point(spot),
    };
    let number = mark.number.map(|number| number.to_string());
    let text = Some(mark.text.expose().to_owned());
    let measured = mark.measured.as_ref().map(Measured::in_words);
    let words: Vec<_> =
        [number, text, measured].into_iter().flatten().filter(|words| !words.is_empty()).collect();
    StateMark { uid: uid.to_owned(), frame: mark.frame, shape, words: words.join("\n").into() }
}
