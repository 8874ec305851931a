//! The call carried out: the room decides, the media part obeys, devices are told.

use super::consultation::Task;
use super::pictures;
use crate::clinical::{DeviceNumber, ParticipantId};
use crate::protocol::{DirectionWord, ProblemCode, ServerMessage, SubscribedTrack};
use crate::room::{self, ConnectionId};
use crate::sfu::{self, WantedTrack};
use crate::viewing;

impl Task {
    pub(super) fn order(&self, command: sfu::Command) -> Result<(), (ProblemCode, String)> {
        self.parts.sfu.send(command).map_err(|busy| (ProblemCode::Unavailable, busy.to_string()))
    }

    pub(super) fn enter_room(&mut self, participant: ParticipantId, number: DeviceNumber) {
        let (Some(events), room) = (self.media_events.clone(), self.appointment.id) else { return };
        let connection = connection_of(number);
        if self.order(sfu::Command::Open { room, connection, events }).is_err() {
            tracing::error!(appointment.id = %room, "the media part takes no command");
        }
        if let Some(device) = self.devices.get_mut(&number) {
            device.is_in_room = true;
        }
        self.call(room::Input::Enter { connection, participant });
        self.call(room::Input::SubscriberReady { connection });
        pictures::welcome(self, number);
    }

    pub(super) fn leave_room(&mut self, participant: ParticipantId, number: DeviceNumber) {
        let connection = connection_of(number);
        self.call(room::Input::Leave { connection });
        let _ = self.order(sfu::Command::Close { connection });
        if let Some(device) = self.devices.get_mut(&number) {
            device.is_in_room = false;
        }
        if let Ok(effects) = self.viewing.handle(viewing::Input::Gone { participant }) {
            pictures::carry_out(self, effects);
        }
    }

    pub(super) fn call(&mut self, input: room::Input) {
        for effect in self.room.handle(self.parts.clock.instant(), input) {
            match effect {
                room::Effect::Subscribe { connection, publications } => {
                    let wanted = publications.iter().filter_map(|id| self.room.publication(*id));
                    let publications = wanted.map(WantedTrack::from).collect();
                    let _ = self.order(sfu::Command::Subscribe { connection, publications });
                }
                room::Effect::Close { connection } => {
                    let _ = self.order(sfu::Command::Close { connection });
                }
                room::Effect::WakeAt(at) => self.room_wake_at = Some(at),
                room::Effect::Announce(change) => match change {
                    room::Change::Published(publication) => {
                        self.tracks.insert(publication.id, (publication.participant, publication.source));
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

    /// Tells everybody who is in the room.
    pub(super) fn tell_room(&mut self, message: &ServerMessage) {
        for device in self.devices.values_mut().filter(|device| device.is_in_room) {
            device.tell(message.clone());
        }
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
        }
    }

    fn media_state(&mut self, connection: ConnectionId, which: sfu::Direction, is_connected: bool) {
        let direction = match which {
            sfu::Direction::Publish => DirectionWord::Publish,
            sfu::Direction::Subscribe => DirectionWord::Subscribe,
        };
        if let Some(device) = self.devices.get_mut(&device_of(connection)) {
            device.tell(ServerMessage::Media { direction, is_connected });
        }
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
