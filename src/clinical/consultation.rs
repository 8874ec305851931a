//! The visit that takes place (FHIR R4 Encounter, class VR): one state machine admits people, on every path.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::admission::{self, DeviceCheck, DeviceNumber, Invited, Move, Place, Remembered, Staff};
use super::{Appointment, AppointmentId, EntryFacts, EntryNews, Outcome, ParticipantId, Role};

/// Who is where in one consultation, and whether it is over.
#[derive(Clone, Debug)]
pub struct Consultation {
    appointment: AppointmentId,
    seats: BTreeMap<ParticipantId, Seat>,
    outcome: Option<Outcome>,
    has_begun: bool,
    is_locked: bool,
    telephone: Option<Telephone>,
    facts: EntryFacts,
}

/// Why a visit goes on by telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TelephoneReason {
    NoVideo,
    NoSound,
    Network,
    Device,
    Other,
}

/// A visit that goes on by telephone. What is shown stays shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telephone {
    pub since: DateTime<Utc>,
    pub reason: TelephoneReason,
    /// Who said so.
    pub by: ParticipantId,
}

/// What is remembered of a consultation beside the journal, for a restart of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// When the server last wrote that somebody was in the call.
    pub seen_at: Option<DateTime<Utc>>,
    pub is_locked: bool,
    pub telephone: Option<Telephone>,
}

#[derive(Clone, Copy, Debug)]
struct Seat {
    role: Role,
    place: Place,
}

/// What happens to a consultation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A device has proven whose it is (link or sign-in) and opened its connection.
    Arrive {
        participant: ParticipantId,
        device: DeviceNumber,
    },
    /// A device that lost its connection has shown the token that it was told, and takes its place again.
    Resume {
        participant: ParticipantId,
        device: DeviceNumber,
    },
    /// A guest has tested the device and asks to be let in.
    Ready {
        participant: ParticipantId,
        device: DeviceNumber,
        check: DeviceCheck,
    },
    /// Goes into the room: staff at once, a guest once admitted.
    Enter {
        participant: ParticipantId,
        device: DeviceNumber,
    },
    Admit {
        by: ParticipantId,
        participant: ParticipantId,
        /// They were asked who this is, and said that they see it.
        is_recognised: bool,
    },
    PutBack {
        by: ParticipantId,
        participant: ParticipantId,
    },
    Remove {
        by: ParticipantId,
        participant: ParticipantId,
    },
    Leave {
        participant: ParticipantId,
        device: DeviceNumber,
    },
    /// Whoever has this device, connected or expected back, is not signed in any more.
    SignedOut {
        participant: ParticipantId,
        device: DeviceNumber,
    },
    /// The connection of a device broke.
    Lose {
        participant: ParticipantId,
        device: DeviceNumber,
    },
    /// Staff close the consultation to newcomers, or open it again.
    Lock {
        by: ParticipantId,
        is_locked: bool,
    },
    /// Staff turn the visit into a telephone call, or, without a reason, back.
    Telephone {
        by: ParticipantId,
        reason: Option<TelephoneReason>,
    },
    /// Staff gave a person a new link.
    Invite {
        participant: ParticipantId,
    },
    /// A member of staff who was not booked may come in from now on. That they may is checked before.
    Join {
        participant: ParticipantId,
    },
    End {
        by: ParticipantId,
        outcome: Outcome,
    },
    /// The moment of an earlier [`Effect::WakeAt`] has come.
    Wake,
}

