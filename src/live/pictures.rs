//! The shared viewing carried out: what devices say about it, and the pictures that each of them gets.

use std::sync::Arc;
use std::time::Instant;

use super::consultation::Task;
use super::series::{OpenSeries, Told};
use crate::archive::{Picture, PictureError, PictureRequest};
use crate::clinical::{DeviceNumber, ParticipantId, SeriesId, Verb};
use crate::imaging::{PictureFormat, Quality, Surface, View, Window};
use crate::protocol::{
    ClientMessage, PictureFormatWord, PictureHeader, ProblemCode, ServerMessage, ViewingState,
};
use crate::viewing::{self, Next, Order, Pointer};

/// A picture that was ordered for a device is there, or cannot be made.
#[derive(Debug)]
pub(super) struct Made {
    device: DeviceNumber,
    order: Order,
    series: SeriesId,
    index: u32,
    result: Result<Arc<Picture>, PictureError>,
}

/// Frames that are decoded ahead on each side of the one on show.
const AHEAD: u32 = 4;

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
        M::StopSharing { .. } => viewing::Input::Stop { by },
        M::Present { .. } => viewing::Input::Present { by },
        M::Scroll { index } => viewing::Input::Scroll { by, index },
        M::SetWindow { center, width } => {
            viewing::Input::SetWindow { by, window: Some(Window { center, width }) }
        }
        M::ResetWindow {} => viewing::Input::SetWindow { by, window: None },
        M::SetInverted { is_inverted } => viewing::Input::SetInverted { by, is_inverted },
        M::SetView { zoom, center_x, center_y } => {
            viewing::Input::SetView { by, view: View { zoom, center: (center_x, center_y) } }
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
    let instances = task.parts.store.instances_of(series).await.map_err(unavailable)?;
    let facts_of = instances.into_iter().map(|(_, facts)| facts).collect();
    let open = OpenSeries::new(series, facts.modality.clone(), title, facts_of);
    let share = viewing::Input::Share { by, series, count: open.count(), from_middle: open.count() > 2 };
    let effects = task.viewing.handle(share).map_err(|_| {
        (ProblemCode::CannotShow, "nothing in this series can be shown as a picture".to_owned())
    })?;
    task.series = Some(open);
    for device in task.devices.values_mut() {
        device.flow.clear();
    }
    carry_out(task, effects);
    Ok(())
}

/// Tells a device that has come into the room what is on show.
pub(super) fn welcome(task: &mut Task, number: DeviceNumber) {
    let state = ServerMessage::Viewing(state(task));
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
                let state = ServerMessage::Viewing(state(task));
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
                let _ = made.send(Made { device: number, order, series, index, result }).await;
            });
        }
        Next::At(at) => {
            task.pictures_wake_at =
                Some(task.pictures_wake_at.map_or(at, |earlier: Instant| earlier.min(at)));
        }
        Next::Idle => {}
    }
}

/// Has the neighbours of the frame on show decoded, nearest first.
fn look_ahead(task: &Task) {
    let (Some(shown), Some(series)) = (task.viewing.shown(), task.series.as_ref()) else { return };
    let neighbours =
        (1..=AHEAD).flat_map(|step| [shown.index.checked_add(step), shown.index.checked_sub(step)]);
    let wanted: Vec<_> = neighbours
        .flatten()
        .filter_map(|index| series.frame(index))
        .map(|(facts, frame)| (facts.content, frame))
        .collect();
    task.parts.archive.prefetch(&wanted);
}

impl Task {
    /// Sends a picture that is there, and orders the next.
    pub(super) fn made(&mut self, made: Made) {
        let Made { device: number, order: done, series, index, result } = made;
        let now = self.parts.clock.instant();
        let may_see = self.may(number, Verb::SeeViewing);
        let is_on_show = self.series.as_ref().is_some_and(|open| open.id() == series);
        let Some(device) = self.devices.get_mut(&number) else { return };
        match result {
            Ok(picture) if may_see && is_on_show => {
                let sequence = device.flow.rendered(now, done);
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
                    is_lossless: done.quality == Quality::Lossless,
                };
                if let Ok(message) = header.frame(&picture.bytes) {
                    device.show(message);
                }
                let before = state(self);
                if let Some(open) = self.series.as_mut() {
                    open.tell(Told { index, window: picture.window, aspect: picture.aspect });
                }
                let after = state(self);
                if before != after {
                    self.tell_room(&ServerMessage::Viewing(after));
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
}
