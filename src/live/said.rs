//! What devices say: who may say it here and now, and which machine hears it.

use super::call::connection_of;
use super::consultation::Task;
use super::pictures;
use crate::clinical::{self, DeviceNumber, ParticipantId, QualityReport, Verb};
use crate::protocol::{ClientMessage, ProblemCode, ServerMessage};
use crate::sfu;

impl Task {
    pub(super) async fn said(&mut self, number: DeviceNumber, message: ClientMessage) {
        let Some(participant) = self.devices.get(&number).map(|device| device.participant) else { return };
        let behind = self.devices.get(&number).filter(|device| device.is_behind());
        if let Some(connection) = behind.map(|device| device.connection) {
            self.device_gone(number, connection).await;
            return;
        }
        match self.follow(number, participant, &message).await {
            Ok(()) => {
                if let Some(request) = request_of(&message)
                    && let Some(device) = self.devices.get_mut(&number)
                {
                    device.tell(ServerMessage::Accepted { request });
                }
                if matches!(message, ClientMessage::Leave { .. })
                    && let Some(device) = self.devices.get_mut(&number)
                {
                    device.dismiss_quietly();
                }
            }
            Err((code, detail)) => {
                let Some(device) = self.devices.get_mut(&number) else { return };
                device.tell(match request_of(&message) {
                    Some(request) => ServerMessage::Rejected { request, code, detail },
                    None => ServerMessage::Problem { code, detail },
                });
            }
        }
    }

    async fn follow(
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
                self.admit(clinical::Input::Ready { participant, device, check }).await.map_err(refused)
            }
            M::Enter { .. } => {
                self.admit(clinical::Input::Enter { participant, device }).await.map_err(refused)
            }
            M::Leave { .. } => {
                self.admit(clinical::Input::Leave { participant, device }).await.map_err(refused)
            }
            M::Admit { participant: whom, .. } => {
                self.need(number, Verb::AdmitPeople)?;
                let admit = clinical::Input::Admit { by: participant, participant: id(whom)? };
                self.admit(admit).await.map_err(refused)
            }
            M::PutBack { participant: whom, .. } => {
                self.need(number, Verb::AdmitPeople)?;
                let put_back = clinical::Input::PutBack { by: participant, participant: id(whom)? };
                self.admit(put_back).await.map_err(refused)
            }
            M::Remove { participant: whom, .. } => {
                self.need(number, Verb::AdmitPeople)?;
                let remove = clinical::Input::Remove { by: participant, participant: id(whom)? };
                self.admit(remove).await.map_err(refused)
            }
            M::End { outcome, .. } => {
                self.need(number, Verb::EndConsultation)?;
                let end = clinical::Input::End { by: participant, outcome: (*outcome).into() };
                self.admit(end).await.map_err(refused)
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
            M::Chat { text, .. } => self.write_line(number, participant, text.expose()).await,
            M::MuteOther { participant: whom, source, .. } => {
                self.need(number, Verb::MutePeople)?;
                let asked = self.consultation.device_in_call(participant, id(whom)?).map_err(refused)?;
                if let Some(asked) = self.devices.get_mut(&asked) {
                    asked.tell(ServerMessage::MuteAsked { source: *source });
                }
                Ok(())
            }
            M::Lock { is_locked, .. } => {
                self.need(number, Verb::LockConsultation)?;
                let lock = clinical::Input::Lock { by: participant, is_locked: *is_locked };
                self.admit(lock).await.map_err(refused)
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
                self.admit(clinical::Input::Telephone { by: participant, reason }).await.map_err(refused)
            }
            M::Ping {} => {
                if let Some(device) = self.devices.get_mut(&number) {
                    device.tell(ServerMessage::Pong {});
                }
                Ok(())
            }
            _ => pictures::follow(self, number, participant, message).await,
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
        | M::Present { request }
        | M::Chat { request, .. }
        | M::MuteOther { request, .. }
        | M::Lock { request, .. }
        | M::Telephone { request, .. } => Some(*request),
        _ => None,
    }
}
