//! What those who wait are told, how sure it is who people are, and who was found to be who they say.

use std::collections::BTreeMap;

use super::consultation::Task;
use super::ledger::Entry;
use crate::clinical::{
    Actor, Appointment, Assurance, Consent, ConsentText, Delay, DeviceNumber, DoorRules, EntryFacts,
    EntryNews, EntryRules, IdentityCheck, IdentityCheckId, IdentityFindings, IdentityMeans, Notice,
    ParticipantId, PlaceKind, RefusalSentence, ServiceId, WaitingMessage, WaitingNotices,
};
use crate::protocol::{IdentityWord, ServerMessage};
use crate::store::{Error, Store, StoredArrival};

/// Something new for one consultation. It is kept already.
#[derive(Clone, Debug)]
pub enum WaitingNews {
    /// Staff told somebody who waits something.
    Message(WaitingMessage),
    /// Somebody is late. Consultations that they are not in pass it over.
    Delay(Delay),
    /// Which number everybody is who is told.
    Positions(BTreeMap<ParticipantId, u32>),
    /// Somebody was looked at.
    Checked(IdentityCheck),
    /// A guest answered the information.
    Answered(Consent),
    /// A service asks for something else before a guest is let in. Consultations of other services pass it over.
    Rules { service: ServiceId, rules: EntryRules },
}

/// The waiting room of one consultation.
#[derive(Debug, Default)]
pub(super) struct WaitingPart {
    notices: WaitingNotices,
    /// What somebody who is being removed is told.
    farewell: Option<(ParticipantId, RefusalSentence)>,
}

/// What is known of the people of an appointment that counts when they are let in.
pub(super) async fn facts_of(store: &Store, appointment: &Appointment) -> Result<EntryFacts, Error> {
    let id = appointment.id;
    let rules = match appointment.service_id {
        Some(service) => entry_rules(store, service).await?,
        None => EntryRules::of(&DoorRules::default(), &ConsentText::standard()),
    };
    let arrivals = store.arrivals_of(id).await?.into_iter();
    let assurances = arrivals.map(|arrival| (arrival.participant, arrival.assurance)).collect();
    let checks = store.identity_checks_of(id).await?;
    let answers = store.consents_of(id).await?;
    Ok(EntryFacts::new(rules, assurances, checks, answers))
}

/// What a service asks for before a guest is let in.
pub(super) async fn entry_rules(store: &Store, service: ServiceId) -> Result<EntryRules, Error> {
    let text = store.consent_text(service).await?.unwrap_or_else(ConsentText::standard);
    Ok(EntryRules::of(&store.door_rules(service).await?, &text))
}

/// Reads what was kept of it.
pub(super) async fn begin(task: &mut Task) {
    let id = task.appointment.id;
    let store = task.parts.store.clone();
    let practitioners: Vec<_> =
        task.appointment.participants.iter().filter_map(|person| person.practitioner()).collect();
    let read = async {
        let messages = store.waiting_messages_of(id).await?;
        let mut delays = Vec::new();
        for practitioner in practitioners {
            delays.extend(store.delay_of(practitioner).await?);
        }
        Ok::<_, Error>((messages, delays))
    };
    match read.await {
        Ok((messages, delays)) => {
            task.waiting = WaitingPart { notices: WaitingNotices::after(messages, delays), farewell: None };
        }
        Err(error) => {
            tracing::error!(appointment.id = %id, error = &error as &dyn std::error::Error, "a waiting room is not remembered");
        }
    }
}

impl Task {
    pub(super) fn publish_assurances(&self) {
        self.ends.assurances.send_replace(self.consultation.facts().assurances().clone());
    }

    /// Takes how somebody came in.
    pub(super) fn came(&mut self, participant: ParticipantId, assurance: Assurance) {
        if self.consultation.facts().assurances().get(&participant) == Some(&assurance) {
            return;
        }
        self.consultation.learn(EntryNews::Came { participant, assurance });
        let at = self.parts.clock.now();
        self.put(Entry::Arrived(StoredArrival { participant, assurance, at }));
        self.publish_assurances();
    }

    /// How sure it is who somebody is who has come.
    pub(super) fn assurance(&self, participant: ParticipantId) -> Option<Assurance> {
        let has_come = self.consultation.place(participant)?.kind() != PlaceKind::Invited;
        self.consultation.facts().assurances().get(&participant).copied().filter(|_| has_come)
    }

    /// What somebody was found to be.
    pub(super) fn identity(&self, participant: ParticipantId) -> IdentityWord {
        let facts = self.consultation.facts();
        if facts.is_checked(participant) {
            IdentityWord::Checked
        } else if facts.checks_of(participant).next().is_some() {
            IdentityWord::Begun
        } else {
            IdentityWord::Unchecked
        }
    }

