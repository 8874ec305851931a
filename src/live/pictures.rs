//! The shared viewing carried out: what devices say about it, and the pictures that each of them gets.

use std::sync::Arc;
use std::time::Instant;

use super::consultation::Task;
use super::series::{OpenSeries, Told};
use crate::archive::{Picture, PictureError, PictureRequest, ShownContent};
use crate::clinical::{DeviceNumber, InstanceId, ParticipantId, SeriesId, Verb};
use crate::imaging::{
    ContentHash, FrameFacts, InstanceFacts, ObjectKind, PictureFormat, Quality, Surface, View, VoiChoice,
    Window, is_picture, plain,
};
use crate::protocol::{
    ClientMessage, ContentHeader, PictureFormatWord, PictureHeader, ProblemCode, ServerMessage, ViewingState,
};
use crate::viewing::{self, Next, Order, Pointer};

/// What was ordered is there, or cannot be made.
#[derive(Debug)]
pub(super) enum Made {
    /// A picture for a device.
    Picture {
        device: DeviceNumber,
        order: Order,
        series: SeriesId,
        index: u32,
        state: Option<ContentHash>,
        result: Result<Arc<Picture>, PictureError>,
    },
    /// What an object that is no picture is shown as, for everybody.
    Content { hash: ContentHash, result: Result<ShownContent, PictureError> },
}

/// Frames that are decoded ahead of the one on show, the way the presenter goes, and behind it.
const AHEAD: u32 = 6;
const BEHIND: u32 = 2;

/// What a device says about the viewing.
pub(super) async fn follow(
    task: &mut Task,
    number: DeviceNumber,
    by: ParticipantId,
    message: &ClientMessage,
) -> Result<(), (ProblemCode, String)> {
    use ClientMessage as M;
    let now = task.parts.clock.instant();
    match *message {
        M::Surface { width, height } => {
            task.need(number, Verb::SeeViewing)?;
            let side = |side: u32| side.clamp(1, Surface::MAX);
            if let Some(device) = task.devices.get_mut(&number) {
                device.flow.resize(Surface { width: side(width), height: side(height) });
            }
            order(task, number);
            return Ok(());
        }
        M::Drawn { sequence } => {
            if let Some(device) = task.devices.get_mut(&number) {
                device.flow.drawn(now, sequence);
            }
            order(task, number);
            return Ok(());
        }
        M::Share { ref series, .. } => {
            task.need(number, Verb::ShareStudies)?;
            return share(task, by, series).await;
        }
        _ => {}
    }
    let input = match *message {
        M::SetAlternative { alternative } => {
            let number = u16::try_from(alternative).unwrap_or(u16::MAX);
            viewing::Input::SetVoi { by, voi: VoiChoice::Alternative(number) }
        }
        M::SetLayers { is_overlaid, is_shuttered } => {
            viewing::Input::SetLayers { by, has_overlays: is_overlaid, has_shutters: is_shuttered }
        }
        M::SetState { ref state } => {
            viewing::Input::SetState { by, state: state.as_deref().map(|id| offered(task, id)).transpose()? }
        }
        M::StopSharing { .. } => viewing::Input::Stop { by },
        M::Present { .. } => viewing::Input::Present { by },
        M::Scroll { index } => viewing::Input::Scroll { by, index },
        M::SetWindow { center, width } => {
            viewing::Input::SetVoi { by, voi: VoiChoice::Window(Window { center, width }) }
        }
        M::ResetWindow {} => viewing::Input::SetVoi { by, voi: VoiChoice::Object },
        M::SetInverted { is_inverted } => viewing::Input::SetInverted { by, is_inverted },
        M::SetView { zoom, center_x, center_y, quarter_turns, is_flipped } => {
            let view = View { zoom, center: (center_x, center_y), quarter_turns, is_flipped };
            viewing::Input::SetView { by, view }
        }
        M::ResetView {} => viewing::Input::Reset { by },
        M::Point { x, y } => viewing::Input::Point { by, pointer: Pointer { x, y } },
        M::Unpoint {} => viewing::Input::Unpoint { by },
        _ => return Err((ProblemCode::OutOfOrder, "this message does not belong here".into())),
    };
    let verb = match input {
        viewing::Input::Point { .. } | viewing::Input::Unpoint { .. } => Verb::Point,
        _ => Verb::ShareStudies,
    };
    task.need(number, verb)?;
    let effects = task.viewing.handle(input).map_err(|refusal| (refusal.into(), refusal.to_string()))?;
    carry_out(task, effects);
    Ok(())
}

