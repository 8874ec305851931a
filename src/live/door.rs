//! The door carried out: devices come, come back and go, the consultation decides, people are told.

use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::consultation::Task;
use super::device::Device;
use super::{AttendError, Attendance, Attending, Command};
use crate::clinical::{
    self, Actor, AppointmentStatus, Consultation, DeviceNumber, Object, Participant, ParticipantId,
    PlaceKind, ResumeDigest, Role, Verb, authorize,
};
use crate::protocol::{self, ServerMessage, TelephoneState};

impl Task {
    /// A device comes, or comes back. The answer is its number and that of its connection.
    pub(super) async fn attend(
        &mut self,
        attending: Attending,
        reply: oneshot::Sender<Result<Attendance, AttendError>>,
    ) -> Option<(DeviceNumber, u32)> {
        let Attending { participant, actor, outbox, resume } = attending;
        let Some(role) = self.appointment.participant(participant).map(Participant::role) else {
            let _ = reply.send(Err(AttendError::Unknown));
            return None;
        };
        let resumed = match resume {
            Some(token) => self.resume(participant, &token).await,
            None => None,
        };
        let number = match resumed {
            Some(number) => {
                if let Some(device) = self.devices.get_mut(&number) {
                    device.reconnect(actor, outbox);
                }
                number
            }
            None => {
                let number = DeviceNumber(self.ends.device_numbers.fetch_add(1, Ordering::Relaxed));
                self.devices.insert(number, Device::new(participant, actor, outbox));
                if let Err(refusal) =
                    self.admit(clinical::Input::Arrive { participant, device: number }).await
                {
                    self.devices.remove(&number);
                    let _ = reply.send(Err(refusal.into()));
                    return None;
                }
                number
            }
        };
        self.welcome(number, participant, role);
        self.tell_people();
        if resumed.is_some() && self.devices.get(&number).is_some_and(|device| device.is_in_room) {
            self.greet(number).await;
        }
        let connection = self.devices.get(&number)?.connection;
        let commands = self.ends.commands.clone();
        let _ = reply.send(Ok(Attendance { device: number, connection, commands }));
        Some((number, connection))
    }

    /// The device that was told this token, if its place is still its own.
    async fn resume(&mut self, participant: ParticipantId, token: &str) -> Option<DeviceNumber> {
        let is_its = |device: &Device| device.participant == participant && device.tokens.has(token);
        let device = self.devices.iter().find(|(_, device)| is_its(device)).map(|(number, _)| *number)?;
        // Refused: it comes as a new one, and the door decides.
        self.admit(clinical::Input::Resume { participant, device }).await.ok()?;
        Some(device)
    }

    fn welcome(&mut self, number: DeviceNumber, participant: ParticipantId, role: Role) {
        let Some(place) = self.consultation.place(participant) else { return };
        let is_told = !role.is_guest() || matches!(place.kind(), PlaceKind::Admitted | PlaceKind::InCall);
        let (token, digest) = ResumeDigest::make(self.parts.clock.random_bytes());
        let welcome = ServerMessage::Welcome {
            protocol: protocol::PROTOCOL,
            participant: participant.to_string(),
            appointment: self.appointment.id.to_string(),
            role: role.into(),
            starts_at: protocol::time(self.appointment.starts_at),
            ends_at: protocol::time(self.appointment.ends_at),
            place: place.into(),
            now: protocol::time(self.parts.clock.now()),
            resume: token.expose().clone(),
            ice_servers: self.parts.ice_servers.of(participant),
            is_locked: self.consultation.is_locked(),
            telephone: self.consultation.telephone().filter(|_| is_told).map(TelephoneState::from),
        };
        if let Some(device) = self.devices.get_mut(&number) {
            device.tokens.add(digest);
            device.welcome(welcome);
        }
    }

