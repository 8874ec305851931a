//! Who is told who is there.

use super::Arrived;
use super::consultation::Task;
use crate::clinical::{self, Actor, Participant, Verb};
use crate::protocol::{self, AssuranceWord, Person, PlaceWord, ServerMessage};

impl Task {
    /// Staff see everybody, guests in the call see who is in the call, nobody else sees anybody.
    pub(super) fn tell_people(&mut self) {
        self.people_revision += 1;
        let everybody: Vec<_> = self.appointment.participants.iter().map(|p| self.person(p)).collect();
        let guests: Vec<_> = everybody
            .iter()
            .zip(&self.appointment.participants)
            .filter(|(_, participant)| {
                let place = self.consultation.place(participant.id);
                // Also somebody whose connection is lost and whose media go on.
                place.is_some_and(|place| place.room_device().is_some())
            })
            .map(|(person, _)| person)
            .map(|person| Person {
                camera: None,
                microphone: None,
                identity: None,
                waiting_since: None,
                asks_who: None,
                ..person.clone()
            })
            .collect();
        for number in self.devices.keys().copied().collect::<Vec<_>>() {
            if !self.may(number, Verb::SeePeople) {
                continue;
            }
            let revision = self.people_revision;
            let Some(device) = self.devices.get_mut(&number) else { continue };
            let people = match device.actor {
                Actor::Staff { .. } => everybody.clone(),
                Actor::Guest { .. } | Actor::Sender { .. } | Actor::Machine { .. } => guests.clone(),
            };
            device.tell(ServerMessage::People { revision, people });
        }
    }

    /// How everybody came in of whom it is known.
    pub(super) fn who_came(&self) -> Vec<Arrived> {
        let people = self.appointment.participants.iter();
        let arrived = people.map(|person| {
            // The device that is in the room counts; a second window is of the same person.
            let devices = self
                .devices
                .values()
                .filter(|device| device.participant == person.id && device.main.is_none());
            let device = devices.max_by_key(|device| (device.is_in_room, !device.is_away));
            let place = self.consultation.place(person.id);
            Arrived {
                participant: person.id,
                is_in_room: place.is_some_and(|place| place.room_device().is_some()),
                assurance: self.assurance(person.id),
                opening: device.and_then(|device| device.opening),
                login: device.and_then(|device| device.login),
            }
        });
        arrived.collect()
    }

    fn person(&self, participant: &Participant) -> Person {
        let place = self.consultation.place(participant.id);
        let check = place.and_then(clinical::Place::check);
        let muted = self
            .room
            .publications()
            .filter(|publication| publication.participant == participant.id && publication.is_muted)
            .map(|publication| publication.source.into());
        Person {
            participant: participant.id.to_string(),
            role: participant.role().into(),
            name: participant.name.expose().clone(),
            has_dropped_in: participant.has_dropped_in().then_some(true),
            place: place.map_or(
                protocol::Place { state: PlaceWord::Invited, since: None, until: None },
                protocol::Place::from,
            ),
            camera: check.map(|check| check.camera.into()),
            microphone: check.map(|check| check.microphone.into()),
            assurance: self.assurance(participant.id).map(AssuranceWord::from),
            identity: participant.role().is_guest().then(|| self.identity(participant.id)),
            waiting_since: place.and_then(clinical::Place::waiting_since).map(protocol::time),
            asks_who: self.consultation.asks_who(participant.id).then_some(true),
            muted: muted.collect(),
        }
    }
}