/// What is to be done about it, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Somebody came to another place: keep it, tell them, tell those who may know.
    Moved(Move),
    /// A newer device of the same person took over: tell the older one, and close it.
    TakenOver { participant: ParticipantId, device: DeviceNumber },
    /// The room opens for this device.
    EnterRoom { participant: ParticipantId, device: DeviceNumber },
    /// The room closes for this device.
    LeaveRoom { participant: ParticipantId, device: DeviceNumber },
    /// The connection of a device in the room is lost. Its media go on until it leaves the room.
    SignalLost { participant: ParticipantId, device: DeviceNumber },
    /// That device is back, and still in the room.
    SignalBack { participant: ParticipantId, device: DeviceNumber },
    /// Newcomers are kept out, or no longer.
    Locked { is_locked: bool },
    /// From now on by telephone: keep it, tell everybody.
    TelephoneBegan(Telephone),
    /// Not by telephone any more: keep when it ended, tell everybody.
    TelephoneEnded { telephone: Telephone, until: DateTime<Utc> },
    /// The link of this person opens nothing any more.
    WithdrawLink { participant: ParticipantId },
    /// Somebody who was not booked is about to come in: tell everybody.
    Joined { participant: ParticipantId },
    /// The first person is in the room.
    Began,
    /// Everybody out; links close.
    Ended { outcome: Outcome },
    /// Send [`Input::Wake`] at this time.
    WakeAt(DateTime<Utc>),
}

/// The effects of one input.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects(Vec<Effect>);

impl IntoIterator for Effects {
    type Item = Effect;
    type IntoIter = std::vec::IntoIter<Effect>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Why an input was not followed. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("the consultation is over")]
    Over,
    #[error("nobody of that identifier is in this consultation")]
    UnknownParticipant,
    #[error("only staff who are there may do this")]
    NotStaff,
    #[error("this person is not waiting")]
    NotWaiting,
    #[error("this person has not been admitted")]
    NotAdmitted,
    #[error("this person is not in the call")]
    NotInCall,
    #[error("this person was removed")]
    Removed,
    #[error("another device of the same person has taken over")]
    StaleDevice,
    #[error("the consultation is locked: nobody new comes in")]
    Locked,
    #[error("whoever lets this person in says that they see who it is")]
    NotRecognised,
    #[error("this person has not agreed to what the service tells before a visit")]
    ConsentNeeded,
    #[error("this step does not fit the place where the person stands")]
    OutOfOrder,
}

impl Consultation {
    /// Everybody invited, nobody there. An appointment that is over makes a consultation that is over.
    pub fn new(appointment: &Appointment, facts: EntryFacts) -> Self {
        let outcome = match appointment.status {
            super::AppointmentStatus::Fulfilled { outcome, .. } => Some(outcome),
            super::AppointmentStatus::Cancelled { .. } | super::AppointmentStatus::NoShow { .. } => {
                Some(Outcome::NotHeld)
            }
            super::AppointmentStatus::Booked | super::AppointmentStatus::Arrived { .. } => None,
        };
        let seat = |role| Seat { role, place: Place::Invited(Invited::default()) };
        Self {
            appointment: appointment.id,
            seats: appointment.participants.iter().map(|p| (p.id, seat(p.role()))).collect(),
            outcome,
            has_begun: matches!(appointment.status, super::AppointmentStatus::Arrived { .. }),
            is_locked: false,
            telephone: None,
            facts,
        }
    }

    /// After a restart: the journal, oldest line first, puts everybody back. An admission is kept for [`admission::GRACE`] after
    /// it was last known to hold; whoever waited is away from now on.
    pub fn resume(
        appointment: &Appointment,
        facts: EntryFacts,
        journal: &[Move],
        remains: Remains,
        now: DateTime<Utc>,
    ) -> (Self, Effects) {
        let mut this = Self::new(appointment, facts);
        if this.outcome.is_none() {
            (this.is_locked, this.telephone) = (remains.is_locked, remains.telephone);
        }
        let mut effects = Vec::new();
        for (id, seat) in &mut this.seats {
            let mut lines = journal.iter().filter(|line| line.participant == *id).rev();
            let Some(last) = lines.next() else { continue };
            seat.place = admission::resume(Remembered { last, before: lines.next() }, remains.seen_at, now);
            if let (super::PlaceKind::Waiting, Place::Lost(_)) = (last.to, seat.place) {
                // Written down, so that one restart after the other makes nobody's absence shorter.
                let (to, check) = (super::PlaceKind::Lost, seat.place.check());
                effects.push(Effect::Moved(Move { participant: *id, to, at: now, by: None, check }));
            }
            effects.extend(seat.place.kept_until().map(Effect::WakeAt));
        }
        (this, Effects(effects))
    }