    pub(super) async fn take(&mut self, command: Command) {
        match command {
            Command::Said { device, connection, message } => {
                // A connection that was given up says nothing any more.
                if self.devices.get(&device).is_some_and(|known| known.connection == connection) {
                    self.said(device, message).await;
                }
            }
            Command::Invited { participant } => {
                let _ = self.admit(clinical::Input::Invite { participant }).await;
            }
            Command::Shared { file } => self.tell_shared(&file),
            Command::StudiesChanged => self.tell_staff(&ServerMessage::StudiesChanged {}),
            Command::Closed => self.close().await,
            Command::Attend { .. } => {}
        }
    }

    /// The appointment was changed elsewhere: take its new status, and if it is over, everybody goes.
    async fn close(&mut self) {
        if let Ok(Some(appointment)) = self.parts.store.appointment(self.appointment.id).await {
            self.appointment = appointment;
        }
        let status = self.appointment.status;
        if !status.is_over() {
            return;
        }
        self.consultation = Consultation::new(&self.appointment);
        for device in self.devices.values_mut() {
            device.dismiss(ServerMessage::Ended { outcome: None, status: status.into() });
        }
        self.forget_expired();
        self.publish_places();
    }

    /// A connection of a device has ended. Where the place is kept the device is kept too, for its token.
    pub(super) async fn device_gone(&mut self, number: DeviceNumber, connection: u32) {
        let Some(device) = self.devices.get_mut(&number) else { return };
        if device.connection != connection {
            return;
        }
        device.connection += 1;
        device.is_away = true;
        let participant = device.participant;
        // A device that had been taken over says nothing about its person.
        let _ = self.admit(clinical::Input::Lose { participant, device: number }).await;
        let is_kept = self.consultation.place(participant).is_some_and(|place| place.is_kept_for(number));
        if !is_kept {
            self.forget(number);
        }
    }

    fn forget(&mut self, number: DeviceNumber) {
        self.devices.remove(&number);
        if self.devices.is_empty() {
            self.empty_since = self.parts.clock.instant();
        }
    }

    /// Feeds the consultation and carries its effects out.
    pub(super) async fn admit(&mut self, input: clinical::Input) -> Result<(), clinical::Refusal> {
        let effects = self.consultation.handle(self.parts.clock.now(), input)?;
        self.carry_out(effects).await;
        Ok(())
    }

    pub(super) async fn carry_out(&mut self, effects: clinical::Effects) {
        let mut has_moved = false;
        for effect in effects {
            match effect {
                clinical::Effect::Moved(line) => {
                    has_moved = true;
                    self.write(
                        self.parts.store.add_move(self.appointment.id, &line, &self.parts.clock).await,
                    );
                    tracing::info!(
                        appointment.id = %self.appointment.id, participant.id = %line.participant, place = ?line.to,
                        "a person moved"
                    );
                    self.tell_place(line.participant);
                }
                clinical::Effect::TakenOver { device, .. } => {
                    if let Some(device) = self.devices.get_mut(&device) {
                        device.dismiss(ServerMessage::TakenOver {});
                    }
                }
                clinical::Effect::EnterRoom { participant, device } => {
                    self.enter_room(participant, device);
                    self.greet(device).await;
                }
                clinical::Effect::LeaveRoom { participant, device } => {
                    self.leave_room(participant, device);
                    self.write_quality().await;
                }
                clinical::Effect::SignalLost { device, .. } => self.signal_lost(device),
                clinical::Effect::SignalBack { participant, device } => self.open_media(participant, device),
                clinical::Effect::Locked { is_locked } => {
                    self.write(self.parts.store.lock_consultation(self.appointment.id, is_locked).await);
                    let told = ServerMessage::Locked { is_locked };
                    for device in self.devices.values_mut() {
                        device.tell(told.clone());
                    }
                }
                clinical::Effect::TelephoneBegan(telephone) => {
                    let (id, clock) = (self.appointment.id, &self.parts.clock);
                    self.write(self.parts.store.begin_telephone(id, &telephone, clock).await);
                    self.tell_telephone(Some(telephone.into()));
                }
                clinical::Effect::TelephoneEnded { until, .. } => {
                    self.write(self.parts.store.end_telephone(self.appointment.id, until).await);
                    self.tell_telephone(None);
                }
                clinical::Effect::WithdrawLink { participant } => {
                    let at = self.parts.clock.now();
                    self.write(self.parts.store.revoke_link(participant, at).await);
                    for device in self.devices.values_mut().filter(|device| device.participant == participant)
                    {
                        device.dismiss_quietly();
                    }
                }
                clinical::Effect::Began => self.set_status(AppointmentStatus::arrive).await,
                clinical::Effect::Ended { outcome } => {
                    self.set_status(|status, at| status.fulfil(at, outcome)).await;
                    let at = self.parts.clock.now();
                    self.write(self.parts.store.revoke_links_of(self.appointment.id, at).await);
                    let status = self.appointment.status.into();
                    let ended = ServerMessage::Ended { outcome: Some(outcome.into()), status };
                    for device in self.devices.values_mut() {
                        device.dismiss(ended.clone());
                    }
                }
                clinical::Effect::WakeAt(at) => {
                    self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
                }
            }
        }
        if has_moved {
            self.publish_places();
            self.tell_people();
            self.forget_expired();
        }
    }