/// The object of a presentation state that the series on show offers.
fn offered(task: &Task, id: &str) -> Result<ContentHash, (ProblemCode, String)> {
    let id: Option<InstanceId> = id.parse().ok();
    let series = task.series.as_ref();
    series.zip(id).and_then(|(series, id)| series.state(id)).ok_or_else(|| {
        (ProblemCode::BadRequest, "there is no such presentation state for what is on show".to_owned())
    })
}

async fn share(task: &mut Task, by: ParticipantId, series: &str) -> Result<(), (ProblemCode, String)> {
    let unknown = || (ProblemCode::UnknownSeries, "there is no such series in this appointment".to_owned());
    let series: SeriesId = series.parse().map_err(|_| unknown())?;
    let unavailable = |error: crate::store::Error| {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot read a series");
        (ProblemCode::Unavailable, "the database does not answer".to_owned())
    };
    // Only studies of this very appointment can be shown in it.
    let studies = task.parts.store.studies_of(task.appointment.id).await.map_err(unavailable)?;
    let found = studies.iter().find_map(|study| {
        study.series.iter().find(|entry| entry.id == series).map(|entry| (&study.facts, &entry.facts))
    });
    let Some((study, facts)) = found else { return Err(unknown()) };
    let title = [study.description.as_str(), facts.description.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ");
    let own = task.parts.store.instances_of(series).await.map_err(unavailable)?;
    let referring = task.parts.store.referring_of(task.appointment.id).await.map_err(unavailable)?;
    let own: Vec<InstanceFacts> = own.into_iter().map(|(_, facts)| facts).collect();
    // A plain file is called as somebody called it, and that may be a name: it is not for everybody's screen.
    let title = if own.iter().any(plain::is_plain) { String::new() } else { title };
    // Key objects and presentation states open what they name, if it is here.
    let names =
        own.iter().find(|facts| matches!(facts.kind, ObjectKind::KeyObjects | ObjectKind::Presentation));
    let mut referred = None;
    if let Some(by) = names.filter(|_| !own.iter().any(|facts| is_picture(facts.kind))) {
        let mut instances = Vec::new();
        for one in studies.iter().flat_map(|study| &study.series).filter(|one| one.id != series) {
            let found = task.parts.store.instances_of(one.id).await.map_err(unavailable)?;
            instances.extend(found.into_iter().map(|(_, facts)| facts));
        }
        let words = if by.details.label.is_empty() { &title } else { &by.details.label };
        referred = OpenSeries::referred(series, words.clone(), by, instances, &referring)
            .map(|open| (open, (by.kind == ObjectKind::Presentation).then_some(by.content)));
    }
    let (open, applied) = referred
        .unwrap_or_else(|| (OpenSeries::new(series, facts.modality.clone(), title, own, &referring), None));
    let share = viewing::Input::Share {
        by,
        series,
        count: open.count(),
        from_middle: open.count() > 2 && applied.is_none(),
    };
    let effects = task
        .viewing
        .handle(share)
        .map_err(|_| (ProblemCode::CannotShow, "nothing in this series can be shown".to_owned()))?;
    if applied.is_some() {
        // Whoever has just shared presents.
        let _ = task.viewing.handle(viewing::Input::SetState { by, state: applied });
    }
    task.series = Some(open);
    for device in task.devices.values_mut() {
        device.flow.clear();
        device.content = None;
    }
    carry_out(task, effects);
    Ok(())
}

/// Tells a device that has come into the room what is on show.
pub(super) fn welcome(task: &mut Task, number: DeviceNumber) {
    let state = ServerMessage::Viewing(Box::new(state(task)));
    let pointers: Vec<_> = task.viewing.pointers().collect();
    if let Some(device) = task.devices.get_mut(&number) {
        device.tell(state);
        for (participant, Pointer { x, y }) in pointers {
            device.tell(ServerMessage::Pointer { participant: participant.to_string(), x, y });
        }
    }
    order(task, number);
}

pub(super) fn carry_out(task: &mut Task, effects: viewing::Effects) {
    for effect in effects {
        match effect {
            viewing::Effect::Changed => {
                task.viewing_changed_at = task.parts.clock.instant();
                if task.viewing.shown().is_none() {
                    task.series = None;
                    for device in task.devices.values_mut() {
                        device.flow.clear();
                    }
                }
                let state = ServerMessage::Viewing(Box::new(state(task)));
                task.tell_room(&state);
                order_all(task);
                look_ahead(task);
            }
            viewing::Effect::Pointed { participant, pointer: Pointer { x, y } } => {
                task.tell_room(&ServerMessage::Pointer { participant: participant.to_string(), x, y });
            }
            viewing::Effect::PointerGone { participant } => {
                task.tell_room(&ServerMessage::PointerGone { participant: participant.to_string() });
            }
        }
    }
}

fn state(task: &Task) -> ViewingState {
    let shown = task.viewing.shown().zip(task.series.as_ref());
    ViewingState {
        revision: task.viewing.revision(),
        presenter: task.viewing.presenter().map(|participant| participant.to_string()),
        shown: shown.and_then(|(shown, series)| series.shown(shown)),
    }
}

/// Orders whatever each device is to get next.
pub(super) fn order_all(task: &mut Task) {
    for number in task.devices.keys().copied().collect::<Vec<_>>() {
        order(task, number);
    }
}

fn order(task: &mut Task, number: DeviceNumber) {
    if !task.may(number, Verb::SeeViewing) {
        return;
    }
    let now = task.parts.clock.instant();
    let Some(shown) = task.viewing.shown().copied() else { return };
    let content = task.series.as_ref().and_then(|series| series.frame(shown.index));
    if let Some((facts, _)) = content
        && !is_picture(facts.kind)
    {
        let hash = facts.content;
        return bring(task, number, hash, shown.index);
    }
    let Some(device) = task.devices.get_mut(&number).filter(|device| device.is_in_room) else { return };
    match device.flow.next(now, task.viewing.revision(), task.viewing_changed_at) {
        Next::Render(order) => {
            let Some((facts, frame)) = task.series.as_ref().and_then(|series| series.frame(shown.index))
            else {
                device.flow.failed(order);
                return;
            };
            let (Some(made), content) = (task.made.clone(), facts.content) else { return };
            let archive = task.parts.archive.clone();
            let viewing::Shown { series, index, presentation, view, .. } = shown;
            let Order { surface, quality, .. } = order;
            let request = PictureRequest { content, frame, presentation, view, surface, quality };
            task.parts.tasks.spawn("picture", async move {
                let result = archive.picture(&request).await;
                // The consultation may have ended meanwhile.
                let state = presentation.state;
                let _ =
                    made.send(Made::Picture { device: number, order, series, index, state, result }).await;
            });
        }
        Next::At(at) => {
            task.pictures_wake_at =
                Some(task.pictures_wake_at.map_or(at, |earlier: Instant| earlier.min(at)));
        }
        Next::Idle => {}
    }
}

/// Has the frames decoded that come next the way the presenter goes, and a few of those just passed.
fn look_ahead(task: &mut Task) {
    let (Some(shown), Some(series)) = (task.viewing.shown(), task.series.as_mut()) else { return };
    let wanted: Vec<_> = series
        .neighbours(shown.index, AHEAD, BEHIND)
        .into_iter()
        .filter_map(|index| series.frame(index))
        .map(|(facts, frame)| (facts.content, frame))
        .collect();
    task.parts.archive.prefetch(&wanted);
}

/// Brings a device what is on show and no picture: at once when it is known, else when it has been found.
fn bring(task: &mut Task, number: DeviceNumber, hash: ContentHash, index: u32) {
    let revision = task.viewing.revision();
    let Some(series) = task.series.as_ref() else { return };
    let Some(content) = series.content(hash).cloned() else {
        if task.content_awaited == Some(hash) {
            return;
        }
        let Some(made) = task.made.clone() else { return };
        task.content_awaited = Some(hash);
        let archive = task.parts.archive.clone();
        task.parts.tasks.spawn("content", async move {
            let result = archive.content(hash).await;
            let _ = made.send(Made::Content { hash, result }).await;
        });
        return;
    };
    let Some(device) = task.devices.get_mut(&number).filter(|device| device.is_in_room) else { return };
    if device.content == Some(hash) {
        return;
    }
    device.content = Some(hash);
    let file = |bytes: &[u8], media_type: &str| {
        ContentHeader { revision, index, media_type: media_type.to_owned() }.frame(bytes)
    };
    let message = match &*content {
        ShownContent::Text(document) => {
            device.tell(ServerMessage::Document { revision, index, document: document.into() });
            return;
        }
        ShownContent::Pages(bytes) => file(bytes, "application/pdf"),
        ShownContent::Sound(bytes, media_type) => file(bytes, media_type),
    };
    if let Ok(message) = message {
        device.show(message);
    }
}

impl Task {
    /// Takes what was ordered.
    pub(super) fn made(&mut self, made: Made) {
        match made {
            Made::Picture { device, order, series, index, state, result } => {
                self.picture_made(device, order, (series, index, state), result);
            }
            Made::Content { hash, result } => self.content_found(hash, result),
        }
    }

    fn content_found(&mut self, hash: ContentHash, result: Result<ShownContent, PictureError>) {
        self.content_awaited = None;
        match result {
            Ok(content) => {
                let Some(series) = self.series.as_mut() else { return };
                series.tell_content(hash, Arc::new(content));
                let state = ServerMessage::Viewing(Box::new(state(self)));
                self.tell_room(&state);
                order_all(self);
            }
            Err(error) => {
                tracing::warn!(appointment.id = %self.appointment.id, error = &error as &dyn std::error::Error, "an object cannot be shown");
                let revision = self.viewing.revision();
                self.tell_room(&ServerMessage::FrameFailed { revision, detail: error.to_string() });
            }
        }
    }

    /// Sends a picture that is there, and orders the next.
    fn picture_made(
        &mut self,
        number: DeviceNumber,
        done: Order,
        (series, index, applied): (SeriesId, u32, Option<ContentHash>),
        result: Result<Arc<Picture>, PictureError>,
    ) {
        let now = self.parts.clock.instant();
        let may_see = self.may(number, Verb::SeeViewing);
        let is_on_show = self.series.as_ref().is_some_and(|open| open.id() == series);
        let Some(device) = self.devices.get_mut(&number) else { return };
        match result {
            Ok(picture) if may_see && is_on_show => {
                let sequence = device.flow.rendered(now, done, picture.is_whole);
                let header = PictureHeader {
                    sequence,
                    revision: done.revision,
                    index,
                    width: picture.width,
                    height: picture.height,
                    format: match picture.format {
                        PictureFormat::Png => PictureFormatWord::Png,
                        PictureFormat::Jpeg => PictureFormatWord::Jpeg,
                    },
                    is_lossless: done.quality == Quality::Lossless && picture.is_whole,
                };
                if let Ok(message) = header.frame(&picture.bytes) {
                    device.show(message);
                }
                let before = state(self);
                let current = self.viewing.shown().and_then(|shown| shown.presentation.state);
                if let Some(open) = self.series.as_mut() {
                    let told = Told { index, state: applied, facts: picture.facts.clone() };
                    let asked = open.tell(told, current);
                    if let Some(facts) = asked {
                        self.follow_state(&facts);
                    }
                }
                let after = state(self);
                if before != after {
                    self.tell_room(&ServerMessage::Viewing(Box::new(after)));
                }
            }
            Ok(_) => device.flow.failed(done),
            Err(error) => {
                tracing::warn!(appointment.id = %self.appointment.id, error = &error as &dyn std::error::Error, "a frame cannot be shown");
                device.flow.failed(done);
                device
                    .tell(ServerMessage::FrameFailed { revision: done.revision, detail: error.to_string() });
            }
        }
        order(self, number);
    }

    /// A presentation state has been applied: turns the view as it asks for, and goes to its part of the frame.
    fn follow_state(&mut self, facts: &FrameFacts) {
        let Some(by) = self.viewing.presenter() else { return };
        let (quarter_turns, is_flipped) = facts.state_turn;
        let mut view = View { quarter_turns, is_flipped, ..View::default() };
        if let Some([left, top, right, bottom]) = facts.state_area {
            view.center = (f64::midpoint(left, right), f64::midpoint(top, bottom));
            view.zoom = 1.0 / (right - left).max(bottom - top).max(1e-3);
        }
        if let Ok(effects) = self.viewing.handle(viewing::Input::SetView { by, view }) {
            carry_out(self, effects);
        }
    }
}