    /// What is known of those who are let in.
    pub fn facts(&self) -> &EntryFacts {
        &self.facts
    }

    /// Takes what counts from now on when somebody is let in. Whoever is in stays in.
    pub fn learn(&mut self, news: EntryNews) {
        self.facts.learn(news);
    }

    /// Whether whoever lets this person in is to say that they see who it is.
    pub fn asks_who(&self, participant: ParticipantId) -> bool {
        let since = self.place(participant).and_then(Place::waiting_since);
        since.is_some_and(|since| self.facts.asks_who(participant, since))
    }

    /// Whether newcomers are kept out.
    pub fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// Since when, and why, the visit goes on by telephone.
    pub fn telephone(&self) -> Option<Telephone> {
        self.telephone
    }

    /// The device of a person in the call, for those who may ask something of it.
    ///
    /// # Errors
    /// If `by` is no staff who are there, or the person is not in the call.
    pub fn device_in_call(
        &self,
        by: ParticipantId,
        participant: ParticipantId,
    ) -> Result<DeviceNumber, Refusal> {
        self.staff(by)?;
        match self.place_of(participant)? {
            place @ Place::InCall(_) => place.device().ok_or(Refusal::NotInCall),
            _ => Err(Refusal::NotInCall),
        }
    }

    pub fn appointment(&self) -> AppointmentId {
        self.appointment
    }

    /// How it ended; `None` while it has not.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Where a person stands.
    pub fn place(&self, participant: ParticipantId) -> Option<&Place> {
        self.seats.get(&participant).map(|seat| &seat.place)
    }

    /// Everybody with role and place.
    pub fn places(&self) -> impl Iterator<Item = (ParticipantId, Role, &Place)> {
        self.seats.iter().map(|(id, seat)| (*id, seat.role, &seat.place))
    }

    /// Whether somebody is there: connected, or expected back.
    pub fn is_anybody_there(&self) -> bool {
        self.seats.values().any(|seat| seat.place.device().is_some() || seat.place.kept_until().is_some())
    }