    /// Devices that were expected back and whose place is not kept any more.
    fn forget_expired(&mut self) {
        let is_over = |device: &Device, number| {
            let place = self.consultation.place(device.participant);
            // One that has just come back holds its place, and is about to be told so.
            let is_its =
                place.is_some_and(|place| place.is_kept_for(number) || place.device() == Some(number));
            device.is_away && !is_its
        };
        let over: Vec<_> = self
            .devices
            .iter()
            .filter(|(number, device)| is_over(device, **number))
            .map(|(number, _)| *number)
            .collect();
        for number in over {
            self.forget(number);
        }
    }

    async fn set_status(
        &mut self,
        step: impl FnOnce(AppointmentStatus, DateTime<Utc>) -> Result<AppointmentStatus, clinical::WrongStatus>,
    ) {
        let from = self.appointment.status;
        let Ok(to) = step(from, self.parts.clock.now()) else { return };
        if to != from {
            self.write(self.parts.store.set_appointment_status(self.appointment.id, from, to).await);
            self.appointment.status = to;
        }
    }

    pub(super) fn publish_places(&self) {
        self.ends
            .places
            .send_replace(self.consultation.places().map(|(id, _, place)| (id, *place)).collect());
        self.ends.changes.send_modify(|count| *count += 1);
    }

    fn tell_place(&mut self, participant: ParticipantId) {
        let Some(place) = self.consultation.place(participant) else { return };
        let (holder, place) = (place.device(), protocol::Place::from(place));
        for (number, device) in
            self.devices.iter_mut().filter(|(_, device)| device.participant == participant)
        {
            if holder.is_none() || holder == Some(*number) {
                device.tell(ServerMessage::Place { place: place.clone() });
            }
        }
    }

    fn tell_telephone(&mut self, state: Option<TelephoneState>) {
        let told = ServerMessage::Telephone { state };
        for device in self.devices.values_mut() {
            if device.is_in_room || matches!(device.actor, Actor::Staff { .. }) {
                device.tell(told.clone());
            }
        }
    }

    fn tell_staff(&mut self, message: &ServerMessage) {
        for device in self.devices.values_mut().filter(|device| matches!(device.actor, Actor::Staff { .. })) {
            device.tell(message.clone());
        }
    }

    /// Whether the person at this device may do this here and now.
    pub(super) fn may(&self, number: DeviceNumber, verb: Verb) -> bool {
        let Some(device) = self.devices.get(&number) else { return false };
        let place = self.consultation.place(device.participant);
        // A device that was taken over stands nowhere.
        let kind = match place {
            Some(place) if place.device() == Some(number) => place.kind(),
            _ => PlaceKind::Left,
        };
        let object = Object::Consultation { appointment: &self.appointment, place: kind };
        authorize(&device.actor, verb, &object).is_ok()
    }
}
