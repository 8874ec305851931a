//! What devices say about the viewing: who leads, what is laid out, where somebody points.

use super::consultation::Task;
use super::{marks, pictures, record};
use crate::clinical::{DescriptionText, DeviceNumber, InstanceId, ParticipantId, Verb};
use crate::imaging::{ContentHash, Surface, View, VoiChoice, Window};
use crate::protocol::{ClientMessage, ProblemCode};
use crate::viewing::{self, GuestTools, LeaseStep, Pointer, Step, ViewportNumber};

type Refused = (ProblemCode, String);

/// Hears what a device says about the viewing.
pub(super) fn follow(
    task: &mut Task,
    number: DeviceNumber,
    by: ParticipantId,
    message: &ClientMessage,
) -> Result<(), Refused> {
    let heard = hear(task, number, by, message);
    if let Err((ProblemCode::NotAllowed | ProblemCode::NotPresenter, _)) = &heard {
        task.count_refusal(by);
    }
    heard
}

fn hear(
    task: &mut Task,
    number: DeviceNumber,
    by: ParticipantId,
    message: &ClientMessage,
) -> Result<(), Refused> {
    use ClientMessage as M;
    match *message {
        M::Surface { .. }
        | M::Drawn { .. }
        | M::Magnify { .. }
        | M::StopMagnifying {}
        | M::FullQuality { .. } => {
            return draw(task, number, by, message);
        }
        M::AddMark { .. }
        | M::ChangeMark { .. }
        | M::DeleteMark { .. }
        | M::UndoMark { .. }
        | M::RedoMark { .. }
        | M::ShowMarks { .. } => return marks::hear(task, number, by, message),
        // What was to be shown is not any more.
        M::StopSharing { .. } if task.drop_wishes(by) && task.viewing.presenter() != Some(by) => {
            return Ok(());
        }
        _ => {}
    }
    let verb = match message {
        M::Point { .. } | M::Unpoint {} => Verb::Point,
        _ => Verb::ShareStudies,
    };
    task.need(number, verb)?;
    let input = input(task, by, message)?;
    let now = task.parts.clock.instant();
    let effects = task.viewing.handle(now, input).map_err(|refusal| (refusal.into(), refusal.to_string()))?;
    pictures::carry_out(task, effects);
    Ok(())
}

/// What a message says to the viewing.
fn input(task: &Task, by: ParticipantId, message: &ClientMessage) -> Result<viewing::Input, Refused> {
    use ClientMessage as M;
    let step = |step| viewing::Input::Step { by, step };
    let lease = |step| viewing::Input::Lease { by, step };
    Ok(match *message {
        M::StopSharing { .. } => step(Step::Stop),
        M::ClearViewport { viewport, .. } => step(Step::Clear { viewport: of(viewport)? }),
        M::SetLayout { layout } => step(Step::SetLayout(layout.into())),
        M::SetActive { viewport } => step(Step::SetActive { viewport: of(viewport)? }),
        M::SetLinked { is_linked } => step(Step::SetLinked(is_linked)),
        M::Scroll { viewport, index } => step(Step::Scroll { viewport: of(viewport)?, index }),
        M::SetWindow { viewport, center, width } => {
            let voi = VoiChoice::Window(Window { center, width });
            step(Step::SetVoi { viewport: of(viewport)?, voi })
        }
        M::ResetWindow { viewport } => step(Step::SetVoi { viewport: of(viewport)?, voi: VoiChoice::Object }),
        M::SetAlternative { viewport, alternative } => {
            let number = u16::try_from(alternative).unwrap_or(u16::MAX);
            step(Step::SetVoi { viewport: of(viewport)?, voi: VoiChoice::Alternative(number) })
        }
        M::SetLayers { viewport, is_overlaid, is_shuttered } => step(Step::SetLayers {
            viewport: of(viewport)?,
            has_overlays: is_overlaid,
            has_shutters: is_shuttered,
        }),
        M::SetState { viewport, ref state } => {
            let viewport = of(viewport)?;
            let state = state.as_deref().map(|id| offered(task, by, viewport, id)).transpose()?;
            step(Step::SetState { viewport, state })
        }
        M::SetInverted { viewport, is_inverted } => {
            step(Step::SetInverted { viewport: of(viewport)?, is_inverted })
        }
        M::SetView { viewport, zoom, center_x, center_y, quarter_turns, is_flipped } => {
            let view = View { zoom, center: (center_x, center_y), quarter_turns, is_flipped };
            step(Step::SetView { viewport: of(viewport)?, view })
        }
        M::ResetView { viewport } => step(Step::Reset { viewport: of(viewport)? }),
        M::Present { .. } => lease(LeaseStep::Take),
        M::AskToPresent { is_asking, .. } => lease(LeaseStep::Ask(is_asking)),
        M::GivePresenting { ref participant, .. } => lease(LeaseStep::Give(person(participant)?)),
        M::DeclineAsking { ref participant, .. } => lease(LeaseStep::Decline(person(participant)?)),
        M::Follow { is_following, .. } => viewing::Input::Follow { by, is_following },
        M::SetNamed { is_named } => viewing::Input::SetNamed { by, is_named },
        M::SetGuestTools { may_mark, may_measure } => {
            viewing::Input::SetGuestTools { by, tools: GuestTools { may_mark, may_measure } }
        }
        M::Describe { ref text, .. } => {
            let text = DescriptionText::new(text.expose());
            let text = text.map_err(|refusal| (refusal.into(), refusal.to_string()))?;
            viewing::Input::Describe { by, text }
        }
        M::Point { viewport, x, y } => {
            viewing::Input::Point { by, viewport: of(viewport)?, pointer: Pointer { x, y } }
        }
        M::Unpoint {} => viewing::Input::Unpoint { by },
        _ => return Err((ProblemCode::OutOfOrder, "this message does not belong here".into())),
    })
}

