//! Images that staff keep of what is shown: rendered once more, put among the files, told to all of staff. When nobody is there any more they
//! are written as key object selections.

use std::time::Duration;

use super::consultation::Task;
use super::made::Made;
use super::selections::SelectionWriter;
use super::sharing::patiently;
use super::slots::Slot;
use crate::archive::{Archive, Picture, PictureRequest};
use crate::clinical::{
    Actor, AppointmentId, Caption, DeviceNumber, InstanceId, KeyImageId, ParticipantId, SeriesId, Verb,
};
use crate::imaging::{FrameNumber, Presentation, Quality, Surface, View, is_picture};
use crate::protocol::{ClientMessage, KeyImageState, ProblemCode, ServerMessage, time};
use crate::store::{Store, StoredKeyImage};
use crate::viewing::{DrawnMark, Mark, ViewportNumber};

/// The longer side of a picture that is kept, in pixels.
const SIDE: u32 = 1024;
/// Images of one consultation.
const MAX_IMAGES: usize = 100;
/// Requests of one consultation that are carried out at once.
const MAX_UNDER_WAY: usize = 8;
/// A picture is given up after this long.
const PATIENCE: Duration = Duration::from_secs(20);
/// A first look is asked for again so often, for the whole picture.
const LOOKS: usize = 3;

type Refused = (ProblemCode, String);

/// What of key images is under way.
#[derive(Debug, Default)]
pub(super) struct KeyImages {
    under_way: usize,
    is_reading: bool,
    /// They changed since the reading began.
    is_stale: bool,
}

/// What became of a request.
#[derive(Debug)]
pub(super) struct Kept {
    device: DeviceNumber,
    request: u32,
    /// A selection may say something else than what is kept now.
    is_changed: bool,
    result: Result<(), Refused>,
}

/// What is to be done in the rows.
enum Act {
    Keep(Box<Wanted>),
    Caption(KeyImageId, Caption),
    Remove(KeyImageId),
}

/// An image that is to be kept.
struct Wanted {
    series: SeriesId,
    instance: InstanceId,
    frame: FrameNumber,
    index: u32,
    title: String,
    modality: String,
    picture: PictureRequest,
    marks: Vec<DrawnMark>,
    caption: Caption,
}

impl Task {
    /// Hears what a device says about key images. Answered when it is done.
    pub(super) fn key_image(
        &mut self,
        device: DeviceNumber,
        by: ParticipantId,
        message: &ClientMessage,
    ) -> Result<(), Refused> {
        if let Err(refused) = self.need(device, Verb::KeepImages) {
            self.count_refusal(by);
            return Err(refused);
        }
        if self.key_images.under_way >= MAX_UNDER_WAY {
            return Err((ProblemCode::TooMany, "too many images are being kept at once".to_owned()));
        }
        let (request, act) = match message {
            ClientMessage::KeepImage { request, viewport, caption } => {
                (*request, Act::Keep(Box::new(self.wanted(device, by, *viewport, words(caption.expose())?)?)))
            }
            ClientMessage::CaptionImage { request, image, caption } => {
                (*request, Act::Caption(image.parse().map_err(|_| unknown())?, words(caption.expose())?))
            }
            ClientMessage::RemoveImage { request, image } => {
                (*request, Act::Remove(image.parse().map_err(|_| unknown())?))
            }
            _ => return Err((ProblemCode::OutOfOrder, "this message does not belong here".to_owned())),
        };
        let Some(made) = self.made.clone() else {
            return Err((ProblemCode::Unavailable, "the consultation has just begun".to_owned()));
        };
        self.key_images.under_way += 1;
        let (parts, appointment) = (self.parts.clone(), self.appointment.id);
        let (id, at) = (KeyImageId::new(parts.clock.new_uuid()), parts.clock.now());
        let is_changed = !matches!(act, Act::Keep(_));
        self.parts.tasks.spawn("key image", async move {
            let result = match act {
                Act::Keep(wanted) => {
                    keep(&parts.store, &parts.archive, appointment, *wanted, (id, by, at)).await
                }
                Act::Caption(image, caption) => {
                    changed(parts.store.caption_key_image(appointment, image, &caption, at)).await
                }
                Act::Remove(image) => {
                    changed(take_back(&parts.store, &parts.archive, appointment, image, at)).await
                }
            };
            // The consultation may have ended meanwhile.
            let _ = made.send(Made::Kept(Box::new(Kept { device, request, is_changed, result }))).await;
        });
        Ok(())
    }

    /// A request is done, or cannot be.
    pub(super) fn key_image_kept(&mut self, kept: Kept) {
        self.key_images.under_way = self.key_images.under_way.saturating_sub(1);
        let Kept { device, request, is_changed, result } = kept;
        match result {
            Ok(()) => {
                if let Some(device) = self.devices.get_mut(&device) {
                    device.tell(ServerMessage::Accepted { request });
                }
                self.read_key_images();
                if is_changed {
                    self.tell_staff(&ServerMessage::StudiesChanged {});
                }
            }
            Err(refusal) => self.refuse(device, Some(request), refusal),
        }
    }

