//! The call carried out: the room decides, the media part obeys, devices are told.

use super::consultation::Task;
use super::device::{Device, Watching};
use super::pictures;
use crate::clinical::{DeviceNumber, MediaDirection, Participant, ParticipantId, Place, PlaceKind, Role};
use crate::protocol::{
    PausedReason, ProblemCode, ServerMessage, SubscribedTrack, TelephoneState, WatchedTrack,
};
use crate::room::{self, ConnectionId, PublicationId};
use crate::sfu::{self, WantedTrack, Watched};
use crate::viewing;

/// Tracks that one client watches: four sources of everybody in the largest appointment.
const MAX_WATCHED: usize = 160;
/// The longest side of a picture, in device pixels.
const MAX_SIDE: u32 = 16384;

impl Task {
    pub(super) fn order(&self, command: sfu::Command) -> Result<(), (ProblemCode, String)> {
        self.parts.sfu.send(command).map_err(|busy| (ProblemCode::Unavailable, busy.to_string()))
    }

    pub(super) fn enter_room(&mut self, participant: ParticipantId, number: DeviceNumber) {
        // The others are told; the device itself is greeted with all of it.
        let part = self.part_of(participant);
        self.tell_the_viewing(viewing::Input::Came { participant, part });
        if let Some(device) = self.devices.get_mut(&number) {
            device.is_in_room = true;
        }
        self.open_media(participant, number);
    }

    /// What somebody is in the viewing.
    pub(super) fn part_of(&self, participant: ParticipantId) -> viewing::Part {
        let people = &self.appointment.participants;
        let mut booked = people.iter().filter(|person| person.booked_practitioner().is_some());
        if let Some(place) = booked.position(|person| person.id == participant) {
            return viewing::Part::Host(u16::try_from(place).unwrap_or(u16::MAX));
        }
        let has_dropped_in =
            self.appointment.participant(participant).is_some_and(Participant::has_dropped_in);
        if has_dropped_in { viewing::Part::Staff } else { viewing::Part::Guest }
    }

    /// Lets the device send and receive; one that is back finds its peer connections as they were, and what waits for its
    /// answer is said to it again.
    pub(super) fn open_media(&mut self, participant: ParticipantId, number: DeviceNumber) {
        let (Some(events), room) = (self.media_events.clone(), self.appointment.id) else { return };
        let connection = connection_of(number);
        if self.order(sfu::Command::Open { room, connection, events }).is_err() {
            tracing::error!(appointment.id = %room, "the media part takes no command");
        }
        self.call(room::Input::Enter { connection, participant });
        self.call(room::Input::SubscriberReady { connection });
    }

    /// The device hears nothing at present; its media go on.
    pub(super) fn signal_lost(&mut self, participant: ParticipantId, number: DeviceNumber) {
        self.call(room::Input::Lost { connection: connection_of(number) });
        self.tell_the_viewing(viewing::Input::Lost { participant });
    }

    /// It hears again.
    pub(super) fn signal_back(&mut self, participant: ParticipantId, number: DeviceNumber) {
        self.open_media(participant, number);
        self.tell_the_viewing(viewing::Input::Back { participant });
    }

    /// Tells a device in the room what the others know already.
    pub(super) fn greet(&mut self, number: DeviceNumber) {
        pictures::welcome(self, number);
        self.tell_history(number);
        self.read_key_images();
        let speaker = self.speaker.map(|participant| participant.to_string());
        let telephone = self.consultation.telephone().map(TelephoneState::from);
        let words: Vec<_> = self.quality.words().collect();
        let is_held = |track: &&room::Publication| track.connection == connection_of(number) && track.is_held;
        let held: Vec<_> = self.room.publications().filter(is_held).map(|track| track.source).collect();
        let Some(device) = self.devices.get_mut(&number) else { return };
        if telephone.is_some() {
            device.tell(ServerMessage::Telephone { state: telephone });
        }
        if speaker.is_some() {
            device.tell(ServerMessage::Speaker { participant: speaker });
        }
        for source in held {
            // Perhaps while it was away.
            device.tell(ServerMessage::MuteAsked { source: source.into() });
        }
        for (participant, word) in words {
            let word = word.into();
            device.tell(ServerMessage::QualityOf { participant: participant.to_string(), word });
        }
    }

