//! How an appointment came to be and what became of it: where the patient is, what it replaces and follows, why it was called off;
//! and what patients may change by themselves.

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;

use super::{
    Appointment, AppointmentId, AppointmentStatus, BookError, Booking, Participant, ParticipantId,
    PractitionerId, Role, WrongStatus,
};

/// Where the patient is during the visit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PatientPlace {
    #[default]
    AtHome,
    /// In a room of a clinic, which has a name: "Room 4, Dr Weber's practice".
    Room(String),
}

/// Why an appointment was called off (FHIR R4 Appointment.cancelationReason).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CalledOff {
    /// Another one took its place.
    Moved,
    ByPatient,
    ByStaff,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    pub place: PatientPlace,
    /// Where the practitioner sits; empty: where the service is.
    pub site: String,
    /// The one before it in the chain, which was moved here.
    pub replaces: Option<AppointmentId>,
    /// The one after whose visit this was booked.
    pub follows: Option<AppointmentId>,
    pub called_off: Option<CalledOff>,
    /// The one that took its place; told by that one's `replaces`.
    pub moved_to: Option<AppointmentId>,
}

/// What of a course cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CourseError {
    #[error("a room has a name of 1 to {} characters", Course::MAX_WORDS)]
    Room,
    #[error("a site has at most {} characters", Course::MAX_WORDS)]
    Site,
}

impl Course {
    /// The longest name of a room or a site, in characters.
    pub const MAX_WORDS: usize = 120;

    /// Takes the space around the words away and checks their lengths.
    pub fn checked(mut self) -> Result<Self, CourseError> {
        self.site = self.site.trim().to_owned();
        if self.site.chars().count() > Self::MAX_WORDS {
            return Err(CourseError::Site);
        }
        if let PatientPlace::Room(name) = &mut self.place {
            *name = name.trim().to_owned();
            if !(1..=Self::MAX_WORDS).contains(&name.chars().count()) {
                return Err(CourseError::Room);
            }
        }
        Ok(self)
    }
}

/// How a service books, as its staff set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingPolicy {
    pub may_patients_cancel: bool,
    pub may_patients_move: bool,
    /// Patients may do either until so many hours before the start.
    pub notice_hours: u16,
    /// The weekly hours hold on public holidays too.
    pub is_open_on_holidays: bool,
}

impl Default for BookingPolicy {
    fn default() -> Self {
        Self {
            may_patients_cancel: false,
            may_patients_move: false,
            notice_hours: 24,
            is_open_on_holidays: false,
        }
    }
}

/// What patients do to their own appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OwnChange {
    Cancel,
    Move,
}

/// Why a patient may not change their appointment now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChangeRefusal {
    #[error("the service does not offer this to patients")]
    NotOffered,
    #[error("it is too late for this")]
    TooLate,
    #[error("the appointment has begun, is over or was called off")]
    WrongStatus,
}

impl BookingPolicy {
    /// The longest notice: two weeks.
    pub const MAX_NOTICE_HOURS: u16 = 14 * 24;

    /// The last moment at which a patient may change it.
    pub fn changes_end_at(&self, starts_at: DateTime<Utc>) -> DateTime<Utc> {
        starts_at - TimeDelta::hours(i64::from(self.notice_hours))
    }

