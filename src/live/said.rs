//! What devices say: who may say it here and now, and which machine hears it.

use super::call::connection_of;
use super::consultation::Task;
use super::held::Told;
use super::steering;
use crate::clinical::{self, DeviceNumber, ParticipantId, QualityReport, Verb};
use crate::protocol::{ClientMessage, ProblemCode, ServerMessage};
use crate::sfu;

impl Task {
    pub(super) fn said(&mut self, number: DeviceNumber, message: ClientMessage) {
        let Some(participant) = self.devices.get(&number).map(|device| device.participant) else { return };
        self.rows.touched = None;
        let outcome = match &message {
            _ if self.is_not_for_window(number, &message) => {
                Err((ProblemCode::NotAllowed, "a second window is for images only".into()))
            }
            // Answered when it has been read what is to be shown.
            ClientMessage::Share { request, series, viewport, is_other_patient } => {
                match self.share(number, participant, *request, (series, *viewport), *is_other_patient) {
                    Ok(()) => return,
                    refused => refused,
                }
            }
            // Answered when they are written.
            ClientMessage::SaveMarks { request } => match self.save_marks(number, participant, *request) {
                Ok(()) => return,
                refused => refused,
            },
            // Answered when it is done.
            ClientMessage::KeepImage { .. }
            | ClientMessage::CaptionImage { .. }
            | ClientMessage::RemoveImage { .. } => match self.key_image(number, participant, &message) {
                Ok(()) => return,
                refused => refused,
            },
            _ => self.follow(number, participant, &message),
        };
        match outcome {
            Ok(()) => {
                if let ClientMessage::Leave { request } = message {
                    // Whoever leaves waits for nothing.
                    if let Some(device) = self.devices.get_mut(&number) {
                        device.dismiss(ServerMessage::Accepted { request });
                    }
                } else if let Some(request) = request_of(&message) {
                    self.accept(number, request);
                }
            }
            Err(refusal) => self.refuse(number, request_of(&message), refusal),
        }
    }

    /// Says that a request was carried out, once what it had written is.
    fn accept(&mut self, device: DeviceNumber, request: u32) {
        if let Some(mark) = self.rows.touched.take() {
            self.tell_once_written(mark, Told::Accepted { device, request });
        } else if let Some(device) = self.devices.get_mut(&device) {
            device.tell(ServerMessage::Accepted { request });
        }
    }

    pub(super) fn refuse(
        &mut self,
        number: DeviceNumber,
        request: Option<u32>,
        (code, detail): (ProblemCode, String),
    ) {
        let Some(device) = self.devices.get_mut(&number) else { return };
        device.tell(match request {
            Some(request) => ServerMessage::Rejected { request, code, detail },
            None => ServerMessage::Problem { code, detail },
        });
    }