    pub(super) fn leave_room(&mut self, participant: ParticipantId, number: DeviceNumber) {
        let connection = connection_of(number);
        self.call(room::Input::Leave { connection });
        let _ = self.order(sfu::Command::Close { connection });
        if let Some(device) = self.devices.get_mut(&number) {
            device.is_in_room = false;
            device.watched = None;
        }
        self.close_windows(participant, number);
        self.quality.left(participant);
        // Whoever goes over to another device is let in there, and keeps what was theirs for as long as if they were lost.
        let place = self.consultation.place(participant).map(Place::kind);
        if place == Some(PlaceKind::Admitted) {
            self.changing_device.insert(participant);
            self.tell_the_viewing(viewing::Input::Unpoint { by: participant });
            self.tell_the_viewing(viewing::Input::Lost { participant });
        } else {
            self.tell_the_viewing(viewing::Input::Gone { participant });
        }
    }

    /// Somebody stands elsewhere now: whoever went over to another device has come into the call with it, or does not any more.
    pub(super) fn moved_to(&mut self, participant: ParticipantId, place: PlaceKind) {
        match place {
            PlaceKind::Admitted | PlaceKind::Lost => {}
            PlaceKind::InCall => {
                self.changing_device.remove(&participant);
            }
            _ if self.changing_device.remove(&participant) => {
                self.tell_the_viewing(viewing::Input::Gone { participant });
            }
            _ => {}
        }
    }

    pub(super) fn call(&mut self, input: room::Input) {
        for effect in self.room.handle(self.parts.clock.instant(), input) {
            match effect {
                room::Effect::Subscribe { connection, .. } => self.subscribe(connection),
                room::Effect::HoldBack { connection, .. } => self.order_holds(connection),
                room::Effect::Close { connection } => {
                    let _ = self.order(sfu::Command::Close { connection });
                }
                room::Effect::WakeAt(at) => self.room_wake_at = Some(at),
                room::Effect::Announce(change) => match change {
                    room::Change::Published(publication) => {
                        self.tracks.insert(publication.id, (publication.participant, publication.source));
                        self.order_watches();
                    }
                    room::Change::Unpublished { publication, .. } => {
                        self.tracks.remove(&publication);
                    }
                    room::Change::Muted { publication, is_muted } => {
                        let Some((participant, source)) = self.tracks.get(&publication).copied() else {
                            continue;
                        };
                        let (participant, source) = (participant.to_string(), source.into());
                        self.tell_room(&ServerMessage::Muted { participant, source, is_muted });
                    }
                    room::Change::Entered { .. }
                    | room::Change::Left { .. }
                    | room::Change::Lost { .. }
                    | room::Change::Resumed { .. } => {}
                },
            }
        }
    }

    /// Orders what a device shall receive. When many come at once the media part may be busy: then it is ordered again.
    fn subscribe(&mut self, connection: ConnectionId) {
        let publications =
            self.room.subscriptions(connection).iter().filter_map(|id| self.room.publication(*id));
        let wanted = |track: &room::Publication| WantedTrack {
            is_needed: self.is_interpreter(track.participant) && track.source == room::Source::Camera,
            ..WantedTrack::from(track)
        };
        let publications = publications.map(wanted).collect();
        if self.order(sfu::Command::Subscribe { connection, publications }).is_err() {
            self.unsubscribed.insert(connection);
        }
    }

    fn is_interpreter(&self, participant: ParticipantId) -> bool {
        let person = self.appointment.participants.iter().find(|person| person.id == participant);
        person.is_some_and(|person| person.role() == Role::Interpreter)
    }

    /// Orders what of a device goes to nobody, likewise.
    fn order_holds(&mut self, connection: ConnectionId) {
        let mids = self.room.held(connection).to_vec();
        if self.order(sfu::Command::HoldBack { connection, mids }).is_err() {
            self.unsubscribed.insert(connection);
        }
    }

    /// Orders again what the media part was too busy for.
    pub(super) fn subscribe_again(&mut self) {
        for connection in std::mem::take(&mut self.unsubscribed) {
            self.subscribe(connection);
            self.order_holds(connection);
        }
    }

    /// Tells everybody who is in the room, once each.
    pub(super) fn tell_room(&mut self, message: &ServerMessage) {
        let people = self.devices.values_mut().filter(|device| device.is_in_room && device.main.is_none());
        for device in people {
            device.tell(message.clone());
        }
    }