    /// Something was told to those who wait, or found out about somebody.
    pub(super) fn waiting_news(&mut self, news: WaitingNews) {
        let now = self.parts.clock.now();
        match news {
            WaitingNews::Message(message) => {
                let (to, notice) = (message.to, Notice::Message(message.clone()));
                if self.waiting.notices.add(message) {
                    self.tell_waiting(to, &notice);
                }
            }
            WaitingNews::Delay(delay) => {
                if self.appointment.participant_of(delay.practitioner).is_some()
                    && self.waiting.notices.set_delay(delay, now)
                {
                    let notice = Notice::Delay(self.waiting.notices.delay(now));
                    for guest in self.guests() {
                        self.tell_waiting(guest, &notice);
                    }
                }
            }
            WaitingNews::Positions(positions) => {
                for guest in self.guests() {
                    let position = positions.get(&guest).copied();
                    if self.waiting.notices.set_position(guest, position) {
                        self.tell_waiting(guest, &Notice::Position(position));
                    }
                }
            }
            WaitingNews::Checked(check) => {
                self.consultation.learn(EntryNews::Checked(check));
                self.tell_people();
            }
            WaitingNews::Answered(consent) => self.consultation.learn(EntryNews::Answered(consent)),
            WaitingNews::Rules { service, rules } => {
                if self.appointment.service_id == Some(service) {
                    self.consultation.learn(EntryNews::Rules(rules));
                    self.tell_people();
                }
            }
        }
    }

    fn guests(&self) -> Vec<ParticipantId> {
        let guests = self.appointment.participants.iter().filter(|person| person.role().is_guest());
        guests.map(|person| person.id).collect()
    }

    /// Tells somebody something new, if they stand where they hear it. Whoever comes later is told all there is.
    fn tell_waiting(&mut self, participant: ParticipantId, notice: &Notice) {
        let Some(place) = self.consultation.place(participant) else { return };
        let hears = match place.kind() {
            PlaceKind::Waiting => true,
            PlaceKind::Testing => matches!(notice, Notice::Delay(_)),
            _ => false,
        };
        let device = place.device().filter(|_| hears);
        if let Some(device) = device.and_then(|device| self.devices.get_mut(&device)) {
            device.tell(notice.clone().into());
        }
    }

    /// Tells whoever waits at this device all that they have been told, if they wait.
    pub(super) fn tell_all_waiting(&mut self, number: DeviceNumber) {
        let Some(device) = self.devices.get(&number) else { return };
        let participant = device.participant;
        let Some(place) = self.consultation.place(participant) else { return };
        if matches!(device.actor, Actor::Staff { .. }) || place.device() != Some(number) {
            return;
        }
        let now = self.parts.clock.now();
        let notices = self.waiting.notices.told_to(participant, place.kind(), now);
        if let Some(device) = self.devices.get_mut(&number) {
            for notice in notices {
                device.tell(notice.into());
            }
        }
    }

    /// Staff said, on letting somebody in with nothing but the link, that they see who it is.
    pub(super) fn recognise(&mut self, number: DeviceNumber, participant: ParticipantId) {
        let Some(Actor::Staff { practitioner: by, .. }) =
            self.devices.get(&number).map(|device| device.actor.clone())
        else {
            return;
        };
        let findings = IdentityFindings {
            means: IdentityMeans::Recognised,
            is_name_right: false,
            is_birth_date_right: false,
        };
        let id = IdentityCheckId::new(self.parts.clock.new_uuid());
        let check = IdentityCheck { id, participant, by, at: self.parts.clock.now(), findings };
        self.put(Entry::IdentityChecked(check));
        self.consultation.learn(EntryNews::Checked(check));
        self.tell_people();
    }

    /// Somebody is removed, and told this.
    pub(super) fn removing<T>(
        &mut self,
        farewell: Option<(ParticipantId, RefusalSentence)>,
        remove: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.waiting.farewell = farewell;
        let outcome = remove(self);
        self.waiting.farewell = None;
        outcome
    }

    /// Says the sentence to somebody who has just been removed, if there is one.
    pub(super) fn bid_farewell(&mut self, participant: ParticipantId) {
        let Some((_, sentence)) = self.waiting.farewell.filter(|(whom, _)| *whom == participant) else {
            return;
        };
        for device in self.devices.values_mut().filter(|device| device.participant == participant) {
            device.tell(ServerMessage::TurnedAway { sentence: sentence.into() });
        }
    }
}
