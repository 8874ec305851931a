//! The door carried out: devices come, come back and go, the consultation decides, people are told.

use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::consultation::Task;
use super::device::Device;
use super::held::Told;
use super::ledger::Entry;
use super::{AttendError, Attendance, Attending, Command};
use crate::clinical::{
    self, Actor, AppointmentStatus, Consultation, DeviceNumber, LoginId, Object, Opening, Participant,
    ParticipantId, PlaceKind, ResumeDigest, ResumeTokens, Role, TelephoneId, Verb, authorize,
};
use crate::protocol::{self, ProblemCode, ServerMessage, TelephoneState, WindowWord};

impl Task {
    /// A device comes, or comes back. The answer is its number and that of its connection.
    pub(super) fn attend(
        &mut self,
        attending: Attending,
        reply: oneshot::Sender<Result<Attendance, AttendError>>,
    ) -> Option<(DeviceNumber, u32)> {
        let (participant, by) = (attending.participant, (attending.login, attending.opening));
        let Some(role) = self.appointment.participant(participant).map(Participant::role) else {
            let _ = reply.send(Err(AttendError::Unknown));
            return None;
        };
        if attending.window == WindowWord::Second {
            return match self.open_window(attending) {
                Ok(number) => self.attends(number, role, by, reply),
                Err(refusal) => {
                    let _ = reply.send(Err(refusal));
                    None
                }
            };
        }
        let Attending { actor, assurance, outbox, resume, is_ticketed, .. } = attending;
        let resumed = match resume {
            Some(token) => self.resume(participant, &token),
            None => None,
        };
        let number = match resumed {
            Some(number) => {
                if let Some(device) = self.devices.get_mut(&number) {
                    device.reconnect(actor, outbox);
                }
                number
            }
            None if !is_ticketed => {
                let _ = reply.send(Err(AttendError::NoTicket));
                return None;
            }
            None => {
                let number = DeviceNumber(self.ends.device_numbers.fetch_add(1, Ordering::Relaxed));
                self.devices.insert(number, Device::new(participant, actor, outbox));
                if let Err(refusal) = self.admit(clinical::Input::Arrive { participant, device: number }) {
                    self.devices.remove(&number);
                    let _ = reply.send(Err(refusal.into()));
                    return None;
                }
                number
            }
        };
        self.came(participant, assurance);
        let attends = self.attends(number, role, by, reply);
        if resumed.is_some() && self.devices.get(&number).is_some_and(|device| device.is_in_room) {
            self.greet(number);
        }
        attends
    }

    /// Welcomes a device, and answers whoever serves its connection.
    fn attends(
        &mut self,
        number: DeviceNumber,
        role: Role,
        (login, opening): (Option<LoginId>, Option<Opening>),
        reply: oneshot::Sender<Result<Attendance, AttendError>>,
    ) -> Option<(DeviceNumber, u32)> {
        let device = self.devices.get_mut(&number)?;
        (device.login, device.opening) = (login, opening);
        let participant = device.participant;
        self.welcome(number, participant, role);
        self.tell_all_waiting(number);
        self.tell_people();
        self.show_in_window(number);
        let device = self.devices.get(&number)?;
        let (connection, connected) = (device.connection, device.connected()?);
        let commands = self.ends.commands.clone();
        let _ = reply.send(Ok(Attendance { device: number, connection, connected, commands }));
        Some((number, connection))
    }