    /// What this person sees in a viewport, as it is to be kept.
    fn wanted(
        &self,
        device: DeviceNumber,
        by: ParticipantId,
        viewport: u8,
        caption: Caption,
    ) -> Result<Wanted, Refused> {
        let no_viewport = || (ProblemCode::BadRequest, "there is no such viewport".to_owned());
        let nothing = || (ProblemCode::NothingShared, "nothing is shown there".to_owned());
        let viewport = ViewportNumber::new(viewport).ok_or_else(no_viewport)?;
        let slot = Slot { own: self.viewing.own_view(by).map(|_| by), viewport };
        let shown = self.shown_in(slot).ok_or_else(nothing)?;
        let open = self.stacks.get(&shown.series).ok_or_else(nothing)?;
        let (facts, frame) = open.frame(shown.index).ok_or_else(nothing)?;
        if !is_picture(facts.kind) {
            return Err((ProblemCode::CannotShow, "only images can be kept".to_owned()));
        }
        let (instance, title, modality) = open.source(shown.index).ok_or_else(nothing)?;
        let shape = open.shape(shown.index);
        let screen = self.devices.get(&device).and_then(|device| device.screens.surface(viewport));
        let surface = kept_surface(&shown.view, shape, screen);
        let is_on_it = |mark: &&Mark| mark.instance == instance && mark.frame == frame;
        let aspect = f64::from(surface.width) / f64::from(surface.height);
        let place = |spot| shown.view.on_surface(spot, shape, surface);
        let marks = self.viewing.marks().iter().filter(|_| self.viewing.has_marks()).filter(is_on_it);
        let marks = marks.map(|mark| DrawnMark::new(mark, place, aspect)).collect();
        let presentation = Presentation { range: open.range(shown.index), ..shown.presentation };
        let (content, view, quality) = (facts.content, shown.view, Quality::Lossless);
        Ok(Wanted {
            series: shown.series,
            instance,
            frame,
            index: shown.index,
            title: title.to_owned(),
            modality: modality.to_owned(),
            picture: PictureRequest { content, frame, presentation, view, surface, quality },
            marks,
            caption,
        })
    }

    /// Has the images read and told to staff in the room. Read once at a time.
    pub(super) fn read_key_images(&mut self) {
        if self.key_images.is_reading {
            self.key_images.is_stale = true;
            return;
        }
        let Some(made) = self.made.clone() else { return };
        self.key_images.is_reading = true;
        let (store, id) = (self.parts.store.clone(), self.appointment.id);
        self.parts.tasks.spawn("key images to tell", async move {
            let read = patiently("key images", states(&store, id)).await;
            // The consultation may have ended meanwhile.
            let _ = made.send(Made::KeyImages(read)).await;
        });
    }

    /// They have been read, or the database does not answer: then they are told with the next change.
    pub(super) fn key_images_read(&mut self, read: Option<Vec<KeyImageState>>) {
        self.key_images.is_reading = false;
        if let Some(images) = read {
            let told = ServerMessage::KeyImages { images };
            let is_staff = |actor: &Actor| matches!(actor, Actor::Staff { .. });
            for device in
                self.devices.values_mut().filter(|device| device.is_in_room && is_staff(&device.actor))
            {
                device.tell(told.clone());
            }
        }
        if std::mem::take(&mut self.key_images.is_stale) {
            self.read_key_images();
        }
    }

    /// When nobody is there any more: has selections written of what is kept.
    pub(super) fn select_key_images(&self) {
        let parts = &self.parts;
        let at = parts.clock.now().with_timezone(&parts.hospital.time_zone).fixed_offset();
        let (store, archive, clock) = (parts.store.clone(), parts.archive.clone(), parts.clock.clone());
        let (writer, appointment) = (SelectionWriter { store, archive, clock }, self.appointment.clone());
        parts.tasks.spawn("selections of key images", async move {
            if let Err(error) = writer.save(&appointment, None, at).await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(appointment.id = %appointment.id, error, "key images are in no selection");
            }
        });
    }
}

/// The size of a picture that is kept: the whole frame where all of it is seen, else what the person's screen shows of it.
fn kept_surface(view: &View, shape: f64, screen: Option<Surface>) -> Surface {
    let is_whole = view.zoom <= 1.0 && view.center == View::default().center;
    let turned = if view.quarter_turns.is_multiple_of(2) { shape } else { 1.0 / shape };
    let screen =
        screen.map_or(1.0, |screen| f64::from(screen.height.max(1)) / f64::from(screen.width.max(1)));
    let shape = if is_whole { turned } else { screen };
    let shape = if shape.is_finite() && shape > 0.0 { shape } else { 1.0 };
    let side = f64::from(SIDE);
    let long = |part: f64| (side * part).round().clamp(1.0, side) as u32;
    Surface { width: long(1.0 / shape), height: long(shape) }
}

