//! The task of one consultation: the only owner of its three machines and of its devices.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, oneshot, watch};

use super::call::connection_of;
use super::device::Device;
use super::pictures::{self, Made};
use super::series::OpenSeries;
use super::{AttendError, Attendance, Command, Outgoing, Parts, Places};
use crate::clinical::{
    self, Actor, Appointment, AppointmentId, AppointmentStatus, Consultation, DeviceNumber, Object,
    Participant, ParticipantId, PlaceKind, Verb, authorize,
};
use crate::imaging::ContentHash;
use crate::protocol::{self, ClientMessage, ProblemCode, ServerMessage};
use crate::room::{self, Room};
use crate::sfu;
use crate::viewing::Viewing;

/// A consultation with nobody there ends its task after this long.
const EMPTY_FOR: Duration = Duration::from_secs(30);
/// Events of the media part that wait for this task.
const MAX_EVENTS: usize = 256;

/// Runs until nobody has been there for a while, or the program ends.
pub(super) async fn run(
    appointment: AppointmentId,
    parts: Parts,
    ends: Ends,
    mut commands: mpsc::Receiver<Command>,
) {
    let Some(mut task) = Task::open(appointment, &parts, ends).await else {
        // Whoever asked gets an error; the next one finds a new task.
        commands.close();
        while let Some(command) = commands.recv().await {
            if let Command::Attend { reply, .. } = command {
                let _ = reply.send(Err(AttendError::Unavailable));
            }
        }
        return;
    };
    let (events, mut media) = mpsc::channel(MAX_EVENTS);
    let (made, mut pictures) = mpsc::channel(MAX_EVENTS);
    task.media_events = Some(events);
    task.made = Some(made);
    let mut gone = FuturesUnordered::new();
    loop {
        let pause = task.pause();
        // What a device said before it went counts: commands come first.
        tokio::select! {
            biased;
            () = parts.tasks.stopped() => break,
            command = commands.recv() => match command {
                None => break,
                Some(Command::Attend { participant, actor, outbox, reply }) => {
                    let closed = outbox.clone();
                    if let Some(device) = task.attend(participant, actor, outbox, reply).await {
                        gone.push(async move { closed.closed().await; device });
                    }
                }
                Some(command) => task.take(command).await,
            },
            Some(device) = gone.next(), if !gone.is_empty() => task.device_gone(device).await,
            Some(event) = media.recv() => task.media(event),
            Some(made) = pictures.recv() => task.made(made),
            () = tokio::time::sleep(pause) => task.wake().await,
        }
        if task.is_done() {
            // From here on senders fail, and the directory starts a new task for whoever comes.
            commands.close();
            if commands.is_empty() {
                break;
            }
        }
    }
    let _ = parts.sfu.send(sfu::Command::CloseRoom { room: appointment });
}

/// What connects a consultation's task with the directory.
pub(super) struct Ends {
    /// The task's own queue, for its devices.
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) places: watch::Sender<Places>,
    pub(super) changes: watch::Sender<u64>,
    /// Numbers of devices, unique in the process.
    pub(super) device_numbers: Arc<AtomicU64>,
}

/// See [`run`].
pub(super) struct Task {
    pub(super) parts: Parts,
    pub(super) appointment: Appointment,
    pub(super) consultation: Consultation,
    pub(super) room: Room,
    pub(super) viewing: Viewing,
    pub(super) series: Option<OpenSeries>,
    /// What is on show and no picture has been asked of the archive.
    pub(super) content_awaited: Option<ContentHash>,
    pub(super) viewing_changed_at: Instant,
    pub(super) devices: BTreeMap<DeviceNumber, Device>,
    pub(super) people_revision: u32,
    wake_at: Option<DateTime<Utc>>,
    pub(super) room_wake_at: Option<Instant>,
    pub(super) pictures_wake_at: Option<Instant>,
    empty_since: Instant,
    ends: Ends,
    pub(super) media_events: Option<mpsc::Sender<sfu::Event>>,
    pub(super) made: Option<mpsc::Sender<Made>>,
    /// Subscribe offers name publications; the wire names people and sources.
    pub(super) tracks: HashMap<room::PublicationId, (ParticipantId, room::Source)>,
}

impl Task {
    async fn open(id: AppointmentId, parts: &Parts, ends: Ends) -> Option<Self> {
        let read = async {
            let appointment = parts.store.appointment(id).await?;
            let journal = parts.store.moves_of(id).await?;
            Ok::<_, crate::store::Error>((appointment, journal))
        };
        let (appointment, journal) = match read.await {
            Ok((Some(appointment), journal)) => (appointment, journal),
            Ok((None, _)) => return None,
            Err(error) => {
                tracing::error!(appointment.id = %id, error = &error as &dyn std::error::Error, "cannot open a consultation");
                return None;
            }
        };
        let now = parts.clock.instant();
        let (consultation, effects) = Consultation::resume(&appointment, &journal, parts.clock.now());
        let mut task = Self {
            parts: parts.clone(),
            appointment,
            consultation,
            room: Room::new(id),
            viewing: Viewing::default(),
            series: None,
            content_awaited: None,
            viewing_changed_at: now,
            devices: BTreeMap::new(),
            people_revision: 0,
            wake_at: None,
            room_wake_at: None,
            pictures_wake_at: None,
            empty_since: now,
            ends,
            media_events: None,
            made: None,
            tracks: HashMap::new(),
        };
        task.carry_out(effects).await;
        task.publish_places();
        Some(task)
    }