    /// The one way in, and on, and out.
    pub fn handle(&mut self, now: DateTime<Utc>, input: Input) -> Result<Effects, Refusal> {
        let mut effects = Effects::default();
        if self.outcome.is_some() {
            return match input {
                Input::Lose { .. } | Input::Leave { .. } | Input::SignedOut { .. } | Input::Wake => {
                    Ok(effects)
                }
                _ => Err(Refusal::Over),
            };
        }
        match input {
            Input::Arrive { participant, device } => self.arrive(participant, device, now, &mut effects)?,
            Input::Resume { participant, device } => {
                self.come_back(participant, device, now, &mut effects)?
            }
            Input::Ready { participant, device, check } => {
                let place = match self.held(participant, device)? {
                    Place::Testing(place) if self.role(participant)?.is_guest() => {
                        Place::Waiting(place.wait(check, now))
                    }
                    Place::Waiting(place) => Place::Waiting(place.check_again(check)),
                    _ => return Err(Refusal::OutOfOrder),
                };
                self.set(participant, place, None, now, &mut effects);
            }
            Input::Enter { participant, device } => self.enter(participant, device, now, &mut effects)?,
            Input::Admit { by, participant, is_recognised } => {
                let staff = self.staff(by)?;
                let Place::Waiting(place) = *self.place_of(participant)? else {
                    return Err(Refusal::NotWaiting);
                };
                if self.is_locked {
                    return Err(Refusal::Locked);
                }
                if !is_recognised && self.asks_who(participant) {
                    return Err(Refusal::NotRecognised);
                }
                self.set(participant, Place::Admitted(place.admit(staff, now)), Some(by), now, &mut effects);
            }
            Input::PutBack { by, participant } => {
                self.staff(by)?;
                if !self.role(participant)?.is_guest() {
                    return Err(Refusal::NotInCall);
                }
                let place = match *self.place_of(participant)? {
                    Place::InCall(place) => Place::Waiting(place.put_back(now)),
                    Place::Admitted(place) => Place::Waiting(place.put_back(now)),
                    _ => return Err(Refusal::NotInCall),
                };
                self.set(participant, place, Some(by), now, &mut effects);
            }
            Input::Remove { by, participant } => self.remove(by, participant, now, &mut effects)?,
            Input::Leave { participant, device } => {
                let place = match *self.held(participant, device)? {
                    Place::Testing(place) => place.leave(now),
                    Place::Waiting(place) => place.leave(now),
                    Place::Admitted(place) => place.leave(now),
                    Place::InCall(place) => place.leave(now),
                    _ => return Err(Refusal::OutOfOrder),
                };
                self.set(participant, Place::Left(place), None, now, &mut effects);
            }
            Input::SignedOut { participant, device } => {
                // An older device says nothing about the person, and nobody is put out twice.
                let left = match *self.place_of(participant)? {
                    Place::Lost(place) if self.seats[&participant].place.is_kept_for(device) => {
                        place.expire(now)
                    }
                    place if place.device() != Some(device) => return Ok(effects),
                    Place::Testing(place) => place.leave(now),
                    Place::Waiting(place) => place.leave(now),
                    Place::Admitted(place) => place.leave(now),
                    Place::InCall(place) => place.leave(now),
                    _ => return Ok(effects),
                };
                self.set(participant, Place::Left(left), None, now, &mut effects);
            }
            Input::Lose { participant, device } => {
                // An older device that closes says nothing about the person.
                let Ok(place) = self.held(participant, device).copied() else { return Ok(effects) };
                let place = match place {
                    Place::Testing(place) => Place::Invited(place.lose()),
                    Place::Waiting(place) => Place::Lost(place.lose(now)),
                    Place::Admitted(place) => Place::Lost(place.lose(now)),
                    Place::InCall(place) => Place::Lost(place.lose(now)),
                    other => other,
                };
                self.set(participant, place, None, now, &mut effects);
                effects.0.extend(place.kept_until().map(Effect::WakeAt));
            }
            Input::Lock { by, is_locked } => {
                self.staff(by)?;
                if self.is_locked != is_locked {
                    self.is_locked = is_locked;
                    effects.0.push(Effect::Locked { is_locked });
                }
            }
            Input::Telephone { by, reason } => {
                self.staff(by)?;
                match reason {
                    // The first one who says so counts.
                    Some(reason) if self.telephone.is_none() => {
                        let telephone = Telephone { since: now, reason, by };
                        self.telephone = Some(telephone);
                        effects.0.push(Effect::TelephoneBegan(telephone));
                    }
                    Some(_) => {}
                    None => self.hang_up(now, &mut effects),
                }
            }
            Input::Invite { participant } => {
                if let Place::Removed(place) = *self.place_of(participant)? {
                    self.set(participant, Place::Invited(place.invite_again()), None, now, &mut effects);
                }
            }
            Input::Join { participant } if self.seats.contains_key(&participant) => {}
            Input::Join { .. } if self.is_locked => return Err(Refusal::Locked),
            Input::Join { participant } => {
                let place = Place::Invited(Invited::default());
                self.seats.insert(participant, Seat { role: Role::Practitioner, place });
                effects.0.push(Effect::Joined { participant });
            }
            Input::End { by, outcome } => {
                self.staff(by)?;
                self.end(outcome, now, &mut effects);
            }
            Input::Wake => self.expire(now, &mut effects),
        }
        Ok(effects)
    }