/// Renders an image, and writes its picture and its row, in this order.
async fn keep(
    store: &Store,
    archive: &Archive,
    appointment: AppointmentId,
    wanted: Wanted,
    (id, by, at): (KeyImageId, ParticipantId, chrono::DateTime<chrono::Utc>),
) -> Result<(), Refused> {
    let held = patiently("key images", store.key_images_of(appointment)).await.ok_or_else(unavailable)?;
    if held.len() >= MAX_IMAGES {
        return Err((ProblemCode::TooMany, format!("there are at most {MAX_IMAGES} images")));
    }
    let picture = tokio::time::timeout(PATIENCE, rendered(archive, &wanted.picture)).await;
    let picture =
        picture.map_err(|_| (ProblemCode::CannotShow, "it takes too long to be drawn".to_owned()))??;
    // Held until the row is there, so that the file is not cleared away.
    let shelf = archive.shelf().await;
    let content = shelf.put(picture.bytes.clone()).await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "an image was not kept");
        (ProblemCode::Unavailable, "the disk does not take it".to_owned())
    })?;
    let image = StoredKeyImage {
        id,
        by,
        at,
        series: wanted.series,
        instance: wanted.instance,
        frame: wanted.frame,
        index: wanted.index,
        title: wanted.title,
        modality: wanted.modality,
        presentation: wanted.picture.presentation,
        view: wanted.picture.view,
        marks: wanted.marks,
        caption: wanted.caption,
        content,
        width: picture.width,
        height: picture.height,
        saved_as: None,
    };
    patiently("a key image", store.add_key_image(appointment, &image)).await.ok_or_else(unavailable)
}

/// An image is kept no longer, and its picture neither. Answers whether it was.
///
/// # Errors
/// If the row cannot be written. A picture that cannot be removed is cleared away when the gateway starts.
pub async fn take_back(
    store: &Store,
    archive: &Archive,
    appointment: AppointmentId,
    image: KeyImageId,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<bool, crate::store::Error> {
    let shelf = archive.shelf().await;
    let Some(removed) = store.remove_key_image(appointment, image, at).await? else { return Ok(false) };
    if let Some(content) = removed.unused
        && let Err(error) = shelf.remove(content).await
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "the picture of a removed image stays");
    }
    Ok(true)
}

/// The whole picture.
async fn rendered(archive: &Archive, request: &PictureRequest) -> Result<std::sync::Arc<Picture>, Refused> {
    let mut looks = 0;
    loop {
        let picture = archive.picture(request).await;
        let picture = picture.map_err(|error| (ProblemCode::CannotShow, error.to_string()))?;
        looks += 1;
        if picture.is_whole || looks > LOOKS {
            return Ok(picture);
        }
    }
}

async fn changed(change: impl Future<Output = Result<bool, crate::store::Error>>) -> Result<(), Refused> {
    match patiently("a key image", change).await {
        Some(true) => Ok(()),
        Some(false) => Err(unknown()),
        None => Err(unavailable()),
    }
}

/// The images of an appointment, as staff are told of them.
async fn states(
    store: &Store,
    appointment: AppointmentId,
) -> Result<Vec<KeyImageState>, crate::store::Error> {
    let images = store.key_images_of(appointment).await?;
    let summaries = store.summaries_of(appointment).await?;
    let state = |image: StoredKeyImage| KeyImageState {
        image: image.id.to_string(),
        at: time(image.at),
        participant: image.by.to_string(),
        title: image.title,
        index: image.index,
        caption: image.caption.expose().into(),
        is_shown_to_patient: summaries.iter().any(|summary| summary.images.contains(&image.id)),
    };
    Ok(images.into_iter().map(state).collect())
}

fn words(caption: &str) -> Result<Caption, Refused> {
    Caption::new(caption).map_err(|refusal| (refusal.into(), refusal.to_string()))
}

fn unknown() -> Refused {
    (ProblemCode::NotFound, "no such image is kept here".to_owned())
}

fn unavailable() -> Refused {
    (ProblemCode::Unavailable, "the database does not answer".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_shape_of_the_frame_or_of_the_part_that_is_seen() {
        let size = |view: View, shape: f64, screen: Option<(u32, u32)>| {
            let screen = screen.map(|(width, height)| Surface { width, height });
            let surface = kept_surface(&view, shape, screen);
            (surface.width, surface.height)
        };
        let view = View::default();
        assert_eq!(size(view, 1.0, None), (1024, 1024));
        assert_eq!(size(view, 0.5, Some((300, 900))), (1024, 512));
        assert_eq!(size(View { quarter_turns: 1, ..view }, 0.5, None), (512, 1024));
        let close = View { zoom: 2.0, ..view };
        assert_eq!(size(close, 0.5, Some((600, 300))), (1024, 512));
        assert_eq!(size(close, 0.5, Some((300, 600))), (512, 1024));
        assert_eq!(size(close, 0.5, None), (1024, 1024));
        assert_eq!(size(view, 1e-9, None), (1024, 1));
        assert_eq!(size(view, f64::NAN, None), (1024, 1024));
    }
}