    /// Hands on what a device shows of others. What is not published at present is left out: the client says it again when it
    /// is there.
    pub(super) fn watch(
        &mut self,
        number: DeviceNumber,
        tracks: &[WatchedTrack],
        is_saving_data: bool,
        is_video_off: bool,
    ) -> Result<(), (ProblemCode, String)> {
        if tracks.len() > MAX_WATCHED {
            return Err((ProblemCode::TooMany, "a client watches fewer tracks than that".into()));
        }
        let watching = Watching { tracks: tracks.to_vec(), is_saving_data, is_video_off };
        if let Some(device) = self.devices.get_mut(&number) {
            device.watched = Some(watching.clone());
        }
        self.order_watch(number, &watching)
    }

    /// Says again what devices show: a client names a person whom it shows before that person sends anything.
    fn order_watches(&mut self) {
        let watching = |(number, device): (&DeviceNumber, &Device)| {
            device.is_in_room.then(|| Some((*number, device.watched.clone()?))).flatten()
        };
        for (number, watching) in self.devices.iter().filter_map(watching).collect::<Vec<_>>() {
            let _ = self.order_watch(number, &watching);
        }
    }

    fn order_watch(&self, number: DeviceNumber, watching: &Watching) -> Result<(), (ProblemCode, String)> {
        let Watching { tracks, is_saving_data, is_video_off } = watching;
        let (is_saving_data, is_video_off) = (*is_saving_data, *is_video_off);
        let connection = connection_of(number);
        let find = |track: &WatchedTrack| {
            let (participant, source) = (track.participant.parse().ok()?, track.source.into());
            let of_this = |other: &&room::Publication| {
                other.participant == participant && other.source == source && other.connection != connection
            };
            let publication = self.room.publications().find(of_this)?.id;
            let (width, height) = (track.width.min(MAX_SIDE), track.height.min(MAX_SIDE));
            Some(Watched { publication, width, height, is_pinned: track.is_pinned })
        };
        let tracks = tracks.iter().filter_map(find).collect();
        self.order(sfu::Command::Watch { connection, tracks, is_saving_data, is_video_off })
    }

    pub(super) fn mute(&mut self, number: DeviceNumber, source: room::Source, is_muted: bool) {
        let connection = connection_of(number);
        let found = self
            .room
            .publications()
            .find(|publication| publication.connection == connection && publication.source == source)
            .map(|publication| publication.id);
        if let Some(publication) = found {
            self.call(room::Input::Muted { connection, publication, is_muted });
        }
    }

    /// Staff mute a source of a person: nobody hears it any more, until the person's own device says that it is on. Says
    /// whether there is such a source.
    pub(super) fn hold_back(&mut self, participant: ParticipantId, source: room::Source) -> bool {
        let of_this = |other: &&room::Publication| other.participant == participant && other.source == source;
        let found: Vec<_> = self.room.publications().filter(of_this).map(|track| track.id).collect();
        for publication in &found {
            self.call(room::Input::HeldBack { publication: *publication });
        }
        !found.is_empty()
    }