    fn arrive(
        &mut self,
        participant: ParticipantId,
        device: DeviceNumber,
        now: DateTime<Utc>,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        let mut before = *self.place_of(participant)?;
        if let Place::Lost(place) = before
            && before.kept_until().is_some_and(|until| until <= now)
        {
            before = Place::Left(place.expire(now));
            self.set(participant, before, None, now, effects);
        }
        let place = match before {
            Place::Invited(place) => Place::Testing(place.arrive(device, now)),
            Place::Left(place) if self.role(participant)?.is_guest() => place.arrive(device, now),
            Place::Left(place) => Place::Testing(place.arrive_anew(device, now)),
            Place::Lost(place) => place.come_back(device, now),
            Place::Testing(place) => Place::Testing(place.move_to(device)),
            Place::Waiting(place) => Place::Waiting(place.move_to(device)),
            Place::Admitted(place) => Place::Admitted(place.move_to(device)),
            Place::InCall(place) => Place::Admitted(place.move_to(device, now)),
            Place::Removed(_) => return Err(Refusal::Removed),
        };
        self.set(participant, place, None, now, effects);
        if let Some(old) = before.device().filter(|old| *old != device) {
            effects.0.push(Effect::TakenOver { participant, device: old });
        }
        Ok(())
    }

    /// A device takes its place again; the server may not have noticed yet that it was away.
    fn come_back(
        &mut self,
        participant: ParticipantId,
        device: DeviceNumber,
        now: DateTime<Utc>,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        let before = *self.place_of(participant)?;
        let is_in_room = before.room_device() == Some(device);
        match before {
            Place::Lost(_) if before.kept_until().is_some_and(|until| until <= now) => {
                return Err(Refusal::StaleDevice);
            }
            Place::Lost(place) if before.lost_device() == Some(device) => {
                self.set(participant, place.resume(device, now), None, now, effects);
            }
            _ if before.device() == Some(device) => {}
            Place::Removed(_) => return Err(Refusal::Removed),
            _ => return Err(Refusal::StaleDevice),
        }
        if is_in_room {
            effects.0.push(Effect::SignalBack { participant, device });
        }
        Ok(())
    }

    /// Staff opened it again; that they may, and in time, is checked before. Whoever was in the call when it ended comes back as
    /// somebody who left it then.
    pub fn reopen(&mut self) {
        self.outcome = None;
    }

    fn hang_up(&mut self, now: DateTime<Utc>, effects: &mut Effects) {
        if let Some(telephone) = self.telephone.take() {
            effects.0.push(Effect::TelephoneEnded { telephone, until: now });
        }
    }

    fn enter(
        &mut self,
        participant: ParticipantId,
        device: DeviceNumber,
        now: DateTime<Utc>,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        let is_guest = self.role(participant)?.is_guest();
        let place = match *self.held(participant, device)? {
            Place::Testing(_) if !is_guest && self.is_locked => return Err(Refusal::Locked),
            Place::Testing(place) if !is_guest => place.step_in(Staff::new(participant), now),
            Place::Admitted(place) if self.is_locked && !place.is_back => return Err(Refusal::Locked),
            Place::Admitted(place) => {
                if is_guest {
                    self.facts.may_enter(participant, place.is_back)?;
                }
                place.enter(now)
            }
            Place::InCall(_) => return Ok(()),
            _ => return Err(Refusal::NotAdmitted),
        };
        self.set(participant, Place::InCall(place), None, now, effects);
        if !self.has_begun {
            self.has_begun = true;
            effects.0.push(Effect::Began);
        }
        Ok(())
    }

    fn remove(
        &mut self,
        by: ParticipantId,
        participant: ParticipantId,
        now: DateTime<Utc>,
        effects: &mut Effects,
    ) -> Result<(), Refusal> {
        let staff = self.staff(by)?;
        if !self.role(participant)?.is_guest() {
            return Err(Refusal::OutOfOrder);
        }
        let place = match *self.place_of(participant)? {
            Place::Waiting(place) => place.remove(staff, now),
            Place::Admitted(place) => place.remove(staff, now),
            Place::InCall(place) => place.remove(staff, now),
            Place::Lost(place) => place.remove(staff, now),
            Place::Left(place) if place.may_come_back(now) => place.remove(staff, now),
            Place::Invited(_) | Place::Testing(_) | Place::Left(_) | Place::Removed(_) => {
                return Err(Refusal::NotInCall);
            }
        };
        self.set(participant, Place::Removed(place), Some(by), now, effects);
        effects.0.push(Effect::WithdrawLink { participant });
        Ok(())
    }