    /// The device that was told this token, if its place is still its own.
    fn resume(&mut self, participant: ParticipantId, token: &str) -> Option<DeviceNumber> {
        let is_its = |device: &Device| {
            device.participant == participant && device.main.is_none() && device.tokens.has(token)
        };
        let device = self.devices.iter().find(|(_, device)| is_its(device)).map(|(number, _)| *number)?;
        // Refused: it comes as a new one, and the door decides.
        self.admit(clinical::Input::Resume { participant, device }).ok()?;
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

    pub(super) fn take(&mut self, command: Command) {
        match command {
            Command::Said { device, connection, message } => {
                // A connection that was given up says nothing any more.
                if self.devices.get(&device).is_some_and(|known| known.connection == connection) {
                    self.said(device, message);
                }
            }
            Command::Invited { participant } => {
                let _ = self.admit(clinical::Input::Invite { participant });
            }
            Command::Shared { file } => self.tell_shared(&file),
            Command::StudiesChanged => self.tell_staff(&ServerMessage::StudiesChanged {}),
            Command::KeyImagesChanged => self.read_key_images(),
            Command::Reopened { status } => {
                self.appointment.status = status;
                self.consultation.reopen();
                self.empty_since = self.parts.clock.instant();
                self.publish_places();
            }
            Command::Waiting { news } => self.waiting_news(news),
            Command::WhoCame { reply } => {
                // Whoever asked may have gone.
                let _ = reply.send(self.who_came());
            }
            Command::Receiving { files, received, is_over } => {
                self.tell_staff(&ServerMessage::Receiving { files, received, is_over });
            }
            Command::Joined { participant } => {
                let id = participant.id;
                if self.appointment.participant(id).is_none() {
                    self.appointment.participants.push(participant);
                }
                // Refused where it was locked or ended meanwhile: then they do not come in.
                let _ = self.admit(clinical::Input::Join { participant: id });
            }
            Command::Withdrawn { study } => {
                self.withdraw(&study);
                self.read_key_images();
                self.tell_staff(&ServerMessage::StudiesChanged {});
            }
            Command::LoginsEnded { logins } => {
                let is_theirs = |device: &Device| device.login.is_some_and(|login| logins.contains(&login));
                self.put_out(is_theirs, (ProblemCode::SignInNeeded, "this sign-in has ended"));
            }
            Command::PutOut { participants } => {
                let is_theirs = |device: &Device| participants.contains(&device.participant);
                self.put_out(is_theirs, (ProblemCode::NotFound, "there is nothing here for you any more"));
            }
            Command::Closed { status } => self.close(status),
            Command::Attend { .. } => {}
        }
    }

    /// These devices go at once, also while only their media are here; what their last connection was told brings them back no more.
    fn put_out(&mut self, is_theirs: impl Fn(&Device) -> bool, (code, detail): (ProblemCode, &str)) {
        let theirs = self.devices.iter().filter(|(_, device)| is_theirs(device));
        let theirs: Vec<_> = theirs.map(|(number, device)| (*number, device.participant)).collect();
        for (number, participant) in theirs {
            if let Some(device) = self.devices.get_mut(&number) {
                device.tokens = ResumeTokens::default();
            }
            let _ = self.admit(clinical::Input::SignedOut { participant, device: number });
            if let Some(device) = self.devices.get_mut(&number) {
                device.dismiss(ServerMessage::Problem { code, detail: detail.to_owned() });
            }
        }
    }

    /// The appointment was changed elsewhere: take its new status, and if it is over, everybody goes.
    fn close(&mut self, status: AppointmentStatus) {
        self.appointment.status = status;
        if !status.is_over() {
            return;
        }
        self.consultation = Consultation::new(&self.appointment, self.consultation.facts().clone());
        for device in self.devices.values_mut() {
            device.dismiss(ServerMessage::Ended { outcome: None, status: status.into() });
        }
        self.forget_expired();
        self.publish_places();
    }

    /// A connection of a device has ended. Where the place is kept the device is kept too, for its token.
    pub(super) fn device_gone(&mut self, number: DeviceNumber, connection: u32) {
        let Some(device) = self.devices.get_mut(&number) else { return };
        if device.connection != connection {
            return;
        }
        device.connection += 1;
        device.is_away = true;
        device.cut();
        if device.main.is_some() {
            // A second window has no place that could be kept.
            return self.forget(number);
        }
        let participant = device.participant;
        // A device that had been taken over says nothing about its person.
        let _ = self.admit(clinical::Input::Lose { participant, device: number });
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
    pub(super) fn admit(&mut self, input: clinical::Input) -> Result<(), clinical::Refusal> {
        let effects = self.consultation.handle(self.parts.clock.now(), input)?;
        self.carry_out(effects);
        Ok(())
    }

    pub(super) fn carry_out(&mut self, effects: clinical::Effects) {
        let mut has_moved = false;
        for effect in effects {
            match effect {
                clinical::Effect::Moved(line) => {
                    has_moved = true;
                    self.moved_to(line.participant, line.to);
                    let id = self.parts.clock.new_uuid();
                    self.put(Entry::Moved { id, line });
                    tracing::info!(
                        appointment.id = %self.appointment.id, participant.id = %line.participant, place = ?line.to,
                        "a person moved"
                    );
                    let is_admission = line.to == PlaceKind::Admitted && line.by.is_some();
                    if line.to == PlaceKind::Removed {
                        self.bid_farewell(line.participant);
                    }
                    if is_admission {
                        // Whoever hears it comes in, and may come in again after a restart.
                        self.tell_once_written(self.mark(), Told::Place(line.participant));
                    } else {
                        self.tell_place(line.participant);
                    }
                    if line.to == PlaceKind::Waiting
                        && let Some(device) =
                            self.consultation.place(line.participant).and_then(clinical::Place::device)
                    {
                        self.tell_all_waiting(device);
                    }
                }
                clinical::Effect::TakenOver { device, .. } => {
                    if let Some(device) = self.devices.get_mut(&device) {
                        device.dismiss(ServerMessage::TakenOver {});
                    }
                }
                clinical::Effect::EnterRoom { participant, device } => {
                    self.enter_room(participant, device);
                    self.greet(device);
                }
                clinical::Effect::LeaveRoom { participant, device } => {
                    self.leave_room(participant, device);
                    self.write_quality();
                }
                clinical::Effect::SignalLost { participant, device } => self.signal_lost(participant, device),
                clinical::Effect::SignalBack { participant, device } => self.signal_back(participant, device),
                clinical::Effect::Locked { is_locked } => {
                    self.put(Entry::Locked { is_locked });
                    let told = ServerMessage::Locked { is_locked };
                    for device in self.devices.values_mut() {
                        device.tell(told.clone());
                    }
                }
                clinical::Effect::TelephoneBegan(telephone) => {
                    let id = TelephoneId::new(self.parts.clock.new_uuid());
                    self.put(Entry::TelephoneBegan { id, telephone });
                    self.tell_telephone(Some(telephone.into()));
                }
                clinical::Effect::TelephoneEnded { until, .. } => {
                    self.put(Entry::TelephoneEnded { until });
                    self.tell_telephone(None);
                }
                clinical::Effect::WithdrawLink { participant } => {
                    let at = self.parts.clock.now();
                    self.put(Entry::LinkWithdrawn { participant, at });
                    for device in self.devices.values_mut().filter(|device| device.participant == participant)
                    {
                        device.dismiss_quietly();
                    }
                }
                clinical::Effect::Joined { participant } => {
                    has_moved = true;
                    // Whoever took over is one of those who hold it.
                    let person = self.appointment.participant(participant);
                    if let Some(person) = person.filter(|person| person.has_dropped_in()) {
                        let (participant, name) = (participant.to_string(), person.name.clone());
                        self.tell_room(&ServerMessage::DroppedIn { participant, name });
                    }
                }
                clinical::Effect::Began => self.set_status(AppointmentStatus::arrive),
                clinical::Effect::Ended { outcome } => {
                    self.set_status(|status, at| status.fulfil(at, outcome));
                    self.put(Entry::LinksWithdrawn { at: self.parts.clock.now() });
                    self.put(Entry::OnShow(None));
                    self.tell_once_written(self.mark(), Told::Ended { outcome });
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

    fn set_status(
        &mut self,
        step: impl FnOnce(AppointmentStatus, DateTime<Utc>) -> Result<AppointmentStatus, clinical::WrongStatus>,
    ) {
        let from = self.appointment.status;
        let Ok(to) = step(from, self.parts.clock.now()) else { return };
        if to != from {
            self.put(Entry::Status { from, to });
            self.appointment.status = to;
        }
    }

    pub(super) fn publish_places(&self) {
        self.ends
            .places
            .send_replace(self.consultation.places().map(|(id, _, place)| (id, *place)).collect());
        self.ends.changes.send_modify(|count| *count += 1);
    }

    pub(super) fn tell_place(&mut self, participant: ParticipantId) {
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

    pub(super) fn tell_staff(&mut self, message: &ServerMessage) {
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
            // A second window stands where its main one does, also while only the connection of that is lost.
            Some(place) if device.main.is_some() && place.room_device() == device.main => PlaceKind::InCall,
            _ => PlaceKind::Left,
        };
        let object = Object::Consultation { appointment: &self.appointment, place: kind };
        authorize(&device.actor, verb, &object).is_ok()
    }
}