    pub(super) fn media(&mut self, event: sfu::Event) {
        match event {
            sfu::Event::PublishAnswer { connection, generation, sdp, tracks } => {
                if let Some(device) = self.devices.get_mut(&device_of(connection)) {
                    device.tell(ServerMessage::PublishAnswer { generation, sdp });
                }
                self.call(room::Input::Published { connection, tracks });
            }
            sfu::Event::PublishRejected { connection, reason, .. } => self.media_problem(connection, reason),
            sfu::Event::SubscribeOffer { connection, generation, sdp, tracks } => {
                let tracks = tracks.into_iter().filter_map(|(mid, publication)| {
                    let (participant, source) = self.tracks.get(&publication)?;
                    Some(SubscribedTrack {
                        mid,
                        participant: participant.to_string(),
                        source: (*source).into(),
                    })
                });
                let offer = ServerMessage::SubscribeOffer { generation, sdp, tracks: tracks.collect() };
                if let Some(device) = self.devices.get_mut(&device_of(connection)) {
                    device.tell(offer);
                }
            }
            sfu::Event::Connected { connection, which } => self.media_state(connection, which, true),
            sfu::Event::Disconnected { connection, which } => self.media_state(connection, which, false),
            sfu::Event::Failed { connection, which, reason } => {
                self.media_state(connection, which, false);
                self.media_problem(connection, reason);
                if which == sfu::Direction::Publish {
                    self.call(room::Input::Published { connection, tracks: Vec::new() });
                }
            }
            sfu::Event::LayersWanted { connection, mid, rids } => {
                if let Some(source) = self.source_of(connection, &mid)
                    && let Some(device) = self.devices.get_mut(&device_of(connection))
                {
                    device.tell(ServerMessage::LayersWanted { source: source.into(), rids });
                }
            }
            sfu::Event::Speaker { connection, .. } => self.speaks(connection),
            sfu::Event::Paused { connection, publication, is_paused } => {
                self.paused(connection, publication, is_paused);
            }
            sfu::Event::Unseen { connection, mid, receivers } => {
                if let Some(source) = self.source_of(connection, &mid)
                    && let Some(device) = self.devices.get_mut(&device_of(connection))
                {
                    // A person has one device in the room.
                    let people = u32::try_from(receivers).unwrap_or(u32::MAX);
                    device.tell(ServerMessage::Unseen { source: source.into(), people });
                }
            }
            sfu::Event::Uplink { connection, is_slow } => {
                if let Some(device) = self.devices.get_mut(&device_of(connection)) {
                    device.tell(ServerMessage::SlowUplink { is_slow });
                }
            }
            sfu::Event::Path { connection, which, path } => {
                if let Some(device) = self.devices.get(&device_of(connection)) {
                    self.quality.travels(device.participant, direction(which), path);
                }
            }
        }
    }

    /// What a section of a publisher carries.
    fn source_of(&self, connection: ConnectionId, mid: &str) -> Option<room::Source> {
        let of_this = |other: &&room::Publication| other.connection == connection && other.mid == mid;
        self.room.publications().find(of_this).map(|publication| publication.source)
    }

    /// Every connection of the room brings the same news.
    fn speaks(&mut self, connection: Option<ConnectionId>) {
        let devices = &self.devices;
        let speaker = connection.and_then(|connection| devices.get(&device_of(connection)));
        let speaker = speaker.map(|device| device.participant);
        if self.speaker != speaker {
            self.speaker = speaker;
            let participant = speaker.map(|participant| participant.to_string());
            self.tell_room(&ServerMessage::Speaker { participant });
        }
    }

    fn paused(&mut self, connection: ConnectionId, publication: PublicationId, is_paused: bool) {
        let Some((participant, source)) = self.tracks.get(&publication).copied() else { return };
        let Some(device) = self.devices.get_mut(&device_of(connection)) else { return };
        let is_off = device.watched.as_ref().is_some_and(|watching| watching.is_video_off);
        let reason = if is_off { PausedReason::Off } else { PausedReason::Bandwidth };
        let (participant, source) = (participant.to_string(), source.into());
        device.tell(ServerMessage::VideoPaused { participant, source, is_paused, reason });
    }

    fn media_state(&mut self, connection: ConnectionId, which: sfu::Direction, is_connected: bool) {
        let which = direction(which);
        let Some(device) = self.devices.get_mut(&device_of(connection)) else { return };
        device.tell(ServerMessage::Media { direction: which.into(), is_connected });
        let participant = device.participant;
        let changed = match is_connected {
            true => self.quality.connected(participant, which),
            false => self.quality.lost(participant, which),
        };
        self.tell_quality(participant, changed);
    }

    fn media_problem(&mut self, connection: ConnectionId, detail: String) {
        tracing::warn!(appointment.id = %self.appointment.id, reason = %detail, "media of a device were refused");
        if let Some(device) = self.devices.get_mut(&device_of(connection)) {
            device.tell(ServerMessage::Problem { code: ProblemCode::BadMedia, detail });
        }
    }
}

/// A device and its media connection have one number: both are unique in the process.
pub(super) fn connection_of(number: DeviceNumber) -> ConnectionId {
    ConnectionId(number.0)
}

fn device_of(connection: ConnectionId) -> DeviceNumber {
    DeviceNumber(connection.0)
}

fn direction(which: sfu::Direction) -> MediaDirection {
    match which {
        sfu::Direction::Publish => MediaDirection::Publish,
        sfu::Direction::Subscribe => MediaDirection::Subscribe,
    }
}