    /// How long nothing is to be done.
    fn pause(&self) -> Duration {
        let now = self.parts.clock.instant();
        let until_door = self.wake_at.map(|at| (at - self.parts.clock.now()).to_std().unwrap_or_default());
        let until = |at: Instant| at.saturating_duration_since(now);
        let others = [self.room_wake_at, self.pictures_wake_at].into_iter().flatten().map(until);
        let pause = until_door.into_iter().chain(others).min().unwrap_or(EMPTY_FOR);
        pause.clamp(Duration::from_millis(1), EMPTY_FOR)
    }

    fn is_done(&self) -> bool {
        let is_empty =
            self.devices.is_empty() && self.consultation.places().all(|(_, _, p)| p.kept_until().is_none());
        is_empty
            && (self.consultation.outcome().is_some()
                || self.parts.clock.instant().saturating_duration_since(self.empty_since) >= EMPTY_FOR)
    }

    async fn wake(&mut self) {
        let (now, instant) = (self.parts.clock.now(), self.parts.clock.instant());
        if self.wake_at.is_some_and(|at| at <= now) {
            self.wake_at = None;
            // Waking is never refused.
            let _ = self.admit(clinical::Input::Wake).await;
        }
        if self.room_wake_at.is_some_and(|at| at <= instant) {
            self.room_wake_at = None;
            self.call(room::Input::Tick);
        }
        if self.pictures_wake_at.is_some_and(|at| at <= instant) {
            self.pictures_wake_at = None;
            pictures::order_all(self);
        }
    }

    async fn attend(
        &mut self,
        participant: ParticipantId,
        actor: Actor,
        outbox: mpsc::Sender<Outgoing>,
        reply: oneshot::Sender<Result<Attendance, AttendError>>,
    ) -> Option<DeviceNumber> {
        let number = DeviceNumber(self.ends.device_numbers.fetch_add(1, Ordering::Relaxed));
        let Some(role) = self.appointment.participant(participant).map(Participant::role) else {
            let _ = reply.send(Err(AttendError::Unknown));
            return None;
        };
        self.devices.insert(number, Device::new(participant, actor, outbox));
        if let Err(refusal) = self.admit(clinical::Input::Arrive { participant, device: number }).await {
            self.devices.remove(&number);
            let _ = reply.send(Err(refusal.into()));
            return None;
        }
        let place = self.consultation.place(participant)?;
        let welcome = ServerMessage::Welcome {
            protocol: protocol::PROTOCOL,
            participant: participant.to_string(),
            role: role.into(),
            starts_at: protocol::time(self.appointment.starts_at),
            ends_at: protocol::time(self.appointment.ends_at),
            place: place.into(),
            now: protocol::time(self.parts.clock.now()),
        };
        if let Some(device) = self.devices.get_mut(&number) {
            device.welcome(welcome);
        }
        self.tell_people();
        let commands = Attendance { device: number, commands: self.ends.commands.clone() };
        let _ = reply.send(Ok(commands));
        Some(number)
    }

    async fn take(&mut self, command: Command) {
        match command {
            Command::Said { device, message } => self.said(device, message).await,
            Command::Invited { participant } => {
                let _ = self.admit(clinical::Input::Invite { participant }).await;
            }
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
        self.publish_places();
    }

    async fn device_gone(&mut self, number: DeviceNumber) {
        let Some(device) = self.devices.get(&number) else { return };
        let lost = clinical::Input::Lose { participant: device.participant, device: number };
        // A device that had been taken over says nothing about its person.
        let _ = self.admit(lost).await;
        self.devices.remove(&number);
        if self.devices.is_empty() {
            self.empty_since = self.parts.clock.instant();
        }
    }

    // ---- the door ------------------------------------------------------------------------------------------------

    /// Feeds the consultation and carries its effects out.
    async fn admit(&mut self, input: clinical::Input) -> Result<(), clinical::Refusal> {
        let effects = self.consultation.handle(self.parts.clock.now(), input)?;
        self.carry_out(effects).await;
        Ok(())
    }

    async fn carry_out(&mut self, effects: clinical::Effects) {
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
                clinical::Effect::EnterRoom { participant, device } => self.enter_room(participant, device),
                clinical::Effect::LeaveRoom { participant, device } => self.leave_room(participant, device),
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

    /// A call goes on when the database does not.
    fn write<T>(&self, result: Result<T, crate::store::Error>) {
        if let Err(error) = result {
            let id = self.appointment.id;
            tracing::error!(appointment.id = %id, error = &error as &dyn std::error::Error, "a row was not written");
        }
    }

    fn publish_places(&self) {
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

    // ---- what devices say ----------------------------------------------------------------------------------------

    async fn said(&mut self, number: DeviceNumber, message: ClientMessage) {
        let Some(participant) = self.devices.get(&number).map(|device| device.participant) else { return };
        if self.devices.get(&number).is_some_and(Device::is_behind) {
            self.devices.remove(&number);
            let _ = self.admit(clinical::Input::Lose { participant, device: number }).await;
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
        | M::Present { request } => Some(*request),
        _ => None,
    }
}