    fn end(&mut self, outcome: Outcome, now: DateTime<Utc>, effects: &mut Effects) {
        for id in self.seats.keys().copied().collect::<Vec<_>>() {
            let left = match self.seats[&id].place {
                Place::Testing(place) => place.leave(now),
                Place::Waiting(place) => place.leave(now),
                Place::Admitted(place) => place.leave(now),
                Place::InCall(place) => place.leave(now),
                Place::Lost(place) => place.expire(now),
                Place::Invited(_) | Place::Left(_) | Place::Removed(_) => continue,
            };
            self.set(id, Place::Left(left), None, now, effects);
        }
        self.hang_up(now, effects);
        self.outcome = Some(outcome);
        effects.0.push(Effect::Ended { outcome });
    }

    fn expire(&mut self, now: DateTime<Utc>, effects: &mut Effects) {
        for id in self.seats.keys().copied().collect::<Vec<_>>() {
            let place = self.seats[&id].place;
            if let (Place::Lost(lost), Some(until)) = (place, place.kept_until()) {
                if until <= now {
                    self.set(id, Place::Left(lost.expire(now)), None, now, effects);
                } else {
                    effects.0.push(Effect::WakeAt(until));
                }
            }
        }
    }

    /// Puts a person to a place and says so; the room follows from the two places alone.
    fn set(
        &mut self,
        participant: ParticipantId,
        place: Place,
        by: Option<ParticipantId>,
        now: DateTime<Utc>,
        effects: &mut Effects,
    ) {
        let Some(seat) = self.seats.get_mut(&participant) else { return };
        let before = std::mem::replace(&mut seat.place, place);
        let (old, new) = (before.room_device(), place.room_device());
        if old != new {
            effects.0.extend(old.map(|device| Effect::LeaveRoom { participant, device }));
        }
        effects.0.push(Effect::Moved(Move {
            participant,
            to: place.kind(),
            at: place.since().unwrap_or(now),
            by,
            check: place.check(),
        }));
        match (old, new) {
            (Some(old), Some(device)) if old == device && place.kept_until().is_some() => {
                effects.0.push(Effect::SignalLost { participant, device });
            }
            (old, Some(device)) if old != Some(device) => {
                effects.0.push(Effect::EnterRoom { participant, device });
            }
            _ => {}
        }
    }

    /// Staff of this consultation who are there now.
    fn staff(&self, participant: ParticipantId) -> Result<Staff, Refusal> {
        match self.seats.get(&participant) {
            Some(seat) if !seat.role.is_guest() && seat.place.device().is_some() => {
                Ok(Staff::new(participant))
            }
            Some(_) => Err(Refusal::NotStaff),
            None => Err(Refusal::UnknownParticipant),
        }
    }

    fn role(&self, participant: ParticipantId) -> Result<Role, Refusal> {
        self.seats.get(&participant).map(|seat| seat.role).ok_or(Refusal::UnknownParticipant)
    }

    fn place_of(&self, participant: ParticipantId) -> Result<&Place, Refusal> {
        self.place(participant).ok_or(Refusal::UnknownParticipant)
    }

    /// The place that this very device holds.
    fn held(&self, participant: ParticipantId, device: DeviceNumber) -> Result<&Place, Refusal> {
        let place = self.place_of(participant)?;
        match place.device() {
            Some(holder) if holder == device => Ok(place),
            Some(_) => Err(Refusal::StaleDevice),
            None => Err(Refusal::OutOfOrder),
        }
    }
}