    /// Whether the patient of this appointment may do that now.
    pub fn check(
        &self,
        change: OwnChange,
        appointment: &Appointment,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeRefusal> {
        let is_offered = match change {
            OwnChange::Cancel => self.may_patients_cancel,
            OwnChange::Move => self.may_patients_move,
        };
        if !is_offered {
            return Err(ChangeRefusal::NotOffered);
        }
        if appointment.status != AppointmentStatus::Booked {
            return Err(ChangeRefusal::WrongStatus);
        }
        if now > self.changes_end_at(appointment.starts_at) {
            return Err(ChangeRefusal::TooLate);
        }
        Ok(())
    }

    /// The first start that a patient may choose when they move their appointment.
    pub fn first_start(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::hours(i64::from(self.notice_hours))
    }
}

/// Where an appointment is moved to.
#[derive(Clone, Debug)]
pub struct NewTime {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// Who holds it then; `None`: who was booked before.
    pub practitioners: Option<Vec<Participant>>,
}

/// Why an appointment cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MoveError {
    #[error(transparent)]
    Status(#[from] WrongStatus),
    #[error(transparent)]
    Book(#[from] BookError),
}

/// An appointment that takes the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub appointment: Appointment,
    /// Who of the old one is whom in the new one, guests only.
    pub guests: Vec<(ParticipantId, ParticipantId)>,
}

impl Appointment {
    /// Books this appointment at another time: a new one with the same guests, whose identifiers `new_id` makes. Only one that has not begun
    /// is moved. The status of the old one is the store's to set, together with the new one. `took_over`: staff who held this one in the place
    /// of whoever was booked; they hold nothing of another day.
    pub fn move_to(
        &self,
        id: AppointmentId,
        to: NewTime,
        took_over: &[ParticipantId],
        mut new_id: impl FnMut() -> ParticipantId,
        by: PractitionerId,
        now: DateTime<Utc>,
    ) -> Result<Moved, MoveError> {
        self.status.cancel(now, by)?;
        let mut guests = Vec::new();
        let mut participants = Vec::new();
        for person in &self.participants {
            let is_kept = person.role() != Role::Practitioner
                || to.practitioners.is_none()
                    && person.booked_practitioner().is_some()
                    && !took_over.contains(&person.id);
            if is_kept {
                let id = new_id();
                if person.role().is_guest() {
                    guests.push((person.id, id));
                }
                participants.push(Participant { id, ..person.clone() });
            }
        }
        participants.extend(to.practitioners.unwrap_or_default());
        let booking = Booking {
            starts_at: to.starts_at,
            ends_at: to.ends_at,
            service: self.service.clone(),
            service_id: self.service_id,
            participants,
            note: self.note.clone(),
        };
        Ok(Moved { appointment: Appointment::book(id, booking, by, now)?, guests })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::clinical::{GuestRole, Language, Part};

    const DOCTOR: PractitionerId = PractitionerId::new(Uuid::from_u128(7));
    const SECRETARY: PractitionerId = PractitionerId::new(Uuid::from_u128(8));

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    fn person(id: u128, part: Part) -> Participant {
        let id = ParticipantId::new(Uuid::from_u128(id));
        Participant { id, name: "Somebody".into(), part, language: Language::French }
    }

    fn appointment() -> Appointment {
        let participants = vec![
            person(1, Part::Guest(GuestRole::Patient)),
            person(2, Part::Practitioner(DOCTOR)),
            person(3, Part::Guest(GuestRole::Relative)),
            person(4, Part::DroppedIn(SECRETARY)),
        ];
        let booking = Booking {
            starts_at: at(48 * 60),
            ends_at: at(48 * 60 + 30),
            service: "Cardiologie".into(),
            service_id: None,
            participants,
            note: "À jeun".into(),
        };
        Appointment::book(AppointmentId::new(Uuid::from_u128(50)), booking, SECRETARY, at(0)).unwrap()
    }

    fn move_it(
        appointment: &Appointment,
        practitioners: Option<Vec<Participant>>,
    ) -> Result<Moved, MoveError> {
        move_without(appointment, practitioners, &[])
    }

    fn move_without(
        appointment: &Appointment,
        practitioners: Option<Vec<Participant>>,
        took_over: &[ParticipantId],
    ) -> Result<Moved, MoveError> {
        let mut next = 100;
        let new_id = || {
            next += 1;
            ParticipantId::new(Uuid::from_u128(next))
        };
        let to = NewTime { starts_at: at(5000), ends_at: at(5020), practitioners };
        appointment.move_to(AppointmentId::new(Uuid::from_u128(51)), to, took_over, new_id, SECRETARY, at(1))
    }

    #[test]
    fn who_was_booked_moves_along_under_new_identifiers() {
        let old = appointment();
        let moved = move_it(&old, None).unwrap();
        let new = &moved.appointment;
        let parts: Vec<_> = new.participants.iter().map(|person| person.part).collect();
        let whoever_dropped_in_is_not_booked =
            [Part::Guest(GuestRole::Patient), Part::Practitioner(DOCTOR), Part::Guest(GuestRole::Relative)];
        assert_eq!(parts, whoever_dropped_in_is_not_booked);
        assert!(new.participants.iter().all(|person| old.participant(person.id).is_none()));
        assert_eq!(
            (new.starts_at, new.note.clone(), new.status),
            (at(5000), old.note.clone(), AppointmentStatus::Booked)
        );
        let guests: Vec<_> = moved.guests.iter().map(|(old, _)| old.uuid().as_u128()).collect();
        assert_eq!(guests, [1, 3]);
        assert!(moved.guests.iter().all(|(_, id)| new.participant(*id).is_some()));
    }

    #[test]
    fn who_took_it_over_holds_nothing_of_another_day() {
        let mut old = appointment();
        let (colleague, id) =
            (PractitionerId::new(Uuid::from_u128(9)), ParticipantId::new(Uuid::from_u128(5)));
        old.participants.push(person(5, Part::Practitioner(colleague)));
        let staff = |moved: Moved| {
            let people = moved.appointment.participants;
            people.iter().filter_map(Participant::practitioner).collect::<Vec<_>>()
        };
        assert_eq!(staff(move_without(&old, None, &[id]).unwrap()), [DOCTOR]);
        assert_eq!(staff(move_it(&old, None).unwrap()), [DOCTOR, colleague], "both were booked");
    }

    #[test]
    fn another_practitioner_takes_it_over() {
        let moved = move_it(&appointment(), Some(vec![person(9, Part::Practitioner(SECRETARY))])).unwrap();
        let staff: Vec<_> =
            moved.appointment.participants.iter().filter_map(Participant::practitioner).collect();
        assert_eq!(staff, [SECRETARY]);
        assert_eq!(move_it(&appointment(), Some(vec![])), Err(MoveError::Book(BookError::NoPractitioner)));
    }

    #[test]
    fn what_has_begun_or_is_over_is_not_moved() {
        let mut begun = appointment();
        begun.status = begun.status.arrive(at(2)).unwrap();
        assert_eq!(move_it(&begun, None), Err(MoveError::Status(WrongStatus)));
        let mut over = appointment();
        over.status = over.status.cancel(at(2), SECRETARY).unwrap();
        assert_eq!(move_it(&over, None), Err(MoveError::Status(WrongStatus)));
    }

    #[test]
    fn patients_change_only_what_is_offered_and_early_enough() {
        let visit = appointment();
        let closed = BookingPolicy::default();
        assert_eq!(closed.check(OwnChange::Cancel, &visit, at(0)), Err(ChangeRefusal::NotOffered));
        let policy = BookingPolicy { may_patients_cancel: true, ..BookingPolicy::default() };
        let may = |minutes| policy.check(OwnChange::Cancel, &visit, at(minutes));
        assert_eq!(may(24 * 60), Ok(()), "the last moment still counts");
        assert_eq!(may(24 * 60 + 1), Err(ChangeRefusal::TooLate));
        assert_eq!(policy.check(OwnChange::Move, &visit, at(0)), Err(ChangeRefusal::NotOffered));
        let mut begun = appointment();
        begun.status = begun.status.arrive(at(2)).unwrap();
        assert_eq!(policy.check(OwnChange::Cancel, &begun, at(3)), Err(ChangeRefusal::WrongStatus));
    }

    #[test]
    fn a_room_has_a_name() {
        let room =
            |name: &str| Course { place: PatientPlace::Room(name.to_owned()), ..Course::default() }.checked();
        assert_eq!(room("  Salle 4 ").unwrap().place, PatientPlace::Room("Salle 4".to_owned()));
        assert_eq!(room(" "), Err(CourseError::Room));
        assert_eq!(room(&"é".repeat(121)), Err(CourseError::Room));
        let site = Course { site: "é".repeat(121), ..Course::default() };
        assert_eq!(site.checked(), Err(CourseError::Site));
    }
}