/// What a device says about its own surfaces, and wants on them.
fn draw(
    task: &mut Task,
    number: DeviceNumber,
    by: ParticipantId,
    message: &ClientMessage,
) -> Result<(), Refused> {
    use ClientMessage as M;
    let now = task.parts.clock.instant();
    if !matches!(message, M::Drawn { .. }) {
        task.need(number, Verb::SeeViewing)?;
    }
    if let M::Drawn { sequence } = *message {
        record::drawn(task, number, by, sequence);
    }
    let Some(device) = task.devices.get_mut(&number) else { return Ok(()) };
    match *message {
        M::Surface { viewport, width, height } => {
            let side = |side: u32| side.clamp(1, Surface::MAX);
            let surface = Surface { width: side(width), height: side(height) };
            device.screens.resize(of(viewport)?, surface);
            // Who shares pictures with whom may be another now.
            pictures::order_all(task);
            return Ok(());
        }
        M::Drawn { sequence } => device.screens.drawn(now, sequence),
        M::Magnify { viewport, x, y, factor, width, height } => {
            if !(x.is_finite() && y.is_finite() && factor.is_finite()) {
                return Err((ProblemCode::BadRequest, "the value is not a number in range".into()));
            }
            device.screens.magnify(of(viewport)?, (x, y), factor, Surface { width, height });
        }
        M::StopMagnifying {} => device.screens.stop_magnifying(),
        M::FullQuality { viewport } => {
            let viewport = of(viewport)?;
            if let Some(shown) = task.viewing.seen_by(by).shown(viewport) {
                device.screens.want_sharp(viewport, shown.picture);
            }
        }
        _ => {}
    }
    pictures::order(task, number);
    Ok(())
}

fn of(viewport: u8) -> Result<ViewportNumber, Refused> {
    let refused = || (ProblemCode::BadRequest, viewing::Refusal::NoSuchViewport.to_string());
    ViewportNumber::new(viewport).ok_or_else(refused)
}

fn person(id: &str) -> Result<ParticipantId, Refused> {
    id.parse().map_err(|_| (ProblemCode::UnknownParticipant, "this is no identifier of a participant".into()))
}

/// The object of a presentation state that the series offers which somebody sees in a viewport.
fn offered(
    task: &Task,
    by: ParticipantId,
    viewport: ViewportNumber,
    id: &str,
) -> Result<ContentHash, Refused> {
    let id: Option<InstanceId> = id.parse().ok();
    let shown = task.viewing.seen_by(by).shown(viewport);
    let series = shown.and_then(|shown| task.stacks.get(&shown.series));
    series.zip(id).and_then(|(series, id)| series.state(id)).ok_or_else(|| {
        (ProblemCode::BadRequest, "there is no such presentation state for what is on show".to_owned())
    })
}

impl Task {
    /// Somebody was refused what is not theirs to do with the viewing: said when it happens for the first time, and when it goes on.
    pub(super) fn count_refusal(&mut self, by: ParticipantId) {
        let count = self.refusals.entry(by).or_default();
        *count = count.saturating_add(1);
        if matches!(*count, 1 | 10 | 100) {
            tracing::warn!(
                appointment.id = %self.appointment.id, participant.id = %by, viewing.refused = *count,
                "somebody does with the viewing what is not theirs to do"
            );
        }
    }
}