    fn follow(
        &mut self,
        number: DeviceNumber,
        participant: ParticipantId,
        message: &ClientMessage,
    ) -> Result<(), (ProblemCode, String)> {
        use ClientMessage as M;
        let device = number;
        match message {
            M::Hello { .. } => Err((ProblemCode::OutOfOrder, "hello was said before".into())),
            M::Ready { camera, microphone, .. } => {
                let check =
                    clinical::DeviceCheck { camera: (*camera).into(), microphone: (*microphone).into() };
                self.admit(clinical::Input::Ready { participant, device, check }).map_err(refused)
            }
            M::Enter { .. } => self.admit(clinical::Input::Enter { participant, device }).map_err(refused),
            M::Leave { .. } => self.admit(clinical::Input::Leave { participant, device }).map_err(refused),
            M::Admit { participant: whom, is_recognised, .. } => {
                self.need(number, Verb::AdmitPeople)?;
                let whom = id(whom)?;
                let is_recognised = *is_recognised == Some(true);
                let admit = clinical::Input::Admit { by: participant, participant: whom, is_recognised };
                self.admit(admit).map_err(refused)?;
                if is_recognised {
                    self.recognise(number, whom);
                }
                Ok(())
            }
            M::PutBack { participant: whom, .. } => {
                self.need(number, Verb::AdmitPeople)?;
                let put_back = clinical::Input::PutBack { by: participant, participant: id(whom)? };
                self.admit(put_back).map_err(refused)
            }
            M::Remove { participant: whom, sentence, .. } => {
                self.need(number, Verb::AdmitPeople)?;
                let whom = id(whom)?;
                let farewell = sentence.map(|sentence| (whom, sentence.into()));
                let remove = clinical::Input::Remove { by: participant, participant: whom };
                self.removing(farewell, |task| task.admit(remove)).map_err(refused)
            }
            M::End { outcome, .. } => {
                self.need(number, Verb::EndConsultation)?;
                let end = clinical::Input::End { by: participant, outcome: (*outcome).into() };
                self.admit(end).map_err(refused)
            }
            M::PublishOffer { generation, sdp, tracks } => {
                self.need(number, Verb::SendMedia)?;
                let sources = tracks.iter().map(|track| (track.mid.clone(), track.source.into())).collect();
                let connection = connection_of(number);
                let (generation, sdp) = (*generation, sdp.clone());
                self.order(sfu::Command::PublishOffer { connection, generation, sdp, sources })
            }
            M::SubscribeAnswer { generation, sdp } => {
                self.need(number, Verb::SendMedia)?;
                let (connection, generation, sdp) = (connection_of(number), *generation, sdp.clone());
                self.order(sfu::Command::SubscribeAnswer { connection, generation, sdp })
            }
            M::RestartSubscribe {} => {
                self.need(number, Verb::SendMedia)?;
                self.order(sfu::Command::RestartSubscribe { connection: connection_of(number) })
            }
            M::Mute { source, is_muted } => {
                self.need(number, Verb::SendMedia)?;
                self.mute(number, (*source).into(), *is_muted);
                Ok(())
            }
            M::Watch { tracks, is_saving_data, is_video_off } => {
                self.need(number, Verb::SendMedia)?;
                self.watch(number, tracks, *is_saving_data, *is_video_off)
            }
            M::Quality {
                direction,
                path,
                loss_pct,
                rtt_ms,
                jitter_ms,
                freezes_ms,
                concealed_pct,
                bitrate_kbps,
            } => {
                self.need(number, Verb::SendMedia)?;
                let report = QualityReport {
                    direction: (*direction).into(),
                    path: (*path).into(),
                    seconds: 0,
                    loss_pct: (*loss_pct).into(),
                    rtt_ms: (*rtt_ms).into(),
                    jitter_ms: (*jitter_ms).into(),
                    freezes_ms: *freezes_ms,
                    concealed_pct: (*concealed_pct).into(),
                    bitrate_kbps: *bitrate_kbps,
                };
                let changed = self.quality.report(participant, report, self.parts.clock.now());
                self.tell_quality(participant, changed);
                Ok(())
            }
            M::Chat { text, .. } => self.write_line(number, participant, text.expose()),
            M::MuteOther { participant: whom, source, .. } => {
                self.need(number, Verb::MutePeople)?;
                let whom = id(whom)?;
                let asked = match self.consultation.device_in_call(participant, whom) {
                    Ok(asked) => Some(asked),
                    // Its signalling is lost; its sound may go on.
                    Err(clinical::Refusal::NotInCall) => None,
                    Err(refusal) => return Err(refused(refusal)),
                };
                let is_held = self.hold_back(whom, (*source).into());
                match asked.and_then(|asked| self.devices.get_mut(&asked)) {
                    Some(asked) => asked.tell(ServerMessage::MuteAsked { source: *source }),
                    None if is_held => {}
                    None => return Err(refused(clinical::Refusal::NotInCall)),
                }
                Ok(())
            }
            M::Lock { is_locked, .. } => {
                self.need(number, Verb::LockConsultation)?;
                let lock = clinical::Input::Lock { by: participant, is_locked: *is_locked };
                self.admit(lock).map_err(refused)
            }
            M::Telephone { is_over, reason, .. } => {
                self.need(number, Verb::TurnToTelephone)?;
                let reason = match (is_over, reason) {
                    (true, None) => None,
                    (false, Some(reason)) => Some((*reason).into()),
                    _ => {
                        let detail = "either a reason why it goes on by telephone, or that this is over";
                        return Err((ProblemCode::BadRequest, detail.into()));
                    }
                };
                self.admit(clinical::Input::Telephone { by: participant, reason }).map_err(refused)
            }
            M::Ping {} => {
                if let Some(device) = self.devices.get_mut(&number) {
                    device.tell(ServerMessage::Pong {});
                }
                Ok(())
            }
            _ => steering::follow(self, number, participant, message),
        }
    }

    /// Refuses what the person at this device may not do.
    pub(super) fn need(&self, number: DeviceNumber, verb: Verb) -> Result<(), (ProblemCode, String)> {
        if self.may(number, verb) {
            Ok(())
        } else {
            Err((ProblemCode::NotAllowed, "this person may not do this here and now".into()))
        }
    }
}

fn refused(refusal: clinical::Refusal) -> (ProblemCode, String) {
    (refusal.into(), refusal.to_string())
}

fn id(text: &str) -> Result<ParticipantId, (ProblemCode, String)> {
    text.parse()
        .map_err(|_| (ProblemCode::UnknownParticipant, "this is no identifier of a participant".into()))
}

/// The number of a message that is answered by `accepted` or `rejected`.
fn request_of(message: &ClientMessage) -> Option<u32> {
    use ClientMessage as M;
    match message {
        M::Ready { request, .. }
        | M::Enter { request }
        | M::Leave { request }
        | M::Admit { request, .. }
        | M::PutBack { request, .. }
        | M::Remove { request, .. }
        | M::End { request, .. }
        | M::Share { request, .. }
        | M::StopSharing { request }
        | M::ClearViewport { request, .. }
        | M::Present { request }
        | M::AskToPresent { request, .. }
        | M::GivePresenting { request, .. }
        | M::DeclineAsking { request, .. }
        | M::Follow { request, .. }
        | M::Describe { request, .. }
        | M::AddMark { request, .. }
        | M::ChangeMark { request, .. }
        | M::DeleteMark { request, .. }
        | M::UndoMark { request }
        | M::RedoMark { request }
        | M::SaveMarks { request }
        | M::KeepImage { request, .. }
        | M::CaptionImage { request, .. }
        | M::RemoveImage { request, .. }
        | M::Chat { request, .. }
        | M::MuteOther { request, .. }
        | M::Lock { request, .. }
        | M::Telephone { request, .. } => Some(*request),
        _ => None,
    }
}
